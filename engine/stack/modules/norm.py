"""Normalization: batch, layer, group and instance, each lane by its own statistics, as torch.nn defines them.

Every one takes h as [L, B, units] or [L, B, H, W, C]. Gains start at 1 and shifts at 0; both are learned, and neither
is penalized nor decayed, for they lie behind the weights and biases in the buffer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.preset import PresetError
from engine.preset.schema import Model
from engine.stack.forward_pass import ForwardPass
from engine.stack.layout import LayoutBuilder
from engine.stack.modules.module import Module

EPS = 1e-5
MOMENTUM = 0.1


def norms(model: Model, builder: LayoutBuilder, name: str, shape: tuple[int, ...]) -> list[Module]:
    """The normalization of a layer as the model has it: one module, or none.

    Parameters
    ----------
    shape : of one example's activations, (units,) or (H, W, C).
    """
    channels = shape[-1]
    match model.norm:
        case "batch":
            return [BatchNorm.make(builder, name, channels)]
        case "layer":
            return [LayerNorm(*_affine(builder, name, math.prod(shape)))]
        case "group":
            return [GroupNorm(*_affine(builder, name, channels), model.norm_groups)]
        case "instance" if len(shape) > 1:
            if math.prod(shape[:-1]) == 1:
                raise PresetError(
                    f"model.norm = 'instance': the images of {name!r} are 1x1 and have no spread "
                    "(fewer model.channels, or another norm)"
                )
            # A group for each channel is torch's InstanceNorm2d(affine=True).
            return [GroupNorm(*_affine(builder, name, channels), channels)]
    # none; and the dense layers behind convolutions normalized by instance, which have one number per channel.
    return []


def _affine(builder: LayoutBuilder, name: str, count: int) -> tuple[int, int]:
    return builder.slot(name, "gain", (count,)), builder.slot(name, "shift", (count,))


class _ByBatch(torch.autograd.Function):
    """`gain * (h - mean) / sqrt(variance + EPS) + shift` over the rows, and the mean and variance.

    The gradient is written out, for autograd's own walks over the activations twice as often: with x the normalized h
    and g the gradient that comes in, `dh = gain / sqrt(variance + EPS) * (g - mean(g) - x * mean(g x))`.
    """

    @staticmethod
    def forward(ctx: Any, h_LRC: Tensor, gain_L1C: Tensor, shift_L1C: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean_L1C = h_LRC.mean(dim=1, keepdim=True)
        centred_LRC = h_LRC - mean_L1C
        variance_L1C = centred_LRC.square().mean(dim=1, keepdim=True)
        inverse_L1C = (variance_L1C + EPS).rsqrt()
        ctx.save_for_backward(centred_LRC, inverse_L1C, gain_L1C)
        ctx.mark_non_differentiable(mean_L1C, variance_L1C)
        return torch.addcmul(shift_L1C, centred_LRC, gain_L1C * inverse_L1C), mean_L1C, variance_L1C

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        g_LRC, rows = gradients[0], gradients[0].shape[1]
        centred_LRC, inverse_L1C, gain_L1C = ctx.saved_tensors
        shift_L1C = g_LRC.sum(dim=1, keepdim=True)
        product_L1C = (g_LRC * centred_LRC).sum(dim=1, keepdim=True)
        slope_L1C = inverse_L1C.square() * product_L1C / -rows
        h_LRC = torch.addcmul(g_LRC - shift_L1C / rows, centred_LRC, slope_L1C).mul_(gain_L1C * inverse_L1C)
        return h_LRC, product_L1C * inverse_L1C, shift_L1C


def _normalized(h_LRC: Tensor, gain_L1C: Tensor, shift_L1C: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    normalized: tuple[Tensor, Tensor, Tensor] = _ByBatch.apply(h_LRC, gain_L1C, shift_L1C)
    return normalized


@dataclass(frozen=True, slots=True)
class BatchNorm:
    """Each unit or channel by its mean and variance over the batch (Ioffe and Szegedy 2015).

    As torch.nn.BatchNorm: the biased variance normalizes, the unbiased one moves the running variance by `MOMENTUM`;
    evaluation uses the running statistics, which start at mean 0 and variance 1. One difference: where an epoch's last
    batch is a single example of a dense layer, which has no variance and which torch refuses, that example is
    normalized by the running statistics and does not move them.
    """

    gain: int
    shift: int
    first_column: int
    channels: int

    @classmethod
    def make(cls, builder: LayoutBuilder, name: str, channels: int) -> BatchNorm:
        gain, shift = _affine(builder, name, channels)
        first_column = builder.take_statistics(channels, first=0.0)
        builder.take_statistics(channels, first=1.0)
        return cls(gain, shift, first_column, channels)

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        h_LRC = h.flatten(1, -2)
        gain_L1C, shift_L1C = forward.values[self.gain].unsqueeze(1), forward.values[self.shift].unsqueeze(1)
        columns = slice(self.first_column, self.first_column + 2 * self.channels)
        running_L2C = forward.statistics_LQ[:, columns].view(-1, 2, self.channels)
        if forward.training and h_LRC.shape[1] > 1:
            normalized_LRC, mean_L1C, variance_L1C = _normalized(h_LRC, gain_L1C, shift_L1C)
            if forward.moves_statistics:
                momentum = MOMENTUM if forward.momentum is None else forward.momentum
                self._move(running_L2C, mean_L1C, variance_L1C, h_LRC.shape[1], momentum)
        else:
            mean_L1C, variance_L1C = running_L2C[:, :1], running_L2C[:, 1:]
            scale_L1C = gain_L1C * (variance_L1C + EPS).rsqrt()
            normalized_LRC = torch.addcmul(shift_L1C - mean_L1C * scale_L1C, h_LRC, scale_L1C)
        return normalized_LRC.view(h.shape)

    @staticmethod
    @torch.no_grad()
    def _move(running_L2C: Tensor, mean_L1C: Tensor, variance_L1C: Tensor, rows: int, momentum: float) -> None:
        running_L2C.lerp_(torch.cat([mean_L1C, variance_L1C * (rows / (rows - 1))], dim=1), momentum)


@dataclass(frozen=True, slots=True)
class LayerNorm:
    """Each example by its mean and variance over all units, or over (C, H, W) (Ba et al. 2016)."""

    gain: int
    shift: int

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        gain_L1F, shift_L1F = forward.values[self.gain].unsqueeze(1), forward.values[self.shift].unsqueeze(1)
        h_LBF = F.layer_norm(h.flatten(2), gain_L1F.shape[2:], eps=EPS)
        return torch.addcmul(shift_L1F, h_LBF, gain_L1F).view(h.shape)


@dataclass(frozen=True, slots=True)
class GroupNorm:
    """Each example by its mean and variance over each group of neighbouring channels (Wu and He 2018)."""

    gain: int
    shift: int
    groups: int

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        gain_L1C, shift_L1C = forward.values[self.gain].unsqueeze(1), forward.values[self.shift].unsqueeze(1)
        # Seen as torch wants it, channels second; on images that is torch's channels_last.
        normed = F.group_norm(h.flatten(0, 1).movedim(-1, 1), self.groups, eps=EPS).movedim(1, -1)
        return torch.addcmul(shift_L1C, normed.reshape(h.shape).flatten(1, -2), gain_L1C).view(h.shape)
