"""Averages of the weights over training: exponential (EMA, Polyak and Juditsky 1992) and equal (SWA, Izmailov 2018).

The rules of torch.optim.swa_utils.AveragedModel: the first update copies; then the exponential average goes
`a <- d a + (1 - d) W`, and the equal one `a <- a + (W - a) / n` for the n-th update.
"""

from __future__ import annotations

import torch
from torch import Tensor


def exponential_share(updates_L: Tensor, decay_L: Tensor) -> Tensor:
    """How much of the newest weights the average takes at update 1, 2, ..., [L]."""
    return torch.where(updates_L > 1, 1 - decay_L, 1.0)


def equal_share(updates_L: Tensor) -> Tensor:
    """How much of the newest weights the average takes at update 1, 2, ..., [L]."""
    return 1 / updates_L.clamp(min=1)


def move_average(average_LP: Tensor, theta_LP: Tensor, share_L: Tensor) -> None:
    """In place; a share of 1 copies exactly, a share of 0 leaves the lane's average as it is."""
    average_LP.lerp_(theta_LP, share_L.unsqueeze(1))
