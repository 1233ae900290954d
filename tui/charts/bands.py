"""The spread over the seeds as a tint behind the curves; where there are no colours, as error bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tui.charts.canvas import Canvas, Curve, Polyline
from tui.charts.cells import Cells
from tui.charts.palette import Rgb

# How much of the curve's colour the tint has, by whether the background is dark.
OPACITY = {True: 0.22, False: 0.18}
# A band that is not so high, in cells, is not tinted: it would be a spot where it happens to fill a cell.
_LEAST = 0.75
# The columns from one error bar to the next.
_APART = 9
# Cells that are filled from below, by eighths.
_EIGHTHS = np.array([ord(sign) for sign in " ▁▂▃▄▅▆▇█"], dtype=np.uint32)


def paint_bands(
    cells: Cells, canvas: Canvas, curves: Sequence[Curve], colours: Sequence[Rgb], ground: Rgb, opacity: float
) -> None:
    """Tint the cells between the edges of the curves' bands, each over those before.

    Where braille is drawn, cells that a band covers in part are filled to an eighth of a cell; in ASCII they are tinted
    where it is half of them.
    """
    below, above = _covered(canvas, curves)
    cover = below - above
    fine = canvas.sy > 1
    # A band that lies within one cell has both edges there: it tints the cell where it fills half of it.
    within = (above > 0) & (below < 1)
    whole = np.where(within, cover >= 0.5, cover >= 1 - 1 / 16) if fine else cover >= 0.5
    tints = np.array(colours, dtype=np.float64)
    mixed = np.broadcast_to(np.array(ground, dtype=np.float64), (*cover.shape[1:], 3)).copy()
    for tint, inside in zip(tints, whole, strict=True):
        mixed[inside] += opacity * (tint - mixed[inside])
    tinted = whole.any(axis=0)
    columns = slice(canvas.left, canvas.left + cover.shape[2])
    grounds = cells.grounds.reshape(-1, canvas.cells[0])[: cover.shape[1], columns]
    grounds[tinted] = _packed(mixed[tinted])
    if not fine:
        return
    part = (cover > 1 / 16) & ~whole & ~within
    edge = part.any(axis=0)
    band = len(colours) - 1 - part[::-1, edge].argmax(axis=0)  # the last in front
    low, high = above[:, edge][band, np.arange(len(band))], below[:, edge][band, np.arange(len(band))]
    upper = low > 0  # the band fills the upper part of the cell, what is behind it the lower one
    behind = _packed(mixed[edge])
    tint = _packed(mixed[edge] + opacity * (tints[band] - mixed[edge]))
    codes, painted = (
        array.reshape(-1, canvas.cells[0])[: cover.shape[1], columns] for array in (cells.codes, cells.colours)
    )
    codes[edge] = _EIGHTHS[np.rint(8 * np.where(upper, low, high)).astype(np.int64)]
    painted[edge] = np.where(upper, behind, tint)
    grounds[edge] = np.where(upper, tint, grounds[edge])


def error_bars(canvas: Canvas, curves: Sequence[Curve]) -> list[Polyline]:
    """A vertical line from edge to edge of each curve's band, every so many columns; those of one curve as one path."""
    bars = []
    for place, curve in enumerate(curves):
        low, high = _edges(canvas, curve)
        columns = np.flatnonzero(np.isfinite(low))
        columns = columns[columns % _APART == (_APART // 2 + place * 3) % _APART]
        px = np.repeat(columns * canvas.sx, 2).astype(np.float64)
        ends = np.stack((low[columns], high[columns]), axis=1).ravel() * canvas.sy - 0.5
        joined = np.tile(np.array([False, True]), len(columns))
        bars.append(canvas.clip(px, np.rint(np.clip(ends, -1e12, 1e12)), joined))
    return bars


def _covered(canvas: Canvas, curves: Sequence[Curve]) -> tuple[np.ndarray, np.ndarray]:
    """How much of each cell lies below a band's upper edge, and how much below its lower one: [bands, rows, columns].

    Both are 0 where the band is not.
    """
    rows = canvas.height // canvas.sy
    edges = np.stack([_edges(canvas, curve) for curve in curves])
    with np.errstate(invalid="ignore"):
        edges[np.broadcast_to((edges[:, 1] - edges[:, 0] < _LEAST)[:, None], edges.shape)] = np.nan
    floor = (rows - 1 - np.arange(rows))[:, None]
    with np.errstate(invalid="ignore"):
        covered = np.nan_to_num(np.minimum(np.maximum(edges[:, :, None, :] - floor, 0.0), 1.0))
    return covered[:, 1], covered[:, 0]


def _edges(canvas: Canvas, curve: Curve) -> np.ndarray:
    """The lower and the upper edge of a curve's band, in rows from the bottom, at the middle of each column of cells.

    NaN where the curve does not pass, [2, columns].
    """
    columns = canvas.width // canvas.sx
    if not len(curve.x) or curve.low is None or curve.high is None:
        return np.full((2, columns), np.nan)
    step = (canvas.x1 - canvas.x0) / max(1, canvas.width - 1)
    x = canvas.x0 + (np.arange(columns) * canvas.sx + (canvas.sx - 1) / 2) * step
    inside = (x >= curve.x[0] - canvas.sx * step / 2) & (x <= curve.x[-1] + canvas.sx * step / 2)
    if len(curve.x) > 1 and curve.run[0] != curve.run[-1]:
        # A gap in the curve is one in its band: no column lies between two points that are not of one run.
        after = np.clip(np.searchsorted(curve.x, x), 1, len(curve.x) - 1)
        inside &= curve.run[after] == curve.run[after - 1]
    values = np.stack((np.interp(x, curve.x, curve.low), np.interp(x, curve.x, curve.high)))
    edges = (canvas.py(np.log10(values) if canvas.log else values) + 0.5) / canvas.sy
    drawable: np.ndarray = np.where(inside, edges, np.nan)
    return drawable


def _packed(colours: np.ndarray) -> np.ndarray:
    """Colours [..., 3], 0 to 255, as one number each."""
    r, g, b = np.rint(colours).astype(np.int32).T
    packed: np.ndarray = r << 16 | g << 8 | b
    return packed
