"""Dropout (Srivastava et al. 2014): hidden units are dropped at random in training."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Threshold(NamedTuple):
    """The least draw that a lane keeps, and what it multiplies the kept units by; both [S, A, 1, 1]."""

    least: Tensor
    kept: Tensor


def threshold(p_L: Tensor, seeds: int) -> Threshold:
    """The least draw that is kept, and 1 / (1 - p).

    Parameters
    ----------
    p_L : drop probability of each lane, below 1, the lanes ordered seed by seed. 0 keeps every unit bit for bit.
    seeds : S.
    """
    p_SA11 = p_L.view(seeds, -1, 1, 1)
    # Held at the largest int16: 65536 would wrap round, and a p close to 1 would drop nothing.
    least = ((p_SA11 * 65536).round() - 32768).clamp(max=32767).to(torch.int16)
    return Threshold(least, 1 / (1 - p_SA11))


def dropout(h_SABH: Tensor, bits_SBH: Tensor, p: Threshold, inverted: bool) -> Tensor:
    """Drop a unit where its draw u is below p: `h * (u >= p)`, over `1 - p` where inverted.

    Parameters
    ----------
    h_SABH : activations of S seeds x A arms.
    bits_SBH, p, inverted : see `kept_share`.
    """
    return h_SABH * kept_share(bits_SBH, p, inverted)


def kept_share(bits_SBH: Tensor, p: Threshold, inverted: bool = True, out: Tensor | None = None) -> Tensor:
    """The factor of each unit, channel or branch that may be dropped, share_SABH: 0 where its draw u is below p.

    Parameters
    ----------
    bits_SBH : the seed's draw as int16, uniform on all 65,536 values: u = (bits + 32768) / 65536. All arms of a seed
        threshold the same draw, so the units dropped at a smaller p are among those dropped at a larger one.
    p : the lanes' thresholds.
    inverted : the kept ones by 1 / (1 - p); otherwise (style "book", Saitoh 2016) by 1, and evaluation scales by 1 - p.
    out : where the factors are written, if anywhere.
    """
    # Compared straight into numbers: by way of bool, and of `where`, it takes three times as long.
    share_SABH = p.kept.new_empty(*p.kept.shape[:2], *bits_SBH.shape[1:]) if out is None else out
    torch.ge(bits_SBH.unsqueeze(1), p.least, out=share_SABH)
    return share_SABH.mul_(p.kept) if inverted else share_SABH


def dropout_evaluation(h_LBH: Tensor, p_L: Tensor) -> Tensor:
    """Style "book" outside training: `h * (1 - p)`, in place."""
    return h_LBH.mul_(1 - p_L.view(-1, *[1] * (h_LBH.dim() - 1)))
