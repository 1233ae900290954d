"""Gaussian dropout (Srivastava et al. 2014, Keras GaussianDropout): `h * N(1, sqrt(p / (1 - p)))`, in training only."""

from __future__ import annotations

from torch import Tensor


def gaussian_dropout(h_SABU: Tensor, noise_SBU: Tensor, p_L: Tensor) -> Tensor:
    """Activations of S seeds x A arms times the seed's one standard normal draw, scaled by each lane's own p.

    The noise has dropout's mean and variance. p = 0 multiplies by exactly 1.
    """
    seeds, arms = h_SABU.shape[:2]
    std_SA11 = (p_L / (1 - p_L)).sqrt().view(seeds, arms, 1, 1)
    return h_SABU * (1 + noise_SBU.unsqueeze(1) * std_SA11)
