"""Gradient clipping by the lane's own global norm (Pascanu et al. 2013; torch.nn.utils.clip_grad_norm_)."""

from __future__ import annotations

import torch
from torch import Tensor


def clip_gradients(grad_LP: Tensor, largest_L: Tensor) -> Tensor:
    """`g * min(1, c / (|g| + 1e-6))` in place, |g| over all parameters of the lane; c = 0 is off.

    Returns the norms before clipping, [L].
    """
    norm_L: Tensor = grad_LP.norm(dim=1)
    share_L = torch.where(largest_L > 0, (largest_L / (norm_L + 1e-6)).clamp(max=1.0), 1.0)
    grad_LP.mul_(share_L.unsqueeze(1))
    return norm_L
