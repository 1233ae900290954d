"""A run shown from its file: what a screen learns of it, while it lives and after its end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.commands import Look, Pause, SetSpeed, Turn
from engine.events import Failed, Finished, Intervention, Receipt, Started
from engine.file_worker import FileWorker
from engine.runs.errors import RunError
from tests.tui.recorded import preset_of, recorded, recording, train


def until(holds: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_finished_run_is_there_at_once(tmp_path: Path):
    worker = FileWorker(recorded(tmp_path))
    view = worker.view()
    assert (view.state, view.opened, view.record.epoch) == ("finished", "finished", 6)
    assert len(view.record.finished) == 4
    assert [type(event) for event in worker.news()] == [Started]
    assert worker.close()


@pytest.mark.parametrize(
    "command", [Pause(), Turn("training.lr", 0.5), SetSpeed(3.0), Look((("weights", "plain", 0),))]
)
def test_commands_are_refused_with_why(tmp_path: Path, command):
    worker = FileWorker(recorded(tmp_path, epochs=2))
    worker.news()
    before = worker.view().preset
    number = worker.send(command)
    (answer,) = worker.news()
    assert isinstance(answer, Receipt)
    assert (answer.do, answer.taken, answer.number) == (command.kind, False, number)
    assert answer.refused.startswith("read-only: ")
    assert worker.meta.id in answer.refused
    assert worker.view().preset == before
    assert worker.view().pending == ()
    worker.close()


def test_to_look_at_nothing_is_no_command(tmp_path: Path):
    worker = FileWorker(recorded(tmp_path))
    worker.news()
    worker.send(Look())
    assert worker.news() == []
    worker.close()


def test_a_living_run_is_followed_to_its_end(tmp_path: Path):
    preset = preset_of(8)
    writer, lab = recording(tmp_path, preset)
    train(writer, lab, 2)
    worker = FileWorker(writer.path)
    worker.start()
    try:
        assert (worker.view().state, worker.view().record.epoch) == ("running", 2)
        writer.take(lab.turn("training.lr", 0.02, "plain"))
        train(writer, lab, 3)
        until(lambda: worker.view().record.epoch == 5)
        view = worker.view()
        assert view.preset.arm("plain").settings.training.lr == 0.02
        assert view.record.history.mean("val_loss", "plain")[0].tolist() == [1, 2, 3, 4, 5]
        writer.command(Pause(), Receipt("pause", True, 5))
        writer.flush()
        until(lambda: worker.view().state == "paused")
        train(writer, lab, 3)
        writer.close("finished")
        until(lambda: worker.view().state == "finished")
        kinds = [type(event) for event in worker.news()]
        assert kinds.count(Finished) == 4
        assert kinds.count(Intervention) == 1
    finally:
        assert worker.close()


def test_a_run_whose_process_is_gone_is_dead(tmp_path: Path):
    code = (
        "import sys, os, pathlib; from tests.tui.recorded import *\n"
        "writer, lab = recording(pathlib.Path(sys.argv[1]), preset_of(50)); train(writer, lab, 3)\n"
        "print(writer.path, flush=True); sys.stdin.read(1); os.kill(os.getpid(), 9)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    worker = FileWorker(Path(process.stdout.readline().strip()))
    worker.start()
    try:
        assert worker.view().opened == "running"
        process.communicate("x")
        until(lambda: worker.view().opened == "dead")
        assert worker.view().state == "paused"
    finally:
        worker.close()


def test_a_file_that_vanishes_is_told_of_once_and_the_view_stays(tmp_path: Path):
    path = recorded(tmp_path)
    worker = FileWorker(path)
    worker.news()
    path.write_bytes(b"overwritten")
    worker.start()
    news = []
    try:
        until(lambda: news.extend(worker.news()) or news)
        assert isinstance(news[0], Failed)
        assert str(path) in news[0].message
        assert worker.view().record.epoch == 6
    finally:
        assert worker.close()


def test_what_is_no_run_is_refused(tmp_path: Path):
    with pytest.raises(RunError):
        FileWorker(tmp_path / "nowhere.regtui")
