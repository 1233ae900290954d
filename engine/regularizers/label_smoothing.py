"""Label smoothing (Szegedy et al. 2016): the target `y` becomes `y (1 - e) + e / C`, in the training loss only."""

from __future__ import annotations

import torch
from torch import Tensor


def smoothed_cross_entropy(log_p_LBC: Tensor, y_LB: Tensor, e_L: Tensor) -> Tensor:
    """Mean cross-entropy of each lane against its smoothed targets, [L].

    Written as `(1 - e) * nll + e * mean over classes of -log p`, which is the plain loss exactly where e is 0.
    """
    nll_L = -log_p_LBC.gather(2, y_LB.unsqueeze(2)).squeeze(2).mean(dim=1)
    uniform_L = -log_p_LBC.mean(dim=(1, 2))
    # 0 * inf is NaN: a lane without smoothing must not meet the other classes' log-probabilities.
    return (1 - e_L) * nll_L + torch.where(e_L > 0, e_L * uniform_L, torch.zeros_like(e_L))
