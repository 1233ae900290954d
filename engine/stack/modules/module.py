"""What a module is, and the activation that stands between any two layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.stack.run import Run

Activation = Callable[[Tensor], Tensor]

ACTIVATIONS: dict[str, Activation] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
}


class Module(Protocol):
    """A step of the forward pass."""

    def __call__(self, h: Tensor, run: Run) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class Activate:
    """An activation after the hidden layer `name`."""

    name: str
    kind: str

    def __call__(self, h: Tensor, run: Run) -> Tensor:
        # In evaluation no gradient is wanted: relu in place saves writing the activations a second time.
        h = h.relu_() if self.kind == "relu" and not run.training else ACTIVATIONS[self.kind](h)
        if run.taps is not None:
            run.taps.append((self.name, h))
        return h
