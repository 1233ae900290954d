"""Text that others wrote, fit to be part of a message."""

from __future__ import annotations

from engine.text import printable, shortened


def shown(text: object, longest: int = 80) -> str:
    """The text, printable, its middle left out where it is longer than `longest` characters."""
    return shortened(printable(str(text)), longest)
