"""What a run reports stands in its file, number for number, and a file is at every moment whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.commands import Turn
from engine.events import Receipt
from engine.record import RunRecord
from engine.runs.reader import RunReader
from engine.runs.writer import RunWriter
from tests.engine.runs.small import recorded, same_record, same_state, small_lab, tell
from tests.engine.runs.synthetic import epoch_events, started_of, wide_preset


def test_a_finished_run_reads_as_it_was_watched_and_is_one_file(tmp_path: Path) -> None:
    lab = small_lab()
    record = RunRecord(lab.preset)
    path = tmp_path / "run.regtui"
    writer = recorded(path, lab, record)
    assert writer.close("finished")
    assert [file.name for file in tmp_path.iterdir()] == ["run.regtui"]
    with RunReader(path) as reader:
        assert reader.damage == []
        assert reader.meta.state == "finished"
        assert reader.meta.identity.arms == lab.preset.arm_names
        assert same_record(reader.record, record)
        best = min(end.best_val_loss for end in record.finished.values())
        assert reader.meta.progress.best is not None
        assert reader.meta.progress.best.val_loss <= best


def test_every_epoch_comes_back_as_the_events_that_it_was(tmp_path: Path) -> None:
    lab = small_lab()
    sent = []
    path = tmp_path / "run.regtui"
    writer = RunWriter(path, lab.preset)
    writer.take([lab.started])
    while not lab.finished:
        events = lab.run_epoch()
        sent.append([event for event in events if event.kind == "epoch"])
        writer.take(events)
    writer.close("finished")
    with RunReader(path) as reader:
        back = list(reader.epochs())
    assert [[repr(event) for event in epoch] for epoch in back] == [[repr(event) for event in epoch] for epoch in sent]


def test_turned_knobs_and_commands_stand_with_their_places(tmp_path: Path) -> None:
    lab = small_lab()
    record = RunRecord(lab.preset)
    path = tmp_path / "run.regtui"
    writer = RunWriter(path, lab.preset)
    tell(writer, record, [lab.started])
    tell(writer, record, lab.run_epoch())
    turn = Turn("training.lr", 0.02)
    tell(writer, record, lab.turn("training.lr", 0.02))
    writer.command(turn, Receipt("turn", True, lab.epoch, lab.batch, number=1))
    writer.command(Turn("no.knob", 1), Receipt("turn", False, refused="unknown", number=2))
    tell(writer, record, lab.run_epoch())
    assert writer.flush()
    with RunReader(path) as reader:
        assert reader.meta.state == "running"
        assert same_record(reader.record, record)
        assert reader.preset == lab.preset
        assert reader.begun.arms[0].settings.training.lr == 0.1
        first, second = reader.commands()
        assert (first.command, first.receipt.taken, first.receipt.epoch) == (turn, True, 1)
        assert second.receipt.refused == "unknown"
        assert [number for number, _, _ in reader.events(after=1)] == [2, 3, 4]
    writer.close()


def test_a_living_run_is_followed(tmp_path: Path) -> None:
    lab = small_lab()
    record = RunRecord(lab.preset)
    path = tmp_path / "run.regtui"
    writer = RunWriter(path, lab.preset)
    assert writer.flush()
    with RunReader(path) as reader:
        assert reader.record.started is None
        tell(writer, record, [lab.started])
        for _ in range(3):
            tell(writer, record, lab.run_epoch())
            tell(writer, record, lab.turn("training.lr", 0.01 * (lab.epoch + 1), "noisy"))
            assert not reader.poll()
            assert writer.flush()
            assert reader.poll()
            assert same_record(reader.record, record)
        tell(writer, record, lab.stop())
        writer.close("stopped")
        assert reader.poll()
        assert same_record(reader.record, record)
        assert reader.meta.state == "stopped"


def test_lanes_that_are_told_one_by_one_make_one_row(tmp_path: Path) -> None:
    preset = wide_preset(2)
    writer = RunWriter(tmp_path / "run.regtui", preset)
    writer.take([started_of(preset)])
    for epoch in (1, 2):
        for event in epoch_events(preset, epoch):
            writer.take([event])
            writer.flush()
    with RunReader(writer.path) as reader:
        assert [len(lanes) for lanes in reader.epochs()] == [4, 4]
    writer.close()


def test_a_restart_begins_a_new_attempt_and_keeps_what_was(tmp_path: Path) -> None:
    preset = wide_preset(2)
    writer = RunWriter(tmp_path / "run.regtui", preset)
    writer.take([started_of(preset), *epoch_events(preset, 1), *epoch_events(preset, 2)])
    writer.flush()
    with RunReader(writer.path) as reader:
        writer.take([started_of(preset), *epoch_events(preset, 1)])
        writer.flush()
        assert reader.poll()
        assert (reader.meta.progress.attempt, reader.record.epoch) == (1, 1)
        assert len(list(reader.epochs())) == 1
        assert len(list(reader.epochs(attempt=0))) == 2
    writer.close()


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 4096, 4097, 4098, 8193, 9000])
def test_the_history_is_the_one_that_took_in_every_epoch(count: int, tmp_path: Path) -> None:
    preset = wide_preset(1, 1)
    record = RunRecord(preset)
    writer = RunWriter(tmp_path / "run.regtui", preset)
    tell(writer, record, [started_of(preset)])
    for epoch in range(1, count + 1):
        tell(writer, record, epoch_events(preset, epoch, 2))
    writer.flush()
    with RunReader(writer.path) as reader:
        assert same_record(reader.record, record)
        for epoch in range(count + 1, count + 4500, 3 if count > 8000 else 1000):
            events = [event for number in range(epoch, epoch + 3) for event in epoch_events(preset, number, 2)]
            if count > 8000:
                tell(writer, record, events)
        writer.flush()
        reader.poll()
        assert same_record(reader.record, record)
    writer.close()


def test_checkpoints_come_back_bit_for_bit(tmp_path: Path) -> None:
    lab = small_lab()
    path = tmp_path / "run.regtui"
    writer = RunWriter(path, lab.preset)
    writer.take([lab.started])
    states = []
    for _ in range(2):
        writer.take(lab.run_epoch())
        writer.take(lab.advance())
        states.append(lab.state())
        states[-1].lanes["plain", 0].values["watch"]["best_val_loss"] = float("inf")
        states[-1].lanes["plain", 0].tensors["grad_norm"] *= float("nan")
        writer.checkpoint(states[-1])
        writer.flush()
    with RunReader(path) as reader:
        assert [(checkpoint.epoch, checkpoint.batch) for checkpoint in reader.checkpoints()] == [(1, 1), (2, 1)]
        newest = reader.load_checkpoint()
        assert newest is not None
        assert newest.skipped == ()
        assert same_state(newest.state, states[1])
        first = reader.load_checkpoint(1)
        assert first is not None
        assert same_state(first.state, states[0])
    writer.close()


def test_a_run_is_read_without_torch(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    recorded(path, small_lab()).close("finished")
    code = (
        "import sys; from pathlib import Path; from engine.runs.reader import RunReader; "
        f"reader = RunReader(Path({str(path)!r})); assert reader.record.over; reader.checkpoints(); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
