"""What others wrote, as it may stand in a message: printable, and no longer than a line has room for."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with what a terminal would obey, or cannot show, written out as Python writes it."""
    return text if text.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def shown(text: object, most: int = 80) -> str:
    """The text, printable; of a long one the start and the end, at most `most` characters."""
    words = str(text)
    if len(words) > most:
        words = f"{words[: most // 3]}...{words[3 + most // 3 - most :]}"
    words = printable(words)
    return words if len(words) <= most else f"{words[: most // 3]}...{words[3 + most // 3 - most :]}"


def quoted(text: object, most: int = 40) -> str:
    """The same in quotes."""
    words = shown(text, most)
    return f'"{words}"' if "'" in words and '"' not in words else f"'{words}'"
