"""What a module is, and the activation that stands between any two layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.stack.forward_pass import ForwardPass

Activation = Callable[[Tensor], Tensor]

ACTIVATIONS: dict[str, Activation] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
}


class Module(Protocol):
    """A step of the forward pass."""

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class Activate:
    """An activation after the hidden layer `name`."""

    name: str
    kind: str

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        # In evaluation no gradient is wanted: relu in place saves writing the activations a second time.
        h = h.relu_() if self.kind == "relu" and not forward.training else ACTIVATIONS[self.kind](h)
        if forward.taps is not None:
            forward.taps.append((self.name, h))
        return h
