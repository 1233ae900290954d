"""First weights. Lanes of one seed scale the same draws, so arms start as equal as their settings let them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.preset.schema import Model
from engine.stack.layout import Layout, Slot
from engine.stack.randomness import stream_key


def init_std(model: Model, slot: Slot) -> float:
    """The standard deviation of a layer's first weights.

    normal: `init_std`; xavier: sqrt(1/in), as in the book; glorot: sqrt(2/(in+out)) (Glorot and Bengio 2010);
    he: sqrt(2/in) (He et al. 2015).
    """
    match model.init:
        case "normal":
            return model.init_std
        case "xavier":
            return math.sqrt(1 / slot.fan_in)
        case "glorot":
            return math.sqrt(2 / (slot.fan_in + slot.fan_out))
        case "he":
            return math.sqrt(2 / slot.fan_in)


def first_parameters(
    layout: Layout, lanes: Sequence[tuple[Model, int]], device: torch.device, dtype: torch.dtype
) -> Tensor:
    """theta_LP for lanes of (model settings, seed): weights N(0, std^2), biases and shifts 0, gains 1.

    Drawn on the CPU in float64, so that every device and precision starts from the same numbers.
    """
    theta_LP = torch.zeros(len(lanes), layout.parameters, dtype=torch.float64)
    for slot in layout.slots:
        if slot.kind == "gain":
            slot.of(theta_LP).fill_(1.0)
    for number, slot in enumerate(layout.matrices):
        drawn: dict[int, Tensor] = {}
        for lane, (model, seed) in enumerate(lanes):
            if seed not in drawn:
                generator = torch.Generator().manual_seed(stream_key(seed, "init", number))
                drawn[seed] = torch.randn(slot.shape, generator=generator, dtype=torch.float64)
            slot.of(theta_LP)[lane] = drawn[seed] * init_std(model, slot)
    return theta_LP.to(device=device, dtype=dtype)
