"""Sharpness-aware minimization (Foret et al. 2021): the step takes the gradient at `W + rho * g / |g|`.

g is the gradient of the training loss at W, |g| over all parameters of the lane. Penalties on weights are added
where they always are, at W itself (as weight decay is in the common implementations).
"""

from __future__ import annotations

import torch
from torch import Tensor


def ascent(grad_LP: Tensor, rho_L: Tensor) -> Tensor:
    """The way up to the neighbour with the worst loss (to first order), [L, P]; 0 where rho is 0 or the gradient is."""
    rho_L1 = rho_L.unsqueeze(1)
    norm_L1 = grad_LP.norm(dim=1, keepdim=True)
    return torch.where(rho_L1 > 0, grad_LP * (rho_L1 / (norm_L1 + 1e-12)), 0.0)
