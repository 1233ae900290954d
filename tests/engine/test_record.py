"""One record folds the events of a run; whoever takes them, wherever, has the same."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import engine
from engine.commands import Turn
from engine.events import Event, Failed, Finished, Intervention, Loading, Receipt, Reported, Seen, from_json, to_json
from engine.lab import Lab
from engine.preset import PresetError
from engine.record import RunRecord
from engine.view import View
from tests.engine.small import Settings, load_small, only, preset_of
from tests.epochs import epoch_of

ARMS: dict[str, Settings] = {"a": {}, "b": {"training.epochs": 2}}
BASE: Settings = {"training.epochs": 4, "training.seeds": [0, 1]}


def trained(**turns: Any) -> tuple[list[Event], Lab]:
    lab = Lab(preset_of(BASE, ARMS), "cpu", load=load_small)
    events: list[Event] = [lab.started, *lab.run_epoch()]
    events += lab.turn("training.lr", 0.05, "a")
    events += lab.turn("regularization.l2", 0.01)
    events += list(lab.run())[1:]
    return events, lab


def test_a_record_made_of_lines_of_json_is_the_record_of_the_run() -> None:
    events, lab = trained()
    record, other = RunRecord(preset_of(BASE, ARMS)), RunRecord(preset_of(BASE, ARMS))
    record.take_all(events)
    other.take_all(from_json(to_json(event)) for event in events)
    assert record.preset == other.preset == lab.preset
    assert record.begun == preset_of(BASE, ARMS)
    assert record.over
    assert not record.diverged
    assert not record.interrupted
    assert record.epoch == 4
    assert record.last == other.last
    assert record.last["b", 1].epoch == 2
    assert record.finished == other.finished == {(end.arm, end.seed): end for end in only(events, Finished)}
    assert record.interventions == other.interventions == only(events, Intervention)
    assert record.history is not None
    assert record.history.series("val_loss", "a", 1)[1].tolist() == [
        event.val_loss
        for event in events
        if event.kind == "epoch" and (event.arm, event.seed) == ("a", 1)  # type: ignore[attr-defined]
    ]


def test_what_ended_how() -> None:
    record = RunRecord(preset_of(BASE, ARMS))
    lab = Lab(preset_of(BASE, ARMS), "cpu", load=load_small)
    record.take_all([lab.started, *lab.run_epoch()])
    assert not record.over
    record.take_all(lab.stop())
    assert record.over
    assert record.interrupted
    lab = Lab(preset_of(BASE, ARMS), "cpu", load=load_small)
    for stack in lab.stacks:
        stack.theta_LP.fill_(float("nan"))
    record = RunRecord(lab.preset)
    record.take_all(lab.run())
    assert record.diverged
    assert not record.interrupted


def test_a_run_is_over_with_its_last_lane_and_interrupted_by_one() -> None:
    events, _ = trained()
    record = RunRecord(preset_of(BASE, ARMS))
    for event in events:
        assert not record.over
        record.take(event)
    assert record.over
    lab = Lab(preset_of(BASE, ARMS), "cpu", load=load_small)
    record = RunRecord(lab.preset)
    record.take_all([lab.started, *lab.run_epoch(), *lab.run_epoch(), *lab.stop()])
    assert {end.reason for end in record.stopped.values()} == {"user", "epochs"}
    assert record.interrupted
    assert not record.diverged


def test_one_lane_that_diverged_is_not_all_of_them() -> None:
    record = RunRecord(preset_of(BASE, ARMS))
    record.take_all(trained()[0])
    record.take(dataclasses.replace(record.stopped["a", 0], reason="diverged"))
    assert not record.diverged


def test_the_epoch_is_the_newest_of_any_lane_in_whatever_order_they_are_told() -> None:
    record = RunRecord(preset_of(BASE, ARMS))
    for number, newest in ((1, 1), (3, 3), (2, 3)):
        record.take(epoch_of("a", 0, number))
        assert record.epoch == newest
        assert record.last["a", 0].epoch == number


def test_every_reported_number_is_kept_in_order() -> None:
    record = RunRecord(preset_of(BASE, ARMS))
    numbers = [Reported("a", metric, 0.9, 0.8) for metric in ("test_acc", "val_acc")]
    record.take_all(numbers)
    assert list(record.reported) == numbers


def test_a_snapshot_does_not_change_with_the_record() -> None:
    events, _ = trained()
    record = RunRecord(preset_of(BASE, ARMS))
    record.take_all(events[:6])
    held = record.snapshot()
    before = (held.preset, held.epoch, dict(held.last), dict(held.stopped), dict(held.finished))
    record.take_all([*events[6:], Failed("x"), Seen("fit", "a", 0, 1, None), Loading("y"), Receipt("pause", True)])
    assert (held.preset, held.epoch, held.last, held.stopped, held.finished) == before
    assert (held.failed, held.seen) == (None, {})


def test_pending_turns_are_shown_as_they_will_stand_and_those_that_will_be_refused_are_not() -> None:
    record = RunRecord(preset_of(BASE, ARMS))
    turns = (Turn("training.lr", 0.5, "a"), Turn("training.lr", -1.0, "b"), Turn("training.momentum", 0.3))
    view = View("running", record, pending=turns)
    assert view.preset == preset_of(BASE, ARMS)
    assert [arm.settings.training.lr for arm in view.turned.arms] == [0.5, 0.1]
    assert [arm.settings.training.momentum for arm in view.turned.arms] == [0.3, 0.3]


def test_an_experiment_in_three_lines() -> None:
    heard: list[Event] = []
    record = engine.run(preset_of(BASE, ARMS), "cpu", load=load_small, tell=heard.append)
    assert record.over
    assert len(only(heard, Finished)) == 4
    assert {lane: end.test_acc for lane, end in record.finished.items()} == {
        (end.arm, end.seed): end.test_acc for end in Lab(preset_of(BASE, ARMS), "cpu", load=load_small).run()
        if isinstance(end, Finished)
    }  # fmt: skip
    with pytest.raises(PresetError, match="no preset"):
        engine.run("no such preset")
