"""The curves of a chart and their spreads, painted into cells: broad or thin, dashed, numbered, and where they meet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tui.charts.bands import OPACITY, error_bars, paint_bands
from tui.charts.canvas import Canvas, Curve, Polyline, raster
from tui.charts.cells import Cells, packed
from tui.charts.ends import Label
from tui.charts.palette import COLOURS, Rgb, blend, colour
from tui.charts.plot import Mark, Plot, Series

# Of so many pixels along a curve so many are drawn: dotted ones, and curves whose colour another one has already.
_DOTTED = (3, 1)
_DASHES = ((1, 1), (9, 6), (14, 5))
# In ASCII, where a cell is a pixel.
_CHARACTERS = {"heavy": "*", "light": ".", "dotted": ":"}
# How much of its colour a faint curve keeps, by whether the background is dark: it stands out by 3 to 1 (WCAG AA).
FAINT = {True: 0.7, False: 0.78}
# A curve has its number every so many columns, or fewer times where there are many, each one in columns of its own.
_NUMBERED, _OWN = 18, 4


class Skin(NamedTuple):
    """What a drawing takes from its surroundings.

    `colourless`: the terminal is to show no colours (NO_COLOR); `tinted`: it has colours that are faint enough to stand
    behind curves.
    """

    foreground: Rgb = (224, 224, 224)
    background: Rgb = (18, 18, 18)
    dark: bool = True
    ascii: bool = False
    colourless: bool = False
    tinted: bool = True


def rgb_in(value: Rgb | int, dark: bool) -> Rgb:
    """The colour itself, or that of a place in the palette."""
    return value if isinstance(value, tuple) else colour(int(value), dark)


def rgb_of(series: Series, skin: Skin) -> Rgb:
    """The colour in which a curve is drawn: a faint one is nearer to the background."""
    rgb = rgb_in(series.colour, skin.dark)
    return blend(rgb, skin.background, FAINT[skin.dark]) if series.faint else rgb


def numbers_of(plot: Plot, skin: Skin) -> list[str]:
    """The numbers that are written along the curves, where colours do not tell them apart; "" for none."""
    several = len({series.colour for series in plot.series if series.number is not None}) > 1
    repeated = any(series.number is not None and _cycle(series) for series in plot.series)
    if not several or not (skin.colourless or repeated):
        return [""] * len(plot.series)
    return ["" if series.number is None else str(series.number) for series in plot.series]


def _cycle(series: Series) -> int:
    """How often the palette has been gone through before the colour of this curve."""
    return 0 if isinstance(series.colour, tuple) else int(series.colour) // COLOURS


def label_of(series: Series, number: str) -> Label:
    """What stands at the end of a curve."""
    return Label(f"{number} {series.label}" if number and series.label else series.label, series.value)


def _dashes(series: Series, colourless: bool) -> tuple[int, int]:
    if series.stroke == "dotted" or series.scattered:
        return _DOTTED
    cycle = _cycle(series)
    if colourless and series.number is not None:  # no two neighbours alike
        cycle = int(series.colour) if isinstance(series.colour, int) else 0
    return _DASHES[cycle % len(_DASHES)]


def painted(
    plot: Plot,
    curves: Sequence[Curve],
    paths: Sequence[Polyline],
    numbers: Sequence[str],
    canvas: Canvas,
    skin: Skin,
) -> Cells:
    """The spreads, the curves and the best epochs, in this order: what is painted later stands in front."""
    cells = Cells(canvas, skin.ascii)
    _paint_spreads(cells, plot, curves, canvas, skin)
    # Faint ones first; and without braille, where one character replaces another, heavy ones last.
    order = sorted(
        range(len(plot.series)), key=lambda place: (not plot.series[place].faint, plot.series[place].stroke == "heavy")
    )
    ordered = [plot.series[place] for place in order]
    parts = [_visible(series, paths[place], canvas, skin.ascii) for place, series in zip(order, ordered, strict=True)]
    if parts:
        px, py, joined = (np.concatenate(part) for part in zip(*parts, strict=True))
        path = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
        dashes = np.array([_dashes(series, skin.colourless) for series in ordered])
        px, py, path = raster(px, py, joined, path, dashes)
        heavy = np.array([series.stroke == "heavy" for series in ordered])
        if not skin.ascii:
            px, py, path = _broad(px, py, path, heavy, canvas)
        colours = np.array([packed(rgb_of(series, skin)) for series in ordered], dtype=np.int32)
        characters = np.array([ord(_CHARACTERS[series.stroke]) for series in ordered], dtype=np.uint32)
        where = cells.paint(px, py, colours[path], characters[path])
        line = np.array([not series.scattered for series in ordered])[path]
        faint = np.array([series.faint for series in ordered])[path]
        cells.take_turns(where[line], colours[path][line], faint[line])
    for mark in plot.marks:
        if mark.kind == "best" and canvas.holds(mark.x):
            _best(cells, mark, canvas, rgb_in(mark.colour, skin.dark), skin.ascii)
    if parts and any(numbers):
        apart = max(_NUMBERED, _OWN * len(set(numbers)))
        for place, (number, series) in enumerate(
            zip((numbers[number_at] for number_at in order), ordered, strict=True)
        ):
            if number:
                own = _OWN * (series.number or 0)
                _number(cells, where[path == place], number, int(colours[place]), own, apart, canvas)
    return cells


def _paint_spreads(cells: Cells, plot: Plot, curves: Sequence[Curve], canvas: Canvas, skin: Skin) -> None:
    banded = [(series, curve) for series, curve in zip(plot.series, curves, strict=True) if curve.low is not None]
    if not banded:
        return
    bands, colours = [curve for _, curve in banded], [rgb_of(series, skin) for series, _ in banded]
    if skin.tinted and not skin.colourless:
        paint_bands(cells, canvas, bands, colours, skin.background, OPACITY[skin.dark])
        return
    px, py, joined = (np.concatenate(part) for part in zip(*error_bars(canvas, bands), strict=True))
    px, py, _ = raster(px, py, joined, np.zeros(len(px), dtype=np.int64), np.array([_DASHES[0]]))
    cells.paint(px, py, np.full(len(px), packed(colours[0])), np.full(len(px), ord("|"), dtype=np.uint32))


def _visible(series: Series, path: Polyline, canvas: Canvas, ascii_only: bool) -> Polyline:
    """Points that are not joined, where it is a cloud; and four pixels for one, which alone is hard to see."""
    px, py, joined = path
    if series.scattered:
        return px, py, np.zeros(len(px), dtype=bool)
    if len(px) == 1 and not ascii_only and series.stroke != "dotted":
        px = np.clip(px[0] + np.array([0, 1, 0, 1]), 0, canvas.width - 1)
        py = np.clip(py[0] + np.array([0, 0, 1, 1]), 0, canvas.height - 1)
        joined = np.zeros(4, dtype=bool)
    return px, py, joined


def _broad(
    px: np.ndarray, py: np.ndarray, path: np.ndarray, heavy: np.ndarray, canvas: Canvas
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two by two pixels for each pixel of a heavy curve, in the same order."""
    count = np.where(heavy[path], 4, 1)
    pixel = np.repeat(np.arange(len(px)), count)
    corner = np.arange(len(pixel)) - np.repeat(np.cumsum(count) - count, count)
    broad = heavy[path][pixel]
    x = np.where(broad, np.minimum(px[pixel], max(0, canvas.width - 2)), px[pixel]) + corner % 2
    y = np.where(broad, np.minimum(py[pixel], max(0, canvas.height - 2)), py[pixel]) + corner // 2
    return np.minimum(x, canvas.width - 1), np.minimum(y, canvas.height - 1), path[pixel]


def _number(cells: Cells, where: np.ndarray, number: str, rgb: int, first: int, apart: int, canvas: Canvas) -> None:
    """Write a curve's number into some of its cells: near the column `first` and every `apart` columns."""
    width = canvas.cells[0]
    columns, index = np.unique(where % width, return_index=True)
    if not len(columns):
        return
    asked_for = np.arange(canvas.left + first % apart, width - canvas.margin, apart)
    # A dash may leave out the very column: then the next one that is drawn.
    nearest = np.minimum(np.searchsorted(columns, asked_for), len(columns) - 1)
    for cell in where[index][nearest[np.abs(columns[nearest] - asked_for) <= _OWN]].tolist():
        own = range(cell, cell + len(number))
        if cell % width + len(number) <= width - canvas.margin and cells.glyphs.isdisjoint(own):
            for place, digit in zip(own, number, strict=True):
                cells.glyph(place, rgb, digit)


def _best(cells: Cells, mark: Mark, canvas: Canvas, rgb: Rgb, ascii_only: bool) -> None:
    """The best epoch, in the cell that its curve passes: a pixel's rounding may have put that a row off."""
    py = 0.0
    if mark.y is not None and math.isfinite(mark.y) and not (canvas.log and mark.y <= 0):
        py = canvas.py(math.log10(mark.y) if canvas.log else mark.y)
    py = min(max(py, 0.0), canvas.height - 1.0)
    (cell,) = canvas.cell(np.rint([canvas.px(mark.x)]), np.rint([py])).tolist()
    width = canvas.cells[0]
    near = [place for place in (cell, cell - width, cell + width) if 0 <= place < len(cells.codes)]
    # The cell itself may have the colour of another curve that passes it: it is the place all the same.
    on_curve = [
        place for place in near if cells.codes[place] and (place == cell or cells.colours[place] == packed(rgb))
    ]
    cells.glyph(on_curve[0] if on_curve else cell, packed(rgb), "O" if ascii_only else "◆")
