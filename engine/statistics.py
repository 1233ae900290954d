"""What a mean over few seeds is worth: its confidence interval, and how many seeds a claim would need.

Student's t: Gosset, "The probable error of a mean", Biometrika 6 (1908). It holds for draws that are nearly normal;
paired differences between lanes of one seed are, where single losses are not.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

# Of intervals drawn again and again, so many hold the true mean.
LEVEL = 0.95
# More seeds than these are not suggested.
_MOST = 10_000
# Student's quantile by the normal one, in powers of 1 / degrees of freedom: each a divisor, and factors by power.
_EXPANSION: list[tuple[int, dict[int, int]]] = [
    (4, {3: 1, 1: 1}),
    (96, {5: 5, 3: 16, 1: 3}),
    (384, {7: 3, 5: 19, 3: 17, 1: -15}),
    (92160, {9: 79, 7: 776, 5: 1482, 3: -1920, 1: -945}),
]


@cache
def half_width(n: int) -> float:
    """Half the width of the interval of a mean over `n` values, in their sample standard deviations.

    That is t / sqrt(n), where t is the quantile (1 + LEVEL) / 2 of Student's t with n - 1 degrees of freedom; infinite
    below two values.
    """
    if n < 2:
        return math.inf
    return _quantile((1 + LEVEL) / 2, n - 1) / math.sqrt(n)


def _quantile(p: float, freedom: int) -> float:
    """The quantile of Student's t, p above 1/2. Scipy has it too, but takes half a second to import."""
    z = NormalDist().inv_cdf(p)
    if freedom > 500:  # Abramowitz and Stegun (1964), 26.7.5, whose next term is below float64's rounding here
        return z + sum(
            math.fsum(factor * z**power for power, factor in polynomial.items()) / divisor / float(freedom) ** order
            for order, (divisor, polynomial) in enumerate(_EXPANSION, 1)
        )
    # Newton's steps from the normal quantile, which lies below. The function is concave there: no step goes too far.
    t, step = z, 1.0
    size = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    while step > 1e-14 * t:
        density = size * (1 + t * t / freedom) ** (-(freedom + 1) / 2)
        step = (p - _below(t, freedom)) / density
        t += step
    return t


def _below(t: float, freedom: int) -> float:
    """The probability of less than t > 0: Abramowitz and Stegun (1964), 26.7.3 and 26.7.4."""
    angle = math.atan2(t, math.sqrt(freedom))
    cosine_squared, odd = math.cos(angle) ** 2, freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0 if freedom == 1 else term
    for k in range(2 + odd, freedom - 1, 2):
        term *= cosine_squared * (k - 1) / k
        total += term
    inside = 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total
    return (1 + inside) / 2


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
