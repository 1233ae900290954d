"""Orthogonal penalty (Keras OrthogonalRegularizer, mode "rows"): the mean of |cosine| between the rows of a matrix.

`c * 0.5 * sum(|offdiag(N N^T)|) / pairs`, N the rows of W divided by max(|row|, 1e-7), pairs = n (n - 1) / 2. W is as
Keras holds it, (in, out): a row is what one input gives to all units.

Dear where there are many inputs: two products of size in x in x out for each matrix and lane at every step.
"""

from __future__ import annotations

import torch
from torch import Tensor

_EPSILON = 1e-7  # keras.config.epsilon()


def _normalized(W_LIO: Tensor) -> tuple[Tensor, Tensor]:
    norm_LI1 = W_LIO.norm(dim=2, keepdim=True)
    return W_LIO / norm_LI1.clamp(min=_EPSILON), norm_LI1


def _cosines(N_LIO: Tensor) -> Tensor:
    product_LII = N_LIO @ N_LIO.mT
    product_LII.diagonal(dim1=1, dim2=2).zero_()
    return product_LII


def _pairs(rows: int) -> float:
    # One row has no other to be orthogonal to: Keras divides 0 by 0 there, here it is 0.
    return max(rows * (rows - 1) / 2, 1.0)


def orthogonal_penalty(W_LIO: Tensor, c_L: Tensor) -> Tensor:
    """What one matrix adds to each lane's loss, [L]."""
    sum_L = _cosines(_normalized(W_LIO)[0]).abs().sum(dim=(1, 2))
    return torch.where(c_L > 0, c_L * 0.5 * sum_L / _pairs(W_LIO.shape[1]), torch.zeros_like(c_L))


def add_orthogonal_gradient(grad_LIO: Tensor, W_LIO: Tensor, c_L: Tensor) -> None:
    """Add the gradient in place: `c / pairs * sign(offdiag(N N^T)) N`, brought back through the normalization."""
    N_LIO, norm_LI1 = _normalized(W_LIO)
    by_N_LIO = _cosines(N_LIO).sign_() @ N_LIO
    # The derivative of w / |w| has no part along w; below epsilon the divisor is constant and there is no such part.
    along_LI1 = torch.where(norm_LI1 > _EPSILON, (by_N_LIO * N_LIO).sum(dim=2, keepdim=True), 0.0)
    by_W_LIO = (by_N_LIO - N_LIO * along_LI1) / norm_LI1.clamp(min=_EPSILON)
    c_L11 = (c_L / _pairs(W_LIO.shape[1])).view(-1, 1, 1)
    grad_LIO.add_(torch.where(c_L11 > 0, c_L11 * by_W_LIO, 0.0))
