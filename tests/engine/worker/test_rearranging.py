"""A worker's run is forked, rewound, and given more arms and seeds; its file holds what its record does, and is gone
on with as if nothing had happened."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.commands import (
    AddArm,
    AddSeeds,
    BringBack,
    Command,
    Fork,
    Pause,
    RemoveArm,
    Restart,
    Resume,
    Rewind,
    Stop,
    Turn,
)  # fmt: skip
from engine.control import Order
from engine.events import Finished, Rearranged, Receipt, Travelled
from engine.keeper import Keeper
from engine.record import RunRecord
from engine.replay import replay
from engine.resumed import resumed_lab, taken_up
from engine.runs import schema
from engine.runs.errors import RunError
from engine.runs.reader import RunReader
from engine.runs.recorder import Recorder
from engine.runs.resume import go_on, resumable
from engine.runs.writer import RunWriter
from engine.worker import Worker
from tests.engine.small import load_small, only, preset_of
from tests.engine.test_script import scripted
from tests.engine.worker.waiting import PATIENCE, heard, until

ARMS: dict[str, dict[str, Any]] = {"a": {"regularization.dropout": 0.2}, "b": {}, "wide": {"model.hidden": [12]}}
BASE = {"training.epochs": 20, "training.optimizer": "adam", "training.lr": 0.01, "training.seeds": [0, 1]}
SCRIPT: tuple[tuple[int, Command], ...] = (
    (3, Turn("training.lr", 0.02, "a")),
    (5, Fork("a", "now")),
    (5, Turn("regularization.l2", 0.1, "now")),
    (7, Fork("b", "past", epoch=4)),
    (9, Turn("regularization.dropout", 0.4, "past")),
    (10, RemoveArm("b")),
    (11, AddArm("a", "late", {"model.hidden": [9], "regularization.l1": 0.001})),
    (12, AddSeeds(1)),
    (14, BringBack("b")),
    (15, Fork("wide", "waits", epoch=2)),
)


def recorded(path: Path, script: Sequence[tuple[int, Command]] = SCRIPT, **base: Any) -> Worker:
    """A run that pauses before its first step, with a script of commands in waiting."""
    preset = preset_of({**BASE, **base}, ARMS)

    def make(worker: Worker) -> Keeper:
        return Keeper(Recorder(RunWriter(path, preset), every=0.02))

    worker = Worker(preset, "cpu", load=load_small, keeper=make, paused=True)
    for epoch, command in script:
        worker.order(Order(command, at=epoch))
    worker.start()
    return worker


def gone_on_with(path: Path) -> Worker:
    """The run, taken up from its file; it pauses before its next step."""
    found = resumable(path)
    lab, _ = resumed_lab(found, "cpu", load=load_small)
    writer = go_on(found)
    return Worker(
        found.preset, "cpu", load=load_small, paused=True, taken_up=taken_up(found, lab, writer),
        keeper=lambda worker: Keeper(Recorder(writer, every=0.02)),
    )  # fmt: skip


def finish(worker: Worker) -> RunRecord:
    worker.send(Resume())
    record = until(worker, lambda view: view.state == "finished").record.snapshot(whole=True)
    assert worker.close(PATIENCE)
    return record


def same(one: RunRecord, other: RunRecord) -> None:
    assert one.preset == other.preset
    assert one.parked == other.parked
    assert one.epoch == other.epoch
    for name in ("last", "stopped", "would_stop", "finished"):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert {lane: repr(event) for lane, event in ours.items()} == {k: repr(e) for k, e in theirs.items()}, name
    assert one.history is not None
    assert other.history is not None
    assert one.history.lanes == other.history.lanes
    for metric in ("train_loss", "val_loss", "weight_norm"):
        for arm, seed in one.history.lanes:
            for ours, theirs in zip(
                one.history.series(metric, arm, seed), other.history.series(metric, arm, seed), strict=True
            ):
                np.testing.assert_array_equal(ours, theirs)
    key = [(turn.epoch, turn.batch, turn.arm, turn.knob, turn.new) for turn in one.interventions]
    assert sorted(map(str, key)) == sorted(
        str((turn.epoch, turn.batch, turn.arm, turn.knob, turn.new)) for turn in other.interventions
    )


def test_the_file_of_a_rearranged_run_holds_what_its_record_does(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    worker = recorded(path)
    record = finish(worker)
    receipts = only(worker.news(), Receipt)
    assert [receipt.refused for receipt in receipts if not receipt.taken] == []
    assert list(record.preset.arm_names) == ["a", "b", "wide", "now", "past", "late", "waits"]
    assert list(record.parked) == ["waits"]
    assert len(record.finished) == 6 * 3
    with RunReader(path) as reader:
        assert reader.damage == []
        assert reader.meta.state == "finished"
        same(reader.record, record)
        by_epoch = {lanes[0].epoch: {(lane.arm, lane.seed) for lane in lanes} for lanes in reader.epochs()}
        assert ("late", 2) in by_epoch[1]
        assert ("past", 0) not in by_epoch[3]
        assert ("past", 0) in by_epoch[4]


@pytest.mark.parametrize("closed_after", [4, 6, 8, 10, 12, 13, 16])
def test_a_rearranged_run_that_is_left_goes_on_as_the_same_run(closed_after: int, tmp_path: Path) -> None:
    whole = finish(recorded(tmp_path / "whole.regtui"))
    path = tmp_path / "left.regtui"
    worker = recorded(path, [*SCRIPT, (closed_after, Pause())])
    worker.send(Resume())
    until(worker, lambda view: view.state == "paused" and view.record.epoch >= closed_after)
    assert worker.close(PATIENCE)

    again = gone_on_with(path)
    for epoch, command in SCRIPT:
        if epoch > closed_after:
            again.order(Order(command, at=epoch))
    again.start()
    record = finish(again)
    with RunReader(path) as reader:
        same(reader.record, record)
    assert record.preset == whole.preset
    for lane in whole.finished:
        assert record.finished[lane].test_loss == pytest.approx(whole.finished[lane].test_loss, rel=1e-5)


def test_a_rewound_run_keeps_the_future_that_it_left_as_a_branch(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    worker = recorded(path, [(2, Turn("training.lr", 0.02, "a")), (9, Rewind(4))])
    record = finish(worker)
    assert record.ghost is not None
    assert record.ghost.series("val_loss", "a", 0)[0].tolist() == [*range(1, 10)]
    plain = finish(recorded(tmp_path / "plain.regtui", [(2, Turn("training.lr", 0.02, "a"))]))
    plain.ghost = record.ghost
    same(record, plain)
    with RunReader(path) as reader:
        assert reader.damage == []
        same(reader.record, record)
        assert [lanes[0].epoch for lanes in reader.epochs(attempt=0)] == [*range(1, 10)]
        left = {lane.arm: lane.val_loss for lane in [*reader.epochs(attempt=0)][-1] if lane.seed == 0}
        assert reader.record.ghost is not None
        assert reader.record.ghost.series("val_loss", "a", 0)[1][-1] == left["a"]
        with pytest.raises(RunError, match="rewound cannot be replayed"):
            replay(path, "cpu", load=load_small)
        epochs, low, high = reader.envelope("val_loss", "a", 0)
        assert epochs.tolist() == [*range(1, 21)]
        assert (low == high).all()


def test_a_run_is_rewound_beyond_where_it_was_taken_up(tmp_path: Path) -> None:
    """What is needed comes from the file."""
    path = tmp_path / "run.regtui"
    worker = recorded(path, [(4, Pause()), (8, Pause())])
    for epoch in (4, 8):
        worker.send(Resume())
        until(worker, lambda view, epoch=epoch: view.state == "paused" and view.record.epoch == epoch)
    assert worker.close(PATIENCE)
    again = gone_on_with(path)
    again.start()
    again.send(Rewind(5))
    until(again, lambda view: view.record.epoch == 5)
    record = finish(again)
    plain = finish(recorded(tmp_path / "plain.regtui", []))
    same(record, plain)
    with RunReader(path) as reader:
        same(reader.record, record)
        assert reader.meta.progress.attempt == 1


def test_how_far_lanes_are_on_their_way_is_seen_and_keys_are_obeyed_meanwhile(tmp_path: Path) -> None:
    seen: list[Travelled] = []
    worker = recorded(tmp_path / "run.regtui", [], **{"training.epochs": 100_000, "training.batch_size": 1000})
    worker.listen(lambda events, _: seen.extend(only(events, Travelled)))
    worker.send(Resume())
    until(worker, lambda view: view.record.epoch > 400)
    worker.send(AddArm("a", "copy"))
    worker.send(Pause())
    view = until(worker, lambda view: view.state == "paused")
    assert ("copy", 1) in view.record.last
    assert not view.record.parked
    assert seen
    assert all(travelled.what == "add_arm" and travelled.arm == "copy" for travelled in seen)
    assert [event.what for event in only(worker.news(), Rearranged)] == ["add_arm", "joined"]
    assert worker.close(PATIENCE)


def test_stopped_or_restarted_on_the_way_nothing_is_lost(tmp_path: Path) -> None:
    worker = recorded(tmp_path / "run.regtui", [], **{"training.epochs": 100_000, "training.batch_size": 1000})
    worker.send(Resume())
    until(worker, lambda view: view.record.epoch > 600)
    worker.send(Rewind(500))
    worker.send(Restart())
    heard(worker, Rearranged) if worker.view().record.ghost else None
    until(worker, lambda view: view.record.epoch > 200 and view.state == "running")
    worker.send(AddArm("b", "copy"))
    worker.send(Stop())
    view = until(worker, lambda view: view.state == "finished")
    assert view.record.over
    assert len(view.record.finished) >= 6
    assert worker.close(PATIENCE)
    with RunReader(tmp_path / "run.regtui") as reader:
        assert reader.damage == []
        assert reader.record.preset.arm_names == view.record.preset.arm_names


def test_a_run_that_has_ended_goes_on_for_an_arm_that_is_added(tmp_path: Path) -> None:
    worker = recorded(tmp_path / "run.regtui", [])
    worker.send(Resume())
    before = until(worker, lambda view: view.state == "finished").record
    worker.news()
    worker.send(AddArm("b", "decayed", {"regularization.weight_decay": 0.3}))
    view = until(worker, lambda view: view.state == "finished" and len(view.record.finished) == 8)
    assert {end.arm for end in only(worker.news(), Finished)} == {"decayed"}
    assert all(view.record.finished[lane] == end for lane, end in before.finished.items())
    assert worker.close(PATIENCE)
    with RunReader(tmp_path / "run.regtui") as reader:
        same(reader.record, view.record)
    assert torch.get_num_threads() >= 1


def test_closed_on_the_way_it_sets_out_again_when_it_is_taken_up(tmp_path: Path) -> None:
    path, base = tmp_path / "run.regtui", {"training.epochs": 400, "training.batch_size": 1000}
    script = [(300, AddArm("a", "copy", {"regularization.l2": 0.1}))]
    worker = recorded(path, script, **base)
    on_the_way = threading.Event()
    worker.listen(lambda events, _: on_the_way.set() if only(events, Travelled) else None)
    worker.send(Resume())
    assert on_the_way.wait(PATIENCE)
    assert worker.close(PATIENCE)
    with RunReader(path) as reader:
        assert "copy" not in reader.record.preset.arm_names
    again = gone_on_with(path)
    again.start()
    record = finish(again)
    plain = finish(recorded(tmp_path / "whole.regtui", script, **base))
    same(record, plain)
    with RunReader(path) as reader:
        same(reader.record, record)


def test_the_timeline_forks_arms_as_a_command_does_and_a_rewind_meets_it_again(tmp_path: Path) -> None:
    entries = [
        {"at": 4, "batch": 1, "arm": "a", "fork": "twin"},
        {"at": 6, "arm": "twin", "set": {"regularization": {"dropout": 0.5}}},
        {"at": 8, "set": {"training": {"lr": 0.002}}, "over": 4},
    ]
    preset = scripted(entries, BASE, ARMS)

    def run(path: Path, script: Sequence[tuple[int, Command]]) -> RunRecord:
        worker = Worker(
            preset, "cpu", load=load_small, paused=True,
            keeper=lambda worker: Keeper(Recorder(RunWriter(path, preset), every=0.02)),
        )  # fmt: skip
        for epoch, command in script:
            worker.order(Order(command, at=epoch))
        worker.start()
        record = finish(worker)
        with RunReader(path) as reader:
            assert reader.damage == []
            same(reader.record, record)
        return record

    straight = run(tmp_path / "straight.regtui", [])
    assert straight.preset.arm_names == ("a", "b", "wide", "twin")
    assert straight.history is not None
    epochs, values = straight.history.series("val_loss", "twin", 1)
    assert epochs[np.isfinite(values)].tolist() == [*range(4, 21)]
    same(run(tmp_path / "back.regtui", [(11, Rewind(3))]), straight)
    added = run(tmp_path / "seeds.regtui", [(9, AddSeeds(1))])
    plain = straight.finished["twin", 1].test_loss
    assert added.finished["twin", 1].test_loss == pytest.approx(plain, rel=1e-5)
    assert ("twin", 2) in added.finished


def test_a_strangers_event_that_no_run_can_have_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    finish(recorded(path, [(2, Fork("a", "twin"))], **{"training.epochs": 4}))
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT id, value FROM events").fetchall()
        number, text = next((number, text) for number, text in rows if '"rearranged"' in text)
        for damage in (('"seeds":[0,1]', '"seeds":[0,0]'), ('"name":"twin"', '"name":7'), ('"epoch":2', '"epoch":"x"')):
            assert damage[0] in text
            harmful = text.replace(*damage)
            crc = schema.text_crc("events", number, harmful.encode())
            db.execute("UPDATE events SET value = ?, crc = ? WHERE id = ?", (harmful, crc, number))
            db.commit()
            with pytest.raises(RunError) as refused:
                RunReader(path)
            assert "\n" not in str(refused.value)
