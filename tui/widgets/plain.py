"""Filters of what is sent to the terminal: nothing that it would obey, letters only, no colour."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from engine.text import harmful
from tui.widgets.cube import Cube

_LIKE = {
    "-": "─━═╌╍┄┅┈┉╴╶╸╺▔▀–—−⎯",
    "_": "▁▂▃▄",
    "|": "│┃║╎╏┆┇┊┋▌▐▍▎▏▕▋",
    "+": "┌┐└┘├┤┬┴┼╭╮╯╰┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬╷╵▖▗▘▝▛▜▙▟▞▚",
    "#": "█▇▆▅▉▊■",
    ".": "░▒▓…·•",
    "*": "★●◆✔",
    ">": "→▶▸›»❯",
    "<": "←◀◂‹«❮",
    "^": "↑▲△",
    "v": "↓▼▽",
    "x": "×✘✕✖",
    "~": "±",
}
_ASCII = {ord(sign): like for like, signs in _LIKE.items() for sign in signs}


@lru_cache(maxsize=4096)
def in_ascii(text: str) -> str:
    """The text in ASCII, cell for cell: frames and signs by what looks like them, all else as question marks."""
    if text.isascii():
        return text
    plain = text.translate(_ASCII)
    return plain if plain.isascii() else "".join(sign if sign.isascii() else "?" * cell_len(sign) for sign in plain)


@lru_cache(maxsize=1024)
def harmless(text: str) -> str:
    """The text cell for cell without what a terminal would obey: that takes no cell and goes, or is a question mark."""
    if harmful(text) is None:
        return text
    return "".join("?" * cell_len(sign) if harmful(sign) else sign for sign in text)


@lru_cache
def filters(ascii_only: bool, no_color: bool, colours: str | None) -> tuple[LineFilter, ...]:
    """What every line goes through before it is sent to a terminal of such colours (`rich.console.Console`)."""
    chosen: list[LineFilter] = [Printable(), *([AsciiOnly()] if ascii_only else [])]
    if no_color:
        chosen.append(Colourless())
    elif colours == "256":
        chosen.append(Cube())
    return tuple(chosen)


class Printable(LineFilter):
    """Keeps file names, messages and texts of presets from reaching the terminal as commands."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Take what is harmful out of each segment."""
        if all(text.isprintable() for text, _, _ in segments):
            return segments
        return [Segment(harmless(text), style, control) for text, style, control in segments]


class AsciiOnly(LineFilter):
    """Keeps all but ASCII from the terminal, whatever a widget, a border or a title draws."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Translate the text of each segment."""
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]


class Colourless(LineFilter):
    """No colours, not even grey: bold, reverse and underline say what has to be said."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Take the colours out of each segment."""
        return [Segment(text, _plain(style) if style else style, control) for text, style, control in segments]


@lru_cache(maxsize=1024)
def _plain(style: Style) -> Style:
    return style.without_color
