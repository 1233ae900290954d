"""Dropout (Srivastava et al. 2014): hidden units are dropped at random in training."""

from __future__ import annotations

from torch import Tensor


def dropout(h_SABH: Tensor, bits_SBH: Tensor, p_L: Tensor, inverted: bool) -> Tensor:
    """Drop a unit where its draw u is below p: `h * (u >= p)`, over `1 - p` where inverted.

    Parameters
    ----------
    h_SABH : activations of S seeds x A arms.
    bits_SBH : the seed's draw as int16, uniform on all 65,536 values: u = (bits + 32768) / 65536. All arms of a seed
        threshold the same draw, so the units dropped at a smaller p are among those dropped at a larger one.
    p_L : drop probability of each lane, below 1. 0 keeps every unit bit for bit.
    inverted : scale by 1 / (1 - p) here; otherwise (the book's style) evaluation scales by 1 - p.
    """
    seeds, arms = h_SABH.shape[:2]
    p_SA11 = p_L.view(seeds, arms, 1, 1)
    threshold = (p_SA11 * 65536).round() - 32768
    keep = (bits_SBH.unsqueeze(1) >= threshold.to(bits_SBH.dtype)).to(h_SABH.dtype)
    if inverted:
        keep = keep * (1 / (1 - p_SA11))
    return h_SABH * keep


def dropout_evaluation(h_LBH: Tensor, p_L: Tensor) -> Tensor:
    """The book's style outside training: `h * (1 - p)`."""
    return h_LBH * (1 - p_L.view(-1, 1, 1))
