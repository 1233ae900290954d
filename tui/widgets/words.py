"""Numbers and times as a person reads them, always of the same width where they stand in columns."""

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
    told = number(mean, digits)
    if std is None or not math.isfinite(std):
        return told
    return f"{told} ±{number(std, 2) if 'e' in told else f'{std:.{decimals(mean, digits)}f}'}"


def setting(value: object) -> str:
    """The value of a setting as it is typed: `0.01`, `1e-05`, `stop`, `true`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def duration(seconds: float) -> str:
    """`12 s`, `3:05`, `2:10:00`; an em dash where it is not known."""
    if not math.isfinite(seconds):
        return "—"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def bar(share: float, width: int, ascii_only: bool) -> str:
    """A gauge of `width` cells, filled to `share` (held between 0 and 1) to an eighth of a cell."""
    share = min(1.0, max(0.0, share))
    if ascii_only:
        full = round(share * width)
        return "#" * full + "." * (width - full)
    eighths = round(share * width * 8)
    full, part = divmod(eighths, 8)
    cells = "█" * full + ("▏▎▍▌▋▊▉"[part - 1] if part else "")
    return cells + "░" * (width - len(cells))
