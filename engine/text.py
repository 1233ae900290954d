"""Text that others wrote, made fit for a terminal: what may not reach it as it is, and how long a line may be."""

from __future__ import annotations

import re

# The longest line of an error message.
LONGEST_LINE = 300

# What a terminal obeys instead of showing it, what changes the order of a line or hides in it, and what cannot be
# written at all: C0 and C1 controls, marks of direction, invisible signs, separators of lines and paragraphs, tags,
# lone surrogates, code points that are no characters. The two joiners (U+200C, U+200D) stay: Persian and emoji are
# written with them.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


def harmful(text: str, lines: bool = False) -> str | None:
    """The first character that a text may not hold, as `U+001B`; None where there is none.

    Parameters
    ----------
    lines : the text is of several lines, which may hold line feeds and tabs.
    """
    if text.isprintable():
        return None
    found = (sign for sign in _HARMFUL.findall(text) if not (lines and sign in "\n\t"))
    first = next(found, None)
    return None if first is None else f"U+{ord(first):04X}"


def printable(text: str, lines: bool = False) -> str:
    r"""The text with each harmful character written out, as `\x1b`; with `lines` line feeds and tabs stay."""
    if text.isprintable():
        return text

    def written_out(match: re.Match[str]) -> str:
        sign = match[0]
        return sign if lines and sign in "\n\t" else sign.encode("unicode_escape").decode()

    return _HARMFUL.sub(written_out, text)


def shortened(text: str, longest: int) -> str:
    """The text, its middle left out where it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    head = (longest - 5) * 2 // 3
    return f"{text[:head]} ... {text[len(text) - (longest - 5 - head) :]}"


def quoted(value: object, longest: int = 80) -> str:
    """A value as Python writes it, short enough to stand in a message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits, a list nested as deep
        return "a value too long to show"
    return shortened(printable(text), longest)
