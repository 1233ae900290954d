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

from tui.widgets.palette import Rgb, blend, colour


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One curve: `y` over `x` (ascending). What is not finite is a gap, and so is what is not positive on a log scale.

    `low` and `high` are the spread over the seeds, drawn fainter than the curve. `colour` is RGB or an index into
    the palette.
    """

    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    colour: Rgb | int
    dotted: bool = False
    label: str = ""
    low: Sequence[float] | np.ndarray | None = None
    high: Sequence[float] | np.ndarray | None = None


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
    curves = [_curve(series, plot.log) for series in plot.series]
    limits = _limits(plot, curves)
    if limits is None:
        return _message(plot.empty, width, height, muted)
    head = int(bool(plot.y_label) and height >= 12)
    canvas = _Canvas(plot, limits, width, height - head, skin.ascii)
    rows = _rows(_build(plot, curves, canvas, skin, muted), width, height - head)
    texts, colours = [list(text) for text, _ in rows], [list(row.colours) for row in rows]
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


# -- numbers ---------------------------------------------------------------------------------------------------------

_HUGE = 1e300  # beyond it a range of two numbers overflows


class _Curve(NamedTuple):
    """The drawable points of a series, in ascending x. Points of one `run` have no gap between them."""

    x: np.ndarray
    y: np.ndarray
    run: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None


def _curve(series: Series, log: bool) -> _Curve:
    x, y = np.asarray(series.x, dtype=np.float64).ravel(), np.asarray(series.y, dtype=np.float64).ravel()
    n = min(len(x), len(y))
    x, y = x[:n], y[:n]
    keep = np.isfinite(x) & np.isfinite(y)
    if log:
        keep &= y > 0
    at = np.flatnonzero(keep)
    run = at - np.arange(len(at))
    low = high = None
    if series.low is not None and series.high is not None and min(len(series.low), len(series.high)) >= n:
        low, high = (np.asarray(edge, dtype=np.float64).ravel()[at] for edge in (series.low, series.high))
        # A seed that has diverged leaves its edge of the band at the mean instead of stretching the axis to infinity.
        low = np.where(np.isfinite(low) & ((low > 0) | (not log)), low, y[at])
        high = np.where(np.isfinite(high), high, y[at])
    x, y = x[at], np.clip(y[at], -_HUGE, _HUGE)
    if len(x) > 1 and not bool((x[1:] >= x[:-1]).all()):
        order = np.argsort(x, kind="stable")
        x, y, run = x[order], y[order], run[order]
        low, high = (None if edge is None else edge[order] for edge in (low, high))
    return _Curve(x, y, run, low, high)


def _limits(plot: Plot, curves: list[_Curve]) -> tuple[float, float, float, float] | None:
    """Return x0, x1, y0, y1 with x0 < x1 and y0 < y1 (logarithms of y on a log scale), or None without any data."""
    filled = [c for c in curves if len(c.x)]
    if not filled:
        return None
    x0, x1 = _ordered(plot.x_limits) or (min(c.x[0] for c in filled), max(c.x[-1] for c in filled))
    if not x0 < x1:
        x1 = x0 + max(1.0, abs(x0) * 1e-9)
    asked = _ordered(plot.y_limits)
    if asked is not None and not (plot.log and asked[0] <= 0):
        y0, y1 = asked
    else:
        seen = []
        for c in filled:
            first, last = np.searchsorted(c.x, x0, "left"), np.searchsorted(c.x, x1, "right")
            seen += [edge[first:last] for edge in (c.y, c.low, c.high) if edge is not None and last > first]
        seen = seen or [c.y for c in filled]
        y0, y1 = min(float(s.min()) for s in seen), max(float(s.max()) for s in seen)
    y0, y1 = (float(np.clip(v, -_HUGE, _HUGE)) for v in (y0, y1))
    if plot.log:
        y0, y1 = math.log10(max(y0, 5e-324)), math.log10(max(y1, 5e-324))
    if y1 - y0 <= 1e-12 * max(abs(y0), abs(y1)):
        pad = 0.1 if plot.log else (abs(y0) * 0.1 or 1.0)
        y0, y1 = y0 - pad, y1 + pad
    return float(x0), float(x1), y0, y1


def _ordered(limits: tuple[float, float] | None) -> tuple[float, float] | None:
    if limits is None or not all(math.isfinite(v) for v in limits):
        return None
    return (float(min(limits)), float(max(limits)))


class _Canvas:
    """The layout of a chart, and the way from data to canvas pixels (from the lower left)."""

    def __init__(self, plot: Plot, limits: tuple[float, float, float, float], width: int, height: int, ascii_: bool):
        self.x0, self.x1, self.y0, self.y1 = limits
        self.log = plot.log
        self.cells = (width, height)
        self.sx, self.sy = (1, 1) if ascii_ else (2, 4)
        self.axes = width >= 14 and height >= 4
        rows = height - 2 if self.axes else height
        self.y_ticks: list[tuple[float, str]] = []
        if self.axes:
            count = max(2, min(5, rows // 3))
            self.y_ticks = _log_ticks(self.y0, self.y1, count) if plot.log else _ticks(self.y0, self.y1, count)
            room = max(3, width // 3)
            self.y_ticks = [(at, text) for at, text in self.y_ticks if len(text) <= room]
        self.left = max((len(text) for _, text in self.y_ticks), default=0) + 1 if self.axes else 0
        columns = width - self.left
        self.width, self.height = columns * self.sx, rows * self.sy
        self.x_ticks = _whole_ticks(self.x0, self.x1, max(2, min(7, columns // 9))) if self.axes else []

    def holds(self, x: float) -> bool:
        return self.x0 <= x <= self.x1

    def px(self, x: Any) -> Any:
        return (x - self.x0) / (self.x1 - self.x0) * (self.width - 1)

    def py(self, y: Any) -> Any:
        """Pixel of `y`, which is already a logarithm on a log scale."""
        return (y - self.y0) / (self.y1 - self.y0) * (self.height - 1)

    def scaled(self, y: np.ndarray) -> np.ndarray:
        return self.py(np.log10(y) if self.log else y)

    def vertices(self, curve: _Curve) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The polyline in whole pixels: x, y, and whether each vertex is joined to the one before.

        Where more than two points fall on a column of pixels, their lowest and highest stand for them.
        """
        first = max(0, int(np.searchsorted(curve.x, self.x0, "left")) - 1)
        last = int(np.searchsorted(curve.x, self.x1, "right")) + 1
        x, y, run = curve.x[first:last], curve.y[first:last], curve.run[first:last]
        if len(x) > 2 * self.width:
            column = np.clip(np.rint(self.px(x)), -1, self.width).astype(np.int64)
            starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
            ends = np.append(starts[1:], len(x)) - 1
            low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
            rising = y[ends] >= y[starts]
            y = np.stack((np.where(rising, low, high), np.where(rising, high, low)), axis=1).ravel()
            px = np.repeat(column[starts], 2).astype(np.float64)
            joined = np.ones(len(px), dtype=bool)
            joined[1::2] = True
            joined[2::2] = run[starts[1:]] == run[ends[:-1]]
        else:
            px = np.rint(self.px(x))
            joined = np.ones(len(px), dtype=bool)
            joined[1:] = run[1:] == run[:-1]
        joined[:1] = False
        with np.errstate(over="ignore"):
            py = np.rint(np.clip(self.scaled(y), -1e12, 1e12))
        px = np.clip(px, -1e12, 1e12)
        moved = np.ones(len(px), dtype=bool)
        moved[1:] = (px[1:] != px[:-1]) | (py[1:] != py[:-1]) | ~joined[1:]
        return px[moved], py[moved], joined[moved]

    def inside(self, px: np.ndarray, py: np.ndarray) -> np.ndarray:
        return (px >= 0) & (px < self.width) & (py >= 0) & (py < self.height)

    def clip(self, px: np.ndarray, py: np.ndarray, joined: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Cut a polyline at the edges of the canvas (Liang and Barsky), so that no far vertex is ever rasterized."""
        if bool(self.inside(px, py).all()):
            return px, py, joined
        ends = np.flatnonzero(joined)
        ax, ay = px[ends - 1], py[ends - 1]
        dx, dy = px[ends] - ax, py[ends] - ay
        enter, leave = np.zeros(len(ends)), np.ones(len(ends))
        for step, start, top in ((dx, ax, self.width - 1), (dy, ay, self.height - 1)):
            with np.errstate(divide="ignore", invalid="ignore"):
                near, far = np.sort(np.stack(((0 - start) / step, (top - start) / step)), axis=0)
            flat = step == 0
            out = flat & ((start < 0) | (start > top))
            enter = np.maximum(enter, np.where(flat, np.where(out, 2.0, 0.0), near))
            leave = np.minimum(leave, np.where(flat, 1.0, far))
        seen = enter <= leave
        ax, ay, dx, dy, enter, leave = (v[seen] for v in (ax, ay, dx, dy, enter, leave))
        cx = np.rint(np.stack((ax + enter * dx, ax + leave * dx), axis=1).ravel())
        cy = np.rint(np.stack((ay + enter * dy, ay + leave * dy), axis=1).ravel())
        tied = np.tile(np.array([False, True]), len(ax))
        # A segment that begins where the last one ended goes on with it.
        tied[2::2] = (cx[2::2] == cx[1:-1:2]) & (cy[2::2] == cy[1:-1:2])
        keep = np.ones(len(cx), dtype=bool)
        keep[2::2] = ~tied[2::2]
        # Points with no neighbour are no segment.
        alone = ~joined & ~np.append(joined[1:], False) & self.inside(px, py)
        return (
            np.concatenate((cx[keep], px[alone])),
            np.concatenate((cy[keep], py[alone])),
            np.concatenate((tied[keep], np.zeros(int(alone.sum()), dtype=bool))),
        )


def _raster(px: np.ndarray, py: np.ndarray, joined: np.ndarray, period: int) -> tuple[np.ndarray, np.ndarray]:
    """Every `period`-th pixel along a polyline. The steps are counted along the line, so steep parts are as sparse."""
    if len(px) == 0:
        return px, py
    vertex = np.arange(len(px))
    before = np.where(joined, vertex - 1, vertex)
    steps = np.maximum(np.abs(px - px[before]), np.abs(py - py[before]))
    count = np.maximum(steps, 1).astype(np.int64)
    to = np.repeat(vertex, count)
    pixel = np.arange(len(to))
    part = (pixel - (np.cumsum(count) - count)[to] + 1) / count[to]
    since_gap = pixel - np.maximum.accumulate(np.where(joined[to], 0, pixel))
    on = since_gap % period == 0
    to, part = to[on], part[on]
    start = before[to]
    return np.rint(px[start] + part * (px[to] - px[start])), np.rint(py[start] + part * (py[to] - py[start]))


# -- ticks -----------------------------------------------------------------------------------------------------------


def _nice(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= step * 0.999)


def _short(values: Sequence[float]) -> list[str]:
    """The shortest labels that tell the values apart, from three digits on."""
    texts: list[str] = []
    for digits in (3, 4, 5, 6, 9):
        texts = [
            f"{value + 0.0:.{digits}g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-") for value in values
        ]
        if len(set(texts)) == len(texts):
            break
    return texts


def _ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    step = _nice((high - low) / count)
    first = math.ceil(low / step - 1e-9)
    values = [v for k in range(count + 2) if (v := (first + k) * step) <= high + step * 1e-9]
    if len(values) < 2 or step <= abs(low) * 1e-14:
        values = [low, high]
    return list(zip(values, _short(values), strict=True))


def _log_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """Positions are logarithms, labels are not: powers of ten, with halves and fifths between where there is room."""
    decades = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    if len(decades) >= 2:
        values = [10.0**d for d in decades[:: math.ceil(len(decades) / count)] if -308 < d < 308]
    elif high < 300:
        values = [m * 10.0**d for d in range(math.floor(low), math.ceil(high) + 1) for m in (1, 2, 5)]
        values = [v for v in values if v > 0 and low - 1e-9 <= math.log10(v) <= high + 1e-9]
        if len(values) < 2:
            values = [v for v, _ in _ticks(10.0**low, 10.0**high, count) if v > 0]
        values = values[:: math.ceil(len(values) / count)] if values else []
    else:
        values = []
    return [(math.log10(v), text) for v, text in zip(values, _short(values), strict=True)]


def _whole_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    step = max(1.0, _nice((high - low) / count))
    if step < 5:
        step = math.ceil(step)  # no half epochs
    first = math.ceil(low / step - 1e-9)
    values = [v for k in range(count + 2) if (v := (first + k) * step) <= high + step * 1e-9]
    return [(v, f"{v:.0f}" if abs(v) < 1e5 else _short([v])[0]) for v in values]


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
    return colour(value, dark) if isinstance(value, int) else value


def _build(plot: Plot, curves: list[_Curve], canvas: _Canvas, skin: Skin, muted: Rgb) -> str:
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
            _band(figure, curve, canvas, blend(_rgb(series.colour, skin.dark), skin.background, 0.45), skin.ascii)
    for series, curve in zip(plot.series, curves, strict=True):
        if len(curve.x):
            _line(
                figure, series, canvas.clip(*canvas.vertices(curve)), canvas, _rgb(series.colour, skin.dark), skin.ascii
            )
    for mark in plot.marks:
        if mark.kind == "best" and canvas.holds(mark.x):
            _best(figure, mark, canvas, _rgb(mark.colour, skin.dark), skin.ascii)
    return figure.build().string()


def _add(figure: Any, px: np.ndarray, py: np.ndarray, marker: Any, joined: np.ndarray | None = None) -> None:
    if len(px) == 0:
        return
    signal = figure.signal((px + 0.5).tolist(), (py + 0.5).tolist(), marker=marker)
    if joined is not None:
        for index in np.flatnonzero(joined).tolist():
            signal.line(index)
    figure.draw(signal)


def _line(
    figure: Any,
    series: Series,
    path: tuple[np.ndarray, np.ndarray, np.ndarray],
    canvas: _Canvas,
    rgb: Rgb,
    ascii_: bool,
) -> None:
    px, py, joined = path
    if series.dotted:
        if not ascii_:
            px, py = _raster(px, py, joined, 3)
            joined = None
        _add(figure, px, py, _marker("." if ascii_ else "braille", rgb), joined)
        return
    if len(px) == 1 and not ascii_:  # a lone braille dot is hard to see: make it four
        px = np.clip(px[0] + np.array([0, 1, 0, 1]), 0, canvas.width - 1)
        py = np.clip(py[0] + np.array([0, 0, 1, 1]), 0, canvas.height - 1)
        joined = np.zeros(4, dtype=bool)
    _add(figure, px, py, _marker("*" if ascii_ else "braille", rgb), joined)


def _band(figure: Any, curve: _Curve, canvas: _Canvas, rgb: Rgb, ascii_: bool) -> None:
    """The two edges of the spread, as sparse faint dots."""
    for edge in (curve.low, curve.high):
        px, py, joined = canvas.clip(*canvas.vertices(curve._replace(y=edge)))
        px, py = _raster(px, py, joined, 4)
        _add(figure, px, py, _marker(":" if ascii_ else "braille", rgb))


def _best(figure: Any, mark: Mark, canvas: _Canvas, rgb: Rgb, ascii_: bool) -> None:
    py = 0.0
    if mark.y is not None and math.isfinite(mark.y) and not (canvas.log and mark.y <= 0):
        py = canvas.py(math.log10(mark.y) if canvas.log else mark.y)
    py = min(max(py, 0.0), canvas.height - 1.0)
    _add(figure, np.rint([canvas.px(mark.x)]), np.rint([py]), _marker("O" if ascii_ else "◆", rgb))


# -- characters ------------------------------------------------------------------------------------------------------

_SGR = re.compile("\x1b\\[([0-9;]*)m")
_BOX = str.maketrans("│┃┊─┬┴┼┤├└┘┌┐", "||:-+++++++++")


def _ascii(text: str) -> str:
    return text if text.isascii() else text.translate(_BOX).encode("ascii", "replace").decode("ascii")


@lru_cache(maxsize=1024)
def _foreground(code: str) -> Rgb | None:
    """The foreground an SGR code sets. plotext writes 38;2;r;g;b and 0 only; its backgrounds are left out on purpose."""
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
    gaps = [m for m in re.finditer(" {%d,}" % (len(label) + 2), "".join(text))]
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
