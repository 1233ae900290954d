"""From a picture to what a terminal is sent, by the renderables of textual-image.

Over textual-image 0.12.0, which asks the terminal what it can when it is imported and sends kitty's commands by itself:
here it gets no terminal, and its words go with the frames. What it sends to delete an image deletes none, so that is
written out.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.graphics.terminals import Cell, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import Console

_COMMAND = re.compile("\x1b_G.*?\x1b\\\\", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as it is sent.

    Attributes
    ----------
    sent : goes before, once.
    lines : what stands in each of its lines of cells, from the first column on; of sixels all in the first one.
    deleted : takes it out of the terminal's memory.
    """

    sent: str
    lines: tuple[str, ...]
    deleted: str


def encoded(image: Image, columns: int, rows: int, protocol: Protocol, cell: Cell) -> Encoded:
    """The picture for so many cells of such a size. Raises ImportError where textual-image is not installed."""
    from rich.color import ColorSystem
    from rich.segment import Segment

    package, console = _package(), _console()
    # It asks the terminal for this once, and would not know of another size of letters.
    package["get_cell_size"].__dict__["_result"] = package["CellSize"](*cell)
    with _without_terminal() as words:
        picture = package[protocol](image, width=columns, height=rows)
        segments = list(picture.__rich_console__(console, console.options))
    if protocol == "sixel":
        sixels = next(part.text for part in segments if isinstance(part, Segment) and part.text.startswith("\x1bP"))
        return Encoded("", (sixels,), "")
    lines = tuple(
        segment.style.render(segment.text.rstrip("\n"), color_system=ColorSystem.TRUECOLOR) for segment in segments
    )
    return Encoded(words.getvalue(), lines, f"\x1b_Ga=d,d=I,i={picture.terminal_image_id},q=2\x1b\\")


def passed_through(text: str) -> str:
    """The text with kitty's commands as tmux lets them through to the terminal around it."""
    return _COMMAND.sub(lambda found: f"\x1bPtmux;{found[0].replace(chr(27), chr(27) * 2)}\x1b\\", text)


@functools.lru_cache(maxsize=1)
def _package() -> dict[str, Any]:
    with _without_terminal():
        from textual_image import _terminal
        from textual_image.renderable import sixel, tgp
    return {
        "kitty": tgp.Image,
        "sixel": sixel.Image,
        "get_cell_size": _terminal.get_cell_size,
        "CellSize": _terminal.CellSize,
    }


@functools.lru_cache(maxsize=1)
def _console() -> Console:
    from rich.console import Console

    return Console(file=io.StringIO(), width=1000, height=1000, force_terminal=True)


@contextlib.contextmanager
def _without_terminal() -> Iterator[io.StringIO]:
    """What the package writes to the terminal is kept, and it has none to ask."""
    before, words = sys.__stdout__, io.StringIO()
    sys.__stdout__ = words  # type: ignore[misc, assignment]
    try:
        yield words
    finally:
        sys.__stdout__ = before  # type: ignore[misc]
