"""A run that is gone on with is the run that was never left: every tensor, every epoch and every event."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.commands import Turn
from engine.data.fingerprint import fingerprints
from engine.events import Receipt
from engine.lab import Lab
from engine.runs.checkpoint import restore
from engine.runs.errors import RunError
from engine.runs.meta import Environment
from engine.runs.reader import RunReader
from engine.runs.resume import go_on, refuse_other_data, resumable
from engine.runs.writer import RunWriter
from tests.engine.runs.small import same_record, same_state, small_lab
from tests.engine.runs.synthetic import epoch_events, started_of, wide_preset
from tests.engine.small import load_small


def rows(path: Path) -> dict[str, list[Any]]:
    """All that was recorded of the training, without times."""
    with RunReader(path) as reader:
        events = [(number, repr(event)) for number, _, event in reader.events()]
        commands = [(answered.number, repr(answered.command), repr(answered.receipt)) for answered in reader.commands()]
    db = sqlite3.connect(path)
    found = {name: db.execute(f"SELECT * FROM {name} ORDER BY id").fetchall() for name in ("epochs", "levels")}
    db.close()
    return {**found, "events": events, "commands": commands}


def go(lab: Lab, writer: RunWriter, epochs: int) -> None:
    """Train so many epochs, the third and the fifth with a turned knob before them."""
    for _ in range(epochs):
        if lab.epoch in (2, 4):
            writer.take(lab.turn("training.lr", 0.01 * (lab.epoch + 1), "noisy"))
            writer.command(Turn("training.lr", 0.01 * (lab.epoch + 1), "noisy"), Receipt("turn", True, lab.epoch, 0))
        writer.take(lab.run_epoch())


@pytest.mark.parametrize("after", [1, 3, 5])
@pytest.mark.parametrize("lost", [0, 1])
def test_left_and_gone_on_with_it_is_the_same_run(after: int, lost: int, tmp_path: Path) -> None:
    whole_path, path = tmp_path / "whole.regtui", tmp_path / "left.regtui"
    whole = small_lab()
    writer = RunWriter(whole_path, whole.preset)
    writer.take([whole.started])
    go(whole, writer, 6)
    assert writer.close("finished")

    lab = small_lab()
    writer = RunWriter(path, lab.preset)
    writer.take([lab.started])
    go(lab, writer, after)
    writer.checkpoint(lab.state())
    go(lab, writer, lost)
    assert writer.close("stopped")

    found = resumable(path)
    assert found.state is not None
    fresh = Lab(found.preset, "cpu", whole.stacks[0].theta_LP.dtype, load=load_small)
    restore(fresh, found.state)
    writer = go_on(found)
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT max(id) FROM epochs").fetchone() == (after,)
    writer.take([fresh.started])
    go(fresh, writer, 6 - after)
    assert fresh.finished
    assert same_state(fresh.state(), whole.state())
    assert writer.close("finished")
    assert rows(path) == rows(whole_path)
    with RunReader(path) as ours, RunReader(whole_path) as theirs:
        assert same_record(ours.record, theirs.record)
        assert ours.damage == []
        assert len(ours.meta.environments) == 2
        assert ours.meta.environment.epoch == after
        assert ours.meta.progress.best == theirs.meta.progress.best


def test_without_a_checkpoint_it_begins_at_the_first_epoch(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    lab = small_lab()
    writer = RunWriter(path, lab.preset)
    writer.take([lab.started])
    go(lab, writer, 3)
    writer.close("stopped")
    found = resumable(path)
    assert found.state is None
    assert [answered.command.value for answered in found.later if isinstance(answered.command, Turn)] == [0.03]
    fresh = small_lab()
    assert found.preset == fresh.preset
    writer = go_on(found)
    writer.take([fresh.started])
    go(fresh, writer, 4)
    writer.close("stopped")
    with RunReader(path) as reader:
        assert reader.meta.progress.attempt == 0
        assert reader.record.epoch == 4
        assert len(list(reader.epochs())) == 4


@pytest.mark.parametrize("epoch", [1, 63, 64, 65, 1024, 16383, 16384, 16390])
def test_the_levels_go_on_where_they_were(epoch: int, tmp_path: Path) -> None:
    preset = wide_preset(1, 1)
    lab = small_lab()
    paths = tmp_path / "whole.regtui", tmp_path / "left.regtui"
    for path in paths:
        writer = RunWriter(path, preset)
        writer.take([started_of(preset)])
        for past in range(1, epoch + 1):
            writer.take(epoch_events(preset, past, 2))
        if path == paths[1]:
            state = lab.state()
            state.epoch, state.preset = epoch, preset.model_dump_json()
            writer.checkpoint(state)
            writer.close("stopped")
            writer = go_on(resumable(path))
        for past in range(epoch + 1, epoch + 200):
            writer.take(epoch_events(preset, past, 2))
        assert writer.close("stopped")
    assert rows(paths[0]) == rows(paths[1])


def test_a_run_that_is_being_trained_is_not_resumed(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run.regtui", small_lab().preset)
    writer.flush()
    with pytest.raises(RunError, match="is being trained by process"):
        resumable(writer.path)
    writer.close()


def test_other_data_are_refused_and_the_same_are_not(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    lab = small_lab()
    writer = RunWriter(path, lab.preset)
    writer.describe(data=fingerprints(lab.stacks))
    writer.close("stopped")
    meta = resumable(path).meta
    refuse_other_data(meta, fingerprints(small_lab().stacks))
    other = small_lab()
    other.stacks[0].task.val_x_SNI[0, 0, 0] += 1e-9
    with pytest.raises(RunError, match="are not those of the run: 40/30/20 examples"):
        refuse_other_data(meta, fingerprints(other.stacks))


def test_another_device_torch_or_thread_is_said() -> None:
    then = Environment(0.0, versions={"torch": "2.6"}, device="cpu", threads=2)
    now = Environment(1.0, versions={"torch": "2.7"}, device="cuda:0", threads=2)
    assert then.differences(then) == []
    assert then.differences(now) == ["device cpu then, cuda:0 now", "torch 2.6 then, 2.7 now"]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda state: state.lanes.pop(("plain", 0)), "other lanes"),
        (lambda state: state.lanes["plain", 0].tensors.pop("theta"), "'theta' is missing"),
        (lambda state: state.lanes["plain", 0].values.pop("steps"), "'steps' is missing"),
        (lambda state: state.lanes["plain", 0].values["watch"].pop("wait"), "'watch' has other fields"),
        (lambda state: state.lanes["plain", 0].values.update(stopped="yes"), "'stopped' is 'yes'"),
        (
            lambda state: state.lanes["plain", 0].tensors.update(theta=state.lanes["wide", 0].tensors["theta"]),
            "is expected",
        ),
    ],
)
def test_a_checkpoint_of_another_lab_is_refused_before_anything_is_changed(broken: Any, message: str) -> None:
    lab = small_lab()
    lab.run_epoch()
    state, before = lab.state(), lab.state()
    broken(state)
    with pytest.raises(RunError, match=message):
        restore(lab, state)
    assert same_state(lab.state(), before)
