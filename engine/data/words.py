"""Text that others wrote, fit to be part of a message."""

from __future__ import annotations

from collections.abc import Sequence

from engine.text import printable, shortened


def shown(text: object, longest: int = 80) -> str:
    """The text, printable, its middle left out where it is longer than `longest` characters."""
    return shortened(printable(str(text)), longest)


def listed(words: Sequence[str], most: int = 4) -> str:
    """`a, b and c`, or the first of many and how many more there are."""
    few = list(words[:most])
    if more := len(words) - len(few):
        return f"{', '.join(few)} and {more:,} more"
    return " and ".join([", ".join(few[:-1]), few[-1]] if len(few) > 1 else few)
