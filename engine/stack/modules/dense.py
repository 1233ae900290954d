"""Fully connected layers. h is [L, B, features]."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.stack.forward_pass import ForwardPass
from engine.stack.layout import LayoutBuilder


@dataclass(frozen=True, slots=True)
class Dense:
    """A fully connected layer: `h @ w_IO + b_O`."""

    weight: int
    bias: int

    @classmethod
    def make(cls, builder: LayoutBuilder, name: str, inputs: int, outputs: int) -> Dense:
        return cls(
            builder.slot(name, "weight", (inputs, outputs), inputs, outputs), builder.slot(name, "bias", (outputs,))
        )

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        w_LIO, b_L1O = forward.values[self.weight], forward.values[self.bias].unsqueeze(1)
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
    def make(cls, builder: LayoutBuilder, name: str) -> Theta:
        return cls(builder.slot(name, "weight", (1, 1)))

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        theta_L11 = forward.values[self.weight]
        return theta_L11.expand(-1, h.shape[1], 1)
