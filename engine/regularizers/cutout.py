"""Cutout (DeVries and Taylor 2017): one n x n square of zeros in each image, its centre anywhere, clipped."""

from __future__ import annotations

import torch
from torch import Tensor


def cutout(x_LBCHW: Tensor, u_LB2: Tensor, n_L: Tensor) -> Tensor:
    """Images with rows and columns `c - n // 2` up to `c - n // 2 + n` (excluded) of the square set to 0.

    Parameters
    ----------
    u_LB2 : uniform from 0 to 1; the centre is the pixel `floor(u * side)`, rows first. All arms of a seed share it,
        so the square of a smaller n lies inside that of a larger one.
    n_L : side of the square in whole pixels; 0 is off.
    """
    height, width = x_LBCHW.shape[3:]
    n_L11 = n_L.view(-1, 1, 1)
    first_L11 = -torch.div(n_L11, 2, rounding_mode="floor")

    def inside(u_LB: Tensor, side: int) -> Tensor:
        centre_LB1 = (u_LB * side).floor().clamp(max=side - 1).unsqueeze(2)
        away_LBX = torch.arange(side, device=u_LB.device, dtype=u_LB.dtype) - centre_LB1
        return (away_LBX >= first_L11) & (away_LBX < first_L11 + n_L11)

    rows_LBH, columns_LBW = inside(u_LB2[..., 0], height), inside(u_LB2[..., 1], width)
    cut_LB1HW = (rows_LBH.unsqueeze(3) & columns_LBW.unsqueeze(2)).unsqueeze(2)
    return x_LBCHW.masked_fill(cut_LB1HW, 0.0)
