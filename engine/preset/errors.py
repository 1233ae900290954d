"""The one exception that a user's input can cause, worded for the user."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from engine.text import LONGEST_LINE, printable, quoted, shortened

# What stands before the message on a line: the program's name.
_ROOM = LONGEST_LINE - len("regtui: ")


class PresetError(Exception):
    """Something the user wrote cannot be used: one line with what was given, what was expected, what to do.

    Whatever is quoted in it becomes printable, and its middle is left out where it is too long for a line.
    """

    def __init__(self, message: str) -> None:
        super().__init__(shortened(printable(message), _ROOM))


def did_you_mean(given: str, names: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the nearest of `names`, or all the names when few, or an empty string."""
    all_names = list(names)
    near = difflib.get_close_matches(given.lower(), all_names, n=1, cutoff=0.6)
    if near:
        return f" (did you mean {quoted(near[0])}?)"
    return f" (one of: {', '.join(all_names)})" if 0 < len(all_names) <= 16 else ""


def did_you_mean_setting(given: str, keys: Iterable[str], names: Iterable[str]) -> str:
    """The few dotted keys that end in the name given, such as 'regularization.dropout' for `dropout`.

    Where there are none, or many, the nearest of `names` as in `did_you_mean`.
    """
    section, _, name = given.lower().rpartition(".")
    ending = [key for key in keys if key.rpartition(".")[2] == name]
    if section:  # misspelt: one of the keys is meant
        ending = difflib.get_close_matches(given.lower(), ending, n=1, cutoff=0.8) or ending
    if 0 < len(ending) <= 3:
        return f" (did you mean {' or '.join(map(quoted, ending))}?)"
    return did_you_mean(given, names)
