"""Closer looks that a worker takes while it trains."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from engine.commands import Look, StepEpoch
from engine.control import Order
from engine.events import Seen
from engine.lab import Lab
from engine.worker import Worker
from tests.engine.worker.waiting import LONG, PATIENCE, until


def test_looks_that_take_long_are_taken_less_often_but_the_first_one_delays_none(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[float] = []

    def slow(_: Lab, name: str, arm: str, seed: int) -> Seen:
        taken.append(time.monotonic())
        time.sleep(0.04 if len(taken) > 1 else 1.0)  # the first one imports modules
        return Seen(name, arm, seed, 0, "seen")

    monkeypatch.setattr("engine.looks.take_look", slow)
    worker = start()
    until(worker, lambda view: view.record.epoch > 0)
    look = ("weights", "base", 0)
    worker.send(Look((look,)))
    until(worker, lambda view: len(taken) == 2)  # and not after 20 seconds
    until(worker, lambda view: len(taken) == 3)
    assert taken[2] - taken[1] >= 20 * 0.04  # 5 % of the time and no more
    assert worker.view().record.seen[look].data == "seen"
    worker.send(Look())
    worker.send(Look((look,)))
    until(worker, lambda view: len(taken) == 4)  # another look is answered at once


def test_a_run_that_has_ended_is_looked_at_as_it_ended_however_long_looks_take(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(lab: Lab, name: str, arm: str, seed: int) -> Seen:
        time.sleep(0.3)  # 6 s later the next one would be due beside training
        return Seen(name, arm, seed, lab.epoch, "seen")

    monkeypatch.setattr("engine.looks.take_look", slow)
    worker = start({**LONG, "training.epochs": 12}, speed=10.0)
    look = ("weights", "base", 0)
    worker.send(Look((look,)))
    until(worker, lambda view: view.state == "finished")
    ended = time.monotonic()
    until(worker, lambda view: view.record.seen[look].epoch == 12)
    assert time.monotonic() - ended < 3


def test_a_look_asked_for_while_another_is_taken_is_not_lost(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()

    def slow(_: Lab, name: str, arm: str, seed: int) -> Seen:
        began.set()
        time.sleep(0.1)
        return Seen(name, arm, seed, 0, name)

    monkeypatch.setattr("engine.looks.take_look", slow)
    worker = start(paused=True)
    until(worker, lambda view: view.state == "paused")
    worker.send(Look((("weights", "base", 0),)))
    assert began.wait(PATIENCE)
    worker.send(Look((("activity", "base", 0),)))
    until(worker, lambda view: ("activity", "base", 0) in view.record.seen)


def test_each_viewer_has_its_own_looks(start: Callable[..., Worker]) -> None:
    worker = start(LONG, {"a": {}, "b": {}}, paused=True)
    worker.order(Order(Look((("confusion", "a", 0),)), viewer="one"))
    worker.order(Order(Look((("confusion", "b", 0),)), viewer="two"))
    until(worker, lambda view: len(view.record.seen) == 2)
    worker.order(Order(Look(()), viewer="one"))
    worker.order(Order(Look((("confusion", "c", 0),)), viewer="two"))
    worker.send(StepEpoch())
    view = until(worker, lambda view: {seen.epoch for seen in view.record.seen.values()} == {1})
    assert list(view.record.seen) == [("confusion", "b", 0)]
