"""From the description of a chart to rows of coloured characters, through plotext.

Everything numerical is settled here, in the canvas's own pixels (2x4 to a braille cell): decimation, gaps,
limits, logarithm, clipping, dashes. plotext then draws finite, in-range points, whatever the data were. It has
one global figure, so call `draw` on one thread only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np

from tui.widgets.canvas import Canvas, Curve, curve_of, limits_of, raster
from tui.widgets.palette import Rgb, blend, colour


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One curve, or points that are not joined (`scattered`): `y` over `x` (ascending).

    What is not finite is a gap, and so is what is not positive on a log scale. `low` and `high` are the spread over the
    seeds, drawn fainter than the curve. `colour` is RGB or an index into the palette; a `faint` curve stands back
    behind those that are not.
    """

    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    colour: Rgb | int
    dotted: bool = False
    label: str = ""
    low: Sequence[float] | np.ndarray | None = None
    high: Sequence[float] | np.ndarray | None = None
    scattered: bool = False
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at `x`: the best epoch (a glyph at `y`), a turned knob or the stop (vertical lines)."""

    x: float
    kind: Literal["best", "knob", "stop"]
    colour: Rgb | int
    y: float | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """Everything one chart draws. Limits left None follow the data."""

    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    log: bool = False
    x_label: str = "epoch"
    y_label: str = ""
    empty: str = "waiting for the first epoch"


# A polyline in whole pixels: x, y, and whether each vertex is joined to the one before.
Path = tuple[np.ndarray, np.ndarray, np.ndarray]
# Every so many pixels along a dotted curve is drawn; and cells in which curves meet change their colour every so many.
_DOTS, _TURN = 3, 3


class Skin(NamedTuple):
    """What a drawing takes from its surroundings."""

    foreground: Rgb = (224, 224, 224)
    background: Rgb = (18, 18, 18)
    dark: bool = True
    ascii: bool = False


class Row(NamedTuple):
    """One line of cells: as many characters as colours. The colour None is the plain foreground."""

    text: str
    colours: tuple[Rgb | None, ...]


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
    paths = [canvas.clip(*canvas.vertices(curve)) for curve in curves]
    rows = _rows(_build(plot, curves, paths, canvas, skin, muted), width, height - head)
    texts, colours = [list(text) for text, _ in rows], [list(row.colours) for row in rows]
    _take_turns(texts, colours, plot.series, paths, canvas, skin)
    if canvas.axes:
        _x_label(texts[-1], colours[-1], plot.x_label, muted)
    for mark in plot.marks:
        if mark.label and mark.kind != "best" and canvas.holds(mark.x):
            at = canvas.left + int(canvas.px(mark.x) // canvas.sx) + 1
            _write(texts[0], colours[0], at, mark.label, _rgb(mark.colour, skin.dark))
    if head:
        texts.insert(0, [" "] * width)
        colours.insert(0, [None] * width)
        _write(texts[0], colours[0], min(canvas.left, max(0, width - len(plot.y_label))), plot.y_label, muted)
    return tuple(
        Row(_ascii("".join(text)) if skin.ascii else "".join(text), tuple(row))
        for text, row in zip(texts, colours, strict=True)
    )


# -- plotext ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _plotext() -> Any:
    import plotext  # 0.15 s, so not before the first chart has something to show

    plotext.terminal.limit(False, False)  # sizes are ours, whatever the terminal's
    return plotext


@lru_cache(maxsize=512)
def _pixel(rgb: Rgb) -> Any:
    return _plotext().pixel(foreground=rgb)


@lru_cache(maxsize=512)
def _marker(symbol: str, rgb: Rgb) -> Any:
    return _plotext().marker(symbol, _pixel(rgb))


def _rgb(value: Rgb | int, dark: bool) -> Rgb:
    return value if isinstance(value, tuple) else colour(int(value), dark)


def _rgb_of(series: Series, skin: Skin) -> Rgb:
    rgb = _rgb(series.colour, skin.dark)
    return blend(rgb, skin.background, 0.5) if series.faint else rgb


def _build(plot: Plot, curves: list[Curve], paths: list[Path], canvas: Canvas, skin: Skin, muted: Rgb) -> str:
    """Lay the figure out in pixels, draw bands, curves and marks in this order, and return plotext's ANSI lines."""
    figure = _plotext().figure
    for clear in (figure.clear.data, figure.clear.settings, figure.clear.pixels, figure.clear.styles):
        clear()  # not figure.clear(), which asks the terminal for its size
    figure.plot_size(*canvas.cells)
    figure.canvas("default")
    figure.axes(False)
    x_ruler, y_ruler = figure.ruler("x"), figure.ruler("y")
    if canvas.axes:
        figure.axes(True, pixel=_pixel(muted), axis="both", side=0)
        for ruler, ticks, to_pixel, cell in (
            (x_ruler, canvas.x_ticks, canvas.px, canvas.sx),
            (y_ruler, canvas.y_ticks, canvas.py, canvas.sy),
        ):
            at = [(math.floor(max(0.0, round(to_pixel(value))) / cell) + 0.5) * cell for value, _ in ticks]
            ruler.ticks(at, labels=[text for _, text in ticks])
            ruler.pixel(_pixel(muted))
    else:
        x_ruler.frequency(0)
        y_ruler.frequency(0)
    x_ruler.lim(0, canvas.width).alignment(lim="edge")
    y_ruler.lim(0, canvas.height).alignment(lim="edge")

    for mark in plot.marks:
        if mark.kind != "best" and canvas.holds(mark.x):
            style = "dotted" if mark.kind == "knob" else "heavy"
            at = round(canvas.px(mark.x)) + 0.5
            figure.line(at, orientation=1, pixel=_pixel(_rgb(mark.colour, skin.dark)), style=style)
    for series, curve in zip(plot.series, curves, strict=True):
        if curve.low is not None and curve.high is not None and len(curve.x):
            _band(figure, curve, canvas, blend(_rgb_of(series, skin), skin.background, 0.45), skin.ascii)
    # Faint ones first; and without braille, where one character replaces another, solid ones last.
    order = sorted(zip(plot.series, paths, strict=True), key=lambda pair: (not pair[0].faint, not pair[0].dotted))
    for series, path in order:
        if len(path[0]):
            _line(figure, series, path, canvas, _rgb_of(series, skin), skin.ascii)
    for mark in plot.marks:
        if mark.kind == "best" and canvas.holds(mark.x):
            _best(figure, mark, canvas, _rgb(mark.colour, skin.dark), skin.ascii)
    return figure.build().string()


def _add(figure: Any, px: np.ndarray, py: np.ndarray, marker: Any, joined: np.ndarray | None = None) -> None:
    if len(px) == 0:
        return
    signal = figure.signal((px + 0.5).tolist(), (py + 0.5).tolist(), marker=marker)
    if joined is not None:
        signal.lines()
        for index in np.flatnonzero(~joined).tolist():
            signal.line(index, False)
    # figure.draw() reads every point's colour back for the automatic colours, which is half the time of a frame.
    signals = getattr(figure, "_signals", None)
    if hasattr(signals, "_add"):
        signals._add(signal)
    else:
        figure.draw(signal)


def _line(
    figure: Any,
    series: Series,
    path: Path,
    canvas: Canvas,
    rgb: Rgb,
    ascii_: bool,
) -> None:
    px, py, joined = path
    if series.scattered:
        _add(figure, px, py, _marker("." if ascii_ else "braille", rgb), np.zeros(len(px), dtype=bool))
        return
    if series.dotted:
        if not ascii_:
            px, py = raster(px, py, joined, _DOTS)
            joined = None
        _add(figure, px, py, _marker("." if ascii_ else "braille", rgb), joined)
        return
    if len(px) == 1 and not ascii_:  # a lone braille dot is hard to see: make it four
        px = np.clip(px[0] + np.array([0, 1, 0, 1]), 0, canvas.width - 1)
        py = np.clip(py[0] + np.array([0, 0, 1, 1]), 0, canvas.height - 1)
        joined = np.zeros(4, dtype=bool)
    _add(figure, px, py, _marker("*" if ascii_ else "braille", rgb), joined)


def _band(figure: Any, curve: Curve, canvas: Canvas, rgb: Rgb, ascii_: bool) -> None:
    """The two edges of the spread, as sparse faint dots."""
    for edge in (curve.low, curve.high):
        px, py, joined = canvas.clip(*canvas.vertices(curve._replace(y=edge)))
        px, py = raster(px, py, joined, 6)
        _add(figure, px, py, _marker(":" if ascii_ else "braille", rgb))


def _best(figure: Any, mark: Mark, canvas: Canvas, rgb: Rgb, ascii_: bool) -> None:
    py = 0.0
    if mark.y is not None and math.isfinite(mark.y) and not (canvas.log and mark.y <= 0):
        py = canvas.py(math.log10(mark.y) if canvas.log else mark.y)
    py = min(max(py, 0.0), canvas.height - 1.0)
    _add(figure, np.rint([canvas.px(mark.x)]), np.rint([py]), _marker("O" if ascii_ else "◆", rgb))


def _take_turns(
    texts: list[list[str]],
    colours: list[list[Rgb | None]],
    series: Sequence[Series],
    paths: list[Path],
    canvas: Canvas,
    skin: Skin,
) -> None:
    """Where curves meet in a cell, let their colours take turns along them: drawn last must not mean seen alone.

    Faint curves give way to the others.
    """
    cells: dict[Rgb, list[np.ndarray]] = {}
    in_front = [np.empty(0, dtype=np.int64)]
    for each, (px, py, joined) in zip(series, paths, strict=True):
        if len(px) and not each.scattered:
            path = canvas.cell(*raster(px, py, joined, _DOTS if each.dotted and not skin.ascii else 1))
            cells.setdefault(_rgb_of(each, skin), []).append(path)
            if not each.faint:
                in_front.append(path)
    if len(cells) < 2:
        return
    own = {rgb: np.unique(np.concatenate(parts)) for rgb, parts in cells.items()}
    if behind := {_rgb_of(each, skin) for each in series if each.faint}:
        taken = np.unique(np.concatenate(in_front))
        own = {
            rgb: np.setdiff1d(mine, taken, assume_unique=True) if rgb in behind else mine for rgb, mine in own.items()
        }
    found, count = np.unique(np.concatenate(list(own.values())), return_counts=True)
    meeting = found[count > 1]
    there = {rgb: np.isin(meeting, mine, assume_unique=True).tolist() for rgb, mine in own.items()}
    for place, (row, column) in enumerate(zip(*divmod(meeting, canvas.cells[0]), strict=True)):
        if texts[row][column] in _DRAWN or "⠀" < texts[row][column] <= "⣿":
            turn = [rgb for rgb, is_there in there.items() if is_there[place]]
            colours[row][column] = turn[column // _TURN % len(turn)]


# -- characters ------------------------------------------------------------------------------------------------------

_DRAWN = "*."
_SGR = re.compile("\x1b\\[([0-9;]*)m")
_BOX = str.maketrans("│┃┊─┬┴┼┤├└┘┌┐", "||:-+++++++++")


def _ascii(text: str) -> str:
    return text if text.isascii() else text.translate(_BOX).encode("ascii", "replace").decode("ascii")


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


def _write(text: list[str], colours: list[Rgb | None], at: int, words: str, rgb: Rgb) -> None:
    """Write `words` where the row is blank, and nothing at all if they would cover something."""
    words = words if words.isprintable() and words.isascii() else "".join(c if ord(c) < 0x1100 else "?" for c in words)
    end = at + len(words)
    if at >= 0 and end <= len(text) and all(c in " ⠀" for c in text[at:end]):
        text[at:end] = words
        colours[at:end] = [rgb] * len(words)


def _x_label(text: list[str], colours: list[Rgb | None], label: str, rgb: Rgb) -> None:
    """Write the label into the rightmost gap between the ticks' labels that is wide enough for it."""
    gaps = list(re.finditer(f" {{{len(label) + 2},}}", "".join(text)))
    if label and gaps:
        start, end = gaps[-1].span()
        _write(text, colours, start + (end - start - len(label)) // 2, label, rgb)


def _message(words: str, width: int, height: int, rgb: Rgb) -> tuple[Row, ...]:
    text, colours = [" "] * width, [None] * width
    words = words[:width]
    _write(text, colours, (width - len(words)) // 2, words, rgb)
    blank = Row(" " * width, (None,) * width)
    middle = Row("".join(text), tuple(colours))
    return tuple(middle if y == (height - 1) // 2 else blank for y in range(height))
