"""What is drawn around and behind the curves of a chart: axes, ticks and vertical lines, through plotext.

plotext has one global figure, so draw on one thread only.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple

from tui.charts.canvas import Canvas
from tui.charts.palette import Rgb


class Row(NamedTuple):
    """One line of cells: as many characters as colours. The colour None is the plain foreground."""

    text: str
    colours: tuple[Rgb | None, ...]


# A vertical line: its pixel, its colour, whether it is a thick one.
Line = tuple[int, Rgb, bool]


def frame(canvas: Canvas, lines: tuple[Line, ...], muted: Rgb) -> tuple[Row, ...]:
    """The empty chart: as many rows of as many cells as the canvas has."""
    ticks = tuple(
        tuple((_middle(to_pixel(value), cell), text) for value, text in ticks)
        for ticks, to_pixel, cell in ((canvas.x_ticks, canvas.px, canvas.sx), (canvas.y_ticks, canvas.py, canvas.sy))
    )
    return _frame(canvas.cells, (canvas.width, canvas.height), canvas.axes, ticks, lines, muted)


def _middle(pixel: float, cell: int) -> float:
    """The middle of the cell in which a pixel lies."""
    return (math.floor(max(0.0, round(pixel)) / cell) + 0.5) * cell


# Most frames of a chart have the axes of the one before: another arm is selected, or a knob is turned.
@lru_cache(maxsize=128)
def _frame(
    cells: tuple[int, int],
    pixels: tuple[int, int],
    axes: bool,
    ticks: tuple[tuple[tuple[float, str], ...], ...],
    lines: tuple[Line, ...],
    muted: Rgb,
) -> tuple[Row, ...]:
    figure = _plotext().figure
    for clear in (figure.clear.data, figure.clear.settings, figure.clear.pixels, figure.clear.styles):
        clear()  # not figure.clear(), which asks the terminal for its size
    figure.plot_size(*cells)
    figure.canvas("default")
    figure.axes(False)
    rulers = (figure.ruler("x"), figure.ruler("y"))
    if axes:
        figure.axes(True, pixel=_pixel(muted), axis="both", side=0)
    for ruler, size, marked in zip(rulers, pixels, ticks, strict=True):
        if axes:
            ruler.ticks([pixel for pixel, _ in marked], labels=[text for _, text in marked])
            ruler.pixel(_pixel(muted))
        else:
            ruler.frequency(0)
        ruler.lim(0, size).alignment(lim="edge")
    for pixel, rgb, thick in lines:
        figure.line(pixel + 0.5, orientation=1, pixel=_pixel(rgb), style="heavy" if thick else "dotted")
    return tuple(_rows(figure.build().string(), *cells))


@lru_cache(maxsize=1)
def _plotext() -> Any:
    import plotext  # 0.15 s, so not before the first chart has something to show

    plotext.terminal.limit(False, False)  # sizes are ours, whatever the terminal's
    return plotext


@lru_cache(maxsize=512)
def _pixel(rgb: Rgb) -> Any:
    return _plotext().pixel(foreground=rgb)


_SGR = re.compile("\x1b\\[([0-9;]*)m")


@lru_cache(maxsize=1024)
def _foreground(code: str) -> Rgb | None:
    """The foreground set by an SGR code 38;2;r;g;b. The backgrounds, 48, are left to the widget."""
    r, g, b = code.split(";")[2:5]
    return (int(r), int(g), int(b))


def _rows(ansi: str, width: int, height: int) -> list[Row]:
    """Cut plotext's ANSI lines into cells, `width` to a row."""
    rows = []
    for line in ansi.split("\n")[:height]:
        parts = _SGR.split(line)
        text = "".join(parts[::2])
        colours: list[Rgb | None] = [None] * len(parts[0])
        current: Rgb | None = None
        for code, run in zip(parts[1::2], parts[2::2], strict=True):
            if code.startswith("38;2;"):
                current = _foreground(code)
            elif not code.startswith("48"):
                current = None
            if run:
                colours += [current] * len(run)
        rows.append(Row(text[:width].ljust(width), tuple(colours[:width]) + (None,) * (width - len(colours))))
    while len(rows) < height:
        rows.append(Row(" " * width, (None,) * width))
    return rows
