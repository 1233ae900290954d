"""What a mean over few seeds is worth: its confidence interval, and how many seeds a claim would need.

Student's t: Gosset, "The probable error of a mean", Biometrika 6 (1908). It holds for draws that are nearly normal;
paired differences between lanes of one seed are, where single losses are not. Without pairing: Welch, "The
generalization of Student's problem when several different population variances are involved", Biometrika 34 (1947).
"""

from __future__ import annotations

import math
from functools import lru_cache

# Of intervals drawn again and again, so many hold the true mean.
LEVEL = 0.95
# More seeds than these are not suggested.
_MOST = 10_000
_TINY = 1e-300


def half_width(n: int) -> float:
    """Half the width of the interval of a mean over `n` values, in their sample standard deviations.

    That is t / sqrt(n), where t is the quantile (1 + LEVEL) / 2 of Student's t with n - 1 degrees of freedom; infinite
    below two values.
    """
    return math.inf if n < 2 else quantile(n - 1) / math.sqrt(n)


def interval(mean: float, std: float | None, n: int) -> tuple[float, float] | None:
    """The confidence interval of a mean over `n` seeds with this sample standard deviation; None below two seeds."""
    if std is None or n < 2:
        return None
    half = half_width(n) * std
    return mean - half, mean + half


def unpaired_interval(mean: float, stds: tuple[float, float], n: int) -> tuple[float, float] | None:
    """The interval of the difference `mean` of two means, each over `n` seeds of its own; None below two of them.

    Welch's, with his degrees of freedom. `stds` are the two sample standard deviations: what one seed does to both
    means at once is not known, and counts as spread.
    """
    if n < 2:
        return None
    first, second = (std * std / n for std in stds)
    if first + second == 0:
        return mean, mean
    degrees = (first + second) ** 2 / ((first * first + second * second) / (n - 1))
    half = quantile(degrees) * math.sqrt(first + second)
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


# Student's t. Not scipy's: to import that takes 0.4 s, which the first point and each screen would wait for. ----------


@lru_cache(maxsize=4096)
def quantile(degrees: float) -> float:
    """The t that LEVEL of Student's distribution with so many degrees of freedom, at least 1, lies within."""
    t = 1.9599639845400545  # of the normal distribution, which no t is below
    norm = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - math.log(degrees * math.pi) / 2
    for _ in range(100):
        # Newton's method: the tails fall ever less steeply, so from the left it never goes too far.
        density = math.exp(norm - (degrees + 1) / 2 * math.log1p(t * t / degrees))
        step = (_tails(t, degrees) - (1 - LEVEL)) / (2 * density)
        t += step
        if abs(step) <= 1e-14 * t:
            break
    return t


def _tails(t: float, degrees: float) -> float:
    """How much of the distribution lies beyond t on either side: the incomplete beta function I_x(degrees / 2, 1 / 2)
    at x = degrees / (degrees + t^2) (Abramowitz and Stegun 26.5.27)."""
    a, b, x = degrees / 2, 0.5, degrees / (degrees + t * t)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    front = math.exp(log_front)
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, t * t / (degrees + t * t)) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method (Abramowitz and Stegun 26.5.8)."""
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _nonzero(1 + term * d), _nonzero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
