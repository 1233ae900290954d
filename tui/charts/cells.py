"""The cells of a chart: braille dots, or characters where only ASCII is drawn, and one colour to a cell.

Curves are painted many at a time: what a pixel costs does not depend on how many curves there are.
"""

from __future__ import annotations

import numpy as np

from tui.charts.canvas import Canvas
from tui.charts.palette import Rgb

_BRAILLE = 0x2800
# The bit of a braille dot, by its row from the top and its column.
_DOT = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)
# Cells in which curves meet change their colour every so many.
_TURN = 3


class Cells:
    """An empty canvas to paint on, back to front.

    `codes` are the characters, 0 where nothing is painted; `colours` are places in `palette`. Both are [cells], rows
    from the top, `canvas.cells[0]` to a row.
    """

    def __init__(self, canvas: Canvas, ascii_only: bool) -> None:
        self._canvas, self._ascii = canvas, ascii_only
        size = canvas.cells[0] * canvas.cells[1]
        self.codes = np.zeros(size, dtype=np.uint32)
        self.colours = np.zeros(size, dtype=np.int64)
        self.palette: list[Rgb] = []
        self._places: dict[Rgb, int] = {}

    def place(self, rgb: Rgb) -> int:
        """The colour's place in the palette."""
        if rgb not in self._places:
            self._places[rgb] = len(self.palette)
            self.palette.append(rgb)
        return self._places[rgb]

    def paint(self, px: np.ndarray, py: np.ndarray, colours: np.ndarray | int, character: str) -> np.ndarray:
        """Paint pixels, the later over the earlier; as `character` in ASCII. The cells they lie in."""
        cells = self._canvas.cell(px, py)
        if self._ascii:
            self.codes[cells] = ord(character)
        else:
            top = self._canvas.height - 1 - py.astype(np.int64)
            np.bitwise_or.at(self.codes, cells, _DOT[top % 4, px.astype(np.int64) % 2] | np.uint32(_BRAILLE))
        self.colours[cells] = colours
        return cells

    def glyph(self, px: float, py: float, rgb: Rgb, character: str) -> None:
        """A character of its own in place of what is painted there."""
        (cell,) = self._canvas.cell(np.rint([px]), np.rint([py])).tolist()
        self.codes[cell], self.colours[cell] = ord(character), self.place(rgb)

    def take_turns(self, cells: np.ndarray, colours: np.ndarray, faint: np.ndarray) -> None:
        """Where curves meet in a cell, let their colours take turns along them: painted last must not mean seen alone.

        Parameters
        ----------
        cells, colours : for each pixel of a curve its cell and its colour's place in the palette, [pixels] both.
        faint : whether the pixel is of a faint curve; these give way to the others, [pixels].
        """
        taken = np.zeros(len(self.codes), dtype=bool)
        taken[cells[~faint]] = True
        seen = ~(faint & taken[cells])
        count = max(1, len(self.palette))
        pairs = np.unique(cells[seen] * count + colours[seen])
        cells, colours = pairs // count, pairs % count
        starts = np.flatnonzero(np.diff(cells, prepend=-1))
        meeting = np.diff(starts, append=len(cells))
        starts, meeting = starts[meeting > 1], meeting[meeting > 1]
        where = cells[starts]
        self.colours[where] = colours[starts + where % self._canvas.cells[0] // _TURN % meeting]
