"""The ticks of an axis and their labels: few, round, short."""

from __future__ import annotations

import math
from collections.abc import Sequence


def _values(low: float, high: float, count: int, steps: Sequence[float] = (1, 2, 2.5, 5)) -> list[float]:
    """The multiples of the smallest round step that puts at most `count` of them between `low` and `high`."""
    power = 10.0 ** (math.floor(math.log10((high - low) / count)) - 1)
    for scale in (1, 10, 100, 1000):
        for step in (power * scale * m for m in steps):
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first < count:
                return [k * step for k in range(first, last + 1)]
    return []


def _short(values: Sequence[float]) -> list[str]:
    """The shortest labels that distinguish the values, from three digits on."""
    texts: list[str] = []
    for digits in (3, 4, 5, 6, 9):
        texts = [
            f"{value + 0.0:.{digits}g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-") for value in values
        ]
        if len(set(texts)) == len(texts):
            break
    return texts


def value_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """At most `count` round values between two others, with their labels; two at least, if need be the ends."""
    values = _values(low, high, count)
    if len(values) < 2:
        values = _values(low, high, count + 1)
    if len(values) < 2 or values[1] - values[0] <= abs(low) * 1e-14:
        values = [low, high]
    return list(zip(values, _short(values), strict=True))


def log_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """Positions are logarithms, labels are not: powers of ten, with halves and fifths between where there is room."""
    decades = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    if len(decades) >= 2:
        values = [10.0**d for d in decades[:: math.ceil(len(decades) / count)] if -308 < d < 308]
    elif high < 300:
        values = [m * 10.0**d for d in range(math.floor(low), math.ceil(high) + 1) for m in (1, 2, 5)]
        values = [v for v in values if v > 0 and low - 1e-9 <= math.log10(v) <= high + 1e-9]
        if len(values) < 2:
            values = [v for v, _ in value_ticks(10.0**low, 10.0**high, count) if v > 0]
        values = values[:: math.ceil(len(values) / count)] if values else []
    else:
        values = []
    return [(math.log10(v), text) for v, text in zip(values, _short(values), strict=True)]


def whole_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """At most `count` whole numbers between two others, with their labels."""
    if high - low < count:
        values = [float(v) for v in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]
    else:
        values = [v for v in _values(low, high, count, (1, 2, 5)) if v == round(v)]
    return [(v, f"{v:.0f}" if abs(v) < 1e5 else _short([v])[0]) for v in values]


def round_limits(low: float, high: float, count: int = 8) -> tuple[float, float]:
    """Round numbers on or outside two others, at most `count` steps apart: a scale that stays while they creep."""
    if not high > low:
        pad = 0.05 * abs(low) or 1.0
        low, high = low - pad, high + pad
    power = 10.0 ** (math.floor(math.log10((high - low) / count)) - 1)
    for step in (power * scale * m for scale in (1, 10, 100, 1000) for m in (1, 2, 2.5, 5)):
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= count:
            return first * step, last * step
    return low, high
