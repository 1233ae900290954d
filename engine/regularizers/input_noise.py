"""Noise on the inputs (Bishop 1995: close to an L2 penalty on the derivative): `x + N(0, s)`, in training only."""

from __future__ import annotations

from torch import Tensor


def add_input_noise(x_SABI: Tensor, noise_SBI: Tensor, s_L: Tensor) -> Tensor:
    """Inputs of each lane with its share of the seed's one standard normal draw; s = 0 leaves them bit-identical."""
    seeds, arms = x_SABI.shape[:2]
    return x_SABI + noise_SBI.unsqueeze(1) * s_L.view(seeds, arms, 1, 1)
