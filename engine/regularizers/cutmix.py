"""CutMix (Yun et al. 2019): a box of each image is taken from its partner; targets are shared by the area."""

from __future__ import annotations

import torch
from torch import Tensor


def cutmix_box(share_L: Tensor, u_L2: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """The box of each lane's batch: inside_LHW, and the share of the image that is really left over, [L].

    The paper's code, and torchvision's: the box reaches `int(side * sqrt(1 - share) / 2)` pixels to either side of its
    centre and is clipped to the image.

    Parameters
    ----------
    share_L : what is to be left over, drawn from Beta(a, a).
    u_L2 : uniform from 0 to 1; the centre is the pixel `floor(u * side)`, rows first.
    """
    half_share_L = 0.5 * (1 - share_L).sqrt()

    def span(u_L: Tensor, side: int) -> tuple[Tensor, Tensor]:
        centre_L1 = (u_L * side).floor().clamp(max=side - 1).unsqueeze(1)
        half_L1 = (half_share_L * side).floor().unsqueeze(1)
        at_X = torch.arange(side, device=u_L.device, dtype=u_L.dtype)
        inside_LX = (at_X >= centre_L1 - half_L1) & (at_X < centre_L1 + half_L1)
        return inside_LX, inside_LX.sum(dim=1)

    rows_LH, tall_L = span(u_L2[:, 0], height)
    columns_LW, wide_L = span(u_L2[:, 1], width)
    left_L = 1 - (tall_L * wide_L).to(share_L.dtype) / (height * width)
    return rows_LH.unsqueeze(2) & columns_LW.unsqueeze(1), left_L


def cutmix(x_LBCHW: Tensor, partner_LBCHW: Tensor, inside_LHW: Tensor) -> Tensor:
    """Images whose pixels inside the box are their partner's."""
    return torch.where(inside_LHW[:, None, None], partner_LBCHW, x_LBCHW)
