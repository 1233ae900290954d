"""The cells of a chart as arrays: characters, their colours and what is behind them.

Curves are painted many at a time: what a pixel costs does not depend on how many curves there are.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tui.charts.canvas import Canvas
from tui.charts.palette import Rgb

BRAILLE = 0x2800
BLANK = 0x20
# The bit of a braille dot, by its row from the top and its column.
_DOT = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)
# Cells in which curves meet change their colour every so many.
_TURN = 3
# No colour of its own: the text's, or the background that is there.
NONE = -1


def packed(rgb: Rgb) -> int:
    """A colour as one number, 0xRRGGBB."""
    return int(rgb[0]) << 16 | int(rgb[1]) << 8 | int(rgb[2])


@lru_cache(maxsize=4096)
def unpacked(colour: int) -> Rgb | None:
    """The colour of a number; None for `NONE`."""
    return None if colour < 0 else (colour >> 16, colour >> 8 & 0xFF, colour & 0xFF)


class Row(NamedTuple):
    """One line of cells: a character, its colour and the tint behind it, or None where there is none of its own."""

    text: str
    colours: tuple[Rgb | None, ...]
    grounds: tuple[Rgb | None, ...]


class Drawing(NamedTuple):
    """A drawn chart, rows from the top: `codes` of characters (uint32), `colours` and `grounds` packed or `NONE`
    (int32), all [height, width]."""

    codes: np.ndarray
    colours: np.ndarray
    grounds: np.ndarray

    @classmethod
    def blank(cls, width: int, height: int) -> Drawing:
        """Of this size, with nothing in it."""
        size = (height, width)
        return cls(
            np.full(size, BLANK, dtype=np.uint32),
            np.full(size, NONE, dtype=np.int32),
            np.full(size, NONE, dtype=np.int32),
        )

    def texts(self) -> list[str]:
        """Its lines."""
        height, width = self.codes.shape
        text = self.codes.astype("<u4").tobytes().decode("utf-32-le")
        return [text[start : start + width] for start in range(0, height * width, width)] if width else [""] * height

    def rows(self) -> tuple[Row, ...]:
        """Cell by cell, as it is easiest to read."""
        return tuple(
            Row(text, tuple(map(unpacked, colours)), tuple(map(unpacked, grounds)))
            for text, colours, grounds in zip(self.texts(), self.colours.tolist(), self.grounds.tolist(), strict=True)
        )


class Cells:
    """An empty canvas to paint on, back to front.

    `codes` are the characters, 0 where nothing is painted; `colours` and `grounds` are packed or `NONE`. All are
    [cells], rows from the top, `canvas.cells[0]` to a row. `glyphs` are the cells with a character of their own.
    """

    def __init__(self, canvas: Canvas, ascii_only: bool) -> None:
        self._canvas, self._ascii = canvas, ascii_only
        size = canvas.cells[0] * canvas.cells[1]
        self.codes = np.zeros(size, dtype=np.uint32)
        self.colours = np.full(size, NONE, dtype=np.int32)
        self.grounds = np.full(size, NONE, dtype=np.int32)
        self.glyphs: set[int] = set()

    def paint(self, px: np.ndarray, py: np.ndarray, colours: np.ndarray, characters: np.ndarray) -> np.ndarray:
        """Paint pixels, the later over the earlier; as `characters` in ASCII. The cells they lie in."""
        cells = self._canvas.cell(px, py)
        if self._ascii:
            self.codes[cells] = characters
        else:
            top = self._canvas.height - 1 - py.astype(np.int64)
            dots = _DOT[top % 4, px.astype(np.int64) % 2] | np.uint32(BRAILLE)
            # What a band has drawn of its edge gives way to the curve.
            self.codes[cells] = np.where(self.codes[cells] >= BRAILLE, self.codes[cells], 0)
            np.bitwise_or.at(self.codes, cells, dots)
        self.colours[cells] = colours
        return cells

    def glyph(self, cell: int, colour: int, character: str) -> None:
        """A character of its own in place of what is painted there."""
        self.codes[cell], self.colours[cell] = ord(character), colour
        self.glyphs.add(cell)

    def take_turns(self, cells: np.ndarray, colours: np.ndarray, faint: np.ndarray) -> None:
        """Where curves meet in a cell, let their colours take turns along them: painted last must not mean seen alone.

        Parameters
        ----------
        cells, colours : for each pixel of a curve its cell and its packed colour, [pixels] both.
        faint : whether the pixel is of a faint curve; these give way to the others, [pixels].
        """
        taken = np.zeros(len(self.codes), dtype=bool)
        taken[cells[~faint]] = True
        seen = ~(faint & taken[cells])
        pairs = np.sort(cells[seen] << 24 | colours[seen])  # np.unique takes three times as long over so few
        pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]]
        cells, colours = pairs >> 24, pairs & 0xFFFFFF
        first = np.ones(len(cells), dtype=bool)
        first[1:] = cells[1:] != cells[:-1]
        starts = np.append(np.flatnonzero(first), len(cells))
        starts, meeting = starts[:-1], starts[1:] - starts[:-1]
        starts, meeting = starts[meeting > 1], meeting[meeting > 1]
        where = cells[starts]
        self.colours[where] = colours[starts + where % self._canvas.cells[0] // _TURN % meeting]
