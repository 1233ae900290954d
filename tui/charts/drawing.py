"""From the description of a chart to rows of coloured characters: axes, curves, marks and labels.

Everything numerical is settled in the canvas's own pixels (2x4 to a braille cell): decimation, gaps, limits,
logarithm, clipping, dashes. Axes and vertical lines are plotext's; the curves are painted over them by numpy, since
plotext holds an object for each of their points.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tui.charts.canvas import Canvas, Curve, Polyline, curve_of, limits_of, raster
from tui.charts.cells import Cells
from tui.charts.frame import Row, frame
from tui.charts.palette import Rgb, blend, colour
from tui.charts.plot import Mark, Plot, Series

# Every so many pixels along a dotted curve, and along the edges of a spread, are drawn.
_DOTS, _SPREAD = 3, 6


class Skin(NamedTuple):
    """What a drawing takes from its surroundings."""

    foreground: Rgb = (224, 224, 224)
    background: Rgb = (18, 18, 18)
    dark: bool = True
    ascii: bool = False


def draw(plot: Plot, width: int, height: int, skin: Skin) -> tuple[Row, ...]:
    """Draw `plot` on `width` x `height` cells: `height` rows of exactly `width` single-width characters."""
    if width <= 0 or height <= 0:
        return ()
    muted = blend(skin.foreground, skin.background, 0.6)
    curves = [curve_of(series, plot.log) for series in plot.series]
    limits = limits_of(plot, curves)
    if limits is None:
        return _message(plot.empty, width, height, muted)
    head = int(bool(plot.y_label) and height >= 12)
    canvas = Canvas(plot, limits, width, height - head, skin.ascii)
    lines = tuple(
        (round(canvas.px(mark.x)), _rgb(mark.colour, skin.dark), mark.kind == "stop")
        for mark in plot.marks
        if mark.kind != "best" and canvas.holds(mark.x)
    )
    texts, colours = _laid(_painted(plot, curves, canvas, skin), frame(canvas, lines, muted))
    if canvas.axes:
        _x_label(texts[-1], colours[-1], plot.x_label, muted)
    for mark in plot.marks:
        if mark.label and mark.kind != "best" and canvas.holds(mark.x):
            column = canvas.left + int(canvas.px(mark.x) // canvas.sx) + 1
            _write(texts[0], colours[0], column, mark.label, _rgb(mark.colour, skin.dark))
    if head:
        texts.insert(0, [" "] * width)
        colours.insert(0, [None] * width)
        _write(texts[0], colours[0], min(canvas.left, max(0, width - len(plot.y_label))), plot.y_label, muted)
    return tuple(
        Row(_ascii("".join(text)) if skin.ascii else "".join(text), tuple(row))
        for text, row in zip(texts, colours, strict=True)
    )


# -- curves ----------------------------------------------------------------------------------------------------------


def _rgb(value: Rgb | int, dark: bool) -> Rgb:
    return value if isinstance(value, tuple) else colour(int(value), dark)


def _rgb_of(series: Series, skin: Skin) -> Rgb:
    rgb = _rgb(series.colour, skin.dark)
    return blend(rgb, skin.background, 0.5) if series.faint else rgb


def _painted(plot: Plot, curves: list[Curve], canvas: Canvas, skin: Skin) -> Cells:
    """The spreads, the curves and the best epochs, in this order: what is painted later stands in front."""
    cells = Cells(canvas, skin.ascii)
    colours = [_rgb_of(series, skin) for series in plot.series]
    spreads = [
        (canvas.clip(*canvas.vertices(curve._replace(y=edge))), cells.place(blend(rgb, skin.background, 0.45)))
        for curve, rgb in zip(curves, colours, strict=True)
        if curve.low is not None and curve.high is not None and len(curve.x)
        for edge in (curve.low, curve.high)
    ]
    px, py, path = _rastered([path for path, _ in spreads], _SPREAD)
    cells.paint(px, py, np.array([place for _, place in spreads], dtype=np.int64)[path], ":")

    places = np.array([cells.place(rgb) for rgb in colours], dtype=np.int64)
    paths = [canvas.clip(*canvas.vertices(curve)) for curve in curves]
    met: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    # Faint ones first; and without braille, where one character replaces another, solid ones last.
    for faint in (True, False):
        for dotted in (True, False):
            some = [
                number for number, series in enumerate(plot.series) if series.faint is faint and _thin(series) is dotted
            ]
            whole = [_visible(plot.series[number], paths[number], canvas, skin.ascii) for number in some]
            px, py, path = _rastered(whole, _DOTS if dotted and not skin.ascii else 1)
            numbers = np.array(some, dtype=np.int64)[path]
            where = cells.paint(px, py, places[numbers], "." if dotted else "*")
            joined = np.array([not series.scattered for series in plot.series])[numbers]
            met.append((where[joined], places[numbers][joined], np.full(int(joined.sum()), faint)))
    cells.take_turns(*(np.concatenate(parts) for parts in zip(*met, strict=True)))
    for mark in plot.marks:
        if mark.kind == "best" and canvas.holds(mark.x):
            _best(cells, mark, canvas, _rgb(mark.colour, skin.dark), skin.ascii)
    return cells


def _thin(series: Series) -> bool:
    return series.dotted or series.scattered


def _rastered(paths: Sequence[Polyline], period: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every `period`-th pixel along each of the polylines, and for each pixel the place of its polyline."""
    if not paths:
        return np.empty(0), np.empty(0), np.empty(0, dtype=np.int64)
    px, py, joined = (np.concatenate(parts) for parts in zip(*paths, strict=True))
    return raster(px, py, joined, period, np.repeat(np.arange(len(paths)), [len(path[0]) for path in paths]))


def _visible(series: Series, path: Polyline, canvas: Canvas, ascii_only: bool) -> Polyline:
    """Points that are not joined, where it is a cloud; and four pixels for one, which alone is hard to see."""
    px, py, joined = path
    if series.scattered:
        return px, py, np.zeros(len(px), dtype=bool)
    if len(px) == 1 and not ascii_only and not series.dotted:
        px = np.clip(px[0] + np.array([0, 1, 0, 1]), 0, canvas.width - 1)
        py = np.clip(py[0] + np.array([0, 0, 1, 1]), 0, canvas.height - 1)
        joined = np.zeros(4, dtype=bool)
    return px, py, joined


def _best(cells: Cells, mark: Mark, canvas: Canvas, rgb: Rgb, ascii_only: bool) -> None:
    py = 0.0
    if mark.y is not None and math.isfinite(mark.y) and not (canvas.log and mark.y <= 0):
        py = canvas.py(math.log10(mark.y) if canvas.log else mark.y)
    cells.glyph(canvas.px(mark.x), min(max(py, 0.0), canvas.height - 1.0), rgb, "O" if ascii_only else "◆")


def _laid(cells: Cells, rows: Sequence[Row]) -> tuple[list[list[str]], list[list[Rgb | None]]]:
    """The rows of the frame with what is painted over them, as lists of characters and of colours."""
    width = len(rows[0].text)
    texts, colours = [list(row.text) for row in rows], [list(row.colours) for row in rows]
    painted = np.flatnonzero(cells.codes)
    for cell, code, place in zip(
        painted.tolist(), cells.codes[painted].tolist(), cells.colours[painted].tolist(), strict=True
    ):
        y, x = divmod(cell, width)
        texts[y][x], colours[y][x] = chr(code), cells.palette[place]
    return texts, colours


# -- characters ------------------------------------------------------------------------------------------------------

_BOX = str.maketrans("│┃┊─┬┴┼┤├└┘┌┐", "||:-+++++++++")


def _ascii(text: str) -> str:
    return text if text.isascii() else text.translate(_BOX).encode("ascii", "replace").decode("ascii")


def _write(text: list[str], colours: list[Rgb | None], start: int, words: str, rgb: Rgb) -> None:
    """Write `words` where the row is blank, and nothing at all if they would cover something."""
    words = words if words.isprintable() and words.isascii() else "".join(c if ord(c) < 0x1100 else "?" for c in words)
    end = start + len(words)
    if start >= 0 and end <= len(text) and all(c in " ⠀" for c in text[start:end]):
        text[start:end] = words
        colours[start:end] = [rgb] * len(words)


def _x_label(text: list[str], colours: list[Rgb | None], label: str, rgb: Rgb) -> None:
    """Write the label into the rightmost gap between the ticks' labels that is wide enough for it."""
    gaps = list(re.finditer(f" {{{len(label) + 2},}}", "".join(text)))
    if label and gaps:
        start, end = gaps[-1].span()
        _write(text, colours, start + (end - start - len(label)) // 2, label, rgb)


def _message(words: str, width: int, height: int, rgb: Rgb) -> tuple[Row, ...]:
    text = [" "] * width
    colours: list[Rgb | None] = [None] * width
    words = words[:width]
    _write(text, colours, (width - len(words)) // 2, words, rgb)
    blank = Row(" " * width, (None,) * width)
    middle = Row("".join(text), tuple(colours))
    return tuple(middle if y == (height - 1) // 2 else blank for y in range(height))
