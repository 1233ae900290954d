"""What a mean over few seeds is worth: its confidence interval, and how many seeds a claim would need.

Student's t: Gosset, "The probable error of a mean", Biometrika 6 (1908). It holds for draws that are nearly normal;
paired differences between lanes of one seed are, where single losses are not.
"""

from __future__ import annotations

import math
from functools import cache

# Of intervals drawn again and again, so many hold the true mean.
LEVEL = 0.95
# More seeds than these are not suggested.
_MOST = 10_000


@cache
def half_width(n: int) -> float:
    """Half the width of the interval of a mean over `n` values, in their sample standard deviations.

    That is t / sqrt(n), where t is the quantile (1 + LEVEL) / 2 of Student's t with n - 1 degrees of freedom; infinite
    below two values.
    """
    if n < 2:
        return math.inf
    # Imported late: half a second, and the first frame needs none of it.
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, (1 + LEVEL) / 2)) / math.sqrt(n)


def interval(mean: float, std: float | None, n: int) -> tuple[float, float] | None:
    """The confidence interval of a mean over `n` seeds with this sample standard deviation; None below two seeds."""
    if std is None or n < 2:
        return None
    half = half_width(n) * std
    return mean - half, mean + half


def seeds_needed(mean: float, std: float, n: int) -> int | None:
    """How many seeds in all would tell a mean difference from zero, if it and its spread stayed as they are over `n`.

    None where not even ten thousand would.
    """
    if mean == 0 or not math.isfinite(mean) or not math.isfinite(std):
        return None
    if half_width(n) * std < abs(mean):
        return n
    low, high = max(n, 2), _MOST
    if half_width(high) * std >= abs(mean):
        return None
    while low < high:  # the half width falls with the number of seeds
        middle = (low + high) // 2
        low, high = (low, middle) if half_width(middle) * std < abs(mean) else (middle + 1, high)
    return low
