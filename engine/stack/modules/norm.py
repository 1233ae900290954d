"""Normalization: batch, layer, group and instance, each lane by its own statistics, as torch.nn defines them.

Every one takes h as [L, B, units] or [L, B, H, W, C]. Gains start at 1 and shifts at 0; both are learned, and neither
is penalized nor decayed, for they lie behind the weights and biases in the buffer.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import torch
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


# What a norm keeps of the way forward for the way back.
Kept = tuple[Tensor, ...]


class DenseNorm(Protocol):
    """A norm of dense layers, with its gradient written out for `engine.stack.dense_gradient`."""

    @property
    def gain(self) -> int: ...

    @property
    def shift(self) -> int: ...

    def forward(self, h_LBF: Tensor, forward: ForwardPass) -> tuple[Tensor, Kept]:
        """The normalized h of a training pass, and what the way back needs of it."""
        ...

    def backward(self, g_LBF: Tensor, kept: Kept, forward: ForwardPass) -> tuple[Tensor, Tensor, Tensor]:
        """From the gradient by the outputs to those by h, by the gains and by the shifts, [L, 1, F] the latter two."""
        ...


@functools.lru_cache(maxsize=64)
def _scalar(value: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A number as a tensor without axes: torch makes one of every Python number it meets, in thrice the time it takes
    to use it."""
    return torch.tensor(value, dtype=dtype, device=device)


class _Batch(NamedTuple):
    """Batch norm on its way forward, h_LRC and all else [L, 1, C]; `scale` is gain / sqrt(variance + EPS)."""

    normalized_LRC: Tensor
    centred_LRC: Tensor
    inverse_L1C: Tensor
    scale_L1C: Tensor
    moments_L2C: Tensor  # mean and unbiased variance

    @classmethod
    def of(cls, h_LRC: Tensor, gain_L1C: Tensor, shift_L1C: Tensor) -> _Batch:
        """`gain * (h - mean) / sqrt(variance + EPS) + shift` over the rows."""
        rows, kind = h_LRC.shape[1], (h_LRC.dtype, h_LRC.device)
        mean_L1C = h_LRC.sum(dim=1, keepdim=True).mul_(_scalar(1 / rows, *kind))
        centred_LRC = h_LRC - mean_L1C
        squares_L1C = (centred_LRC * centred_LRC).sum(dim=1, keepdim=True)
        inverse_L1C = torch.addcmul(_scalar(EPS, *kind), squares_L1C, _scalar(1 / rows, *kind)).rsqrt_()
        scale_L1C = gain_L1C * inverse_L1C
        normalized_LRC = torch.addcmul(shift_L1C, centred_LRC, scale_L1C)
        moments_L2C = torch.cat([mean_L1C, squares_L1C.mul_(_scalar(1 / (rows - 1), *kind))], dim=1)
        return cls(normalized_LRC, centred_LRC, inverse_L1C, scale_L1C, moments_L2C)


def _batch_backward(
    g_LRC: Tensor, centred_LRC: Tensor, inverse_L1C: Tensor, scale_L1C: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients by h, gain and shift: autograd's own walk over the activations twice as often.

    With x the normalized h and g what comes in, `dh = gain / sqrt(variance + EPS) * (g - mean(g) - x * mean(g x))`.
    """
    shift_L1C = g_LRC.sum(dim=1, keepdim=True)
    gain_L1C = (g_LRC * centred_LRC).sum(dim=1, keepdim=True).mul_(inverse_L1C)
    share_L1C = scale_L1C * _scalar(-1 / g_LRC.shape[1], g_LRC.dtype, g_LRC.device)
    h_LRC = torch.addcmul(share_L1C * shift_L1C, g_LRC, scale_L1C)
    h_LRC.addcmul_(centred_LRC, share_L1C.mul_(gain_L1C).mul_(inverse_L1C))
    return h_LRC, gain_L1C, shift_L1C


class _ByBatch(torch.autograd.Function):
    """The same for autograd: the normalized h, and the batch's moments."""

    @staticmethod
    def forward(ctx: Any, h_LRC: Tensor, gain_L1C: Tensor, shift_L1C: Tensor) -> tuple[Tensor, Tensor]:
        batch = _Batch.of(h_LRC, gain_L1C, shift_L1C)
        ctx.save_for_backward(*batch[1:4])
        ctx.mark_non_differentiable(batch.moments_L2C)
        return batch.normalized_LRC, batch.moments_L2C

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return _batch_backward(gradients[0], *ctx.saved_tensors)


def _by_lane(h_LBF: Tensor, gain_LF: Tensor, shift_LF: Tensor) -> Tensor:
    """Times each lane's gains, plus its shifts."""
    if len(h_LBF) == 1:  # these fit as they are, and autograd has two views less to go through
        return torch.addcmul(shift_LF, h_LBF, gain_LF)
    return torch.addcmul(shift_LF.unsqueeze(1), h_LBF, gain_LF.unsqueeze(1))


class _ByGroup:
    """Each example's groups of neighbouring units by their own mean and variance.

    The units of a group stand where torch has the pixels of a channel: there its kernel is fast, faster than the one
    for layer norm.
    """

    gain: int
    shift: int

    def groups_of(self, features: int) -> int:
        """How many groups the units of a layer make."""
        raise NotImplementedError

    def forward(self, h_LBF: Tensor, forward: ForwardPass) -> tuple[Tensor, Kept]:
        h_NGD = self._grouped(h_LBF)
        rows, groups, size = h_NGD.shape
        normed_NGD, *moments = torch.native_group_norm(h_NGD, None, None, rows, groups, size, groups, EPS)
        normed_LBF = normed_NGD.view(h_LBF.shape)
        gain_LF, shift_LF = forward.values[self.gain], forward.values[self.shift]
        return _by_lane(normed_LBF, gain_LF, shift_LF), (h_NGD, normed_LBF, *moments)

    def backward(self, g_LBF: Tensor, kept: Kept, forward: ForwardPass) -> tuple[Tensor, Tensor, Tensor]:
        h_NGD, normed_LBF, mean_NG, inverse_NG = kept
        rows, groups, size = h_NGD.shape
        g_NGD = (g_LBF * forward.values[self.gain].unsqueeze(1)).view(h_NGD.shape)
        h_gradient_NGD = torch.ops.aten.native_group_norm_backward(
            g_NGD, h_NGD, mean_NG, inverse_NG, None, rows, groups, size, groups, (True, False, False)
        )[0]
        gain_L1F = (g_LBF * normed_LBF).sum(dim=1, keepdim=True)
        return h_gradient_NGD.view(g_LBF.shape), gain_L1F, g_LBF.sum(dim=1, keepdim=True)

    def _by_autograd(self, h_LBF: Tensor, forward: ForwardPass) -> Tensor:
        h_NGD = self._grouped(h_LBF)
        normed_LBF = torch.group_norm(h_NGD, h_NGD.shape[1], None, None, EPS, False).view(h_LBF.shape)
        return _by_lane(normed_LBF, forward.values[self.gain], forward.values[self.shift])

    def _grouped(self, h_LBF: Tensor) -> Tensor:
        lanes, batch, features = h_LBF.shape
        groups = self.groups_of(features)
        return h_LBF.view(lanes * batch, groups, features // groups)


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
        gain_LC, shift_LC = forward.values[self.gain], forward.values[self.shift]
        running_L2C = self._running(forward)
        if not forward.training or h_LRC.shape[1] == 1:
            mean_L1C, variance_L1C = running_L2C[:, :1], running_L2C[:, 1:]
            scale_L1C = gain_LC.unsqueeze(1) * (variance_L1C + EPS).rsqrt()
            normalized_LRC = torch.addcmul(shift_LC.unsqueeze(1) - mean_L1C * scale_L1C, h_LRC, scale_L1C)
        else:
            # Not by torch's kernel: it sums in as many parts as there are threads, and so may round otherwise for a
            # lane alone than among others.
            normalized_LRC, moments_L2C = _ByBatch.apply(h_LRC, gain_LC.unsqueeze(1), shift_LC.unsqueeze(1))
            self._move(forward, moments_L2C)
        return normalized_LRC.view(h.shape)

    def forward(self, h_LBF: Tensor, forward: ForwardPass) -> tuple[Tensor, Kept]:
        batch = _Batch.of(h_LBF, forward.values[self.gain].unsqueeze(1), forward.values[self.shift].unsqueeze(1))
        self._move(forward, batch.moments_L2C)
        return batch.normalized_LRC, batch[1:4]

    def backward(self, g_LBF: Tensor, kept: Kept, forward: ForwardPass) -> tuple[Tensor, Tensor, Tensor]:
        centred_LBF, inverse_L1F, scale_L1F = kept
        return _batch_backward(g_LBF, centred_LBF, inverse_L1F, scale_L1F)

    def _running(self, forward: ForwardPass) -> Tensor:
        """Running means and variances, [L, 2, C]: a view."""
        return forward.statistics_LQ.narrow(1, self.first_column, 2 * self.channels).view(-1, 2, self.channels)

    @staticmethod
    def _momentum(forward: ForwardPass) -> float:
        return MOMENTUM if forward.momentum is None else forward.momentum

    def _move(self, forward: ForwardPass, moments_L2C: Tensor) -> None:
        if forward.moves_statistics:
            self._running(forward).lerp_(moments_L2C, self._momentum(forward))


@dataclass(frozen=True)
class LayerNorm(_ByGroup):
    """Each example by its mean and variance over all units, or over (C, H, W) (Ba et al. 2016)."""

    gain: int
    shift: int

    def groups_of(self, features: int) -> int:
        return 1

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        return self._by_autograd(h.flatten(2), forward).view(h.shape)


@dataclass(frozen=True)
class GroupNorm(_ByGroup):
    """Each example by its mean and variance over each group of neighbouring channels (Wu and He 2018)."""

    gain: int
    shift: int
    groups: int

    def groups_of(self, features: int) -> int:
        return self.groups

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        if h.dim() == 3:
            return self._by_autograd(h, forward)
        gain_LC, shift_LC = forward.values[self.gain], forward.values[self.shift]
        lanes, batch, *image, channels = h.shape
        # The lanes side by side as channels, in whole planes: torch's kernel for channels last takes longer than
        # two copies and the one for planes.
        h_BKHW = h.permute(1, 0, 4, 2, 3).contiguous().view(batch, lanes * channels, *image)
        normalized_BKHW = torch.group_norm(
            h_BKHW, lanes * self.groups, gain_LC.reshape(-1), shift_LC.reshape(-1), EPS, False
        )
        return normalized_BKHW.view(batch, lanes, channels, *image).permute(1, 0, 3, 4, 2).contiguous()
