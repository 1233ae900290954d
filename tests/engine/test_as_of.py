"""A run as of an epoch is the run as it stood then, field by field."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.arranged import arranged_preset, arranged_view
from engine.as_of import as_of, moved
from engine.compare import ComparedWorker
from engine.events import Epoch, Event, Failed, Seen
from engine.file_worker import FileWorker
from engine.history import History
from engine.lab import Lab
from engine.preset import with_copy, with_value
from engine.record import RunRecord
from engine.view import Lens, View
from tests.engine.small import OVERFITS, Settings, load_small, preset_of
from tests.engine.test_script import scripted
from tests.epochs import epoch_of
from tests.tui.recorded import preset_of as recorded_preset
from tests.tui.recorded import recorded, recording, train

ARMS: dict[str, Settings] = {
    "stops": {},
    "watches": {"early_stopping.action": "watch", "regularization.l2": 0.01},
    "runs away": {"training.lr": 1e9, "training.optimizer": "sgd"},
    "short": {"training.epochs": 3, "training.ema": 0.9},
}
# What is done after an epoch: once for all arms, for one, twice in a row, and back again.
TURNS: dict[int, list[tuple[str, Any, str | None]]] = {
    2: [("training.lr", 0.01, "stops"), ("training.lr", 0.015, "stops")],
    4: [("regularization.l1", 0.001, None)],
    7: [("training.lr", 0.02, "stops")],
}


def run(base: Settings, arms: dict[str, Settings]) -> tuple[RunRecord, list[list[Event]]]:
    """A record that has taken nothing, and the events of a run: those before its first epoch, then epoch by epoch.

    A turned knob is an event of the epoch that it acts in.
    """
    lab = Lab(preset_of(base, arms), "cpu", load=load_small)
    events: list[list[Event]] = [[lab.started]]
    while not lab.finished:
        turned = [event for turn in TURNS.get(lab.epoch, []) for event in lab.turn(*turn)]
        events.append([*turned, *lab.run_epoch()])
    return RunRecord(preset_of(base, arms)), events


def plain(value: Any) -> Any:
    """With a word for NaN, which is not equal to itself."""
    if isinstance(value, Epoch):
        return ("epoch", value.arm, value.seed, value.epoch, plain(value.metrics))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, plain({f.name: getattr(value, f.name) for f in dataclasses.fields(value)}))
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def epochs_of(history: History) -> dict[tuple[str, int, int], Any]:
    """Every number of every kept epoch; a metric that came later has none."""
    return {(event.arm, event.seed, event.epoch): plain(event.metrics) for event in history.as_events(10**6)}


def assert_same(then: RunRecord, expected: RunRecord) -> None:
    assert vars(then).keys() == vars(expected).keys()
    for name in sorted(vars(expected).keys() - {"history"}):
        assert plain(getattr(then, name)) == plain(getattr(expected, name)), name
    for name in ("over", "interrupted", "diverged", "interventions"):
        assert getattr(then, name) == getattr(expected, name), name
    assert (then.history is None) == (expected.history is None)
    if then.history is None or expected.history is None:
        return
    assert epochs_of(then.history) == epochs_of(expected.history)
    assert len(then.history) == len(expected.history)
    assert set(then.history.metrics) == set(expected.history.metrics)
    assert plain(then.history.as_events(1000)) == plain(expected.history.as_events(1000))
    for metric in expected.history.metrics:
        for ours, theirs in zip(then.history.means(metric), expected.history.means(metric), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        for arm in expected.history.arms:
            for ours, theirs in zip(then.history.mean(metric, arm), expected.history.mean(metric, arm), strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_as_of_every_epoch_a_record_is_the_one_that_has_taken_the_events_up_to_then() -> None:
    record, parts = run({**OVERFITS, "training.epochs": 14, "early_stopping.patience": 2}, ARMS)
    folded = []
    for part in parts:
        record.take_all(part)
        folded.append(record.snapshot(whole=True))
    view = View("finished", record, version=3, lens=Lens(None, 2, 0.6))
    ends = {(end.reason, end.epoch) for end in record.stopped.values()}
    assert len(ends) > 3  # the run has something of each
    assert record.would_stop
    assert len(record.interventions) > 5
    for epoch in range(1, record.epoch + 1):
        then = as_of(view, epoch)
        assert_same(then.record, folded[epoch])
        assert (then.lens, then.now, then.whole, then.version) == (Lens(epoch, 2, 0.6), view, view, 3)
    # Before the first epoch there is nothing to show, behind the last one nothing else.
    assert_same(as_of(view, 0).record, folded[1])
    assert_same(as_of(view, 10_000).record, folded[-1])
    assert view.whole is view
    assert_same(record, folded[-1])  # looking back has changed nothing


def test_as_of_an_epoch_hidden_and_renamed_arms_stay_so() -> None:
    record, parts = run({**OVERFITS, "training.epochs": 6}, {"a": {}, "b": {"training.lr": 0.1}, "stops": {}})
    names = {"stops": "first", "a": "A"}

    def arranged(record: RunRecord) -> View:
        presets = (arranged_preset(preset, names) for preset in (record.preset, record.begun))
        return arranged_view(View("running", record), names, *presets)

    folded = []
    for part in parts:
        record.take_all(part)
        folded.append(arranged(record.snapshot(whole=True)).record)
    for epoch in range(1, record.epoch + 1):
        assert_same(as_of(arranged(record), epoch).record, folded[epoch])


def test_a_run_in_a_file_and_runs_beside_one_another_are_shown_as_of_an_epoch(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("REGTUI_RUNS", str(tmp_path))
    writer, lab = recording(tmp_path, recorded_preset(9), "steered")
    train(writer, lab, 3)
    writer.take(lab.turn("training.lr", 0.5))
    train(writer, lab, 6)
    assert writer.close("finished")
    short = recorded(tmp_path, recorded_preset(4), "short")

    one = FileWorker(writer.path)
    view = one.view()
    assert_same(as_of(view, 9).record, view.record)
    assert {arm.settings.training.lr for arm in as_of(view, 3).preset.arms} == {0.1}
    assert {arm.settings.training.lr for arm in as_of(view, 4).preset.arms} == {0.5}
    one.close()

    both = ComparedWorker([writer.path, short])
    view = both.view()
    then = as_of(view, 3)
    rates = {arm.name: arm.settings.training.lr for arm in then.preset.arms}
    assert set(rates.values()) == {0.1}
    assert {event.epoch for event in then.record.last.values()} == {3}
    assert then.record.finished == {}
    # One of them has ended, and been tested; the other one trains, with the knob turned.
    then = as_of(view, 5)
    rates = {arm.name: arm.settings.training.lr for arm in then.preset.arms}
    assert rates == {"steered: plain": 0.5, "steered: dropped": 0.5, "short: plain": 0.1, "short: dropped": 0.1}
    assert {(lane[0].split(":")[0], event.epoch) for lane, event in then.record.last.items()} == {
        ("steered", 5), ("short", 4),
    }  # fmt: skip
    assert {arm for arm, _ in then.record.finished} == {"short: plain", "short: dropped"}
    then = as_of(view, 9)
    assert (then.record.last, then.record.finished) == (view.record.last, view.record.finished)
    assert [arm.settings for arm in then.preset.arms] == [arm.settings for arm in view.preset.arms]
    both.close()


def long_run(epochs: int) -> RunRecord:
    record = RunRecord(preset_of({"training.seeds": [0]}, {"a": {}, "b": {}}))
    record.history = History([("a", 0), ("b", 0)], points=16)
    for number in range(1, epochs + 1):
        record.take_all([epoch_of(arm, 0, number, val_loss=1 / number) for arm in "ab" if arm == "a" or number < 41])
    return record


def test_of_a_long_run_the_kept_epochs_are_shown_and_the_cursor_goes_over_them() -> None:
    record = long_run(100)
    assert record.history is not None
    kept = record.history.epochs.tolist()
    assert kept == [*range(1, 98, 8), 100]
    view = View("running", record)
    then = as_of(view, 60)
    assert (then.lens.cursor, then.record.epoch) == (57, 57)
    assert then.record.last["a", 0].val_loss == 1 / 57
    # The lane that has ended keeps its last epoch, though the history has let go of it.
    assert then.record.last["b", 0].epoch == 40
    assert as_of(view, 35).record.last["b", 0].epoch == 33
    places: list[int | None] = [moved(view, None, -1), moved(view, 97, -1), moved(view, 60, 1), moved(view, 60, -100)]
    assert places == [97, 89, 65, 1]
    assert [moved(view, None, 0), moved(view, 97, 5), moved(view, None, 1)] == [100, 100, 100]


def test_before_its_first_epoch_a_run_has_no_other_time_than_now() -> None:
    view = View("loading", RunRecord(preset_of()))
    assert as_of(view, 3) is view
    assert moved(view, None, -1) is None


def test_what_was_seen_and_turned_later_is_not_there() -> None:
    record = long_run(10)
    record.take(Seen("activity", "a", 0, 10, None))
    record.take(Seen("activity", "b", 0, 10, None))
    record.take(Failed("the device is gone"))
    view = View("failed", record)
    assert as_of(view, 9).record.seen == {}
    assert as_of(view, 9).record.failed is None
    assert as_of(view, 10).record.failed is record.failed
    assert len(as_of(view, 10).record.seen) == 2
    turned = dataclasses.replace(view, pending=())
    assert as_of(turned, 3).turned == as_of(turned, 3).preset


def test_going_back_and_forth_gives_the_knobs_of_each_epoch() -> None:
    record, parts = run({**OVERFITS, "training.epochs": 9}, {"stops": {}})
    for part in parts:
        record.take_all(part)
    view = View("finished", record)

    def rates(epochs: Sequence[int]) -> list[float]:
        return [as_of(view, epoch).preset.arm("stops").settings.training.lr for epoch in epochs]

    assert rates([1, 9, 2, 3, 8, 1, 7]) == [0.02, 0.02, 0.02, 0.015, 0.02, 0.02, 0.015]
    assert as_of(view, 3).preset is as_of(view, 4).preset
    begun = with_value(record.begun, "training.lr", 0.3)
    record.begun = begun
    assert rates([1]) == [0.3]


def test_where_an_arm_has_joined_since_the_knobs_of_then_are_those_of_the_arms_that_are_there() -> None:
    record, parts = run({**OVERFITS, "training.epochs": 9}, {"stops": {}, "other": {}})
    for part in parts:
        record.take_all(part)
    assert record.history is not None
    expected = [as_of(View("finished", record), epoch).preset for epoch in range(1, 10)]
    record.preset = with_copy(record.preset, "stops", "copy")
    for epoch in (9, 1, 5, 3, 4, 8):
        then = as_of(View("finished", record), epoch).preset
        assert then.arm_names == ("stops", "other", "copy")
        for arm in ("stops", "other"):
            assert then.arm(arm).settings == expected[epoch - 1].arm(arm).settings


def test_a_ramp_is_as_it_stood_though_the_record_keeps_its_first_step_and_the_newest_alone() -> None:
    ramp = {"at": 2, "set": {"training": {"lr": 0.4}}, "over": 5}
    lab = Lab(scripted([ramp], {"training.epochs": 12}), "cpu", load=load_small)
    record, stood = RunRecord(lab.preset), {}
    record.take(lab.started)
    while not lab.finished:
        record.take_all(lab.run_epoch())
        stood[lab.epoch] = lab.preset.arms[0].settings.training.lr
    assert len(record.interventions) == 2 * len(lab.preset.arms)
    for epoch in range(1, 12):
        # What the end of an epoch does to a knob acts in the next one.
        shown = as_of(View("finished", record), epoch).preset.arms[0].settings.training.lr
        assert math.isclose(shown, stood.get(epoch - 1, 0.1), rel_tol=1e-12)


def test_a_view_whose_history_has_gone_on_since_is_looked_back_at_from_its_own_moment() -> None:
    record, events = run({**OVERFITS, "training.epochs": 6, "early_stopping.patience": 0}, {**ARMS})
    for of_epoch in events[:4]:
        record.take_all(of_epoch)
    view = View("running", record.snapshot())
    for of_epoch in events[4:]:
        record.take_all(of_epoch)
    assert view.record.history is not None
    assert view.record.history.epochs[-1] == 6  # shared with the run
    assert (moved(view, None, -1), moved(view, None, 5), moved(view, 2, 9)) == (2, 3, 3)
    assert as_of(view, 5).lens.cursor == 3
