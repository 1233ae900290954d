"""Convolutional layers. Images are h_LBHWC: channels last, so that every unit-wise technique sees contiguous numbers.

Measured (tests/benchmarks/convolutions.py): a loop over lanes with channels last is the fastest on a CPU, because the
convolutions of one lane are oneDNN's own, no copy stands between the layers, and pooling over channels that lie side by
side takes a quarter of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.stack.forward_pass import ForwardPass
from engine.stack.layout import LayoutBuilder


def convolve(h_GBHWC: Tensor, w_LIO: Tensor, b_LO: Tensor, kernel: int, stride: int) -> Tensor:
    """Every lane's convolution of its inputs, or of those that the lanes of its group share; [L, B, H', W', O].

    Parameters
    ----------
    w_LIO : rows in the order (kernel row, kernel column, input channel): a matrix of unit by incoming weight, as the
        dense layers have, so that whatever is done to weight matrices is done to these too.
    kernel, stride : padded by `kernel // 2` on every side.
    """
    lanes, _, outputs = w_LIO.shape
    shared = lanes // h_GBHWC.shape[0]
    # Laid out as [L, O, kernel, kernel, C] and seen as torch's [L, O, C, kernel, kernel]: channels last here too.
    w_LOCKK = w_LIO.transpose(1, 2).reshape(lanes, outputs, kernel, kernel, -1).permute(0, 1, 4, 2, 3)
    # unbind, not h[lane]: the gradient of an indexed lane is a whole stack of zeros.
    inputs = h_GBHWC.permute(0, 1, 4, 2, 3).unbind()
    outputs_of_lanes = [
        F.conv2d(inputs[lane // shared], w_OCKK, b_O, stride=stride, padding=kernel // 2).permute(0, 2, 3, 1)
        for lane, (w_OCKK, b_O) in enumerate(zip(w_LOCKK.unbind(), b_LO.unbind(), strict=True))
    ]
    return torch.stack(outputs_of_lanes)


@dataclass(frozen=True, slots=True)
class Pool:
    """Max-pooling 2x2; an odd last row or column is left out, as torch does."""

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        return self.of(h)

    @staticmethod
    def of(h_LBHWC: Tensor) -> Tensor:
        pooled = F.max_pool2d(h_LBHWC.flatten(0, 1).permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
        return pooled.reshape(*h_LBHWC.shape[:2], *pooled.shape[1:])


@dataclass(frozen=True, slots=True)
class AsImages:
    """Inputs, flattened in the order (channel, row, column), as images with their channels last."""

    shape: tuple[int, int, int]

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        return h.reshape(*h.shape[:2], *self.shape).permute(0, 1, 3, 4, 2).contiguous()


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution, 3x3 padded by 1 or 1x1, as a matrix of output channel by incoming weight."""

    weight: int
    bias: int
    kernel: int
    stride: int

    @classmethod
    def make(
        cls, builder: LayoutBuilder, name: str, inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1
    ) -> Conv:
        taps = kernel * kernel
        return cls(
            builder.slot(name, "weight", (taps * inputs, outputs), taps * inputs, taps * outputs),
            builder.slot(name, "bias", (outputs,)),
            kernel,
            stride,
        )

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        return convolve(h, forward.values[self.weight], forward.values[self.bias], self.kernel, self.stride)


@dataclass(frozen=True, slots=True)
class GlobalPool:
    """The mean of each channel over the image, [L, B, C]."""

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        return h.mean(dim=(2, 3))


@dataclass(frozen=True, slots=True)
class Flatten:
    """Images as rows of numbers, for the dense layers after them."""

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        return h.flatten(2)
