"""A question in the terminal, outside of any screen."""

from __future__ import annotations

import sys

from tui.arguments import UsageError


def agreed(question: str, yes: bool, option: str = "--yes", warning: str = "") -> bool:
    """Whether the person says yes. Raises UsageError where nobody can be asked.

    Parameters
    ----------
    yes : the answer has been given on the command line, by `option`.
    warning : the sentence before the question.
    """
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"{warning or question}: there is no terminal to ask in, {option} answers with yes")
    sys.stderr.write(f"{f'{warning}. ' if warning else ''}{question}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")
