"""Pause, single epochs and speed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from engine.commands import Pause, Restart, Resume, SetSpeed, StepEpoch, Turn
from engine.worker import Worker
from tests.engine.worker.waiting import LONG, PATIENCE, stands_still, until


def test_paused_from_the_start_it_waits_for_resume(start: Callable[..., Worker]) -> None:
    worker = start(paused=True)
    assert until(worker, lambda view: view.state != "loading").state == "paused"
    assert stands_still(worker)
    assert worker.view().record.epoch == 0
    worker.send(Resume())
    until(worker, lambda view: view.state == "running" and view.record.epoch > 3)
    worker.send(Pause())
    until(worker, lambda view: view.state == "paused")
    assert stands_still(worker)


def test_one_epoch_at_a_time(start: Callable[..., Worker]) -> None:
    worker = start(paused=True)
    for epoch in (1, 2, 3):
        worker.send(StepEpoch())
        until(worker, lambda view, epoch=epoch: view.record.epoch == epoch and view.state == "paused")
        assert stands_still(worker)
    worker.send(Resume())
    until(worker, lambda view: view.record.epoch > 6)
    worker.send(StepEpoch())
    until(worker, lambda view: view.state == "paused")
    assert stands_still(worker)


def test_two_steps_asked_for_at_once_are_two_epochs(start: Callable[..., Worker]) -> None:
    worker = start(paused=True)
    until(worker, lambda view: view.state == "paused")
    worker.send(StepEpoch())
    worker.send(StepEpoch())
    until(worker, lambda view: view.record.epoch == 2 and view.state == "paused")
    assert stands_still(worker)


@pytest.mark.parametrize("speed", [10.0, 40.0])
def test_no_epoch_comes_before_its_beat(start: Callable[..., Worker], speed: float) -> None:
    worker = start(speed=speed)
    begun = until(worker, lambda view: view.record.epoch >= 2).record.epoch
    then = time.perf_counter()
    epochs = until(worker, lambda view: view.record.epoch >= begun + 8).record.epoch - begun
    assert time.perf_counter() - then >= (epochs - 1.5) / speed  # a busy machine is later, never earlier


def test_a_higher_speed_is_not_kept_waiting_by_the_old_beat(start: Callable[..., Worker]) -> None:
    worker = start(speed=1 / (2 * PATIENCE))
    until(worker, lambda view: view.record.epoch >= 1)
    worker.send(SetSpeed(100.0))
    worker.send(Turn("training.lr", 0.2))
    until(worker, lambda view: view.record.epoch >= 10)


def test_unlimited_is_much_faster_than_a_slow_beat_and_a_slow_beat_holds_at_once(start: Callable[..., Worker]) -> None:
    worker = start(speed=5.0)
    until(worker, lambda view: view.record.epoch >= 1)
    worker.send(SetSpeed(None))
    until(worker, lambda view: view.record.epoch >= 50)
    worker.send(SetSpeed(2.0))
    view, then = until(worker, lambda view: view.speed == 2.0), time.perf_counter()
    time.sleep(0.3)
    later = worker.view()
    assert later.record.epoch - view.record.epoch <= 2 + 2.0 * (time.perf_counter() - then)


def test_a_pause_is_obeyed_at_once_also_between_two_slow_beats(start: Callable[..., Worker]) -> None:
    worker = start(speed=1 / (2 * PATIENCE))
    until(worker, lambda view: view.record.epoch >= 1)
    worker.send(Pause())
    until(worker, lambda view: view.state == "paused")


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_is_none_does_not_end_the_run(start: Callable[..., Worker], speed: float) -> None:
    worker = start(speed=200.0)
    until(worker, lambda view: view.record.epoch >= 1)
    worker.send(SetSpeed(speed))
    worker.send(Pause())
    view = until(worker, lambda view: view.state in ("paused", "failed"))
    assert view.state == "paused"
    worker.send(SetSpeed(None))
    worker.send(Resume())
    assert (
        until(worker, lambda now: now.record.epoch > view.record.epoch + 3 or now.state == "failed").state == "running"
    )


def test_single_epochs_still_to_be_trained_are_forgotten_by_a_restart(start: Callable[..., Worker]) -> None:
    worker = start({**LONG, "training.epochs": 100_000}, paused=True, speed=5.0)
    until(worker, lambda view: view.state == "paused")
    for _ in range(4):
        worker.send(StepEpoch())
    worker.send(Restart())
    until(worker, lambda view: view.state == "paused" and view.record.epoch == 0)
    time.sleep(0.5)
    assert worker.view().record.epoch == 0
