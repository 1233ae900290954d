"""A worker that trains on without a terminal: when that is over, and with which exit code."""

from __future__ import annotations

import threading

import pytest

from engine.commands import Stop
from engine.lab import Lab
from engine.worker import Worker
from tests.tui.dashboard import experiment
from tui import leaving
from tui.exits import DONE, FAILED
from tui.signals import Signals


@pytest.fixture
def trains_on(monkeypatch):
    """Lets a worker train on in a thread, and gives what that comes to; the tests keep their own streams."""
    monkeypatch.setattr(leaving.os, "dup2", lambda *_: None)
    workers: list[Worker] = []

    def begin(worker: Worker) -> tuple[threading.Thread, list[int]]:
        workers.append(worker)
        worker.start()
        codes: list[int] = []
        thread = threading.Thread(target=lambda: codes.append(leaving.train_on(worker, Signals())), daemon=True)
        while worker.view().state == "loading":
            pass
        thread.start()
        return thread, codes

    yield begin
    for worker in workers:
        worker.close()


def test_it_ends_with_the_run(trains_on):
    worker = Worker(experiment(), "cpu", speed=5.0)
    thread, codes = trains_on(worker)
    worker.send(Stop())
    thread.join(30)
    assert codes == [DONE]


def test_it_ends_where_the_run_fails(trains_on, monkeypatch):
    fails, before = threading.Event(), Lab.advance

    def advance(lab: Lab):
        if fails.is_set():
            raise RuntimeError("the device is gone")
        return before(lab)

    monkeypatch.setattr(Lab, "advance", advance)
    thread, codes = trains_on(Worker(experiment(), "cpu", speed=5.0))
    fails.set()
    thread.join(30)
    assert codes == [FAILED]
