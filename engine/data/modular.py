"""Addition modulo a prime: a rule that a network can learn by heart or understand (Power et al. 2022)."""

from __future__ import annotations

import numpy as np

from engine.data.pool import Part, Pool

# A prime, so that 0 is the only number that stays where it is under doubling; small enough for minutes on two cores.
PRIME = 53


def load_modular() -> Pool:
    """All pairs (a, b) in order, b running faster; inputs one-hot of a and of b side by side, class (a + b) mod p.

    x is [p^2, 2p] of uint8, as nothing but 0 and 1 is in it.
    """
    a_N, b_N = (numbers_N.ravel() for numbers_N in np.indices((PRIME, PRIME)))
    one_hot_CC = np.eye(PRIME, dtype=np.uint8)
    x_NI = np.hstack([one_hot_CC[a_N], one_hot_CC[b_N]])
    return Pool(Part(x_NI, (a_N + b_N) % PRIME), tuple(str(number) for number in range(PRIME)), top=1.0)
