"""The arms by their outcome: which comes first, and on what scale."""

from __future__ import annotations

import math
import statistics

import pytest
from scipy import stats

from engine.ranking import leading_metric, rank
from engine.summary import Number, summarize
from tests.epochs import epoch_of, record_of, row
from tests.tui.dashboard import experiment


def names(ranking):
    return [arm.arm for arm in ranking.arms]


def test_the_highest_accuracy_and_the_lowest_loss_come_first():
    rows = [
        row("a", val_acc=Number(0.7), val_loss=Number(0.6)),
        row("b", val_acc=Number(0.9), val_loss=Number(0.5)),
        row("c", val_acc=Number(0.8), val_loss=Number(0.4)),
    ]
    assert names(rank(rows, "val_acc")) == ["b", "c", "a"]
    assert names(rank(rows, "val_loss")) == ["c", "b", "a"]
    assert [arm.place for arm in rank(rows, "val_loss").arms] == [2, 1, 0]
    assert rank(rows, "val_loss").reference == 0.6


def test_arms_that_diverged_come_last_and_those_without_a_number_behind_them():
    rows = [
        row("unmeasured"),
        row("lost", val_acc=Number(math.nan), diverged=3),
        row("partly", val_acc=Number(0.99), diverged=1),
        row("sound", val_acc=Number(0.5)),
    ]
    ranking = rank(rows, "val_acc")
    assert names(ranking) == ["sound", "partly", "unmeasured", "lost"]
    assert ranking.reference is None
    assert [arm.measured for arm in ranking.arms] == [True, True, False, False]


def number(*values):
    return Number(statistics.fmean(values), statistics.stdev(values), values)


def test_an_interval_is_students_over_the_seeds_and_none_under_one():
    several, one = (
        rank([row("a", val_acc=value)], "val_acc").arms[0] for value in (number(0.5, 0.6, 0.7), Number(0.5))
    )
    assert several.half == pytest.approx(stats.t.ppf(0.975, 2) * 0.1 / math.sqrt(3))
    assert one.half is None


def test_the_scale_holds_each_seed_and_interval_and_no_accuracy_beyond_all():
    rows = [row("a", val_acc=number(0.97, 0.98, 0.99)), row("b", val_acc=number(0.3, 0.32, 0.34))]
    low, high = rank(rows, "val_acc").limits
    assert low == pytest.approx(0.32 - rank(rows, "val_acc").arms[1].half)
    assert high == 1.0
    assert rank([row("a")], "val_acc").limits is None


def test_wide_intervals_of_two_seeds_leave_two_thirds_of_the_scale_to_the_seeds():
    rows = [row("a", val_loss=number(0.4, 0.6)), row("b", val_loss=number(0.5, 0.8))]
    assert rank(rows, "val_loss").limits == (pytest.approx(0.3), pytest.approx(0.9))


def test_a_loss_that_has_run_away_does_not_press_the_others_together():
    rows = [row(f"arm {loss}", val_loss=number(loss - 0.01, loss + 0.01)) for loss in (0.3, 0.4, 0.5)]
    rows.append(row("far", val_loss=number(1e5, 3e5)))
    low, high = rank(rows, "val_loss").limits
    assert 0.1 < low < 0.29
    assert 0.51 < high < 0.7


def test_a_regression_is_judged_by_its_loss_and_all_else_by_accuracy():
    assert leading_metric(experiment()) == "val_acc"
    assert leading_metric(experiment({"data.source": "curve"})) == "val_loss"


def test_a_number_keeps_the_seeds_it_is_made_of():
    lanes = {("plain", seed): epoch_of("plain", seed, 3, val_acc=acc) for seed, acc in enumerate((0.7, math.nan, 0.9))}
    plain, _ = summarize(record_of(experiment({"training.seeds": [0, 1, 2]}), lanes))
    assert plain.val_acc == Number(pytest.approx(0.8), pytest.approx(0.1414, abs=1e-4))
    assert plain.val_acc.values == (0.7, 0.9)
