"""Promises of what each chart shows of a run."""

import numpy as np
import pytest

from engine.events import Failed, Intervention, Started
from engine.summary import summarize
from tests.tui.views import lane, moment, stop, would_stop
from tui.widgets import run_plots

EPOCHS = range(1, 21)
RUN = [lane(arm, epoch=epoch, train_loss=2 / epoch) for arm in ("plain", "dropped") for epoch in EPOCHS]


def marks(plot, kind):
    return [mark for mark in plot.marks if mark.kind == kind]


def test_train_is_heavy_validation_light_and_both_have_the_arms_colour_and_a_name():
    view = moment(*RUN)
    for place, arm in enumerate(("plain", "dropped")):
        train, validation = run_plots.loss_plots(view, log=False)[arm].series
        assert (train.stroke, validation.stroke) == ("heavy", "light")
        assert (train.label, validation.label) == ("train", "val")
        assert train.colour == validation.colour == place
        np.testing.assert_allclose(train.y, [2 / epoch for epoch in EPOCHS])


def test_all_panes_share_one_scale():
    limits = {plot.y_limits for plot in run_plots.loss_plots(moment(*RUN), log=False).values()}
    assert len(limits) == 1


def test_seeds_become_a_mean_with_its_band_and_one_seed_has_none():
    lanes = [lane("plain", seed, epoch, train_loss=1.0 + seed) for seed in (0, 1) for epoch in EPOCHS]
    train, _ = run_plots.loss_plots(moment(*lanes, base={"training.seeds": [0, 1]}), log=False)["plain"].series
    np.testing.assert_allclose(train.y, 1.5)
    np.testing.assert_allclose(train.low, 1.5 - 0.5**0.5)
    np.testing.assert_allclose(train.high, 1.5 + 0.5**0.5)
    assert run_plots.loss_plots(moment(*RUN), log=False)["plain"].series[0].low is None


def test_best_epoch_turned_knobs_and_stops_are_marked_in_their_own_arm():
    view = moment(*RUN, would_stop=[would_stop("plain", 12)])
    view.record.history.add(Intervention(7, 3, 0, "dropped", "training.lr", 0.1, 0.2))
    plain, dropped = run_plots.loss_plots(view, log=False).values()
    assert [(mark.x, mark.y) for mark in marks(plain, "best")] == [(20, 0.5)]
    assert [mark.x for mark in marks(plain, "stop")] == [12]
    assert [mark.x for mark in marks(dropped, "knob")] == [3]
    assert not marks(plain, "knob")
    assert not marks(dropped, "stop")
    assert len(marks(run_plots.overlay_plot(view, log=False, selected=None), "knob")) == 1


def test_among_many_arms_the_selected_one_stands_in_front_and_with_none_selected_all_do():
    arms = {f"arm {number}": {} for number in range(5)}
    view = moment(*(lane(arm, epoch=epoch) for arm in arms for epoch in EPOCHS), arms=arms)
    others = (run_plots.accuracy_plot, run_plots.gap_plot, run_plots.norm_plot)
    for draw in (
        lambda arm: run_plots.overlay_plot(view, False, arm),
        *(lambda arm, plot=plot: plot(view, arm) for plot in others),
    ):
        assert {series.colour for series in draw("arm 3").series if not series.faint} == {3}
        assert not any(series.faint for series in draw(None).series)


def test_of_many_arms_only_the_selected_one_has_its_train_curve_and_each_its_name_and_number():
    arms = {f"arm {number}": {} for number in range(5)}
    view = moment(*(lane(arm, epoch=epoch) for arm in arms for epoch in EPOCHS), arms=arms)
    for draw in (lambda arm: run_plots.overlay_plot(view, False, arm), lambda arm: run_plots.accuracy_plot(view, arm)):
        assert [series.colour for series in draw("arm 3").series if series.stroke == "heavy"] == [3]
        assert not any(series.stroke == "heavy" for series in draw(None).series)
        assert [(series.label, series.number) for series in draw(None).series] == [
            (arm, number) for number, arm in enumerate(arms, 1)
        ]
    assert len(run_plots.overlay_plot(moment(*RUN), False, None).series) == 4


def test_of_many_arms_only_the_selected_one_shows_its_spread_and_no_choice_moves_the_scale():
    arms = {f"arm {number}": {} for number in range(5)}
    lanes = [
        lane(arm, seed, epoch, val_acc=0.5 + 0.1 * place + 0.05 * seed, weight_norm=1.0 + place + seed)
        for place, arm in enumerate(arms)
        for seed in (0, 1)
        for epoch in EPOCHS
    ]
    view = moment(*lanes, arms=arms, base={"training.seeds": [0, 1]})
    for plot in (run_plots.accuracy_plot, run_plots.norm_plot):
        plots = [plot(view, arm) for arm in (*arms, None)]
        assert len({chart.y_limits for chart in plots}) == 1
        assert {series.colour for series in plots[3].series if series.low is not None} == {3}
        assert not any(series.low is not None for series in plots[-1].series)
    assert all(series.low is not None for series in run_plots.loss_plots(view, log=False)["arm 1"].series)
    assert not any(series.faint for series in run_plots.overlay_plot(moment(*RUN), False, "plain").series)


def test_an_average_of_the_weights_is_a_curve_of_its_own_beside_its_arms_losses():
    lanes = [lane("plain", epoch=epoch, averages={"ema_val_loss": 3.0 / epoch}) for epoch in EPOCHS]
    view = moment(*lanes, *RUN[20:])
    plots = run_plots.loss_plots(view, log=False)
    train, validation, ema = plots["plain"].series
    np.testing.assert_allclose(ema.y, [3.0 / epoch for epoch in EPOCHS])
    assert (ema.stroke, ema.label) == ("dotted", "EMA")
    assert ema.colour != train.colour == validation.colour
    assert len(plots["dropped"].series) == 2
    assert (run_plots.averages(view, "plain"), run_plots.averages(view, "dropped")) == (["ema"], [])


def gaps(*levels, epochs=200, start=0.7):
    """A view of arms whose losses begin at `start` as one, and whose gap grows to a level."""
    arms = {f"arm {place}": {} for place in range(len(levels))}
    lanes = [
        lane(arm, epoch=epoch, train_loss=start / epoch, val_loss=start / epoch + level * epoch / epochs,
             gap=level * epoch / epochs)
        for arm, level in zip(arms, levels, strict=True)
        for epoch in range(1, epochs + 1)
    ]  # fmt: skip
    return moment(*lanes, arms=arms)


@pytest.mark.parametrize("levels", [(0.235, 0.114), (1.5, 0.01), (0.02, 0.01), (-0.1, 0.2)])
def test_a_gap_that_begins_near_0_is_seen_whole_and_from_0(levels):
    low, high = run_plots.gap_plot(gaps(*levels), None).y_limits
    assert high == pytest.approx(max(levels))
    assert low == pytest.approx(min(0.0, *levels))


def test_a_gap_that_explodes_with_its_loss_does_not_press_the_others_flat():
    view = gaps(1e6, 0.2)
    assert run_plots.gap_plot(view, None).y_limits[1] < 5
    assert run_plots.overlay_plot(view, False, None).y_limits[1] < 5


def test_a_gap_that_explodes_downwards_presses_no_other_flat():
    arms = {"arm 0": {}, "arm 1": {}}
    lanes = [lane("arm 0", epoch=epoch, gap=0.01 * epoch) for epoch in EPOCHS]
    lanes += [lane("arm 1", epoch=epoch, gap=-900.0 if epoch == 1 else 0.0) for epoch in EPOCHS]
    assert run_plots.gap_plot(moment(*lanes, arms=arms), None).y_limits == (0.0, pytest.approx(0.2))


def test_a_loss_that_begins_near_0_and_rises_is_seen_whole():
    lanes = [lane("plain", epoch=epoch, train_loss=0.01, val_loss=0.008 * epoch) for epoch in range(1, 101)]
    assert run_plots.loss_plots(moment(*lanes), log=False)["plain"].y_limits[1] >= 0.8


def test_a_lane_off_the_scale_takes_no_room_from_those_on_it():
    wild = [lane("dropped", epoch=epoch, train_loss=1e9, val_loss=1e9) for epoch in EPOCHS]
    assert run_plots.loss_plots(moment(*RUN[:20], *wild), log=False)["plain"].y_limits[1] < 1.2 * 2


@pytest.mark.parametrize("first", [1e9, float("inf")])
def test_a_lane_that_explodes_does_not_press_the_others_flat(first):
    wild = [lane("dropped", epoch=epoch, train_loss=first, val_loss=first) for epoch in EPOCHS]
    view = moment(*RUN[:20], *wild)
    assert run_plots.loss_plots(view, log=False)["plain"].y_limits[1] < 10


def test_a_high_start_that_fills_none_of_the_width_does_not_press_the_rest_flat():
    def losses(count):
        return [
            lane("plain", epoch=epoch, train_loss=9.0 if epoch < 3 else 0.2, val_loss=0.3) for epoch in range(1, count)
        ]

    assert run_plots.loss_plots(moment(*losses(40)), log=False)["plain"].y_limits[1] >= 9
    assert run_plots.loss_plots(moment(*losses(300)), log=False)["plain"].y_limits[1] < 1
    assert run_plots.loss_plots(moment(*losses(300)), log=True)["plain"].y_limits[1] >= 9


def test_a_slow_arm_beside_a_fast_one_is_not_cut_off():
    fast = [lane("dropped", epoch=epoch, train_loss=0.01, val_loss=0.02) for epoch in EPOCHS]
    assert run_plots.loss_plots(moment(*RUN[:20], *fast), log=False)["plain"].y_limits[1] >= 2


def test_on_a_log_scale_the_limits_are_above_zero():
    lanes = [lane("plain", epoch=epoch, train_loss=0.0 if epoch == 20 else 1 / epoch) for epoch in EPOCHS]
    low, high = run_plots.loss_plots(moment(*lanes), log=True)["plain"].y_limits
    assert 0 < low < high


def test_layers_are_drawn_one_by_one_and_gaps_from_zero():
    started = Started("small", ("plain",), (0,), "cpu", 1, 1, 1, 1, {}, {"plain": ("2x8", "8x2")})
    view = moment(*RUN, started=started)
    assert [series.y[0] for series in run_plots.layer_norm_plot(view, "plain").series] == [3.0, 2.0]
    assert run_plots.layer_norm_plot(view, "dropped").series == ()
    assert len(run_plots.norm_plot(view, None).series) == 2
    assert len(run_plots.gap_plot(view, None).series) == 2
    assert len(run_plots.accuracy_plot(view, None).series) == 4


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": "loading", "loading": "importing torch"}, "importing torch ..."),
        ({"state": "loading", "loading": "downloading", "share": 0.5}, "downloading 50% ..."),
        ({"state": "paused"}, "paused: space starts"),
        ({"state": "running"}, "training the first epoch ..."),
        ({"state": "failed", "failed": Failed("x")}, "failed: press r to retry"),
    ],
)
def test_an_empty_chart_says_what_it_waits_for(fields, says):
    assert run_plots.loss_plots(moment(**fields), log=False)["plain"].empty == says


def test_a_regression_says_that_it_has_no_accuracy_once_it_trains():
    curve = moment(lane("plain"), base={"data.source": "curve"}, arms={"plain": {}})
    assert run_plots.accuracy_plot(curve, None).empty == "a regression has no accuracy: g shows the gap"
    assert "accuracy" not in run_plots.accuracy_plot(moment(lane("plain")), None).empty


def test_an_arm_that_diverged_at_once_says_so_instead():
    view = moment(*RUN[:20], stopped=[stop("dropped", "diverged", epoch=1)], state="paused")
    assert run_plots.loss_plots(view, log=False)["dropped"].empty == "diverged at epoch 1: the loss is no longer finite"
    assert run_plots.lost(view, "plain") == ""


def test_an_arm_that_has_left_the_scale_is_named_and_one_that_is_back_is_not():
    wild = [lane("dropped", epoch=epoch, train_loss=90.0 + epoch, val_loss=99.0) for epoch in EPOCHS]
    calm = [lane("dropped", epoch=epoch, train_loss=90.0 if epoch < 5 else 0.3, val_loss=0.5) for epoch in EPOCHS]
    for lanes, gone in ((wild, {1}), (calm, set())):
        view = moment(*RUN[:20], *lanes)
        assert run_plots.off_scale(run_plots.overlay_plot(view, False, None)) == gone
        assert not run_plots.off_scale(run_plots.loss_plots(view, False)["plain"])
        assert bool(run_plots.off_scale(run_plots.loss_plots(view, False)["dropped"])) == bool(gone)


def test_an_arm_is_off_the_scale_only_when_its_last_curve_has_left_it():
    half = [lane("dropped", epoch=epoch, train_loss=0.3, val_loss=99.0) for epoch in EPOCHS]
    assert run_plots.off_scale(run_plots.overlay_plot(moment(*RUN[:20], *half), False, None)) == set()


def test_the_axis_of_epochs_grows_in_steps_from_ten_to_the_end_of_the_run():
    for newest, end in ((1, 10), (10, 10), (11, 12), (200, 200), (201, 250), (260, 300), (299, 300), (301, 301)):
        view = moment(lane("plain", epoch=newest), base={"training.epochs": 301})
        assert run_plots.x_limits(view) == (1, end)
    ends = [run_plots.x_limits(moment(lane("plain", epoch=newest)))[1] for newest in range(10, 1100)]
    assert len(set(ends)) < 25
    assert all(newest <= end <= 1.34 * newest for newest, end in enumerate(ends, 10))


@pytest.mark.parametrize(("lowest", "end"), [(0.1, 0.0), (0.9, 0.9), (-0.5, -0.5)])
def test_the_scale_begins_at_zero_unless_all_lies_far_above_it_or_below(lowest, end):
    lanes = [lane("plain", epoch=epoch, train_loss=lowest, val_loss=1.0) for epoch in EPOCHS]
    assert run_plots.loss_plots(moment(*lanes), log=False)["plain"].y_limits == (end, 1.0)


SEEDS = {"training.seeds": [0, 1, 2]}


def test_the_best_epoch_of_several_seeds_is_the_tables_and_stands_on_the_curve_of_validation():
    lanes = [
        lane("plain", seed, epoch, best_epoch=min(best, epoch), val_loss=1.0 / epoch + seed)
        for seed, best in enumerate([3, 5, 19])
        for epoch in EPOCHS
    ]
    view = moment(*lanes, base=SEEDS)
    (mark,) = run_plots.best_mark(view, "plain")
    (row, _) = summarize(view.record)
    assert (f"{mark.x:.0f}", mark.x) == (f"{row.best_epoch.mean:.0f}", 9)
    _, validation = run_plots.loss_plots(view, log=False)["plain"].series
    assert mark.y == validation.y[8] == pytest.approx(1 / 9 + 1)
    assert run_plots.best_mark(moment(lane("plain", best_epoch=0)), "plain") == ()


def test_the_first_and_the_last_stop_of_several_seeds_are_marked_and_no_other_end():
    lanes = [lane("plain", seed) for seed in range(3)]
    stops = [stop("plain", "early_stopping", seed, epoch) for seed, epoch in ((0, 14), (1, 9))]
    view = moment(*lanes, base=SEEDS, stopped=stops, would_stop=[would_stop("plain", 11, 2)])
    assert [mark.x for mark in sorted(run_plots.stop_marks(view, "plain"), key=lambda mark: mark.x)] == [9, 14]
    view = moment(*lanes, base=SEEDS, stopped=[stop("plain", "epochs", seed) for seed in range(3)])
    assert run_plots.stop_marks(view, "plain") == ()


def test_an_arm_is_lost_with_its_last_lane_and_held_while_one_trains_on():
    lanes = [lane("plain", seed) for seed in range(3)]
    fates = []
    for count in range(4):
        stopped = [stop("plain", "diverged", seed, epoch=7 + seed) for seed in range(count)]
        view = moment(*lanes, base=SEEDS, stopped=stopped)
        fates.append((run_plots.lost(view, "plain"), run_plots.held(view, "plain")))
    assert fates == [
        ("", ""),
        ("", "1 of 3 held"),
        ("", "2 of 3 held"),
        ("diverged at epoch 9: the loss is no longer finite", ""),
    ]


def test_knobs_turned_in_other_arms_are_no_marks_and_two_in_one_epoch_are_one():
    view = moment(*RUN)
    for step, (epoch, arm) in enumerate([(3, "plain"), (3, "plain"), (0, "plain"), (5, "dropped")]):
        view.record.history.add(Intervention(step, epoch, 0, arm, "training.lr", 0.1, 0.2))
    assert [mark.x for mark in run_plots.knob_marks(view, ["plain"])] == [1, 3]
    assert [(mark.x, mark.colour) for mark in run_plots.knob_marks(view, ["plain", "dropped"])] == [
        (1, 0), (3, 0), (5, 1),
    ]  # fmt: skip
