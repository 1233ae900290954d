"""First weights. Lanes of one seed scale the same draws, so arms start as equal as their settings let them."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.preset.schema import Model
from engine.stack.layout import Layout, Slot
from engine.stack.randomness import stream_key


def init_std(model: Model, slot: Slot) -> float:
    """The standard deviation of a layer's first weights, normal or uniform.

    normal: `init_std`; xavier: sqrt(1/in), as in Saitoh 2016, which is LeCun's (1998); glorot: sqrt(2/(in+out)) (Glorot
    and Bengio 2010); he: sqrt(2/in) (He et al. 2015). (Keras cuts its normal forms at two standard deviations.)
    """
    match model.init:
        case "normal":
            return model.init_std
        case "xavier" | "lecun" | "lecun_uniform":
            return math.sqrt(1 / slot.fan_in)
        case "glorot" | "glorot_uniform":
            return math.sqrt(2 / (slot.fan_in + slot.fan_out))
        case "he" | "he_uniform":
            return math.sqrt(2 / slot.fan_in)
        case "orthogonal" | "zeros":
            raise ValueError(f"{model.init} has no standard deviation to scale by")


def orthogonal_of(normal: Tensor) -> Tensor:
    """The (semi-)orthogonal matrix of a normal draw (Saxe et al. 2014), as torch.nn.init.orthogonal_ makes it.

    Its smaller side's vectors stand at right angles and have length 1; a draw of more than two dimensions is seen as
    its first by all others.
    """
    flat = normal.flatten(1)
    tall = flat if flat.shape[0] >= flat.shape[1] else flat.T
    q, r = torch.linalg.qr(tall)
    q = q * r.diagonal().sign()  # without this, Q is not evenly spread (Mezzadri 2007)
    orthogonal: Tensor = q if tall is flat else q.T
    return orthogonal.reshape(normal.shape)


class _Draws:
    """What the lanes of one seed start from in one layer, each form drawn when first asked for."""

    def __init__(self, seed: int, number: int, slot: Slot) -> None:
        self._place, self._slot = (seed, number), slot

    def _generator(self, technique: str) -> torch.Generator:
        seed, number = self._place
        return torch.Generator().manual_seed(stream_key(seed, technique, number))

    @functools.cached_property
    def normal(self) -> Tensor:
        """N(0, 1)."""
        return torch.randn(self._slot.shape, generator=self._generator("init"), dtype=torch.float64)

    @functools.cached_property
    def uniform(self) -> Tensor:
        """Evenly spread with mean 0 and variance 1: from -sqrt(3) to sqrt(3)."""
        numbers = torch.rand(self._slot.shape, generator=self._generator("init_uniform"), dtype=torch.float64)
        return (2 * numbers - 1) * math.sqrt(3)

    @functools.cached_property
    def orthogonal(self) -> Tensor:
        """Of the normal draw."""
        return orthogonal_of(self.normal)

    def weights(self, model: Model) -> Tensor:
        """The first weights of a lane with this model."""
        if model.init == "zeros":
            return torch.zeros(self._slot.shape, dtype=torch.float64)
        if model.init == "orthogonal":
            return self.orthogonal
        numbers = self.uniform if model.init.endswith("_uniform") else self.normal
        return numbers * init_std(model, self._slot)


def first_parameters(
    layout: Layout, lanes: Sequence[tuple[Model, int]], device: torch.device, dtype: torch.dtype
) -> Tensor:
    """theta_LP for lanes of (model settings, seed): weights as the model says, biases and shifts 0, gains 1.

    Drawn on the CPU in float64, so that every device and precision starts from the same numbers.
    """
    theta_LP = torch.zeros(len(lanes), layout.parameters, dtype=torch.float64)
    for slot in layout.slots:
        if slot.kind == "gain":
            slot.of(theta_LP).fill_(1.0)
    for number, slot in enumerate(layout.matrices):
        draws = {seed: _Draws(seed, number, slot) for _, seed in lanes}
        for lane, (model, seed) in enumerate(lanes):
            slot.of(theta_LP)[lane] = draws[seed].weights(model)
    return theta_LP.to(device=device, dtype=dtype)
