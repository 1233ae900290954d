"""A question in the terminal, outside of any screen."""

from __future__ import annotations

import sys

from tui.arguments import UsageError


def agreed(question: str, yes: bool, option: str = "--yes") -> bool:
    """Whether the person says yes. Raises UsageError where nobody can be asked.

    Parameters
    ----------
    yes : the answer has been given on the command line, by this option.
    """
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"{question}: nobody can be asked here, so {option} has to say it")
    sys.stderr.write(f"{question}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")
