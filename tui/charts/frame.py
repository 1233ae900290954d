"""What is drawn around and behind the curves of a chart: axes, ticks and vertical lines, through plotext.

plotext has one global figure, so draw on one thread only.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

from tui.charts.canvas import Canvas
from tui.charts.cells import NONE, Drawing, packed
from tui.charts.palette import Rgb

# A vertical line: its pixel, its colour, whether it is a thick one.
Line = tuple[int, Rgb, bool]


def frame(canvas: Canvas, lines: tuple[Line, ...], muted: Rgb) -> Drawing:
    """The empty chart, of as many cells as the canvas has. It is shared: copy it before painting over it."""
    ticks = tuple(
        tuple((_middle(to_pixel(value), cell), text) for value, text in ticks)
        for ticks, to_pixel, cell in ((canvas.x_ticks, canvas.px, canvas.sx), (canvas.y_ticks, canvas.py, canvas.sy))
    )
    return _frame(canvas.cells, canvas.margin, (canvas.width, canvas.height), canvas.axes, ticks, lines, muted)


def _middle(pixel: float, cell: int) -> float:
    """The middle of the cell in which a pixel lies."""
    return (math.floor(max(0.0, round(pixel)) / cell) + 0.5) * cell


# Most frames of a chart have the axes of the one before: the axis of epochs grows in steps, and ticks move by cells.
@lru_cache(maxsize=128)
def _frame(
    cells: tuple[int, int],
    margin: int,
    pixels: tuple[int, int],
    axes: bool,
    ticks: tuple[tuple[tuple[float, str], ...], ...],
    lines: tuple[Line, ...],
    muted: Rgb,
) -> Drawing:
    figure = _plotext().figure
    for clear in (figure.clear.data, figure.clear.settings, figure.clear.pixels, figure.clear.styles):
        clear()  # not figure.clear(), which asks the terminal for its size
    figure.plot_size(cells[0] - margin, cells[1])
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
    return _cells(figure.build().string(), *cells)


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
def _foreground(code: str) -> int:
    """The foreground set by an SGR code 38;2;r;g;b. The backgrounds, 48, are left to the widget."""
    r, g, b = code.split(";")[2:5]
    return packed((int(r), int(g), int(b)))


def _cells(ansi: str, width: int, height: int) -> Drawing:
    """Cut plotext's ANSI lines into cells, `width` to a row; blanks where they end sooner."""
    drawing = Drawing.blank(width, height)
    for y, line in enumerate(ansi.split("\n")[:height]):
        parts = _SGR.split(line)
        x, current = 0, NONE
        for code, run in zip(["", *parts[1::2]], parts[::2], strict=True):
            if code.startswith("38;2;"):
                current = _foreground(code)
            elif not code.startswith("48"):
                current = NONE
            run = run[: width - x]
            if run:
                drawing.codes[y, x : x + len(run)] = [ord(sign) for sign in run]
                drawing.colours[y, x : x + len(run)] = current
                x += len(run)
    # The empty cell of braille is a blank.
    drawing.codes[drawing.codes == 0x2800] = 0x20
    return drawing
