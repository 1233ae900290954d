"""What each chart shows of a run: pure functions from the worker's view to plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.events import BY_RAMP
from engine.limits import difference_limits
from engine.limits import shared_limits as limits_of
from engine.summary import best_epoch
from engine.view import View
from tui.charts.plot import Mark, Plot, Series, Stroke
from tui.widgets.lens import in_sight, through_lens, value_at
from tui.widgets.lens import x_limits as x_limits  # which other panes take from here

# What a curve shows: its metric, how it is drawn, and what it is called in a chart of one arm.
Metric = tuple[str, Stroke, str]
TRAIN_LOSS: Metric = ("train_loss", "heavy", "train")
VAL_LOSS: Metric = ("val_loss", "light", "val")
LOSSES = (TRAIN_LOSS, VAL_LOSS)
ACCURACIES: tuple[Metric, ...] = (("train_acc", "heavy", "train"), ("val_acc", "light", "val"))
GAP: Metric = ("gap", "light", "")
NORM: Metric = ("weight_norm", "light", "")
# With more arms than these in one chart, the selected one stands out and the others step back.
MANY = 4
# The averages of the weights: the colours of their curves, which are no arm's among the first.
AVERAGE_COLOURS = {"ema": 7, "swa": 6}


def curve(
    view: View, arm: str, metric: str, stroke: Stroke, colour: int, label: str = "", number: int | None = None
) -> Series | None:
    """The mean over the arm's seeds with its spread (no spread for one seed), or None before the first epoch."""
    history = view.whole.record.history
    if history is None or len(history) == 0:
        return None
    epochs, mean, low, high = history.mean(metric, arm)
    if len(view.preset.seeds) == 1:
        return Series(epochs, mean, colour, stroke, label, number=number)
    return Series(epochs, mean, colour, stroke, label, low, high, number=number)


def _curves(
    view: View, arms: Sequence[str], metrics: Sequence[Metric], selected: str | None = None, *, apart: bool = False
) -> tuple[Series, ...]:
    """The metrics of some arms, the last of the metrics named by its arm.

    Among many the selected one stands in front, and the spreads of the others are left out: they would hide the curves.
    With `apart` each arm has a chart of its own, and a curve is named by its metric.
    """
    places, history = view.places, view.whole.record.history
    if history is None or len(history) == 0:
        return ()
    means = [history.means(metric) for metric, _, _ in metrics]
    rows = {arm: row for row, arm in enumerate(history.arms)}
    many = len(arms) > MANY and not apart
    curves = []
    for arm in arms:
        row = rows[arm]
        spread = len(view.preset.seeds) > 1 and (not many or arm == selected)
        for (epochs, mean, deviation), (metric, stroke, name) in zip(means, metrics, strict=True):
            compared = metric == metrics[-1][0]
            low, high = (mean[row] - deviation[row], mean[row] + deviation[row]) if spread else (None, None)
            faint = many and selected is not None and arm != selected
            other = name if view.lens.cursor is not None else ""  # a name to stand beside the value there
            label, number = (name, None) if apart else (arm if compared else other, places[arm] + 1)
            series = Series(epochs, mean[row], places[arm], stroke, label, low, high, faint=faint, number=number)
            curves.append(_as_far_as(view, arm, series))
    return tuple(curves)


def _as_far_as(view: View, arm: str, series: Series) -> Series:
    """A curve up to where its arm stands, of one that is not where the others are; else the mean would be held."""
    record = view.whole.record
    if arm not in record.parked:
        return series
    newest = max((last.epoch for (name, _), last in record.last.items() if name == arm), default=0)
    end = int(np.searchsorted(np.asarray(series.x), newest, side="right"))
    low, high = (None if bound is None else bound[:end] for bound in (series.low, series.high))
    return replace(series, x=series.x[:end], y=series.y[:end], low=low, high=high)


def shared_limits(series: Sequence[Series], log: bool) -> tuple[float, float] | None:
    """One y scale for several panes, from all their curves, as `engine.limits` finds it."""
    return limits_of([np.asarray(curve.y) for curve in series], log)


def _uncrowded(view: View, curves: Sequence[Series], selected: str | None) -> tuple[Series, ...]:
    """Among many arms only the validation of those that are not selected: it is what they are compared by."""
    arms = view.preset.arm_names
    if len(arms) <= MANY:
        return tuple(curves)
    place = view.places.get(selected) if selected is not None else None
    return tuple(series for series in curves if series.stroke != "heavy" or series.colour == place)


def _steady_limits(curves: Sequence[Series], arms: Sequence[str]) -> tuple[float, float] | None:
    """With many arms one scale whichever is selected, though its spread, the only one shown, leaves it; else None."""
    finite = [y[np.isfinite(y)] for y in (np.asarray(series.y) for series in curves)] if len(arms) > MANY else []
    ends = [(float(y.min()), float(y.max())) for y in finite if y.size]
    return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else None


def off_scale(plot: Plot) -> set[int]:
    """The arms, by place, that the chart does not show any more: all their curves have left it by the top."""
    if plot.y_limits is None:
        return set()
    ends: dict[int, list[bool]] = {}
    for series in plot.series:
        if isinstance(series.colour, int) and len(series.y):
            last = series.y[-1] if plot.cursor is None else value_at(series, plot.cursor)
            ends.setdefault(series.colour, []).append(bool(last > plot.y_limits[1]))
    return {place for place, above in ends.items() if all(above)}


def knob_marks(view: View, arms: Sequence[str]) -> tuple[Mark, ...]:
    """A vertical line for each epoch in which a knob of these arms was turned."""
    if view.record.history is None:
        return ()
    places, some = view.places, set(arms)
    newest = view.whole.record.epoch - 1  # of a ramp that is under way the newest step moves with the epochs
    turned = {
        (turn.epoch, turn.arm)
        for turn in view.whole.record.interventions
        if turn.arm in some and not (turn.by == BY_RAMP and turn.epoch >= newest)
    }
    return tuple(Mark(max(1.0, epoch), "knob", places[arm]) for epoch, arm in sorted(turned))


def stop_marks(view: View, arm: str) -> tuple[Mark, ...]:
    """Where early stopping ended, or would have ended, the first and the last of the arm's lanes."""
    place, view = view.places[arm], view.whole
    ends = [end for end in view.of_arm(view.record.stopped, arm) if end.reason == "early_stopping"]
    epochs = sorted([mark.epoch for mark in view.of_arm(view.record.would_stop, arm)] + [end.epoch for end in ends])
    return tuple(Mark(float(epoch), "stop", place) for epoch in {*epochs[:1], *epochs[-1:]})


def best_mark(view: View, arm: str) -> tuple[Mark, ...]:
    """The arm's best epoch, on the curve of its validation loss."""
    epoch = best_epoch(view.of_arm(view.record.last, arm))
    history = view.record.history
    if epoch is None or history is None:
        return ()
    epochs, mean, _, _ = history.mean("val_loss", arm)
    measured = np.isfinite(mean)
    if not measured.any():
        return ()
    value = float(np.interp(epoch, np.asarray(epochs)[measured], mean[measured]))
    return (Mark(float(epoch), "best", view.places[arm], y=value),)


def loss_plots(view: View, log: bool) -> dict[str, Plot]:
    """The loss pane of every arm, all on one y scale; with the validation loss of its averaged weights."""
    arms = view.preset.arm_names
    losses = _curves(view, arms, LOSSES, apart=True)
    curves = {}
    for place, arm in enumerate(arms):
        first = len(LOSSES) * place
        curves[arm] = (*_ghosts(view, [arm], LOSSES), *losses[first : first + len(LOSSES)], *_averages(view, arm))
    limits = shared_limits(in_sight(view, [series for drawn in curves.values() for series in drawn]), log)
    return {
        arm: _plot(
            view,
            drawn,
            (*knob_marks(view, [arm]), *stop_marks(view, arm), *best_mark(view, arm)),
            limits,
            log,
            lost(view, arm),
        )
        for arm, drawn in curves.items()
    }


def _plot(
    view: View,
    series: Sequence[Series],
    marks: tuple[Mark, ...],
    y_limits: tuple[float, float] | None = None,
    log: bool = False,
    empty: str = "",
) -> Plot:
    """A chart over the epochs, through the view's lens."""
    plot = Plot(tuple(series), marks, x_limits(view), y_limits, log, empty=empty or waiting(view))
    return through_lens(view, plot)


def overlay_plot(view: View, log: bool, selected: str | None) -> Plot:
    """All arms' losses in one pane."""
    arms = view.preset.arm_names
    curves = (*_ghosts(view, arms, LOSSES), *_curves(view, arms, LOSSES, selected))
    marks = (*knob_marks(view, arms), *(mark for arm in arms for mark in best_mark(view, arm)))
    limits = shared_limits(in_sight(view, curves), log)
    return _plot(view, bare(_uncrowded(view, curves, selected)), marks, limits, log)


def pair_plot(view: View, log: bool, arms: Sequence[str]) -> Plot:
    """The losses of some arms out of many, on a scale of their own."""
    curves = _curves(view, arms, LOSSES)
    marks = (*knob_marks(view, arms), *(mark for arm in arms for mark in best_mark(view, arm)))
    return _plot(view, bare(curves), marks, shared_limits(in_sight(view, curves), log), log)


def bare(curves: Sequence[Series]) -> tuple[Series, ...]:
    """Without their bands, which would hide the curves where there are several arms."""
    return tuple(replace(series, low=None, high=None) for series in curves)


def _ghosts(view: View, arms: Sequence[str], metrics: Sequence[Metric]) -> list[Series]:
    """What the last rewind has left behind, faint, of few arms."""
    ghost = view.whole.record.ghost
    if ghost is None or len(arms) > MANY:
        return []
    curves = []
    for metric, stroke, _ in metrics:
        epochs, mean, _ = ghost.means(metric)
        for row, arm in enumerate(ghost.arms):
            if arm in arms and len(epochs):
                curves.append(Series(epochs, mean[row], view.places[arm], stroke, faint=True))
    return curves


def averages(view: View, arm: str) -> list[str]:
    """The averages of its weights that an arm keeps: "ema", "swa"."""
    names: set[str] = set()
    for lane in view.of_arm(view.whole.record.last, arm):
        names |= lane.averages.keys()
    return [average for average in AVERAGE_COLOURS if f"{average}_val_loss" in names]


def _averages(view: View, arm: str) -> list[Series]:
    curves = (
        curve(view, arm, f"{name}_val_loss", "dotted", AVERAGE_COLOURS[name], name.upper())
        for name in averages(view, arm)
    )
    return list(bare([series for series in curves if series is not None]))


def accuracy_plot(view: View, selected: str | None) -> Plot:
    """Train and validation accuracy of every arm."""
    arms = view.preset.arm_names
    curves = (*_ghosts(view, arms, ACCURACIES), *_curves(view, arms, ACCURACIES, selected))
    limits = _steady_limits(in_sight(view, curves), arms)
    regression = view.record.epoch > 0 and all(arm.settings.data.kind == "regression" for arm in view.preset.arms)
    empty = "a regression has no accuracy: g shows the gap" if regression else ""
    return _plot(view, _uncrowded(view, curves, selected), knob_marks(view, arms), limits, empty=empty)


def gap_plot(view: View, selected: str | None) -> Plot:
    """Validation loss minus train loss of every arm."""
    arms = view.preset.arm_names
    curves = _curves(view, arms, [GAP], selected)
    losses = shared_limits(in_sight(view, _curves(view, arms, LOSSES, apart=True)), log=False)
    seen = [np.asarray(series.y) for series in in_sight(view, curves)]
    return _plot(view, curves, knob_marks(view, arms), difference_limits(seen, losses) if losses else None)


def norm_plot(view: View, selected: str | None) -> Plot:
    """The norm of all weights, by arm."""
    arms = view.preset.arm_names
    curves = _curves(view, arms, [NORM], selected)
    return _plot(view, curves, knob_marks(view, arms), _steady_limits(in_sight(view, curves), arms))


def layers(view: View, arm: str) -> tuple[str, ...]:
    """The names of the arm's layers, once they are known."""
    return view.record.started.layers_by_arm.get(arm, ()) if view.record.started else ()


def layer_norm_plot(view: View, arm: str) -> Plot:
    """The norm of each layer's weights in one arm; the layers take the colours in order."""
    curves = [
        curve(view, arm, f"weight_norm.{place + 1}", "light", place, layer, place + 1)
        for place, layer in enumerate(layers(view, arm))
    ]
    norms = bare([series for series in curves if series is not None])
    return _plot(view, norms, knob_marks(view, [arm]))


def lost(view: View, arm: str) -> str:
    """The text for an arm all of whose lanes have diverged, empty for any other."""
    ends = [end for end in view.of_arm(view.record.stopped, arm) if end.reason == "diverged"]
    whole = len(ends) == len(view.seeds_of(arm))
    return f"diverged at epoch {max(end.epoch for end in ends)}: the loss is no longer finite" if whole else ""


def waits(view: View, arm: str) -> str:
    """The text for a fork that waits for its first turned knob."""
    parked = view.whole.record.parked.get(arm)
    return "waits" if parked is not None and parked.waits else ""


def held(view: View, arm: str) -> str:
    """The text for an arm some of whose lanes have ended while others train on: they hold their last value."""
    ended = sum(name == arm for name, _ in view.record.stopped)
    seeds = len(view.seeds_of(arm))
    return f"{ended} of {seeds} held" if 0 < ended < seeds else ""


def waiting(view: View) -> str:
    """What a chart says before it has a curve."""
    if view.state == "loading":
        share = f" {view.record.share:.0%}" if view.record.share is not None else ""
        return f"{view.record.loading}{share} ..."
    if view.state == "failed":
        return "failed: press r to retry"
    if view.state == "finished":
        return "nothing was measured"
    return "paused: space starts" if view.state == "paused" else "training the first epoch ..."
