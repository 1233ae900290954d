"""L1 penalty (lasso): `l1 * sum(|W|)` over all weight matrices; the subgradient at 0 is 0."""

from __future__ import annotations

from torch import Tensor


def l1_penalty(W_LP: Tensor, l1_L: Tensor) -> Tensor:
    """What is added to each lane's loss, [L]."""
    return l1_L * W_LP.abs().sum(dim=1)


def add_l1_gradient(grad_LP: Tensor, W_LP: Tensor, l1_L: Tensor) -> None:
    """`grad += l1 * sign(W)`, in place."""
    grad_LP.addcmul_(W_LP.sign(), l1_L.unsqueeze(1))
