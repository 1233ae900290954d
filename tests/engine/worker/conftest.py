"""Workers on small data, closed behind each test, with a log of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import engine.log
from engine.worker import Worker
from tests.engine.small import Settings, load_small, preset_of
from tests.engine.worker.waiting import LONG, PATIENCE


@pytest.fixture(autouse=True)
def _a_log_of_our_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine.log, "log_path", lambda: tmp_path / "logs" / "regtui.log")


@pytest.fixture
def start() -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def started(base: Settings | None = None, arms: dict[str, Settings] | None = None, **options: Any) -> Worker:
        worker = Worker(preset_of(base if base is not None else LONG, arms), "cpu", **{"load": load_small, **options})
        workers.append(worker)
        worker.start()
        return worker

    yield started
    closed = [worker.close(PATIENCE) for worker in workers]
    assert all(closed)
