"""L2 penalty (ridge, weight decay as a penalty): `0.5 * l2 * sum(W^2)` over all weight matrices."""

from __future__ import annotations

from torch import Tensor


def l2_penalty(W_LP: Tensor, l2_L: Tensor) -> Tensor:
    """What is added to each lane's loss, [L]."""
    return 0.5 * l2_L * W_LP.square().sum(dim=1)


def add_l2_gradient(grad_LP: Tensor, W_LP: Tensor, l2_L: Tensor) -> None:
    """`grad += l2 * W`, in place."""
    grad_LP.addcmul_(W_LP, l2_L.unsqueeze(1))
