"""Augmentation: pure functions on whole batches of images, every image with numbers of its own.

Shorten and Khoshgoftaar 2019 survey what is worth trying; whether a change preserves the label is the user's to say.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def flip(x_LBCHW: Tensor, across_LB: Tensor, down_LB: Tensor) -> Tensor:
    """Images mirrored left to right where `across_LB` says so and top to bottom where `down_LB` does; exact."""
    x_LBCHW = torch.where(across_LB[:, :, None, None, None], x_LBCHW.flip(4), x_LBCHW)
    return torch.where(down_LB[:, :, None, None, None], x_LBCHW.flip(3), x_LBCHW)


def warp(x_NCHW: Tensor, shift_N2: Tensor, angle_N: Tensor, scale_N: Tensor) -> Tensor:
    """Images scaled and rotated about their centre, then shifted: torchvision's `affine`, all in one sampling.

    Bilinear; what comes from outside the image is 0. Not exact where nothing is asked for: leave such images out.

    Parameters
    ----------
    shift_N2 : pixels to the right and down.
    angle_N : degrees, clockwise.
    scale_N : above 1 enlarges.
    """
    height, width = x_NCHW.shape[2:]
    radians_N = torch.deg2rad(angle_N)
    cos_N, sin_N = radians_N.cos() / scale_N, radians_N.sin() / scale_N
    right_N, down_N = shift_N2.unbind(1)
    # Where each pixel of the result comes from, in pixels from the centre: the inverse of shift, rotation and scale.
    from_x_N3 = torch.stack([cos_N, sin_N, -(cos_N * right_N + sin_N * down_N)], dim=1)
    from_y_N3 = torch.stack([-sin_N, cos_N, sin_N * right_N - cos_N * down_N], dim=1)
    # affine_grid counts in halves of the side.
    per_side_3 = from_x_N3.new_tensor([width / 2, height / 2, 1.0])
    theta_N23 = torch.stack([from_x_N3 * per_side_3 / (width / 2), from_y_N3 * per_side_3 / (height / 2)], dim=1)
    grid_NHW2 = F.affine_grid(theta_N23, list(x_NCHW.shape), align_corners=False)
    return F.grid_sample(x_NCHW, grid_NHW2, mode="bilinear", padding_mode="zeros", align_corners=False)
