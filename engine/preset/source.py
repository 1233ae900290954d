"""Where in a TOML text a setting stands, so that an error can name its line."""

from __future__ import annotations

import re

_TABLE = re.compile(r"^\s*\[(\[)?([^\[\]]+)\]?\]\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*\.?""")


def _split(dotted: str) -> list[str]:
    return [next(group for group in match.groups() if group is not None) for match in _PART.finditer(dotted)]


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The line (from 1) where the key at `path` is written, or its table's, or None.

    `path` is as in the parsed TOML: names, and numbers for the places in arrays of tables.
    """
    table: tuple[str | int, ...] = ()
    count: dict[str, int] = {}
    best: tuple[int, int] | None = None
    in_string: str | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if in_string:
            if in_string in line:
                in_string = None
            continue
        header = _TABLE.match(line)
        here: tuple[str | int, ...] | None = None
        if header:
            names = _split(header[2])
            if header[1]:
                count[names[0]] = count.get(names[0], -1) + 1
            table = (names[0], count[names[0]], *names[1:]) if names[0] in count else tuple(names)
            here = table
        else:
            key = _KEY.match(line)
            if key:
                here = (*table, *_split(key[1]))
            for quote in ('"""', "'''"):
                if line.count(quote) == 1:
                    in_string = quote
        if here and path[: len(here)] == here and (best is None or len(here) > best[0]):
            best = (len(here), number)
    return best[1] if best else None
