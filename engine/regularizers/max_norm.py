"""Max-norm constraint (Srebro and Shraibman 2005): a unit's incoming weights are kept within a ball of radius c."""

from __future__ import annotations

import torch
from torch import Tensor


def limit_norms(w_LIO: Tensor, c_L: Tensor) -> None:
    """After the step, in place: `w * min(1, c / (|w| + 1e-7))` per unit over its inputs (Keras MaxNorm).

    c = 0 is off.
    """
    norm_L1O = w_LIO.norm(dim=1, keepdim=True)
    limit_L11 = torch.where(c_L > 0, c_L, torch.full_like(c_L, torch.inf)).view(-1, 1, 1)
    w_LIO.mul_((limit_L11 / (norm_L1O + 1e-7)).clamp(max=1.0))
