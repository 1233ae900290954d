"""A worker's run is kept in its file: what a reader finds there is what the worker has."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.commands import Pause, Resume, Stop, Turn
from engine.events import Event, Finished
from engine.keeper import Keeper
from engine.lab import Lab
from engine.preset import Preset
from engine.runs.checkpoint import restore
from engine.runs.reader import RunReader
from engine.runs.recorder import Recorder
from engine.runs.resume import resumable
from engine.runs.writer import RunWriter
from engine.worker import Worker
from tests.engine.small import load_small, preset_of, weights_of
from tests.engine.worker.waiting import PATIENCE, until

ARMS: dict[str, dict[str, Any]] = {"a": {}, "b": {"regularization.l2": 0.1}}


def recorded(path: Path, preset: Preset, every: float = 30.0, **options: Any) -> Worker:
    def make(worker: Worker) -> Keeper:
        return Keeper(Recorder(RunWriter(path, preset), every=0.05), every)

    return Worker(preset, "cpu", load=load_small, keeper=make, **options)


def test_a_run_to_its_end_stands_in_its_file_with_its_knobs_and_their_answers(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    worker = recorded(path, preset_of({"training.epochs": 12}, ARMS), paused=True)
    worker.start()
    worker.send(Turn("training.lr", 0.05, "a"))
    worker.send(Turn("training.lr", -1.0, "a"))
    worker.send(Resume())
    view = until(worker, lambda view: view.state == "finished")
    assert worker.close(PATIENCE)
    with RunReader(path) as reader:
        assert reader.meta.state == "finished"
        assert reader.record.last == view.record.last
        assert reader.record.finished == view.record.finished
        assert reader.preset == view.preset
        assert [(answered.command, answered.receipt.taken) for answered in reader.commands()][:2] == [
            (Turn("training.lr", 0.05, "a"), True),
            (Turn("training.lr", -1.0, "a"), False),
        ]
        assert reader.meta.data[0].train == 40


def test_a_run_whose_worker_is_closed_at_its_last_event_has_finished(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    worker = recorded(path, preset_of({"training.epochs": 2}, ARMS))
    last, closed = threading.Event(), threading.Event()

    def listen(events: Sequence[Event], _: int) -> None:
        if any(isinstance(event, Finished) for event in events):
            last.set()
            assert closed.wait(PATIENCE)

    worker.listen(listen)
    worker.start()
    assert last.wait(PATIENCE)
    worker.close(timeout=0)
    closed.set()
    assert worker.close(PATIENCE)
    with RunReader(path) as reader:
        assert reader.meta.state == "finished"
        loaded = reader.load_checkpoint()
    assert loaded is not None
    assert loaded.state.finished


def test_a_run_that_is_left_can_be_gone_on_with_from_where_it_was_closed(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    worker = recorded(path, preset_of({"training.epochs": 1_000_000}, ARMS))
    worker.start()
    until(worker, lambda view: view.record.epoch > 5)
    left = worker._lab  # which a closed worker has let go
    assert worker.close(PATIENCE)
    found = resumable(path)
    lab = Lab(found.preset, "cpu", load=load_small)
    assert found.state is not None
    restore(lab, found.state)
    assert left is not None
    assert (lab.epoch, lab.batch) == (left.epoch, left.batch)
    assert weights_of(lab, "b").equal(weights_of(left, "b"))


def _epochs_of_checkpoints(path: Path) -> int:
    with RunReader(path) as reader:
        return len({checkpoint.epoch for checkpoint in reader.checkpoints()})


def test_checkpoints_come_at_a_pause_at_once_and_by_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    worker = recorded(path, preset_of({"training.epochs": 1_000_000}, ARMS), every=0.0)
    worker.start()
    until(worker, lambda view: view.record.epoch > 20)
    until(worker, lambda view: _epochs_of_checkpoints(path) > 1)
    worker.send(Pause())
    view = until(worker, lambda view: view.state == "paused")
    end = time.monotonic() + PATIENCE
    with RunReader(path) as reader:
        while not any(checkpoint.epoch == view.record.epoch for checkpoint in reader.checkpoints()):
            assert time.monotonic() < end
            time.sleep(0.02)
            reader.poll()
    worker.send(Stop())
    until(worker, lambda view: view.state == "finished")
    assert worker.close(PATIENCE)


def test_a_discarded_run_leaves_no_file(tmp_path: Path) -> None:
    worker = recorded(tmp_path / "run.regtui", preset_of({"training.epochs": 1_000_000}, ARMS))
    worker.start()
    until(worker, lambda view: view.record.epoch > 3)
    worker.discard()
    assert worker.close(PATIENCE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("paused", [True, False])
def test_recorded_and_not_recorded_the_run_is_the_same(tmp_path: Path, paused: bool) -> None:
    preset = preset_of({"training.epochs": 8}, ARMS)
    ends = []
    for worker in (recorded(tmp_path / "run.regtui", preset, every=0.0), Worker(preset, "cpu", load=load_small)):
        worker.start()
        if paused:
            worker.send(Pause())
            worker.send(Resume())
        ends.append(until(worker, lambda view: view.state == "finished").record.finished)
        worker.close(PATIENCE)
    assert ends[0] == ends[1]


def test_a_run_whose_file_cannot_be_made_is_trained_all_the_same_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "run.regtui").write_text("somebody's")
    worker = recorded(tmp_path / "run.regtui", preset_of({"training.epochs": 4}, ARMS))
    worker.start()
    view = until(worker, lambda view: view.state == "finished")
    assert worker.close(PATIENCE)
    assert view.trouble.startswith("not recorded: ")
    assert (tmp_path / "run.regtui").read_text() == "somebody's"


def test_where_no_file_can_be_made_whatever_the_reason_it_trains_and_says_so(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("engine.worker.write_log", lambda *args: tmp_path / "log")

    def make(worker: Worker) -> Keeper:
        raise OSError("no room")

    worker = Worker(preset_of({"training.epochs": 3}, ARMS), "cpu", load=load_small, keeper=make)
    worker.start()
    view = until(worker, lambda view: view.state == "finished")
    assert view.trouble.startswith("not recorded: OSError: no room")
    assert not view.recorded
    assert worker.close(PATIENCE)
