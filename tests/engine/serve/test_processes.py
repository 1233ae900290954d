"""One process trains, others come, steer, are killed and come back."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.client import RemoteWorker
from engine.commands import Look, Pause, Resume, StepEpoch, Turn
from engine.events import Event, Failed, Intervention, Receipt, from_json
from engine.serve import living_sockets
from tests.engine.serve.test_server import PATIENCE, heard, until

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(place: Path) -> Iterator[Start]:
    """Processes of modules of this folder, ended at the end whatever happened."""
    processes: list[subprocess.Popen[str]] = []

    def started(module: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", f"tests.engine.serve.{module}", *arguments]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def next_event(process: subprocess.Popen[str], kind: type[Event]) -> Event:
    """The next event of a kind that a watching process tells."""
    assert process.stdout is not None
    for line in process.stdout:
        event = from_json(line)
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind.__name__}")


def test_one_trains_and_two_look_and_steer_and_whoever_is_killed_harms_nobody(place: Path, start: Start) -> None:
    runs = place / "runs"
    training = start("training", str(runs), "r1", "100")
    assert training.stdout is not None
    path = Path(training.stdout.readline().strip())
    assert living_sockets(runs) == {"r1": path}
    other = start("watching", str(path))
    assert other.stdout is not None
    assert other.stdout.readline() == "torch: False\n"
    ours = RemoteWorker.connect(path)
    assert heard(ours, ours.send(Turn("training.lr", 0.05, "b")))[0].taken
    seen = next_event(other, Intervention)
    assert isinstance(seen, Intervention)
    assert (seen.arm, seen.new) == ("b", 0.05)
    assert isinstance(next_event(other, Receipt), Receipt)
    ours.send(Look((("confusion", "b", 1),)))
    until(ours, lambda view: ("confusion", "b", 1) in view.record.seen)
    other.kill()
    epoch = ours.view().record.epoch
    until(ours, lambda view: view.record.epoch > epoch + 5)
    assert ours.close()
    again = RemoteWorker.connect(path)
    again.send(Pause())
    epoch = until(again, lambda view: view.state == "paused").record.epoch
    again.send(StepEpoch())
    until(again, lambda view: view.record.epoch == epoch + 1 and view.state == "paused")
    assert again.view().record.interventions == [seen]
    assert again.view().preset.arm("b").settings.training.lr == 0.05
    again.send(Resume())
    until(again, lambda view: view.record.epoch > epoch + 5)
    assert training.poll() is None
    assert training.stdin is not None
    training.stdin.close()
    training.stdin = None
    assert training.wait(timeout=PATIENCE) == 0
    assert not path.exists()
    assert again.close()


def test_a_training_process_that_is_killed_is_said_to_be_gone_and_one_that_takes_the_run_up_is_shown(
    place: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.client._PATIENCE", 0.5)
    runs = place / "runs"
    training = start("training", str(runs), "r1", "100")
    assert training.stdout is not None
    path = Path(training.stdout.readline().strip())
    worker = RemoteWorker.connect(lambda: living_sockets(runs).get("r1"))
    until(worker, lambda view: view.record.epoch > 5)
    training.kill()
    view = until(worker, lambda view: view.state == "failed")
    assert view.record.failed == Failed("the process that trained this run is gone")
    assert not worker.connected
    number = worker.send(Turn("training.lr", 0.05))
    assert not path.exists()
    training = start("training", str(runs), "r1", "100")
    view = until(worker, lambda view: view.state == "running")
    assert view.record.failed is None
    assert heard(worker, number)[0].refused == "the process that trained this run is gone"
    assert heard(worker, worker.send(Turn("training.lr", 0.07)))[0].taken
    assert worker.close()


def test_nobody_there_is_said_in_words(place: Path) -> None:
    began = time.monotonic()
    with pytest.raises(ConnectionError, match="no process that trains this run answers"):
        RemoteWorker.connect(place / "none.sock", timeout=0.3)
    assert time.monotonic() - began < 2
