"""The difference of two arms over the epochs, against scipy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from engine.compare.history import ComparedHistory
from engine.difference_curve import difference_curve
from engine.history import History
from tests.epochs import epoch_of

SEEDS = (3, 1, 4)
A = {3: [0.9, 0.8, 0.85], 1: [0.7, 0.5, 0.55], 4: [1.2, 0.9, 0.7]}
B = {3: [0.9, 0.75, 0.6], 1: [0.72, 0.4, 0.35], 4: [1.1, 0.8, 0.65]}


def history(numbers: dict[str, dict[int, list[float]]], seeds: dict[str, tuple[int, ...]] | None = None) -> History:
    of_arm = seeds or dict.fromkeys(numbers, SEEDS)
    made = History([(arm, seed) for arm in numbers for seed in of_arm[arm]])
    for epoch in range(1, 1 + max(len(values) for arm in numbers.values() for values in arm.values())):
        for arm, by_seed in numbers.items():
            for seed in of_arm[arm]:
                if epoch <= len(by_seed[seed]):
                    value = by_seed[seed][epoch - 1]
                    made.add(epoch_of(arm, seed, epoch, val_loss=value, val_acc=1 - value))
    return made


def test_at_every_epoch_mean_and_interval_are_scipys_paired_ones() -> None:
    curve = difference_curve(history({"a": A, "b": B}), "val_loss", "a", "b")
    assert curve.epochs.tolist() == [1, 2, 3]
    for column in range(3):
        a, b = ([numbers[seed][column] for seed in SEEDS] for numbers in (A, B))
        low, high = stats.ttest_rel(b, a).confidence_interval()
        assert (curve.low_n[column], curve.high_n[column]) == pytest.approx((low, high), rel=1e-10)
        assert curve.mean_n[column] == pytest.approx(np.mean(b) - np.mean(a))
        assert curve.by_seed[:, column] == pytest.approx(np.subtract(b, a))
    newest = curve.newest()
    assert newest is not None
    assert newest.interval == pytest.approx((curve.low_n[-1], curve.high_n[-1]))
    assert (newest.n, newest.lower) == (3, 3)
    accuracy = difference_curve(history({"a": A, "b": B}), "val_acc", "a", "b")
    assert accuracy.mean_n == pytest.approx(-curve.mean_n)


def test_seeds_are_paired_by_their_number_and_those_that_one_arm_lacks_are_left_out() -> None:
    mixed = history({"a": A, "b": B}, {"a": SEEDS, "b": (4, 3)})
    curve = difference_curve(mixed, "val_loss", "a", "b")
    assert curve.by_seed[:, 0] == pytest.approx([B[3][0] - A[3][0], B[4][0] - A[4][0]])
    alone = difference_curve(history({"a": A, "b": B}, {"a": (3,), "b": (3, 4)}), "val_loss", "a", "b")
    assert alone.mean_n == pytest.approx(np.subtract(B[3], A[3]))
    assert np.isnan(alone.low_n).all()
    strangers = difference_curve(history({"a": A, "b": B}, {"a": (3,), "b": (4,)}), "val_loss", "a", "b")
    assert np.isnan(strangers.mean_n).all()
    assert strangers.newest() is None


def test_a_seed_that_has_ended_or_diverged_holds_its_last_number() -> None:
    short = {**B, 3: [0.9, 0.75], 1: [0.72, math.nan]}
    curve = difference_curve(history({"a": A, "b": short}), "val_loss", "a", "b")
    assert curve.by_seed[0, 2] == pytest.approx(0.75 - 0.85)
    assert curve.by_seed[1, 1:] == pytest.approx([0.72 - 0.5, 0.72 - 0.55])
    assert np.isfinite(curve.mean_n).all()


def test_a_metric_that_is_not_there_yet_has_no_difference_and_does_not_spoil_the_rest() -> None:
    late = {**B, 4: [math.nan, 0.8, 0.65]}
    curve = difference_curve(history({"a": A, "b": late}), "val_loss", "a", "b")
    pairs = [B[seed][0] - A[seed][0] for seed in (3, 1)]
    assert curve.mean_n[0] == pytest.approx(np.mean(pairs))
    low, high = stats.t.interval(0.95, 1, loc=np.mean(pairs), scale=stats.sem(pairs))
    assert (curve.low_n[0], curve.high_n[0]) == pytest.approx((low, high))
    nothing = difference_curve(history({"a": A, "b": B}), "no_such_metric", "a", "b")
    assert np.isnan(nothing.mean_n).all()


def test_runs_that_are_compared_are_told_apart_at_the_epochs_that_both_have() -> None:
    first = history({"a": {seed: A[seed][:2] for seed in SEEDS}})
    both = ComparedHistory([first, history({"a": B})], [{"a": "x: a"}, {"a": "y: a"}])
    curve = difference_curve(both, "val_loss", "x: a", "y: a")
    assert curve.epochs.tolist() == [1, 2]
    assert curve.mean_n[1] == pytest.approx(np.mean([B[seed][1] - A[seed][1] for seed in SEEDS]))
