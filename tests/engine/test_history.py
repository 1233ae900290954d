"""The history is bounded, and still draws the whole run."""

from __future__ import annotations

import math
import statistics
import threading
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import Epoch, Intervention
from engine.history import History
from tests import epochs


def epoch_of(number: int, arm: str = "a", seed: int = 0, value: float | None = None, **more: Any) -> Epoch:
    x = float(number if value is None else value)
    numbers = {"train_loss": x, "val_loss": x, "best_val_loss": x, "best_epoch": number, "weight_norm": 1.0}
    return epochs.epoch_of(arm, seed, number, **{**numbers, **more})


def test_10_000_epochs_stay_within_a_fixed_memory_and_span_the_run() -> None:
    history = History([("a", 0)], points=256)
    sizes = set()
    for epoch in range(1, 10_001):
        history.add(epoch_of(epoch))
        if epoch % 2_000 == 1:
            sizes.add(history.nbytes)
    epochs, values = history.series("train_loss", "a", 0)
    assert len(sizes | {history.nbytes}) == 1
    assert history.nbytes <= 256 * (8 * 13 + 1)
    assert 128 <= len(epochs) <= 256
    assert (epochs[0], epochs[-1]) == (1, 10_000)
    assert len(set(np.diff(epochs)[:-1])) == 1
    assert np.diff(epochs)[-1] <= np.diff(epochs)[0]
    np.testing.assert_array_equal(values, epochs)


@settings(max_examples=15, deadline=None)
@given(st.integers(4, 17), st.integers(1, 300))
def test_at_every_moment_the_first_and_the_newest_are_there_at_an_even_pitch(points: int, length: int) -> None:
    history = History([("a", 0), ("a", 1)], points=points)
    for number in range(1, length + 1):
        for seed in (0, 1):
            history.add(epoch_of(number, seed=seed, value=number + seed / 2))
        epochs, values = history.series("val_loss", "a")
        assert len(epochs) == len(history) <= points
        assert (epochs[0], epochs[-1]) == (1, number)
        assert len(set(np.diff(epochs)[:-1])) <= 1
        np.testing.assert_array_equal(values, np.stack([epochs, epochs + 0.5]))


def test_a_lane_that_has_ended_is_nan_from_then_on_and_holds_its_last_value_in_the_mean() -> None:
    history = History([("a", 0), ("a", 1), ("b", 0)])
    for number in range(1, 5):
        history.add(epoch_of(number, value=2))
        if number <= 2:
            history.add(epoch_of(number, seed=1, value=4))
    _, values = history.series("val_loss", "a")
    np.testing.assert_array_equal(values, [[2, 2, 2, 2], [4, 4, math.nan, math.nan]])
    epochs, mean, low, high = history.mean("val_loss", "a")
    np.testing.assert_array_equal(epochs, [1, 2, 3, 4])
    np.testing.assert_array_equal(mean, [3, 3, 3, 3])
    np.testing.assert_allclose(high - mean, [2**0.5] * 4, rtol=1e-15)
    np.testing.assert_allclose(mean - low, [2**0.5] * 4, rtol=1e-15)
    assert np.isnan(history.series("val_loss", "b", 0)[1]).all()
    assert np.isnan(history.mean("val_loss", "b")[1]).all()


def test_a_lane_that_has_ended_stays_so_however_often_the_history_is_thinned() -> None:
    history = History([("a", 0), ("a", 1)], points=4)
    for number in range(1, 60):
        history.add(epoch_of(number, value=2))
        if number <= 3:
            history.add(epoch_of(number, seed=1, value=number))
        epochs, values = history.series("val_loss", "a")
        assert np.array_equal(np.isnan(values), [[False] * len(epochs), (epochs > 3).tolist()])
        last = max(epoch for epoch in epochs if epoch <= 3)
        expected = [(2 + min(epoch, last)) / 2 for epoch in epochs]
        np.testing.assert_array_equal(history.mean("val_loss", "a")[1], expected)
    assert [event.epoch for event in history.as_events(100) if event.seed == 1] == [1]


def test_a_lane_that_diverged_holds_its_last_finite_loss_and_one_that_had_no_penalty_at_its_end_none() -> None:
    history = History([("a", 0), ("a", 1)])
    for number in range(1, 5):
        history.add(epoch_of(number, value=2, penalty={"l2": 1.0}))
        if number <= 2:
            history.add(
                epoch_of(number, seed=1, value=[4, math.inf][number - 1], penalty={} if number == 2 else {"l2": 3})
            )
    np.testing.assert_array_equal(history.mean("val_loss", "a")[1], [3, math.inf, 3, 3])
    np.testing.assert_array_equal(history.mean("penalty.l2", "a")[1], [2, 1, 1, 1])
    np.testing.assert_array_equal(history.mean("penalty.l2", "a")[2], [2 - 2**0.5, 1, 1, 1])


@pytest.mark.parametrize("seeds", [2, 3, 7])
def test_the_spread_is_the_sample_standard_deviation(seeds: int) -> None:
    history, values = History([("a", seed) for seed in range(seeds)]), [math.sin(seed) for seed in range(seeds)]
    for seed, value in enumerate(values):
        history.add(epoch_of(1, seed=seed, value=value))
    _, mean, low, high = history.mean("val_loss", "a")
    assert high[0] - mean[0] == pytest.approx(statistics.stdev(values), rel=1e-12)
    assert mean[0] - low[0] == pytest.approx(statistics.stdev(values), rel=1e-12)


def held_by_hand(history: History, arm: str) -> np.ndarray:
    """The series of an arm's lanes, written on from where each has ended with its last finite number."""
    lanes = []
    for seed in (seed for name, seed in history.lanes if name == arm):
        row, last = history.series("val_loss", arm, seed)[1].tolist(), math.nan
        measured = [not math.isnan(value) for value in history.series("wait", arm, seed)[1]]
        for column, value in enumerate(row):
            if measured[column]:
                last = value if math.isfinite(value) else last
            else:
                row[column] = last
        lanes.append(row)
    return np.array(lanes)


@settings(max_examples=30, deadline=None)
@given(st.integers(4, 9), st.integers(1, 40), st.randoms(use_true_random=False))
def test_the_means_of_all_arms_are_those_of_their_series_whenever_they_are_asked_for(
    points: int, length: int, random: Any
) -> None:
    lanes = [("a", 0), ("b", 0), ("a", 1), ("a", 2)]
    history = History(lanes, points=points)
    assert history.arms == ["a", "b"]
    lost: set[tuple[str, int]] = set()
    for number in range(1, length + 1):
        for arm, seed in lanes:
            if (arm, seed) in lost:
                continue
            value = random.choice([random.random(), 2.0, math.inf])
            history.add(epoch_of(number, arm, seed, value))
            if random.random() < 0.05:
                lost.add((arm, seed))
            if random.random() < 0.3:  # in the midst of an epoch too
                _, means, deviations = history.means("val_loss")
                for place, name in enumerate(history.arms):
                    values = held_by_hand(history, name)
                    with warnings.catch_warnings(), np.errstate(all="ignore"):
                        warnings.simplefilter("ignore", RuntimeWarning)
                        np.testing.assert_allclose(means[place], np.nanmean(values, axis=0))
                        several = (~np.isnan(values)).sum(axis=0) > 1
                        spread = np.nanstd(values, axis=0, ddof=1)
                        np.testing.assert_allclose(deviations[place][several], spread[several])


def test_a_number_that_has_come_is_averaged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History([("a", 0), ("a", 1)])
    averaged: list[int] = []
    isnan = np.isnan
    monkeypatch.setattr("engine.history.np.isnan", lambda values: averaged.append(values.shape[-1]) or isnan(values))
    for number in range(1, 101):
        history.add(epoch_of(number))
        history.add(epoch_of(number, seed=1))
        history.means("val_loss")
    assert max(averaged) <= 2


def test_what_a_reader_holds_does_not_change_under_it() -> None:
    history = History([("a", 0)], points=4)
    history.add(epoch_of(1))
    epochs, values = history.series("val_loss", "a", 0)
    for number in range(2, 50):
        history.add(epoch_of(number))
    assert (epochs.tolist(), values.tolist()) == ([1], [1.0])


def test_penalties_and_layers_are_series_of_their_own_also_when_they_come_late() -> None:
    history = History([("a", 0)])
    history.add(epoch_of(1))
    history.add(epoch_of(2, penalty={"l2": 0.5}, weight_norms=(3.0, 4.0)))
    np.testing.assert_array_equal(history.series("penalty.l2", "a", 0)[1], [math.nan, 0.5])
    np.testing.assert_array_equal(history.series("weight_norm.2", "a", 0)[1], [math.nan, 4.0])
    assert np.isnan(history.series("penalty.none", "a", 0)[1]).all()
    assert {"penalty.l2", "weight_norm.1", "weight_norm.2"} <= set(history.metrics)


def test_interventions_are_bounded_and_the_newest_stay() -> None:
    history = History([("a", 0)], interventions=10)
    for step in range(1000):
        history.add(Intervention(step, 0, 0, "a", "training.lr", 0.1, 0.2))
    assert [intervention.step for intervention in history.interventions] == list(range(990, 1000))


def test_an_empty_history_can_be_read() -> None:
    history = History([("a", 0)])
    assert history.as_events(10) == []
    assert history.series("val_loss", "a", 0)[1].size == 0
    assert history.mean("val_loss", "a")[1].size == 0


def test_reading_while_another_thread_adds_gives_whole_series() -> None:
    history = History([("a", 0), ("a", 1)], points=64)
    wrong: list[object] = []
    done = threading.Event()

    def fill() -> None:
        for number in range(1, 4001):
            history.add(epoch_of(number))
            history.add(epoch_of(number, seed=1))
        done.set()

    thread = threading.Thread(target=fill)
    thread.start()
    reads = 0
    while not done.is_set() or reads == 0:
        epochs, values = history.series("val_loss", "a")
        reads += 1
        if epochs.size and not (values[0] == epochs).all():
            wrong.append((epochs, values))
        history.mean("val_loss", "a")
    thread.join()
    assert not wrong
