"""Mixup (Zhang et al. 2018): inputs and targets become `share * own + (1 - share) * partner's`.

One share for each batch, drawn from Beta(a, a); the partners are the batch itself, permuted.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def beta_share(u_L: Tensor, v_L: Tensor, a_L: Tensor) -> Tensor:
    """Each lane's share, distributed as Beta(a, a), as a closed form of two uniform numbers.

    Bailey 1994: `T = sqrt(2a (u^(-1/a) - 1)) cos(2 pi v)` is Student's t with 2a degrees of freedom, and
    `1/2 + T / (2 sqrt(2a + T^2))` is then Beta(a, a). Lanes with the same draws and the same a have the same share,
    for another a it moves continuously, and nothing waits for the device. Written with `w = u^(1/a)`, which may
    underflow to 0 where a is small, instead of its reciprocal, which would overflow.
    """
    exponent_L = u_L.log() / a_L
    w_L, rest_L = exponent_L.exp(), -exponent_L.expm1()
    cos_L = (2 * math.pi * v_L).cos()
    spread_L = (w_L + rest_L * cos_L.square()).clamp(min=torch.finfo(w_L.dtype).tiny)
    return (0.5 + 0.5 * cos_L * (rest_L / spread_L).sqrt()).clamp(0.0, 1.0)


def mixup(x_LBI: Tensor, partner_LBI: Tensor, share_L: Tensor) -> Tensor:
    """Inputs mixed with their partners'."""
    share_L11 = share_L.view(-1, 1, 1)
    return share_L11 * x_LBI + (1 - share_L11) * partner_LBI
