"""What is written on a chart: the names at the ends of its curves, where a curve leaves it, the words of its axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len

from tui.charts.canvas import Canvas, Curve
from tui.charts.cells import BLANK, BRAILLE, Drawing, packed
from tui.charts.palette import Rgb

# Narrower and lower charts keep their room for the curves.
_NARROWEST, _LOWEST = 30, 5
_FREE = {BLANK, BRAILLE}
# By so many rows a name may stand off the end of its curve.
_OFF = 2


@dataclass(frozen=True, slots=True)
class Label:
    """What stands at the end of a curve: its name, and its value at the cursor where there is one."""

    name: str
    value: str = ""

    def __len__(self) -> int:
        return len(self.name) + len(self.value) + bool(self.name and self.value)

    def within(self, room: int, ellipsis: str) -> str:
        """It in so many cells: the name is cut short, the value never. Empty where there is no room for either."""
        before = room - len(self.value) - bool(self.value)
        name = self.name if len(self.name) <= before else self.name[: max(0, before - 1)] + ellipsis
        # A letter or two tell no arm from another.
        if name and min(3, len(self.name)) <= len(name) <= before:
            return f"{name} {self.value}" if self.value else name
        return self.value if len(self.value) <= room else ""


class End(NamedTuple):
    """The end of a curve: its name, its colour, its last drawn pixel; `above` where the curve has left by the top."""

    label: Label
    rgb: Rgb
    px: float
    py: float
    above: bool


def margin_for(labels: Sequence[Label], width: int, height: int) -> int:
    """The columns to be kept free for these labels and the blank before them."""
    if width < _NARROWEST or height < _LOWEST or not any(labels):
        return 0
    values = max(len(label.value) for label in labels)
    return min(max(map(len, labels)), max(5, width // 4) + values) + 1


def write(drawing: Drawing, row: int, start: int, words: str, rgb: Rgb) -> bool:
    """Write `words` where the row is blank, and nothing at all if they would cover something. Whether they stand."""
    height, width = drawing.codes.shape
    end = start + len(words)
    if not (words and 0 <= row < height and start >= 0 and end <= width):
        return False
    where = drawing.codes[row, start:end]
    if not _FREE.issuperset(where.tolist()):
        return False
    where[:] = [ord(sign) if sign.isprintable() and cell_len(sign) == 1 else ord("?") for sign in words]
    drawing.colours[row, start:end] = packed(rgb)
    return True


def label_ends(drawing: Drawing, canvas: Canvas, ends: Sequence[End], ascii_only: bool) -> None:
    """Write each name behind the last point of its curve, or a row or two off it, in the order of the ends.

    Where names would stand too far from their curves, those of the last in `ends` are left out.
    """
    width, height = canvas.cells
    lowest = height - (3 if canvas.axes else 1)
    rows_wanted = [0 if end.above else (canvas.height - 1 - round(end.py)) // canvas.sy for end in ends]
    for place, row in _spaced(rows_wanted, [end.py for end in ends], lowest).items():
        end = ends[place]
        start = canvas.left + int(end.px) // canvas.sx + 2
        write(drawing, row, start, end.label.within(width - start, "~" if ascii_only else "…"), end.rgb)


def _spaced(rows_wanted: Sequence[int], heights: Sequence[float], lowest: int) -> dict[int, int]:
    """Rows for names so that each has one of its own, none stands far from where it is wanted, and none passes
    another: by the place in `wanted`. Those that come first have precedence."""
    rows: dict[int, int] = {}
    for place in range(len(rows_wanted)):
        tried = sorted([*rows, place], key=lambda label: (rows_wanted[label], -heights[label], label))
        spaced = _apart([rows_wanted[label] for label in tried], lowest)
        near = all(abs(row - rows_wanted[label]) <= _OFF for label, row in zip(tried, spaced, strict=True))
        if near and spaced[-1] <= lowest:  # below it is the axis
            rows = dict(zip(tried, spaced, strict=True))
    return rows


def _apart(rows_wanted: Sequence[int], lowest: int) -> list[int]:
    """The rows nearest to those wanted (ascending) that are all different: isotonic regression of the distances."""
    blocks: list[tuple[float, int]] = []  # the mean of some neighbours' `wanted - place`, and how many they are
    for place, row in enumerate(rows_wanted):
        mean, count = float(row - place), 1
        while blocks and blocks[-1][0] >= mean:
            before, many = blocks.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        blocks.append((mean, count))
    rows = [round(mean) for mean, count in blocks for _ in range(count)]
    most = lowest - len(rows_wanted) + 1
    return [max(0, min(row, most)) + place for place, row in enumerate(rows)]


def mark_top(drawing: Drawing, canvas: Canvas, curve: Curve, rgb: Rgb, ascii_only: bool) -> None:
    """Mark where a curve lies above the chart: the first and the last column of each stretch of it."""
    y = np.log10(curve.y) if canvas.log else curve.y
    out = (y > canvas.y1) & (curve.x >= canvas.x0) & (curve.x <= canvas.x1)
    if not out.any():
        return
    columns = np.unique(canvas.px(curve.x[out]).astype(np.int64) // canvas.sx)
    apart = np.diff(columns) > 3
    first, last = columns[np.append(True, apart)], columns[np.append(apart, True)]
    where = canvas.left + np.concatenate((first, last))
    drawing.codes[0, where] = ord("^" if ascii_only else "▲")
    drawing.colours[0, where] = packed(rgb)


def mark_cursor(drawing: Drawing, canvas: Canvas, x: float, rgb: Rgb, tint: Rgb | None, ascii_only: bool) -> None:
    """Draw the vertical line of the cursor: behind the curves, its head over them.

    Parameters
    ----------
    tint : what is behind its cells; None where the terminal shows no colours so faint.
    """
    column = canvas.left + round(float(canvas.px(x))) // canvas.sx
    rows = slice(0, canvas.height // canvas.sy)
    codes, colours = drawing.codes[rows, column], drawing.colours[rows, column]
    free = np.isin(codes, (BLANK, BRAILLE, *map(ord, "│┃┊")))
    codes[free], colours[free] = ord("│"), packed(rgb)
    codes[:1], colours[:1] = ord("v" if ascii_only else "▼"), packed(rgb)
    if tint is not None:
        drawing.grounds[rows, column] = packed(tint)


def label_x(drawing: Drawing, canvas: Canvas, rgb: Rgb) -> None:
    """Write what the x axis counts at its right end."""
    if canvas.x_label:
        write(drawing, canvas.cells[1] - 1, canvas.cells[0] - len(canvas.x_label), canvas.x_label, rgb)


_BOX = {ord(sign): ord(like) for sign, like in zip("│┃┊─┬┴┼┤├└┘┌┐", "||:-+++++++++", strict=True)}


def in_ascii(drawing: Drawing) -> None:
    """Replace the signs of the axes by what looks like them, and all else that is not ASCII by question marks."""
    for sign, like in _BOX.items():
        drawing.codes[drawing.codes == sign] = like
    drawing.codes[drawing.codes > 126] = ord("?")
