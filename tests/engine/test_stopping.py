"""Early stopping as a pure function: Keras' rule, written out here a second time, and its edges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.preset.schema import EarlyStopping
from engine.stopping import ROUNDING, Verdict, Watch, observe


def follow(values: list[float], rule: EarlyStopping, watch: Watch | None = None) -> list[tuple[Watch, bool, Verdict]]:
    watch, decisions = watch or Watch(), []
    for epoch, value in enumerate(values, start=1):
        watch, improved, verdict = observe(watch, rule, epoch, value, value, 0.5)
        decisions.append((watch, improved, verdict))
        if verdict in ("stop", "diverged"):
            break
    return decisions


def verdicts(values: list[float], rule: EarlyStopping) -> list[str]:
    return [verdict for _, _, verdict in follow(values, rule)]


@dataclass
class KerasRule:
    """keras.callbacks.EarlyStopping, transcribed for mode "min": the epoch (from 1) of the stop, and the best."""

    patience: int
    min_delta: float
    start_from_epoch: int

    def run(self, values: list[float]) -> tuple[int | None, int, float]:
        wait, best, best_epoch = 0, math.inf, 0
        for epoch, current in enumerate(values):  # Keras counts from 0
            if epoch < self.start_from_epoch:
                continue
            wait += 1
            if current + self.min_delta < best if best == math.inf else current < best - self.min_delta:
                best, best_epoch, wait = current, epoch + 1, 0
                continue
            if wait >= self.patience and epoch > 0:
                return epoch + 1, best_epoch, best
        return None, best_epoch, best


@given(
    st.lists(st.integers(0, 12).map(lambda n: n / 4), min_size=1, max_size=30),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.25, 0.5]),
    st.integers(0, 4),
)
def test_it_decides_as_keras_does(values: list[float], patience: int, min_delta: float, start: int) -> None:
    decisions = follow(values, EarlyStopping(patience=patience, min_delta=min_delta, start_from_epoch=start))
    stop, best_epoch, best = KerasRule(patience, min_delta, start).run(values)
    assert (len(decisions) if decisions[-1][2] == "stop" else None) == stop
    assert (decisions[-1][0].best_epoch, decisions[-1][0].best) == (best_epoch, best)


def test_an_improvement_of_exactly_min_delta_is_none() -> None:
    rule = EarlyStopping(patience=5, min_delta=0.25)
    assert [improved for _, improved, _ in follow([1.0, 0.75, 0.5, 0.25], rule)] == [True, False, True, False]
    assert [improved for _, improved, _ in follow([1.0, 1.0, 0.999], EarlyStopping())] == [True, False, True]


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(-3, 3)), min_size=1, max_size=30),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.25]),
)
def test_the_last_bits_of_a_float32_decide_nothing(
    accuracies: list[tuple[int, int]], patience: int, delta: float
) -> None:
    rule = EarlyStopping(patience=patience, min_delta=delta)
    exact = follow([n / 4 for n, _ in accuracies], rule)
    rounded = follow([n / 4 * (1 + units * 2.0**-23) for n, units in accuracies], rule)
    assert [decided[1:] for decided in rounded] == [decided[1:] for decided in exact]


def test_a_loss_that_falls_by_more_than_rounding_has_improved_also_where_each_step_is_less() -> None:
    values = [1.0 - n * ROUNDING / 4 for n in range(8)]
    waiting = follow(values, EarlyStopping(patience=9))
    assert [improved for _, improved, _ in waiting] == [True, *[False] * 4, True, False, False]
    assert all(improved for _, improved, _ in follow(values, EarlyStopping()))  # nothing stops: the lowest is the best


def test_one_example_more_is_an_improvement_of_the_accuracy() -> None:
    rule, watch, improvements = EarlyStopping(monitor="val_acc", patience=9), Watch(), []
    for epoch, right in enumerate((59_000, 59_001, 59_001), start=1):
        watch, improved, _ = observe(watch, rule, epoch, 1.0, 1.0, right / 60_000)
        improvements.append(improved)
    assert improvements == [True, True, False]


def test_a_creeping_loss_is_compared_with_the_best_and_not_with_the_last() -> None:
    rule = EarlyStopping(patience=9, min_delta=0.25)
    assert [improved for _, improved, _ in follow([1.0, 0.875, 0.75, 0.625], rule)] == [True, False, False, True]


def test_epochs_before_the_start_are_not_looked_at() -> None:
    decisions = follow([0.1, 0.2, 5.0, 6.0, 7.0], EarlyStopping(patience=2, start_from_epoch=2))
    assert [watch.best_epoch for watch, _, _ in decisions] == [0, 0, 3, 3, 3]
    assert [watch.wait for watch, _, _ in decisions] == [0, 0, 0, 1, 2]
    assert decisions[-1][2] == "stop"


def test_patience_0_never_stops() -> None:
    assert verdicts([1.0, *[2.0] * 500], EarlyStopping(patience=0)) == ["go_on"] * 501


def test_patience_1_stops_at_the_first_epoch_that_is_not_better() -> None:
    assert verdicts([1.0, 0.5, 0.5], EarlyStopping(patience=1)) == ["go_on", "go_on", "stop"]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["train", "val"])
def test_a_loss_that_is_not_finite_is_diverged_and_never_the_best(bad: float, where: str) -> None:
    losses = (bad, 1.0) if where == "train" else (1.0, bad)
    for action in ("stop", "watch"):
        for start in (0, 9):
            rule = EarlyStopping(action=action, start_from_epoch=start)
            watch, improved, verdict = observe(Watch(), rule, 1, *losses, 0.5)
            assert (watch, improved, verdict) == (Watch(), False, "diverged")


def test_watching_marks_once_where_stopping_would_have_stopped_with_the_same_best() -> None:
    values = [3.0, 2.0, 2.5, 2.5, 2.5, 1.0, 4.0, 4.0, 4.0, 4.0]
    stopped = follow(values, EarlyStopping(patience=3))
    watched = follow(values, EarlyStopping(patience=3, action="watch"))
    assert [verdict for _, _, verdict in watched].count("would_stop") == 1
    place = [verdict for _, _, verdict in watched].index("would_stop")
    assert place == len(stopped) - 1
    assert (watched[place][0].best_epoch, watched[place][0].best) == (stopped[-1][0].best_epoch, stopped[-1][0].best)
    assert len(watched) == len(values)
    assert watched[-1][0].best_epoch == 6


@pytest.mark.parametrize(("monitor", "best_epoch"), [("val_loss", 3), ("val_acc", 2), ("train_loss", 4)])
def test_the_monitored_number_decides_and_the_val_loss_of_its_epoch_is_told(monitor: str, best_epoch: int) -> None:
    train, val, acc = [4.0, 3.0, 2.0, 1.0], [3.0, 2.5, 1.0, 2.0], [0.1, 0.9, 0.9, 0.8]
    rule, watch = EarlyStopping.model_validate({"monitor": monitor}), Watch()
    for epoch, numbers in enumerate(zip(train, val, acc, strict=True), start=1):
        watch, _, _ = observe(watch, rule, epoch, *numbers)
    assert watch.best_epoch == best_epoch
    assert watch.best_val_loss == val[best_epoch - 1]
