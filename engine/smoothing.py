"""A curve smoothed for the eye: the exponential mean of what was measured so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Weights of the past that are smaller than this share of the newest one change nothing in float64.
_LEAST = 1e-17


def smoothed(y_n: Floats, share: float) -> Floats:
    """`sum_i share^(n-i) y_i / sum_i share^(n-i)`, over the points i up to n that are finite, [n].

    Without gaps that is `m_n / (1 - share^n)` with `m_n = share m_(n-1) + (1 - share) y_n` and `m_0 = 0`: the mean with
    the correction of its beginning (Kingma and Ba 2015, section 3), which starts at the first point and not at 0. What
    is not finite stays as it is.

    Parameters
    ----------
    share : of the past in the mean, from 0 to below 1.
    """
    y_n = np.asarray(y_n, dtype=np.float64)
    if share <= 0 or not y_n.size:
        return y_n
    length = min(y_n.size, int(np.ceil(np.log(_LEAST) / np.log(share))))
    weights = share ** np.arange(length)
    finite = np.isfinite(y_n)
    sums = np.convolve(np.where(finite, y_n, 0.0), weights)[: y_n.size]
    counts = np.convolve(finite.astype(np.float64), weights)[: y_n.size]
    return np.where(finite, sums / np.maximum(counts, 1e-300), y_n)
