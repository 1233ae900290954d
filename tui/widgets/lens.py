"""What of a run a chart shows: the epochs that are zoomed in on, smoothed curves, and the cursor."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.numbers import loss as in_digits
from engine.smoothing import smoothed
from engine.view import PLAIN, View
from tui.charts.plot import Plot, Series

# The ends of the axis of epochs, times a power of ten. It grows in these steps: an axis that grew with every epoch
# would move each curve, and be drawn and sent anew, with every frame.
_ENDS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
# Zoomed to the newest epoch it moves on by this part of its length, for the same reason.
_STEPS = 8
# Fewer epochs are no curve.
_FEWEST = 4


def x_limits(view: View) -> tuple[float, float]:
    """From the first epoch to the next step of the axis, no further than the run goes and never below ten epochs.

    Of these the part around the cursor, or up to the newest epoch, as often as they are zoomed.
    """
    lens, view = view.lens, view.whole
    newest = max(view.record.epoch, 10)
    power = 10.0 ** (len(str(newest)) - 1)
    step = _ENDS[bisect_left(_ENDS, newest / power)] * power
    end = float(max(newest, min(step, view.preset.epochs)))
    if not lens.zoom:
        return 1.0, end
    span = (end - 1) / 2**lens.zoom
    if lens.cursor is not None:
        first = lens.cursor - span / 2
    else:  # in steps, as above
        first = 1 + math.ceil((newest - 1) / span * _STEPS) * span / _STEPS - span
    first = max(1.0, min(first, end - span))
    return first, first + span


def deepest_zoom(view: View) -> int:
    """How often the epochs can be halved until there are as few as a chart can show."""
    first, last = x_limits(replace(view, lens=PLAIN))
    return max(0, math.floor(math.log2((last - first) / _FEWEST)))


def in_sight(view: View, series: Sequence[Series]) -> tuple[Series, ...]:
    """The curves between the limits of the x axis; where the epochs are not zoomed all of them."""
    if not view.lens.zoom:
        return tuple(series)
    first, last = x_limits(view)
    cut = []
    for curve in series:
        x, y = np.asarray(curve.x), np.asarray(curve.y)
        # With a point on either side, from which the curve comes and to which it goes.
        part = slice(max(0, int(np.searchsorted(x, first)) - 1), int(np.searchsorted(x, last, "right")) + 1)
        cut.append(replace(curve, x=x[part], y=y[part]))
    return tuple(cut)


def through_lens(view: View, plot: Plot) -> Plot:
    """A chart over the epochs as the view's lens shows it: smoothed, and with the cursor.

    Raw curves stand behind smoothed ones, faint, and dotted since there may be no colours. What came after the cursor
    stands back. Beside the name of a curve is its value at the cursor, as it was measured.
    """
    lens = view.lens
    if (lens.cursor is None and not lens.smoothing) or not plot.epochs:
        return plot
    drawn: list[Series] = []
    for curve in plot.series:
        if lens.cursor is not None:
            curve = replace(curve, value=_written(value_at(curve, lens.cursor)) if curve.label else "")
        if lens.smoothing:
            raw = replace(curve, stroke="dotted", low=None, high=None, label="", value="", number=None, faint=True)
            drawn.append(raw)
            y, low, high = (
                None if values is None else smoothed(np.asarray(values), lens.smoothing)
                for values in (curve.y, curve.low, curve.high)
            )
            curve = replace(curve, y=() if y is None else y, low=low, high=high)
        drawn += [curve] if lens.cursor is None else _split(curve, lens.cursor)
    return replace(plot, series=tuple(drawn), cursor=lens.cursor)


def at_cursor(view: View, arm: str, metric: str) -> str:
    """An arm's number at the cursor, the mean over its seeds, as a chart writes it."""
    history = view.record.history
    if history is None or not len(history):
        return "-"
    return _written(float(history.mean(metric, arm)[1][-1]))


def _written(value: float) -> str:
    return "-" if math.isnan(value) else in_digits(value)


def value_at(curve: Series, epoch: float) -> float:
    """What a curve has at an epoch, or had last before it; NaN where it had nothing yet."""
    place = int(np.searchsorted(np.asarray(curve.x), epoch, side="right"))
    measured = np.flatnonzero(np.isfinite(np.asarray(curve.y)[:place]))
    return float(curve.y[measured[-1]]) if measured.size else math.nan


def _split(curve: Series, epoch: float) -> list[Series]:
    """A curve up to an epoch, and faint the rest, at whose end the name stands; the whole where it ends before."""
    x = np.asarray(curve.x)
    place = int(np.searchsorted(x, epoch, side="right")) - 1
    if place < 0 or not np.isfinite(np.asarray(curve.y)[place + 1 :]).any():
        return [curve]

    def part(points: slice) -> Series:
        y, low, high = (None if v is None else np.asarray(v)[points] for v in (curve.y, curve.low, curve.high))
        return replace(curve, x=x[points], y=() if y is None else y, low=low, high=high)

    then = replace(part(slice(None, place + 1)), label="", value="")
    return [replace(part(slice(place, None)), faint=True, low=None, high=None), then]
