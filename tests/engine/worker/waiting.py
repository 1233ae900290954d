"""Waiting for what a worker's thread comes to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from engine.events import Event
from engine.view import View
from engine.worker import Worker
from tests.engine.small import only

LONG = {"training.epochs": 1_000_000, "training.batch_size": 1000}


# How long a state is waited for at the most, seconds. What must not be waited for, such as a slow beat, takes longer.
PATIENCE = 20.0


def until(worker: Worker, holds: Callable[[View], bool]) -> View:
    """The first view that holds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        view = worker.view()
        if holds(view):
            return view
        time.sleep(0.002)
    raise AssertionError(f"waited in vain; at last: {worker.view()}")


def heard(worker: Worker, kind: type[Event]) -> list[Any]:
    """The news up to the first of this kind."""
    end, news = time.monotonic() + PATIENCE, []
    while time.monotonic() < end:
        news += worker.news()
        if only(news, kind):
            return news
        time.sleep(0.002)
    raise AssertionError(f"no {kind.__name__} in {news}")


def stands_still(worker: Worker) -> bool:
    before = worker.view()
    time.sleep(0.08)
    return worker.view().record.epoch == before.record.epoch
