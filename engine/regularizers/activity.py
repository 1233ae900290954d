"""Activity penalties: `activity_l1 * sum(|h|) / B` and `activity_l2 * sum(h^2) / B` over the outputs of hidden layers.

As in Keras (`activity_regularizer`), which divides by the batch size too. h is what follows the activation, before
dropout. The first asks for sparse activations, the second for small ones.
"""

from __future__ import annotations

import torch
from torch import Tensor


def sum_of_sizes(h: Tensor) -> Tensor:
    """`sum(|h|)` of each lane, [L], of h [L, B, ...]."""
    return h.abs().flatten(1).sum(dim=1)


def sum_of_squares(h: Tensor) -> Tensor:
    """`sum(h^2)` of each lane, [L], of h [L, B, ...]."""
    return h.square().flatten(1).sum(dim=1)


def activity_penalty(sum_L: Tensor, examples: int, strength_L: Tensor) -> Tensor:
    """What is added to each lane's loss, [L]; exactly 0 where the strength is, whatever the sum."""
    return torch.where(strength_L > 0, strength_L * sum_L / examples, torch.zeros_like(sum_L))
