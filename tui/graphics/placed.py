"""A picture that may be shown in place of some cells of a closer look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture over a rectangle of cells, which show the same in half-blocks.

    Attributes
    ----------
    column, row, columns, rows : in cells, from the upper left corner of the lines that it belongs to.
    content : what it shows; where that is equal, so is the picture.
    paint : makes it, so many pixels wide and high, on a ground of that colour.
    """

    column: int
    row: int
    columns: int
    rows: int
    content: object
    paint: Callable[[int, int, Rgb], Image] = field(compare=False)

    def moved(self, columns: int, rows: int) -> Placed:
        """The same further to the right and further down."""
        return replace(self, column=self.column + columns, row=self.row + rows)
