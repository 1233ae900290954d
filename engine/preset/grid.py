"""The values that a knob goes through when it is turned, and where a value stands among them."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence


def linear_step(value: float, direction: int, step: float) -> float:
    """The next multiple of `step` above (`direction` 1) or below (-1) `value`."""
    count = value / step
    nearest = math.floor(count + 1e-9) + 1 if direction > 0 else math.ceil(count - 1e-9) - 1
    return round(nearest * step, 10)


def log_step(value: float, direction: int, first: float) -> float:
    """The next of 0, first, ..., 1, 2, 5, 10, ... above or below `value`."""
    if value < first:
        return first if direction > 0 else 0.0
    decade = math.floor(math.log10(value) + 1e-9)
    series = [mantissa * 10.0 ** (decade + shift) for shift in (-1, 0, 1) for mantissa in (1, 2, 5)]
    if direction > 0:
        turned = next(step for step in series if step > value * (1 + 1e-9))
    else:
        turned = next(step for step in reversed(series) if step < value * (1 - 1e-9))
    return float(f"{turned:.6g}") if turned >= first * (1 - 1e-9) else 0.0


def decay_step(value: float, direction: int, first: float) -> float:
    """The next of 0, first, ..., 0.9, 0.95, 0.98, 0.99, ... above or below `value`: what is missing to 1 goes in the
    series 1, 2, 5."""
    if value < first:
        return first if direction > 0 else 0.0
    turned = round(1 - log_step(1 - value, -direction, 1e-15), 12)
    return turned if turned >= first * (1 - 1e-9) else 0.0


def position(value: float, stops: Sequence[float]) -> float:
    """Where a value stands among rising `stops`, from 0 (the first, or below) to 1 (the last, or above)."""
    above = bisect.bisect_right(stops, value)
    if above == 0:
        return 0.0
    if above == len(stops):
        return 1.0
    low, high = stops[above - 1], stops[above]
    return (above - 1 + (value - low) / (high - low)) / (len(stops) - 1)
