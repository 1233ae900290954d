"""Numbers for reading: every format that a measured number is written in."""

from __future__ import annotations

import math


def number(value: float | None, digits: int = 4) -> str:
    """A measured number in few characters: `0.2573`, `1.2e+05`, `-` where there is none."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e5 or size < 1e-4:
        return f"{value:.1e}"
    return f"{value:.{decimals(value, digits)}f}"


def significant(value: float) -> str:
    """Three digits of whatever size, in 8 characters at most: `0.0123`, `4.48`, `90938`, `1.5e-05`; `0` for zero."""
    if value == 0 or not math.isfinite(value):
        return number(value)
    size = math.floor(math.log10(abs(value)))
    return f"{value:.{max(0, 2 - size)}f}" if -2 <= size < 6 else f"{value:.1e}"


def decimals(value: float, digits: int = 4) -> int:
    """How many digits behind the point `number` gives a value."""
    return max(0, digits - 1 - max(0, math.floor(math.log10(abs(value))))) if value and math.isfinite(value) else 0


def with_spread(mean: float, std: float | None, digits: int = 4) -> str:
    """A mean and its standard deviation to the same place: `0.257 ±0.031`."""
    text = number(mean, digits)
    if std is None or not math.isfinite(std):
        return text
    return f"{text} ±{number(std, 2) if 'e' in text else f'{std:.{decimals(mean, digits)}f}'}"


def fixed(value: float, decimals: int) -> str:
    """To so many decimals; where a run has blown up, as 1.2e+30 and not as thirty digits."""
    return f"{value:.{decimals}f}" if abs(value) < 1e6 else f"{value:.1e}"


def loss(value: float | None, like: float | None = None) -> str:
    """A loss for reading: three decimals, more or fewer where that would hide or bloat it.

    `like` gives it as many decimals as another number, as a deviation beside its mean.
    """
    if value is None:
        return "-"
    size = abs(value if like is None else like)
    if math.isfinite(size) and size != 0 and not 1e-4 <= size < 1e4:
        return f"{value:.1e}"
    return f"{value:.{4 if 0 < size < 0.01 else 3 if size < 10 else 2 if size < 100 else 1}f}"


def percent(value: float | None) -> str:
    """A share from 0 to 1 as a percentage; a dash where there is none, as in a regression."""
    return "-" if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"


def percent_with_spread(mean: float, std: float | None) -> str:
    """A share and its standard deviation, both per cent: `85.1 % ±1.2`."""
    text = percent(mean)
    return text if std is None or not math.isfinite(std) or text == "-" else f"{text} ±{100 * std:.1f}"
