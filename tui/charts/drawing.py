"""From the description of a chart to coloured characters: axes, spreads, curves, marks and labels.

Everything numerical is settled in the canvas's own pixels (2x4 to a braille cell): decimation, gaps, limits,
logarithm, clipping, dashes. Axes and vertical lines are plotext's; the curves are painted over them by numpy, since
plotext holds an object for each of their points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tui.charts.canvas import Canvas, Curve, Polyline, curve_of, has_axes, limits_of
from tui.charts.cells import Cells, Drawing
from tui.charts.curves import Skin, label_of, numbers_of, painted, rgb_in, rgb_of
from tui.charts.ends import End, Label, in_ascii, label_ends, label_x, margin_for, mark_cursor, mark_top, write
from tui.charts.frame import frame
from tui.charts.palette import Rgb, blend
from tui.charts.plot import Plot

# How much of the text's colour the axes and their words have: they stand out by 4.5 to 1 (WCAG AA).
MUTED = 0.66
# How much of it the cells have through which the cursor's line goes.
_CURSOR = 0.18
# A chart of fewer lines has the labels of its x axis on the axis itself: a line more for the curves.
_LOW = 10


class Layout(NamedTuple):
    """A chart before it is painted: what is drawable of its series, their names, and where all of it will stand.

    `head` is the line of the y axis's word, `merged` whether the labels of the x axis stand on the axis itself.
    """

    curves: list[Curve]
    numbers: list[str]
    labels: list[Label]
    canvas: Canvas
    head: int
    merged: bool


def layout(plot: Plot, width: int, height: int, skin: Skin) -> Layout | None:
    """Where `plot` stands on so many cells, at least one; None where it has nothing to draw."""
    curves = [curve_of(series, plot.log) for series in plot.series]
    limits = limits_of(plot, curves)
    if limits is None:
        return None
    head = int(bool(plot.y_label) and height >= 12)
    numbers = numbers_of(plot, skin)
    labels = [label_of(series, number) for series, number in zip(plot.series, numbers, strict=True)]
    margin = margin_for(labels, width, height)
    merged = height < _LOW and has_axes(width, height)
    canvas = Canvas(plot, limits, width, height + 1 if merged else height - head, skin.ascii, margin)
    return Layout(curves, numbers, labels, canvas, head, merged)


def x_at(plot: Plot, width: int, height: int, skin: Skin, column: int) -> float | None:
    """The place on the x axis of the middle of a column of cells; None left of the axis, and of an empty chart.

    Right of the curves, where their names stand, it is the end of the axis.
    """
    if width <= 0 or height <= 0 or (found := layout(plot, width, height, skin)) is None:
        return None
    canvas = found.canvas
    pixel = (column - canvas.left) * canvas.sx + (canvas.sx - 1) / 2
    if pixel < 0:
        return None
    return canvas.x0 + min(1.0, pixel / max(1, canvas.width - 1)) * (canvas.x1 - canvas.x0)


def draw(plot: Plot, width: int, height: int, skin: Skin) -> Drawing:
    """Draw `plot` on `width` x `height` cells, each of one single-width character."""
    if width <= 0 or height <= 0:
        return Drawing.blank(max(0, width), max(0, height))
    muted = blend(skin.foreground, skin.background, MUTED)
    found = layout(plot, width, height, skin)
    if found is None:
        return _message(plot.empty, width, height, muted)
    curves, numbers, labels, canvas, head, merged = found
    lines = tuple(
        (round(canvas.px(mark.x)), rgb_in(mark.colour, skin.dark), mark.kind == "stop")
        for mark in plot.marks
        if mark.kind != "best" and canvas.holds(mark.x)
    )
    paths = [canvas.clip(*canvas.vertices(curve)) for curve in curves]
    cells = painted(plot, curves, paths, numbers, canvas, skin)
    drawing = _over(frame(canvas, lines, muted), cells)
    label_x(drawing, canvas, muted)
    for mark in plot.marks:
        if mark.label and mark.kind != "best" and canvas.holds(mark.x):
            column = canvas.left + int(canvas.px(mark.x) // canvas.sx) + 1
            write(drawing, 0, column, mark.label, rgb_in(mark.colour, skin.dark))
    for series, curve in zip(plot.series, curves, strict=True):
        if not series.scattered:
            mark_top(drawing, canvas, curve, rgb_of(series, skin), skin.ascii)
    if canvas.margin:
        label_ends(drawing, canvas, _ends(plot, labels, curves, paths, canvas, skin), skin.ascii)
    if plot.cursor is not None and canvas.holds(plot.cursor):
        tint = blend(skin.foreground, skin.background, _CURSOR) if skin.tinted and not skin.colourless else None
        mark_cursor(drawing, canvas, plot.cursor, skin.foreground, tint, skin.ascii)
    if merged:
        drawing = _on_the_axis(drawing)
    if head:
        top = Drawing.blank(width, 1)
        write(top, 0, min(canvas.left, max(0, width - len(plot.y_label))), plot.y_label, muted)
        drawing = Drawing(*(np.concatenate(parts) for parts in zip(top, drawing, strict=True)))
    if skin.ascii:
        in_ascii(drawing)
    return drawing


def _over(drawing: Drawing, cells: Cells) -> Drawing:
    """What is painted, over the frame."""
    shape = drawing.codes.shape
    painted = cells.codes != 0
    return Drawing(
        np.where(painted, cells.codes, drawing.codes.ravel()).reshape(shape),
        np.where(painted, cells.colours, drawing.colours.ravel()).reshape(shape),
        cells.grounds.reshape(shape),
    )


def _on_the_axis(drawing: Drawing) -> Drawing:
    """The last line, which holds the labels of the x axis, written over the one before, which is the axis."""
    labels = drawing.codes[-1] != ord(" ")
    for part in drawing:
        part[-2, labels] = part[-1, labels]
    return Drawing(*(part[:-1] for part in drawing))


# -- words -----------------------------------------------------------------------------------------------------------


def _ends(
    plot: Plot,
    labels: Sequence[Label],
    curves: Sequence[Curve],
    paths: Sequence[Polyline],
    canvas: Canvas,
    skin: Skin,
) -> list[End]:
    """The ends of the curves that have a name, those in front first."""
    ends = []
    for place in sorted(range(len(labels)), key=lambda place: plot.series[place].faint):
        px, py, _ = paths[place]
        curve, label = curves[place], labels[place]
        if not label or not len(curve.x):
            continue
        # Of what is in sight: a chart may show a part of the run alone.
        newest = max(1, int(np.searchsorted(curve.x, canvas.x1, "right"))) - 1
        last = curve.y[newest]
        above = bool((math.log10(last) if canvas.log else last) > canvas.y1)
        if above:
            end = (min(max(0.0, float(canvas.px(curve.x[newest]))), canvas.width - 1.0), 0.0)
        elif len(px):
            right = int(np.argmax(px))
            # Not rounded where it is the last point, for the order of names whose curves end in one row.
            height = float(canvas.py(math.log10(last) if canvas.log else last))
            end = (float(px[right]), height if 0 <= height < canvas.height else float(py[right]))
        else:
            continue
        ends.append(End(label, rgb_in(plot.series[place].colour, skin.dark), *end, above))
    return ends


def _message(words: str, width: int, height: int, rgb: Rgb) -> Drawing:
    drawing = Drawing.blank(width, height)
    words = words[:width]
    write(drawing, (height - 1) // 2, (width - len(words)) // 2, words, rgb)
    return drawing
