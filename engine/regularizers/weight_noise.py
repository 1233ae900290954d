"""Noise on the weights (Graves 2011): the training pass sees `W + N(0, s)`, its gradient lands on W."""

from __future__ import annotations

from torch import Tensor


def add_weight_noise(W_LP: Tensor, noise_SP: Tensor, s_L: Tensor) -> None:
    """Move the weights of S seeds x A arms in place by the seed's one standard normal draw; s = 0 leaves them as is."""
    seeds, size = noise_SP.shape
    W_LP.view(seeds, -1, size).addcmul_(noise_SP.unsqueeze(1), s_L.view(seeds, -1, 1))
