"""A chart in its own pixels (2x4 to a braille cell): gaps, limits, logarithm, decimation, clipping, dashes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tui.charts.plot import Plot, Series
from tui.charts.ticks import log_ticks, value_ticks, whole_ticks

# A polyline in whole pixels: x, y, and whether each vertex is joined to the one before.
Polyline = tuple[np.ndarray, np.ndarray, np.ndarray]
_HUGE = 1e300  # beyond it a range of two numbers overflows


class Curve(NamedTuple):
    """The drawable points of a series, in ascending x. Points of one `run` have no gap between them."""

    x: np.ndarray
    y: np.ndarray
    run: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None


def curve_of(series: Series, log: bool) -> Curve:
    """Return what of `series` can be drawn on a linear or log scale, and where its gaps are."""
    x, y = np.asarray(series.x, dtype=np.float64).ravel(), np.asarray(series.y, dtype=np.float64).ravel()
    n = min(len(x), len(y))
    x, y = x[:n], y[:n]
    keep = np.isfinite(x) & np.isfinite(y)
    if log:
        keep &= y > 0
    drawable = np.flatnonzero(keep) if not keep.all() else slice(None)
    x, y, run = x[drawable], y[drawable], np.arange(n)[drawable]
    run = run - np.arange(len(run))
    low = high = None
    if series.low is not None and series.high is not None and min(len(series.low), len(series.high)) >= n:
        low, high = (np.asarray(edge, dtype=np.float64).ravel()[drawable] for edge in (series.low, series.high))
        # A seed that has diverged leaves its edge of the band at the mean instead of stretching the axis to infinity.
        low = np.where(np.isfinite(low) & ((low > 0) | (not log)), _between(low, -_HUGE, y), y)
        high = np.where(np.isfinite(high), _between(high, y, _HUGE), y)
    y = _between(y, -_HUGE, _HUGE)
    if len(x) > 1 and not bool((x[1:] >= x[:-1]).all()):
        order = np.argsort(x, kind="stable")
        x, y, run = x[order], y[order], run[order]
        low, high = (None if edge is None else edge[order] for edge in (low, high))
    return Curve(x, y, run, low, high)


def _between(values: np.ndarray, low: Any, high: Any) -> np.ndarray:
    """As np.clip, which takes three times as long over so few numbers."""
    within: np.ndarray = np.minimum(np.maximum(values, low), high)
    return within


def limits_of(plot: Plot, curves: list[Curve]) -> tuple[float, float, float, float] | None:
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


def has_axes(width: int, height: int) -> bool:
    """Whether a chart of so many cells has room for axes."""
    return width >= 14 and height >= 4


class Canvas:
    """The layout of a chart, and the way from data to canvas pixels (from the lower left).

    Parameters
    ----------
    limits : x0, x1, y0, y1 as `limits_of` gives them.
    width, height : of the whole chart, in cells.
    ascii_only : one pixel to a cell.
    margin : columns left free at the right, for the labels at the ends of the curves.
    """

    def __init__(
        self,
        plot: Plot,
        limits: tuple[float, float, float, float],
        width: int,
        height: int,
        ascii_only: bool,
        margin: int = 0,
    ) -> None:
        self.x0, self.x1, self.y0, self.y1 = limits
        self.log = plot.log
        self.cells = (width, height)
        self.sx, self.sy = (1, 1) if ascii_only else (2, 4)
        self.margin = margin
        self.axes = has_axes(width, height)
        rows = height - 2 if self.axes else height
        self.y_ticks: list[tuple[float, str]] = []
        if self.axes:
            count = max(3, min(5, rows // 3))
            self.y_ticks = log_ticks(self.y0, self.y1, count) if plot.log else value_ticks(self.y0, self.y1, count)
            room = max(3, width // 3)
            self.y_ticks = [(value, text) for value, text in self.y_ticks if len(text) <= room]
        self.left = max((len(text) for _, text in self.y_ticks), default=0) + 1 if self.axes else 0
        columns = width - self.left - margin
        self.width, self.height = columns * self.sx, rows * self.sy
        self.x_ticks: list[tuple[float, str]] = []
        self.x_label = ""
        if self.axes:
            ticks = log_ticks if plot.log_x else whole_ticks
            count = max(2, min(7, columns // 8))
            self.x_ticks = ticks(self.x0, self.x1, count)
            # Where the label leaves room for one tick, there may be two if they are closer.
            self._label_x(plot.x_label, [ticks(self.x0, self.x1, count + more) for more in (0, 2)])

    def _label_x(self, label: str, ticks: Sequence[list[tuple[float, str]]]) -> None:
        """Keep the right end of the ticks' row for the label, and take the ticks of which most are left beside it."""
        end = self.cells[0] - len(label) - 1
        beside = [
            [
                (value, text)
                for value, text in some
                if self.left + self.px(value) // self.sx + (len(text) + 1) // 2 < end
            ]
            for some in ticks
        ]
        best = beside[0] if len(beside[0]) >= 2 else max(beside, key=len)
        if label and best:
            self.x_ticks, self.x_label = best, label

    def holds(self, x: float) -> bool:
        """Whether `x` lies within the limits."""
        return self.x0 <= x <= self.x1

    def px(self, x: Any) -> Any:
        """Pixel of `x`, not rounded."""
        return (x - self.x0) / (self.x1 - self.x0) * (self.width - 1)

    def py(self, y: Any) -> Any:
        """Pixel of `y`, which is already a logarithm on a log scale; not rounded."""
        return (y - self.y0) / (self.y1 - self.y0) * (self.height - 1)

    def cell(self, px: np.ndarray, py: np.ndarray) -> np.ndarray:
        """The cells of pixels: row (from the top) times the chart's width, plus column."""
        rows = (self.height - 1 - py.astype(np.int64)) // self.sy
        return rows * self.cells[0] + self.left + px.astype(np.int64) // self.sx

    def vertices(self, curve: Curve) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
            joined[2::2] = run[starts[1:]] == run[ends[:-1]]
        else:
            px = np.rint(self.px(x))
            joined = np.ones(len(px), dtype=bool)
            joined[1:] = run[1:] == run[:-1]
        joined[:1] = False
        with np.errstate(over="ignore"):
            py = np.rint(_between(self.py(np.log10(y) if self.log else y), -1e12, 1e12))
        px = _between(px, -1e12, 1e12)
        moved = np.ones(len(px), dtype=bool)
        moved[1:] = (px[1:] != px[:-1]) | (py[1:] != py[:-1]) | ~joined[1:]
        return px[moved], py[moved], joined[moved]

    def inside(self, px: np.ndarray, py: np.ndarray) -> np.ndarray:
        """Which pixels lie on the canvas."""
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


def raster(
    px: np.ndarray, py: np.ndarray, joined: np.ndarray, path: np.ndarray, dashes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pixels along polylines that follow one another.

    Parameters
    ----------
    px, py, joined : the vertices of all of them, in whole pixels.
    path : for each vertex, of which polyline it is.
    dashes : for each polyline its period and how much of it is drawn, in pixels, [polylines, 2]. They are counted along
        the line, so steep parts are as sparse as flat ones.

    Returns x, y and the polyline of each pixel.
    """
    if len(px) == 0:
        return px, py, path
    vertex = np.arange(len(px))
    before = np.where(joined, vertex - 1, vertex)
    steps = np.maximum(np.abs(px - px[before]), np.abs(py - py[before]))
    count = np.maximum(steps, 1).astype(np.int64)
    to = np.repeat(vertex, count)
    pixel = np.arange(len(to))
    part = (pixel - (np.cumsum(count) - count)[to] + 1) / count[to]
    if (dashes[:, 0] > dashes[:, 1]).any():
        since_gap = pixel - np.maximum.accumulate(np.where(joined[to], 0, pixel))
        period, dash = dashes[path[to]].T
        on = since_gap % period < dash
        to, part = to[on], part[on]
    start = before[to]
    return (
        np.rint(px[start] + part * (px[to] - px[start])),
        np.rint(py[start] + part * (py[to] - py[start])),
        path[to],
    )
