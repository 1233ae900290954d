"""What a chart shows through a lens: the cursor, the epochs that are zoomed, smoothed curves."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from engine.as_of import through
from engine.smoothing import smoothed
from engine.view import PLAIN, Lens, View
from tests.tui.views import lane, moment
from tui.charts.plot import Plot, Series
from tui.looks import LOOKS, Moment
from tui.widgets import run_plots
from tui.widgets.lens import at_cursor, deepest_zoom, through_lens, x_limits

EPOCHS = 40
SEEDS = {"training.seeds": [0, 1], "training.epochs": 40}


def value(epoch: int, seed: int) -> float:
    return 1 / epoch + 0.1 * seed + 0.05 * (epoch % 3)


def run(epochs: int = EPOCHS) -> View:
    lanes = [
        lane(arm, seed, epoch, val_loss=value(epoch, seed), train_loss=2.0 - epoch / 100, best_epoch=min(epoch, 20))
        for arm in ("plain", "dropped")
        for seed in (0, 1)
        for epoch in range(1, epochs + 1)
    ]
    return moment(*lanes, base=SEEDS)


def charts(view: View) -> dict[str, Plot]:
    """Every chart over the epochs, by a word."""
    look = LOOKS["penalty"].draw(Moment(view, "plain", 60, 20))
    assert isinstance(look, Plot)
    return {
        **run_plots.loss_plots(view, log=False),
        "overlay": run_plots.overlay_plot(view, False, "plain"),
        "pair": run_plots.pair_plot(view, False, ["plain", "dropped"]),
        "accuracy": run_plots.accuracy_plot(view, "plain"),
        "gap": run_plots.gap_plot(view, "plain"),
        "norms": run_plots.norm_plot(view, "plain"),
        "penalty": look,
    }


def test_every_chart_keeps_its_whole_curves_and_has_the_cursor_and_the_values_there() -> None:
    view = run()
    plain, seen = charts(view), charts(through(view, Lens(cursor=7)))
    for name, plot in seen.items():
        assert plot.cursor == 7, name
        assert plain[name].cursor is None
        assert (plot.x_limits, plot.y_limits) == (plain[name].x_limits, plain[name].y_limits), name
        assert {series.label for series in plain[name].series} - {""} <= {series.label for series in plot.series}
        # Each curve as two: what was then, and faint what came later, from the cursor on.
        past = [series for series in plot.series if series.x[-1] == 7]
        later = [series for series in plot.series if series.x[0] == 7]
        assert len(past) == len(later) == len(plain[name].series), name
        assert all(series.faint and series.label and series.value for series in later), name
        assert not any(series.label or series.value for series in past)
        for one, two, whole in zip(past, later, plain[name].series, strict=True):
            assert [*one.x, *two.x[1:]] == list(whole.x)
            assert [*one.y, *two.y[1:]] == list(whole.y)
    mean = (value(7, 0) + value(7, 1)) / 2
    assert {f"{series.label} {series.value}" for series in seen["plain"].series} >= {f"val {mean:.3f}", "train 1.930"}
    assert at_cursor(through(view, Lens(cursor=7)), "plain", "val_loss") == f"{mean:.3f}"
    # The best epoch is the best of then.
    (best,) = [mark for mark in seen["plain"].marks if mark.kind == "best"]
    assert best.x == 7


def test_a_lens_that_does_nothing_leaves_view_and_chart_untouched() -> None:
    view = run()
    assert through(view, PLAIN) is view
    plot = Plot((Series([1, 2], [1, 2], 0),))
    assert through_lens(view, plot) is plot
    other = dataclasses.replace(plot, x_label="learning rate")
    assert through_lens(through(view, Lens(cursor=7, smoothing=0.9)), other) is other


def test_at_the_newest_epoch_and_behind_a_curve_s_end_there_is_nothing_faint() -> None:
    seen = charts(through(run(), Lens(cursor=EPOCHS)))
    assert not any(series.faint for plot in seen.values() for series in plot.series)
    assert all(series.value for series in seen["plain"].series)


def test_zoomed_epochs_are_those_around_the_cursor_or_up_to_the_newest() -> None:
    view = run()
    assert x_limits(view) == (1, 40)
    spans = []
    for zoom in range(1, deepest_zoom(view) + 1):
        first, last = x_limits(through(view, Lens(cursor=20, zoom=zoom)))
        assert (first + last) / 2 == pytest.approx(20 if zoom > 1 else 20.5, abs=0.6)
        spans.append(last - first)
        first, newest = x_limits(through(view, Lens(zoom=zoom)))
        assert newest == 40
        assert newest - first == pytest.approx(39 / 2**zoom)
    assert spans == pytest.approx([39 / 2, 39 / 4, 39 / 8])
    # At the ends of the run it stays within it.
    assert x_limits(through(view, Lens(cursor=1, zoom=2)))[0] == 1
    assert x_limits(through(view, Lens(cursor=40, zoom=2)))[1] == 40
    # Of a run that goes on the newest epoch is in sight, and the axis does not move with each.
    limits = [x_limits(through(run(newest), Lens(zoom=1))) for newest in range(26, 31)]
    for newest, (first, last) in zip(range(26, 31), limits, strict=True):
        assert first < newest <= last <= newest + (last - first) / 8
    assert len(set(limits)) < len(limits)


def test_a_zoomed_chart_has_the_scale_of_what_is_in_sight() -> None:
    view = run()
    for name, plot in charts(through(view, Lens(cursor=30, zoom=3))).items():
        if name in ("plain", "overlay", "pair") and plot.y_limits is not None:
            assert plot.y_limits[1] < 2  # the train loss falls from 2 to 1.6, the validation loss from 1 on
            seen = [y for series in plot.series for x, y in zip(series.x, series.y, strict=True) if 28 <= x <= 32]
            assert plot.y_limits[0] <= min(seen)
            assert max(seen) <= plot.y_limits[1]


@pytest.mark.parametrize("cursor", [None, 7])
def test_smoothed_curves_have_the_raw_ones_faint_behind_them(cursor: int | None) -> None:
    view = run()
    for name, plot in charts(through(view, Lens(cursor, smoothing=0.9))).items():
        whole = charts(view)[name].series
        raw = [series for series in plot.series if series.faint and len(series.x) == EPOCHS]
        assert [list(series.y) for series in raw] == [list(series.y) for series in whole]
        assert not any(series.label or series.low is not None for series in raw)
        assert {series.stroke for series in raw} == {"dotted"}
        drawn = [series for series in plot.series if not series.faint]
        assert len(drawn) == len(whole)
        for series, measured in zip(drawn, whole, strict=True):
            expected = smoothed(np.asarray(measured.y), 0.9)[: len(series.y)]
            np.testing.assert_array_equal(series.y, expected)
            assert len(series.y) == (cursor or EPOCHS)
            assert (series.low is None) == (measured.low is None)


def test_a_curve_that_ends_before_the_cursor_keeps_its_name_and_its_last_value() -> None:
    nan = math.nan
    for cursor in (2, 3, 5):
        curve = Series([1, 2, 3, 4, 5], [0.5, 0.4, nan, nan, nan], 0, label="short")
        (seen,) = through_lens(dataclasses.replace(run(), lens=Lens(cursor)), Plot((curve,))).series
        assert (seen.label, seen.value, seen.faint) == ("short", "0.400", False)
    late = Series([1, 2, 3], [nan, nan, 0.4], 0, label="late")
    seen = through_lens(dataclasses.replace(run(), lens=Lens(2)), Plot((late,))).series[0]
    assert (seen.label, seen.value) == ("late", "-")


def test_a_chart_that_its_arm_has_left_by_the_top_says_so_as_of_the_cursor() -> None:
    lanes = [lane(arm, 0, epoch, val_loss=10.0 ** (epoch if arm == "plain" else 0)) for arm in ("plain", "dropped")
             for epoch in range(1, 20)]  # fmt: skip
    view = moment(*lanes, base={"training.seeds": [0], "training.epochs": 20})
    losses = [dataclasses.replace(event, metrics={**event.metrics, "train_loss": event.val_loss}) for event in lanes]
    view = moment(*losses, base={"training.seeds": [0], "training.epochs": 20})
    assert run_plots.off_scale(run_plots.overlay_plot(view, False, None)) == {0}
    assert run_plots.off_scale(run_plots.overlay_plot(through(view, Lens(cursor=1)), False, None)) == set()


def test_the_schedule_is_the_plan_of_now_with_the_rate_of_then() -> None:
    plan = [(float(epoch), 0.1 / epoch) for epoch in range(1, EPOCHS + 1)]
    lanes = [lane("plain", 0, epoch, lr=0.1 / epoch) for epoch in range(1, 21)]
    view = moment(*lanes, arms={"plain": {}}, base=SEEDS, seen={("schedule", "plain", 0): plan})
    view = through(view, Lens(cursor=8, zoom=1, smoothing=0.9))
    plot = LOOKS["schedule"].draw(Moment(view, "plain", 60, 20))
    assert isinstance(plot, Plot)
    assert plot.cursor == 8
    assert plot.x_limits == x_limits(view)
    later, then = plot.series  # and nothing smoothed: a plan has no noise
    assert (then.x[-1], later.x[0], later.x[-1], later.value) == (8, 8, 40, "0.013")
    (mark,) = plot.marks
    assert (mark.x, mark.y) == (8, 0.1 / 8)
