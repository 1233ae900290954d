"""Failures that restart mends, and the end of the thread in every state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.commands import Pause, Restart, Resume, SetSpeed, Stop, Turn
from engine.events import Event, Failed, Loading, Receipt
from engine.lab import Lab
from engine.preset import PresetError
from engine.worker import Worker
from tests.engine.small import load_small, only, preset_of
from tests.engine.worker.waiting import LONG, PATIENCE, heard, stands_still, until


def test_an_exception_in_the_lab_becomes_a_failure_with_its_log_and_restart_revives(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Lab.advance

    def breaks(self: Lab) -> list[Event]:
        if self.epoch == 3:
            raise RuntimeError("the disk of the moon is full")
        return plain(self)

    monkeypatch.setattr(Lab, "advance", breaks)
    worker = start()
    (failed,) = only(heard(worker, Failed), Failed)
    view = until(worker, lambda view: view.state == "failed")
    assert view.record.failed == failed
    assert failed.message == "RuntimeError: the disk of the moon is full"
    story = Path(failed.log).read_text(encoding="utf-8")
    assert "Traceback" in story
    assert "in breaks" in story
    worker.send(Resume())
    worker.send(Turn("training.lr", 0.5))
    assert stands_still(worker)
    monkeypatch.setattr(Lab, "advance", plain)
    worker.send(Restart())
    view = until(worker, lambda view: view.record.epoch > 5)
    assert (view.state, view.record.failed) == ("running", None)


def test_a_log_that_cannot_be_written_hides_no_failure(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "logs").write_text("a file where a folder should be")
    monkeypatch.setattr(Lab, "advance", lambda self: 1 / 0)
    assert only(heard(start(), Failed), Failed)[0].message.startswith("ZeroDivisionError")


def test_data_that_are_not_there_are_a_failure_in_words_and_restart_tries_again(
    start: Callable[..., Worker],
) -> None:
    def missing(*_: Any) -> None:
        raise PresetError("no network")

    loaders = [missing, load_small]
    worker = start(load=lambda *args: loaders[0](*args))
    view = until(worker, lambda view: view.state == "failed")
    assert view.record.failed == Failed("no network")
    del loaders[0]
    worker.send(Restart())
    until(worker, lambda view: view.state == "running" and view.record.epoch > 0)


def test_closing_while_the_data_are_loaded_ends_the_thread_at_the_next_report() -> None:
    loading = threading.Event()

    def slow(data: Any, seeds: Any, device: Any, dtype: Any, report: Callable[[Loading], None]) -> None:
        while True:
            report(Loading("downloading", 0.5))
            loading.set()
            time.sleep(0.01)

    worker = Worker(preset_of(LONG), "cpu", load=slow)
    worker.start()
    assert loading.wait(PATIENCE)
    view = worker.view()
    assert (view.state, view.record.loading) == ("loading", "downloading")
    assert view.record.share is not None
    assert worker.close(PATIENCE)


@pytest.mark.parametrize("command", [None, Pause(), Stop(), SetSpeed(1 / (2 * PATIENCE))])
def test_closing_ends_the_thread_whatever_it_is_doing(start: Callable[..., Worker], command: Any) -> None:
    worker = start()
    until(worker, lambda view: view.record.epoch > 1)
    if command is not None:
        worker.send(command)
        heard(worker, Receipt)
    assert worker.close(PATIENCE)
    assert worker.close()


def test_closing_a_worker_that_never_started_or_has_failed(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Worker(preset_of(), "cpu").close()
    monkeypatch.setattr(Lab, "advance", lambda self: 1 / 0)
    worker = start()
    until(worker, lambda view: view.state == "failed")
    assert worker.close(PATIENCE)


def test_the_knob_that_was_the_cause_of_a_failure_can_be_turned_back(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Lab.advance

    def fails_at_half(lab: Lab) -> list[Event]:
        if lab.preset.arms[0].settings.training.lr == 0.5:
            raise ArithmeticError("too much")
        return advance(lab)

    monkeypatch.setattr(Lab, "advance", fails_at_half)
    worker = start()
    until(worker, lambda view: view.record.epoch > 0)
    worker.send(Turn("training.lr", 0.5))
    until(worker, lambda view: view.state == "failed")
    worker.send(Turn("training.lr", -1.0))  # refused in a line, as ever
    worker.send(Turn("training.lr", 0.25))
    until(worker, lambda view: view.preset.arms[0].settings.training.lr == 0.25)
    assert worker.view().state == "failed"
    worker.send(Restart())
    until(worker, lambda view: view.state == "running" and view.record.epoch > 0)
    assert worker.view().preset.arms[0].settings.training.lr == 0.25
