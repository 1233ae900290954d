"""`regtui resume`: a run that was left goes on in its file as if it never had been."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from engine.commands import Turn
from engine.events import Receipt, from_json
from engine.plain import plain
from engine.runs import tables
from engine.runs.library import listed, meta_at
from engine.runs.opening import connect
from engine.runs.reader import RunReader
from tests.engine.runs.small import assert_same_run
from tests.terminal import REGTUI, Terminal
from tests.tui.recorded import preset_of, recorded, recording, train
from tui.cli import main


def left(folder: Path, epochs: int, lost: int = 0, state: str = "stopped") -> Path:
    """A run with a knob turned after four epochs, left after so many behind its last checkpoint."""
    writer, lab = recording(folder, preset_of(10, training__optimizer="adam"))
    turned = Turn("training.lr", 0.02, "dropped")
    for epoch in range(1, epochs + lost + 1):
        if lab.epoch == 4:
            writer.take(lab.turn(turned.knob, turned.value, turned.arm))
            writer.command(turned, Receipt("turn", True, 4, 0))
        writer.take(lab.run_epoch())
        if epoch == epochs:
            writer.checkpoint(lab.state())
            writer.flush()
    if lab.finished:
        writer.checkpoint(lab.state())
    writer.close("finished" if lab.finished else state)
    return writer.path


@pytest.mark.parametrize("lost", [0, 3])
def test_it_goes_on_bit_for_bit_with_the_knobs_that_were_turned(folder, tmp_path, capsys, lost):
    whole, path = left(tmp_path / "whole", 10), left(folder, 3, 1 + lost)
    assert main(["resume", meta_at(path).id]) == 0
    assert "dropped" in capsys.readouterr().out
    assert meta_at(path).state == "finished"
    if lost:  # the turned knob was taken behind the checkpoint
        assert_same_run(whole, path)


def test_run_resume_is_the_same_without_a_screen(folder, capsys):
    path = recorded(folder, name="mine", epochs=2)
    assert main(["run", "--resume", "mine", "--json"]) == 0
    events = [from_json(line) for line in capsys.readouterr().out.splitlines()]
    assert [event.kind for event in events].count("finished") == 4
    assert min(event.epoch for event in events if event.kind == "epoch") == 3
    assert meta_at(path).progress.epoch == 6


def test_without_a_name_it_is_the_newest_that_was_left(folder, capsys):
    paths = [recorded(folder, epochs=2), recorded(folder, epochs=2), recorded(folder)]
    assert main(["resume"]) == 0
    assert [meta_at(path).state for path in paths] == ["stopped", "finished", "finished"]


def other_machine(path: Path, **changes: object) -> None:
    """As if the run had been trained elsewhere."""
    with RunReader(path) as reader:
        found = reader.meta.environment
    with contextlib.closing(connect(path, "mode=rw")) as db:
        tables.put_meta(db, {"environments": plain((dataclasses.replace(found, **changes),))})


def test_another_machine_is_said_and_asked_about(folder, capsys):
    path = recorded(folder, epochs=2)
    other_machine(path, threads=96)
    before = path.read_bytes()
    assert main(["resume", str(path)]) == 2
    err = capsys.readouterr().err
    assert "threads 96 then, 1 now" in err
    assert "it will not go on bit for bit" in err
    assert path.read_bytes() == before
    assert main(["resume", str(path), "--anyway"]) == 0
    assert meta_at(path).state == "finished"


def test_one_that_ended_while_it_loaded_begins_without_a_question(folder, capsys):
    path = recorded(folder, epochs=0)
    other_machine(path, device="", threads=0)
    assert main(["resume", str(path)]) == 0
    assert "then" not in capsys.readouterr().err
    assert meta_at(path).state == "finished"


def test_a_user_in_a_terminal_is_asked(folder):
    path = recorded(folder, epochs=2)
    other_machine(path, threads=96)
    for answer, state in (("n", "stopped"), ("y", "finished")):
        with Terminal([REGTUI, "resume", str(path), "--no-screen"], environment={"OMP_NUM_THREADS": "1"}) as terminal:
            terminal.wait_for("Go on anyway? [y/N]", timeout=60)
            terminal.press(answer, "enter")
            assert terminal.wait(60) == 0
        assert meta_at(path).state == state


def test_other_data_are_refused(folder, tmp_path, capsys):
    data = tmp_path / "data.csv"
    rows = [f"{x},{x % 7},{x % 2}" for x in range(60)]
    data.write_text("\n".join(["a,b,label", *rows]))
    settings = {"data__source": "csv", "data__path": str(data), "data__target": "label", "data__train": 30}
    path = recorded(folder, preset_of(6, **settings), epochs=2)
    data.write_text("\n".join(["a,b,label", *rows[:-1], "1,2,1"]))
    before = path.read_bytes()
    assert main(["resume", str(path)]) == 2
    err = capsys.readouterr().err
    assert "the data of csv are not those of the run" in err
    assert len(err.splitlines()) == 1
    assert path.read_bytes() == before


def test_a_gap_or_a_text_that_is_another_is_other_data_and_another_way_to_write_them_is_not(folder, tmp_path, capsys):
    data = tmp_path / "data.csv"
    rows = [f"{x / 8 if x % 5 else ''},{'no' if x % 3 else 'yes'},{x % 2}" for x in range(60)]
    data.write_text("\n".join(["a,b,label", *rows]))
    settings = {"data__source": "csv", "data__path": str(data), "data__target": "label", "data__train": 30}
    path = recorded(folder, preset_of(6, **settings), epochs=2)
    for other in ("1.5,yes,0", ",maybe,0"):
        data.write_text("\n".join(["a,b,label", other, *rows[1:]]))
        assert main(["resume", str(path)]) == 2
        assert "the data of csv are not those of the run" in capsys.readouterr().err
    data.write_bytes("\r\n".join(["a;b;label", *rows]).replace(",", ";").replace(".", ",").encode("utf-16"))
    assert main(["resume", str(path)]) == 0


def test_ctrl_c_stops_and_the_run_goes_on_later(folder):
    path = recorded(folder, preset_of(100_000), epochs=2)
    process = subprocess.Popen(
        [REGTUI, "resume", str(path), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    for line in process.stdout:
        if '"epoch": 20,' in line:
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "regtui resume" in err
    meta = meta_at(path)
    assert meta.state == "stopped"
    assert meta.progress.epoch >= 20
    with RunReader(path) as reader:
        assert reader.checkpoints()[-1].epoch == meta.progress.epoch


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resume", "done"], "is finished: `regtui open"),
        (["resume"], "there is no such run in"),
        (["resume", "living"], "is being trained by process"),
        (["run", "moons", "--resume", "done"], "a run goes on with its own preset, without a preset"),
        (["run", "--resume", "done", "--epochs", "9"], "a run goes on with its own preset, without --epochs"),
    ],
)
def test_what_cannot_go_on_is_said_in_a_line(folder, capsys, arguments, message):
    recorded(folder, name="done")
    writer, lab = recording(folder, preset_of(50), "living")
    train(writer, lab, 1)
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_run_stopped_by_ctrl_c_goes_on_to_the_same_numbers_and_weights_without_a_question(folder: Path) -> None:
    begun = [REGTUI, "run", "moons", "--epochs", "400", "--set", "data.train=40", "--seeds", "1"]
    process = subprocess.Popen(begun, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not any(run.meta and run.meta.progress.epoch > 20 for run in listed(folder)):
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    finally:
        process.kill()
        process.wait()
    (run,) = listed(folder)
    assert run.meta is not None
    assert run.meta.state == "stopped"
    assert run.meta.environment.command[1:3] == ("run", "moons")
    went_on = subprocess.run([REGTUI, "resume"], input="", capture_output=True, text=True, timeout=120, check=False)
    assert went_on.returncode == 0, went_on.stderr
    subprocess.run(begun, capture_output=True, timeout=120, check=True)
    (other,) = (run.path for run in listed(folder) if run.path != listed(folder)[-1].path)
    first = listed(folder)[-1].path
    assert meta_at(first).state == "finished"
    assert_same_run(other, first)
