"""`regtui attach`: a run that another process trains is taken up, steered, and survives being left."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import REGTUI, Terminal
from tui.cli import main
from tui.exits import BAD_INPUT


@pytest.fixture
def sockets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of runs, and sockets of the test's own: a path of theirs may have a hundred characters.

    They are looked for among temporary files too, where those of other tests lie.
    """
    with tempfile.TemporaryDirectory(prefix="rt-", dir="/tmp") as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        monkeypatch.setenv("TMPDIR", short)
        monkeypatch.setattr(tempfile, "tempdir", short)
        yield folder


def test_a_run_of_another_process_is_taken_up_steered_left_and_trains_on(sockets: Path, tmp_path: Path) -> None:
    written = tmp_path / "events.jsonl"  # not a pipe, whose reader training would wait for
    with written.open("w") as output:
        headless = [REGTUI, "run", "moons", "--epochs", "100000", "--json"]
        process = subprocess.Popen(headless, stdout=output, stderr=subprocess.DEVNULL)
    try:
        grows(written)
        with Terminal([REGTUI, "attach"], 160, 45) as terminal:
            terminal.wait_for("in another process")
            terminal.press("space")
            terminal.wait_for("paused")
            terminal.press("space")
            terminal.wait_for("training")
            terminal.press("q")
            terminal.wait_for("Leave lets it train on")
            terminal.press("enter")
            assert terminal.wait() == 0
            assert b"it trains on; to come back: regtui attach " in terminal.raw
        grows(written)
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


def grows(path: Path) -> None:
    before, end = path.stat().st_size, time.monotonic() + 60
    while path.stat().st_size < before + 10_000:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_where_nothing_trains_or_that_run_does_not_it_says_so(
    sockets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attach"]) == BAD_INPUT
    assert "no run is in training now" in capsys.readouterr().err
    assert main(["run", "moons", "--epochs", "2"]) == 0
    (run,) = sockets.glob("*.regtui")
    id = run.stem.rpartition("-")[2]
    capsys.readouterr()
    assert main(["attach", id]) == BAD_INPUT
    assert f"is not in training now: `regtui open {id}` shows it" in capsys.readouterr().err
