"""What networks are made of. Each module works on all lanes at once: h is [L, B, features] or [L, B, C, H, W]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.regularizers.dropout import dropout, dropout_evaluation
from engine.regularizers.gaussian_dropout import gaussian_dropout
from engine.stack.layout import Builder
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
class Dense:
    """A fully connected layer: `h @ w_IO + b_O`."""

    weight: int
    bias: int

    @classmethod
    def make(cls, builder: Builder, name: str, inputs: int, outputs: int) -> Dense:
        return cls(
            builder.slot(name, "weight", (inputs, outputs), inputs, outputs), builder.slot(name, "bias", (outputs,))
        )

    def __call__(self, h: Tensor, run: Run) -> Tensor:
        w_LIO, b_L1O = run.values[self.weight], run.values[self.bias].unsqueeze(1)
        if h.shape[0] == w_LIO.shape[0]:
            return torch.baddbmm(b_L1O, h, w_LIO)
        return self._of_shared(h, w_LIO, b_L1O)

    @staticmethod
    def _of_shared(x_GNI: Tensor, w_LIO: Tensor, b_L1O: Tensor) -> Tensor:
        """Inputs that the lanes of a group share: one product with their weights side by side as the columns.

        For evaluation alone: no gradient passes through.
        """
        groups, rows, inputs = x_GNI.shape
        lanes, _, outputs = w_LIO.shape
        shared = lanes // groups
        w_GIMO = w_LIO.view(groups, shared, inputs, outputs).transpose(1, 2).reshape(groups, inputs, shared * outputs)
        h_GNMO = torch.bmm(x_GNI, w_GIMO).view(groups, rows, shared, outputs)
        h_GMNO = torch.empty(groups, shared, rows, outputs, dtype=x_GNI.dtype, device=x_GNI.device)
        torch.add(h_GNMO.transpose(1, 2), b_L1O.view(groups, shared, 1, outputs), out=h_GMNO)
        return h_GMNO.view(lanes, rows, outputs)


@dataclass(frozen=True, slots=True)
class Theta:
    """One parameter and nothing else: the same output for every example, whatever its inputs.

    It lies among the weights, so that l2 on it is what it is in statistics: a normal prior on theta.
    """

    weight: int

    @classmethod
    def make(cls, builder: Builder, name: str) -> Theta:
        return cls(builder.slot(name, "weight", (1, 1)))

    def __call__(self, h: Tensor, run: Run) -> Tensor:
        theta_L11 = run.values[self.weight]
        return theta_L11.expand(-1, h.shape[1], 1)


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


@dataclass(frozen=True, slots=True)
class Drop:
    """Dropout of a hidden layer's units; `at` is the first one's place in the draw that the network shares."""

    at: int
    inverted: bool

    def __call__(self, h: Tensor, run: Run) -> Tensor:
        settings = run.settings
        if not settings.any("regularization.dropout"):
            return h
        p_L = settings["regularization.dropout"]
        if not run.training:
            if self.inverted:
                return h
            # In place, unless someone looks at the activations as they were.
            return dropout_evaluation(h if run.taps is None else h.clone(), p_L)
        h_SABU = run.per_arm(h).flatten(3)
        bits_SBU = run.dropout_bits(self.at, h_SABU.shape[3], h_SABU.shape[2])
        return dropout(h_SABU, bits_SBU, p_L, self.inverted).view(h.shape)


@dataclass(frozen=True, slots=True)
class GaussianDrop:
    """Gaussian dropout of the units of the hidden layer `name`, which has a draw of its own."""

    name: str

    def __call__(self, h: Tensor, run: Run) -> Tensor:
        if not run.training or not run.settings.any("regularization.gaussian_dropout"):
            return h
        h_SABU = run.per_arm(h).flatten(3)
        noise_SBU = run.normal(f"gaussian_dropout {self.name}", *h_SABU.shape[2:])
        return gaussian_dropout(h_SABU, noise_SBU, run.settings["regularization.gaussian_dropout"]).view(h.shape)
