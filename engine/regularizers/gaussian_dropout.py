"""Gaussian dropout (Srivastava et al. 2014, Keras GaussianDropout): `h * N(1, sqrt(p / (1 - p)))`, in training only."""

from __future__ import annotations

from torch import Tensor


def gaussian_std(p_L: Tensor) -> Tensor:
    """The standard deviation of each lane's factors, that of inverted dropout's."""
    return (p_L / (1 - p_L)).sqrt()


def gaussian_factor(noise_SBU: Tensor, std_SA11: Tensor) -> Tensor:
    """What each unit is multiplied by, [S, A, B, U]; exactly 1 where the standard deviation is 0."""
    return (noise_SBU.unsqueeze(1) * std_SA11).add_(1)


def gaussian_dropout(h_SABU: Tensor, noise_SBU: Tensor, p_L: Tensor) -> Tensor:
    """Activations of S seeds x A arms times the seed's one standard normal draw, scaled by each lane's own p.

    The noise has dropout's mean and variance. p = 0 multiplies by exactly 1.
    """
    seeds, arms = h_SABU.shape[:2]
    return h_SABU * gaussian_factor(noise_SBU, gaussian_std(p_L).view(seeds, arms, 1, 1))
