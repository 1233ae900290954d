"""Lines without a screen: text that others wrote becomes printable here, on its way out. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from tui.exits import BAD_INPUT, FAILED

if TYPE_CHECKING:
    from engine.events import Failed


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


def note(message: str) -> None:
    """A line on stderr that is no complaint: without the program's name."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(complaint(message).removeprefix("regtui: "), file=sys.stderr, flush=True)


def why_no_dashboard() -> str:
    """What keeps a dashboard from being shown here; an empty text where nothing does."""
    for name, stream in (("stdout", sys.stdout), ("stdin", sys.stdin)):
        if stream is None or not stream.isatty():
            return f"no terminal on {name} for the dashboard"
    if (term := os.environ.get("TERM")) in ("dumb", "unknown"):
        return f"no dashboard on a terminal that cannot draw (TERM={term})"
    return ""


def complain_of(failed: Failed) -> int:
    """Say on stderr why the engine could not go on; the exit code."""
    story = f" (log: {failed.log})" if failed.log else ""
    complain(f"{failed.message}{story}")
    return FAILED if failed.log else BAD_INPUT
