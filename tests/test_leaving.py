"""A run outlives its terminal: it trains on when the line drops, is left on purpose, and is taken up from another."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.commands import Turn
from engine.runs.library import meta_at
from engine.runs.meta import RunMeta
from engine.runs.reader import RunReader
from tests.engine.runs.small import assert_same_run
from tests.small import gone, trains
from tests.terminal import Terminal
from tui.cli import main

Start = Callable[..., Terminal]
PATIENCE = 60.0


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of runs, with the sockets in it; whatever still trains there is killed behind the test."""
    with tempfile.TemporaryDirectory(prefix="rt-", dir="/tmp", ignore_cleanup_errors=True) as short:
        monkeypatch.setenv("REGTUI_RUNS", short)
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        yield Path(short)
        for path in Path(short).glob("*.regtui"):
            meta = meta_at(path)
            if meta.state == "running":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(meta.standing.owner.pid, signal.SIGKILL)


def until(runs: Path, holds: Callable[[RunMeta], bool]) -> tuple[Path, RunMeta]:
    """The only run there is, once it is as it should be."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for path in runs.glob("*.regtui"):
            if holds(meta := meta_at(path)):
                return path, meta
        time.sleep(0.05)
    raise AssertionError([meta_at(path) for path in runs.glob("*.regtui")])


def is_turned(runs: Path) -> bool:
    """Whether a knob was turned, and that stands in the run's file."""
    (path,) = runs.glob("*.regtui")
    with RunReader(path) as reader:
        return any(isinstance(answer.command, Turn) and answer.receipt.taken for answer in reader.commands())


def finished(meta: RunMeta) -> bool:
    return meta.state == "finished"


def uninterrupted(folder: Path, runs: Path, *options: str) -> Path:
    path = runs / "whole"
    assert main(["run", str(folder / "small.toml"), *options, "--record", str(path), "--json"]) == 0
    return path


def test_when_the_line_drops_the_run_goes_on_to_its_end(start: Start, folder: Path, runs: Path):
    terminal = start("small.toml", "--epochs", "100")
    terminal.wait_for(trains)
    terminal.hang_up()
    assert terminal.wait_unread(PATIENCE) == 0
    path, meta = until(runs, finished)
    assert meta.progress.epoch == 100
    whole = uninterrupted(folder, runs, "--epochs", "100")
    assert_same_run(whole, path)


def test_after_the_line_dropped_another_terminal_has_every_key(start: Start, runs: Path):
    first = start()
    first.wait_for(trains)
    first.hang_up()
    second = start("attach")
    second.wait_for("in another process")
    second.wait_for("▶ training")
    second.press("right")
    until(runs, lambda _: is_turned(runs))
    second.press(" ")
    second.wait_for("paused")
    second.press("\x04")
    assert second.wait() == 0
    assert b"it trains on; to come back: regtui attach" in second.raw
    assert not gone(first.pid)
    third = start("attach")
    third.wait_for("paused")
    third.press("q")
    third.wait_for("Leave lets it train on")
    third.press("right", "enter")
    assert third.wait() == 0
    assert b"test" in third.raw  # the table
    assert b"again: regtui" not in third.raw  # how it was begun is not known there
    assert first.wait_unread(PATIENCE) == 0
    until(runs, lambda meta: meta.state == "stopped" or finished(meta))


def test_a_run_without_a_terminal_ends_on_sigterm_with_a_checkpoint(start: Start, runs: Path):
    terminal = start()
    terminal.wait_for(trains)
    terminal.hang_up()
    _, meta = until(runs, lambda meta: meta.progress.epoch > 30)
    terminal.signal(signal.SIGTERM)
    assert terminal.wait_unread() == 128 + signal.SIGTERM
    path, stopped = until(runs, lambda meta: meta.state == "stopped")
    assert stopped.progress.epoch >= meta.progress.epoch
    assert main(["resume", str(path), "--no-screen", "--json", "--device", "cuda:99"]) == 2  # its checkpoint is whole


@pytest.mark.parametrize("option", [["--on-hangup", "stop"], ["--no-record"]])
def test_where_it_is_not_to_go_on_a_hang_up_ends_it(start: Start, runs: Path, option: list[str]):
    terminal = start("small.toml", *option)
    terminal.wait_for(trains)
    terminal.hang_up()
    assert terminal.wait_unread(PATIENCE) == 128 + signal.SIGHUP
    if option[0] == "--no-record":
        assert not list(runs.glob("*.regtui"))
    else:
        assert until(runs, lambda meta: meta.state == "stopped")[1].progress.epoch > 0


def test_left_on_purpose_another_process_goes_on_bit_for_bit(start: Start, folder: Path, runs: Path):
    terminal = start("small.toml", "--epochs", "100")
    terminal.wait_for(trains)
    terminal.press("\x04")
    assert terminal.wait(PATIENCE) == 0
    assert b"handing it over to a process in the background" in terminal.raw
    path, meta = until(runs, finished)
    assert f"regtui attach {meta.id}".encode() in terminal.raw or f"regtui open {meta.id}".encode() in terminal.raw
    whole = uninterrupted(folder, runs, "--epochs", "100")
    assert_same_run(whole, path)


def test_a_paused_run_that_is_left_waits_in_its_file(start: Start, runs: Path):
    terminal = start()
    terminal.wait_for(trains)
    terminal.press(" ")
    terminal.wait_for("paused")
    terminal.press("q")
    terminal.wait_for("Leave keeps it")
    terminal.press("right", "right", "enter")
    assert terminal.wait() == 0
    _, meta = until(runs, lambda meta: meta.state == "stopped")
    assert f"to go on: regtui resume {meta.id}".encode() in terminal.raw


def test_a_run_that_was_left_goes_on_in_the_dashboard_with_all_it_knew(start: Start, runs: Path):
    terminal = start()
    terminal.wait_for(trains)
    terminal.signal(signal.SIGTERM)
    assert terminal.wait() == 128 + signal.SIGTERM
    _, left = until(runs, lambda meta: meta.state == "stopped")
    again = start("resume")
    again.wait_for(trains, timeout=PATIENCE)
    again.press("q")
    again.wait_for("stop and keep")
    assert "discard" not in again.text  # what an earlier process recorded is not lost by a key
    again.press("enter")
    assert again.wait(PATIENCE) == 0
    _, later = until(runs, lambda meta: meta.progress.epoch > left.progress.epoch and meta.state != "running")
    assert later.id == left.id
    assert b"interrupted" in again.raw or b"stopped" in again.raw


def test_what_is_not_recorded_is_not_left(start: Start):
    terminal = start("small.toml", "--no-record")
    terminal.wait_for(trains)
    terminal.press("\x04")
    terminal.wait_for("this run is not recorded")
    assert not gone(terminal.pid)
