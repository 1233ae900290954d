"""A run over ssh whose line drops: `make soak ARGS=tests/soak/soak_ssh.py`."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.events import Intervention
from engine.runs.library import listed, meta_at
from engine.runs.meta import RunMeta
from engine.runs.reader import RunReader
from tests.engine.runs.small import assert_same_run
from tests.small import PRESET, epoch, trains
from tests.soak.killed import Program
from tests.sshd import Sshd, serving, why_no_sshd
from tests.terminal import REGTUI, Terminal

pytestmark = pytest.mark.skipif(bool(why_no_sshd()), reason=why_no_sshd() or "there is one")

EPOCHS = 2000
PATIENCE = 300.0


class Box:
    """The machine at the other end: an sshd, a folder with an experiment, and the runs that are recorded there."""

    def __init__(self, sshd: Sshd, folder: Path) -> None:
        self._sshd, self._folder = sshd, folder
        # In one step an epoch, so that a knob is turned between two of them, and a script can do the same; and not so
        # fast that it ends while nobody looks, when it goes on at full speed.
        preset = PRESET.replace("epochs = 100000", f"epochs = {EPOCHS}\nbatch_size = 1000")
        preset = preset.replace("samples = 120", "samples = 1000").replace("hidden = [8]", "hidden = [32]")
        (folder / "small.toml").write_text(preset)
        self.environment = {
            "REGTUI_RUNS": str(folder / "runs"), "XDG_STATE_HOME": str(folder / "state"), "OMP_NUM_THREADS": "1",
        }  # fmt: skip

    def log_in(self, *arguments: str) -> Terminal:
        """A terminal over ssh, and regtui in it."""
        return self._sshd.terminal([REGTUI, *arguments], self.environment, self._folder)

    @property
    def run(self) -> Path:
        """The file of its one run."""
        (run,) = listed(self._folder / "runs")
        return run.path

    def meta(self) -> RunMeta:
        return meta_at(self.run)

    def grows(self) -> None:
        """The run goes on: there are more epochs in its file than there were."""
        before = self.meta().progress.epoch
        until(lambda: self.meta().progress.epoch > before or self.meta().state != "running")
        assert self.meta().state == "running"


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def box() -> Iterator[Box]:
    with tempfile.TemporaryDirectory(prefix="rt-", dir="/tmp") as short:  # a socket's path has at most 100 characters
        folder = Path(short)
        (folder / "ssh").mkdir(mode=0o700)
        with serving(folder / "ssh") as sshd:
            new_box = Box(sshd, folder)
            try:
                yield new_box
            finally:
                for run in listed(folder / "runs"):
                    if run.meta is not None and run.meta.state == "running":
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(run.meta.standing.owner.pid, signal.SIGKILL)


def cut(terminal: Terminal) -> None:
    """Drop the line: ssh is killed, and its connection with it."""
    terminal.signal(signal.SIGKILL)
    terminal.wait()
    terminal.close()


def chosen(terminal: Terminal) -> str:
    """The value of the knob that is chosen; empty while a frame is on its way."""
    found = re.search(r"◂ *([\d.e-]+) *▸", terminal.text)
    return found[1] if found else ""


def test_over_ssh_a_run_survives_the_line_and_is_taken_up_again(box: Box, tmp_path: Path) -> None:
    terminal = box.log_in("small.toml")
    terminal.wait_for(trains, PATIENCE)
    until(lambda: box.meta().progress.epoch > 0)
    process = box.meta().standing.owner.pid
    cut(terminal)
    box.grows()
    assert box.meta().standing.owner.pid == process

    with box.log_in("attach") as terminal:
        terminal.wait_for(trains, PATIENCE)
        terminal.press(*"<<<<<<<<<<<")
        terminal.wait_for("speed 0.5", PATIENCE)
        terminal.wait_for(lambda _: chosen(terminal) != "", PATIENCE)
        before = chosen(terminal)
        terminal.press("right")
        terminal.wait_for(lambda _: chosen(terminal) not in ("", before))
        after = chosen(terminal)
        until(lambda: turned(box.run) != [])
        terminal.press("\x04")
        assert terminal.wait(PATIENCE) == 0
        assert f"to come back: regtui attach {box.meta().id}".encode() in terminal.raw
    box.grows()

    terminal = box.log_in("attach", box.meta().id)  # and this line drops as well
    terminal.wait_for(trains, PATIENCE)
    cut(terminal)
    box.grows()

    with box.log_in("attach", box.meta().id) as terminal:
        terminal.wait_for(lambda _: chosen(terminal) == after, PATIENCE)
        assert epoch(terminal) < EPOCHS
        terminal.press(*">>>>>>>>>>>")
        terminal.wait_for("finished", PATIENCE)
        terminal.press("q")
        assert terminal.wait(PATIENCE) == 0
    until(lambda: box.meta().state == "finished")
    assert box.meta().standing.owner.pid == process
    equal_to_one_on_a_line_that_held(box, tmp_path / "whole.regtui")


def test_over_ssh_a_run_is_left_on_purpose_and_trains_on(box: Box) -> None:
    with box.log_in("small.toml") as terminal:
        terminal.wait_for(trains, PATIENCE)
        terminal.press("\x04")
        assert terminal.wait(PATIENCE) == 0
        assert f"to come back: regtui attach {box.meta().id}".encode() in terminal.raw
    box.grows()


def turned(path: Path) -> list[Intervention]:
    with RunReader(path) as reader:
        return reader.record.interventions


def equal_to_one_on_a_line_that_held(box: Box, whole_path: Path) -> None:
    """Nothing was lost: the run is, bit for bit, that of a script which turns the same knobs."""
    commands = [
        {"do": "turn", "knob": turn.knob, "arm": turn.arm, "value": turn.new, "at": turn.epoch}
        for turn in turned(box.run)
    ]
    preset = box.run.parent.parent / "small.toml"
    Program(["run", str(preset), "--record", str(whole_path), "--control"], commands).end()
    with RunReader(box.run) as reader:
        assert len(list(reader.epochs())) == EPOCHS
    assert_same_run(whole_path, box.run)
