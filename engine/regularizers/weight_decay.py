"""Decoupled weight decay (Loshchilov and Hutter 2019): `W <- W * (1 - lr * weight_decay)` beside the gradient step."""

from __future__ import annotations

from torch import Tensor


def decay_weights(W_LP: Tensor, lr_L: Tensor, weight_decay_L: Tensor) -> None:
    """Shrink the weights in place. Unlike l2 it is not scaled by Adam's denominator."""
    W_LP.mul_((1 - lr_L * weight_decay_L).unsqueeze(1))
