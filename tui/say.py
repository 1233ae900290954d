"""Lines without a screen: text that others wrote is made printable here, on its way out. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import sys


def say(text: str) -> None:
    """Print on stdout; lines and tabs stay. Raises OSError where stdout cannot be written."""
    from engine.text import printable

    print(printable(text, lines=True))


def complaint(message: str) -> str:
    """A message as it is written to stderr: one line; too long a message loses its middle."""
    from engine.text import LONGEST_LINE, printable, shortened

    return shortened(f"regtui: {printable(' '.join(message.split()))}", LONGEST_LINE)


def complain(message: str) -> None:
    """One line on stderr, or nothing where that is gone."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(complaint(message), file=sys.stderr, flush=True)
