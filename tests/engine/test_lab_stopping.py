"""Early stopping in a lab: which weights are kept, and when a lane ends."""

from __future__ import annotations

import math

import pytest
import torch

from engine.events import Stopped, WouldStop
from tests.engine.small import NOISY, OVERFITS, Settings, epochs_by_lane, lab_of, only, train_to, weights_of


@pytest.mark.parametrize("monitor", ["val_loss", "val_acc", "train_loss"])
def test_a_stopped_lane_has_the_weights_of_its_best_epoch_bit_for_bit(monitor: str) -> None:
    base = {**OVERFITS, "early_stopping.monitor": monitor}
    arms: dict[str, Settings] = {"plain": {}, "noisy": NOISY}
    lab = lab_of(base, arms)
    events = list(lab.run())
    for end in only(events, Stopped):
        again = lab_of(base, arms)
        train_to(again, end.best_epoch)
        assert 0 < end.best_epoch <= end.epoch
        assert torch.equal(weights_of(lab, end.arm, end.seed), weights_of(again, end.arm, end.seed))
        curve = epochs_by_lane(events)[end.arm, end.seed]
        sign = -1 if monitor == "val_acc" else 1
        best = min(curve, key=lambda event: sign * getattr(event, monitor))
        assert (end.best_epoch, end.best_val_loss) == (best.epoch, best.val_loss)
        assert end.kept_epoch == end.best_epoch
        assert curve[-1].best_train_loss == best.train_loss
    if monitor == "val_loss":
        assert {end.reason for end in only(events, Stopped)} == {"early_stopping"}
        assert any(end.best_epoch > 1 for end in only(events, Stopped))


def test_restoring_also_happens_when_the_epochs_run_out_or_the_user_stops() -> None:
    for reason in ("epochs", "user"):
        base = {**OVERFITS, "early_stopping.patience": 0, "training.seeds": [0], "training.epochs": 25}
        lab, again = lab_of(base), lab_of(base)
        if reason == "epochs":
            events = list(lab.run())
        else:
            train_to(lab, 24)
            lab.advance()
            events = lab.stop()
        (end,) = only(events, Stopped)
        assert end.reason == reason
        assert 0 < end.best_epoch < end.epoch
        train_to(again, end.best_epoch)
        assert torch.equal(weights_of(lab), weights_of(again))


def test_a_lane_whose_last_epoch_is_its_best_keeps_the_weights_of_its_last_epoch() -> None:
    lab, again = lab_of({"training.lr": 0.01}), lab_of({"training.lr": 0.01, "training.epochs": 6})
    (end,) = only(list(lab.run()), Stopped)
    assert end.best_epoch == end.epoch == 5
    train_to(again, 5)
    assert torch.equal(weights_of(lab), weights_of(again))


def test_without_restore_best_a_lane_keeps_its_last_weights() -> None:
    base = {**OVERFITS, "early_stopping.restore_best": False, "training.seeds": [0]}
    lab, again = lab_of(base), lab_of({**base, "early_stopping.patience": 0})
    (end,) = only(list(lab.run()), Stopped)
    assert (end.reason, end.kept_epoch) == ("early_stopping", end.epoch)
    train_to(again, end.epoch)
    assert torch.equal(weights_of(lab), weights_of(again))


@pytest.mark.parametrize("restore_best", [True, False])
def test_a_lane_that_diverged_falls_back_to_its_best_weights_whatever_it_was_told(restore_best: bool) -> None:
    lab = lab_of({"training.lr": 1e8, "regularization.l2": 1000.0, "early_stopping.restore_best": restore_best})
    first = weights_of(lab)
    (end,) = only(list(lab.run()), Stopped)
    assert end.reason == "diverged"
    assert end.kept_epoch == end.best_epoch < end.epoch
    assert torch.isfinite(weights_of(lab)).all()
    assert torch.equal(weights_of(lab), first) == (end.best_epoch == 0)


def test_the_gauge_counts_wait_and_stops_at_patience() -> None:
    lab = lab_of(OVERFITS)
    events = list(lab.run())
    for end in only(events, Stopped):
        curve = epochs_by_lane(events)[end.arm, end.seed]
        assert curve[-1].epoch == end.epoch == end.best_epoch + 4
        assert [event.wait for event in curve[-5:]] == [0, 1, 2, 3, 4]
        best = math.inf
        for event in curve:
            best = min(best, event.val_loss)
            assert event.best_val_loss == best


def test_watching_trains_on_and_marks_once_where_stopping_would_have_stopped() -> None:
    arms: dict[str, Settings] = {"plain": {}, "noisy": NOISY}
    stopping = list(lab_of(OVERFITS, arms).run())
    watching = list(lab_of({**OVERFITS, "early_stopping.action": "watch"}, arms).run())
    ends = {(end.arm, end.seed): end for end in only(stopping, Stopped)}
    marks = only(watching, WouldStop)
    assert len(marks) == len({(mark.arm, mark.seed) for mark in marks})
    assert marks
    for lane, end in ends.items():
        mine = [mark for mark in marks if (mark.arm, mark.seed) == lane]
        if end.reason == "early_stopping":
            (mark,) = mine
            assert (mark.epoch, mark.best_epoch, mark.best_val_loss) == (end.epoch, end.best_epoch, end.best_val_loss)
        else:
            assert mine == []
        assert epochs_by_lane(watching)[lane][: end.epoch] == epochs_by_lane(stopping)[lane]
    assert {(end.epoch, end.reason) for end in only(watching, Stopped)} == {(50, "epochs")}


def test_a_best_epoch_before_the_start_is_none_and_a_lane_that_was_never_looked_at_keeps_its_weights() -> None:
    lab = lab_of({"training.epochs": 4, "early_stopping.start_from_epoch": 9, "early_stopping.patience": 1})
    again = lab_of({"training.epochs": 5})
    events = list(lab.run())
    (end,) = only(events, Stopped)
    assert (end.best_epoch, end.reason, end.epoch) == (0, "epochs", 4)
    train_to(again, 4)
    assert torch.equal(weights_of(lab), weights_of(again))


def test_stopped_by_a_person_before_early_stopping_looks_a_lane_keeps_its_present_weights() -> None:
    lab = lab_of({"early_stopping.start_from_epoch": 9, "early_stopping.patience": 1})
    again = lab_of()
    train_to(lab, 2)
    lab.advance()
    (end,) = only(lab.stop(), Stopped)
    assert (end.best_epoch, end.reason, end.epoch, end.kept_epoch) == (0, "user", 2, 2)
    train_to(again, 2)
    again.advance()
    assert torch.equal(weights_of(lab), weights_of(again))


def test_each_lane_ends_at_its_own_length() -> None:
    lab = lab_of({"training.seeds": [0, 1]}, {"a": {"training.epochs": 2}, "b": {"training.epochs": 6}})
    events = list(lab.run())
    assert {lane: len(curve) for lane, curve in epochs_by_lane(events).items()} == {
        ("a", 0): 2, ("a", 1): 2, ("b", 0): 6, ("b", 1): 6,
    }  # fmt: skip
    assert lab.epochs == 6
