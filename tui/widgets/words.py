"""Settings, times and gauges in readable form."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable


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


def wrapped(words: str, width: int, most: int) -> list[str]:
    """A sentence on lines of `width` cells, at most so many; what does not fit ends in an ellipsis."""
    lines = textwrap.wrap(words, max(1, width), break_long_words=True) or [""]
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][: max(0, width - 3)].rstrip()}..."]
    return lines


def shortened(words: str, width: int) -> str:
    """A sentence on one line of `width` cells; where it does not fit it ends after a word, in an ellipsis."""
    if len(words) <= width:
        return words
    start = words[: max(0, width - 1)]
    whole = start if words[len(start) : len(start) + 1] == " " else start.rpartition(" ")[0]
    return f"{(whole or start).rstrip()}…"[: max(0, width)]


def in_lines(words: Iterable[str], width: int, between: str = "  ") -> list[str]:
    """Words, such as `e export`, in lines of at most `width` cells, none of them broken."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(between) + len(word) <= width:
            lines[-1] += between + word
        else:
            lines.append(word)
    return lines
