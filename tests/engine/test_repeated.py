"""A tweaked run is written as a preset that repeats it, and a recorded run is replayed, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.commands import AddArm, AddSeeds, Command, Fork, Pause, Predict, Restart, Resume, Stop, Turn
from engine.control import Order
from engine.events import Asked, Epoch, Finished, Halted, Intervention, Receipt, from_json, to_json
from engine.keeper import Keeper
from engine.lab import Lab
from engine.preset import Preset, PresetError, read_preset, write_preset
from engine.record import RunRecord
from engine.repeated import repeated
from engine.replay import Replay, replay
from engine.resumed import Again, TakenUp, taken_up
from engine.runs.checkpoint import restore
from engine.runs.errors import RunError
from engine.runs.reader import RunReader
from engine.runs.recorder import Recorder
from engine.runs.resume import go_on, resumable
from engine.runs.writer import RunWriter
from engine.worker import Worker
from tests.engine.rearranged import Run
from tests.engine.small import lab_of as small_lab
from tests.engine.small import load_small, only
from tests.engine.test_script import ARMS, COMPLICATED, entry, lab_of, scripted, setting
from tests.engine.worker.waiting import until

# After so many steps (the epoch of `wide` has four, of the others three): knob, value, arm.
TURNS: dict[int, list[tuple[str, Any, str | None]]] = {
    0: [("regularization.l1", 0.001, None)],
    5: [("training.lr", 0.2, "plain"), ("training.lr", 0.04, None)],
    7: [("regularization.dropout", 0.25, "noisy")],
    11: [("early_stopping.action", "watch", None), ("regularization.l2", 0.003, None)],
    19: [("regularization.dropout", 0.45, None)],
    20: [("training.lr", 0.06, "wide")],
}


def tweaked(preset: Preset) -> tuple[Lab, RunRecord, list[Epoch]]:
    lab, record = lab_of(preset), RunRecord(preset)
    record.take(lab.started)
    epochs, step = [], 0
    record.take_all(lab.act())
    while not lab.finished:
        for turn in TURNS.get(step, []):
            record.take_all(lab.turn(*turn))
        events = lab.advance()
        record.take_all(events)
        epochs += only(events, Epoch)
        step += 1
    return lab, record, epochs


@pytest.mark.parametrize("entries", [[], COMPLICATED], ids=["turned by hand", "beside a timeline of its own"])
def test_a_written_tweaked_run_repeats_it_to_the_last_bit(entries: Sequence[dict[str, Any]]) -> None:
    lab, record, epochs = tweaked(scripted(entries))
    preset = repeated(record)
    assert preset is not None
    written = read_preset(write_preset(preset), preset.name)
    assert len(written.timeline) > len(entries) + 5
    # What was turned before the first step is a setting, but for a timeline that may have acted before it.
    assert all(one.at or one.batch for one in written.timeline) == (not entries)
    assert 0 < len([one for one in written.timeline[len(entries) :] if not one.arm]) < 6
    again = lab_of(written)
    theirs: list[Epoch] = []
    while not again.finished:
        theirs += only(again.advance(), Epoch)
    assert repr(theirs) == repr(epochs)
    for lane, state in lab.state().lanes.items():
        assert torch.equal(again.state().lanes[lane].tensors["theta"], state.tensors["theta"])
    assert again.preset.arms == lab.preset.arms or _settings(again) == _settings(lab)


def _settings(lab: Lab) -> list[Any]:
    return [arm.settings for arm in lab.preset.arms]


def test_without_a_knob_turned_by_hand_or_with_one_set_after_the_end_there_is_nothing_to_repeat() -> None:
    preset = scripted(COMPLICATED)
    record = RunRecord(preset)
    lab = lab_of(preset)
    record.take_all(lab.run())
    assert repeated(record) is None
    _, record, _ = tweaked(scripted([]))
    assert repeated(record) is not None
    record.take(from_json('{"event": "adjusted", "knob": "training.lr", "value": 0.5, "arm": "plain"}'))
    assert repeated(record) is None


# In a file -----------------------------------------------------------------------------------------------------------


def keeper_of(path: Path) -> Any:
    return lambda worker: Keeper(Recorder(RunWriter(path, worker.view().preset), every=0.01), every=0.0)


def trained(path: Path, preset: Preset, orders: Sequence[Order] = (), **options: Any) -> Worker:
    """A run in a file, trained to its end by a worker."""
    worker = Worker(preset, "cpu", load=load_small, keeper=keeper_of(path), **options)
    for order in orders:
        worker.order(order)
    worker.start()
    return worker


def finish(worker: Worker) -> RunRecord:
    until(worker, lambda view: view.state == "finished")
    assert worker.close(20)
    return worker.view().record


ORDERS = [
    Order(Turn("training.lr", 0.2, "plain"), at=2),
    Order(Turn("regularization.dropout", 0.35, None), at=3),
    Order(Turn("regularization.dropout", 0.15, "noisy"), at=7),
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "run.regtui"
    finish(trained(path, scripted(COMPLICATED), ORDERS))
    return path


def replayed(path: Path) -> Replay:
    return replay(path, "cpu", load=load_small)


def test_a_replayed_run_is_equal_and_everything_in_its_file_was_compared(run: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = replay(run, "cpu", load=load_small, progress=lambda epoch, last: seen.append((epoch, last)))
    assert (found.equal, found.first, found.furthest, found.environment) == (True, None, 0.0, ())
    assert (found.epochs, found.lanes, found.commands, found.missing) == (12, 6, 3, 0)
    with RunReader(run) as reader:
        assert found.checkpoints == len({(saved.epoch, saved.batch) for saved in reader.checkpoints()}) > 5
        numbers = sum(len(epoch.metrics) for lanes in reader.epochs() for epoch in lanes)
    assert found.numbers == numbers + 6 * 6
    assert seen == [(epoch, 12) for epoch in range(1, 13)]


def test_it_says_where_and_by_how_much_a_replay_first_differs(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = Lab.turn

    def otherwise(lab: Lab, knob: str, value: Any, arm: str | None = None, by: str = "") -> Any:
        return turn(lab, knob, 0.2000001 if value == 0.2 else value, arm, by)

    monkeypatch.setattr(Lab, "turn", otherwise)
    found = replayed(run)
    assert found.first is not None
    assert not found.equal
    assert (found.first.epoch, found.first.arm, found.first.seed) in ((3, "plain", 0), (2, "plain", 0))
    assert 0 < found.first.apart < 0.01
    assert 0 < found.furthest < 0.1


def test_a_run_that_was_stopped_or_left_is_replayed_as_far_as_it_came(tmp_path: Path) -> None:
    finish(trained(tmp_path / "stopped.regtui", scripted(COMPLICATED), [*ORDERS, Order(Stop(), at=8)]))
    found = replayed(tmp_path / "stopped.regtui")
    assert (found.equal, found.epochs, found.commands) == (True, 8, 4)
    worker = trained(tmp_path / "left.regtui", scripted(COMPLICATED), [*ORDERS, Order(Pause(), at=5)])
    until(worker, lambda view: view.state == "paused")
    assert worker.close(20)
    found = replayed(tmp_path / "left.regtui")
    assert (found.equal, found.epochs, found.commands) == (True, 5, 2)


def test_a_run_on_other_data_or_with_an_unknown_command_is_not_replayed(run: Path, monkeypatch: Any) -> None:
    def others(*arguments: Any) -> Any:
        task = load_small(*arguments)
        task.val_x_SNI[0, 0, 0] += 0.5
        return task

    with pytest.raises(RunError, match="the data of iris are not those of the run"):
        replay(run, "cpu", load=others)

    class Strange(Command):
        kind = "strange"

    answered = RunReader.commands
    monkeypatch.setattr(RunReader, "commands", lambda reader: [_with(one, Strange()) for one in answered(reader)])
    with pytest.raises(RunError, match="a run with the command 'strange' cannot be replayed"):
        replayed(run)


def _with(answered: Any, command: Command) -> Any:
    import dataclasses

    return dataclasses.replace(answered, command=command)


@pytest.mark.parametrize("at", [2, 4, 6, 8])
def test_a_run_left_between_its_entries_and_resumed_has_each_of_them_once(at: int, run: Path, tmp_path: Path) -> None:
    path = tmp_path / "left.regtui"
    worker = trained(path, scripted(COMPLICATED), [*ORDERS, Order(Pause(), at=at)])
    until(worker, lambda view: view.state == "paused")
    worker.close(20)
    found = resumable(path)
    assert found.state is not None
    lab = Lab(found.preset, "cpu", load=load_small)
    restore(lab, found.state)
    writer = go_on(found)
    with RunReader(path) as reader:
        taken = TakenUp(lab, reader.record.snapshot(whole=True), Again(found.later))
    again = Worker(
        taken.record.preset, "cpu", load=load_small, taken_up=taken, keeper=lambda _: Keeper(Recorder(writer))
    )
    for order in ORDERS:
        if order.at is not None and order.at >= at and (order.at, 0) not in _turned_at(path):
            again.order(order)
    again.start()
    finish(again)
    events = [_events(one) for one in (run, path)]
    assert events[0] == events[1]
    with RunReader(run) as whole, RunReader(path) as ours:
        assert repr(list(whole.epochs())) == repr(list(ours.epochs()))


def _turned_at(path: Path) -> set[tuple[int, int]]:
    with RunReader(path) as reader:
        return {(one.receipt.epoch, one.receipt.batch) for one in reader.commands() if isinstance(one.command, Turn)}


def _events(path: Path) -> list[str]:
    with RunReader(path) as reader:
        return [to_json(event) for _, _, event in reader.events() if not isinstance(event, Receipt)]


def test_a_resumed_run_whose_later_turns_are_done_again_does_not_do_the_timeline_twice(tmp_path: Path) -> None:
    """The commands behind the checkpoint are carried out once more; the timeline is the lab's own."""
    path = tmp_path / "run.regtui"
    preset = scripted(COMPLICATED)
    whole, lab = lab_of(preset), lab_of(preset)
    writer = RunWriter(path, preset)
    writer.take([lab.started])
    writer.take(lab.run_epoch())
    writer.checkpoint(lab.state())
    turned = Turn("regularization.dropout", 0.15, "noisy")
    while not whole.finished:
        if (whole.epoch, whole.batch) == (3, 1):
            whole.turn(turned.knob, turned.value, turned.arm)
        whole.advance()
    while lab.epoch < 5:
        if (lab.epoch, lab.batch) == (3, 1):
            writer.take(lab.turn(turned.knob, turned.value, turned.arm))
            writer.command(turned, Receipt("turn", True, 3, 1))
        writer.take(lab.advance())
    assert writer.close("stopped")
    found = resumable(path)
    assert len(found.later) == 1
    fresh = Lab(found.preset, "cpu", torch.float64, load=load_small)
    assert found.state is not None
    restore(fresh, found.state)
    run = taken_up(found, fresh, go_on(found))
    interventions: list[Intervention] = []
    while not fresh.finished:
        while (answered := run.again.due(fresh.epoch, fresh.batch)) is not None:
            assert isinstance(answered.command, Turn)
            events = fresh.turn(answered.command.knob, answered.command.value, answered.command.arm)
            interventions += only(events, Intervention)
        interventions += only(fresh.advance(), Intervention)
    assert len({repr(event) for event in interventions}) == len(interventions)
    for lane, state in whole.state().lanes.items():
        assert torch.equal(fresh.state().lanes[lane].tensors["theta"], state.tensors["theta"])


# A worker ------------------------------------------------------------------------------------------------------------


def test_a_worker_waits_at_questions_and_pauses_only_where_somebody_is_there_to_answer() -> None:
    question = {"ask": "which?", "choices": ["a", "b"]}
    preset = scripted([entry(0, **question), entry(3, pause=True), entry(5, batch=1, **question)])
    worker = Worker(preset, "cpu", load=load_small, waits=True)
    worker.start()
    view = until(worker, lambda view: view.state == "paused")
    assert (view.record.epoch, list(view.record.asked), view.record.predicted) == (0, [0], {})
    refused = [worker.send(Predict(*answer)) for answer in ((7, 0), (0, 2), (0, -1))]
    worker.send(Predict(0, 1))
    view = until(worker, lambda view: view.record.epoch == 3 and view.state == "paused")
    assert view.record.predicted[0].choice == 1
    worker.send(Resume())
    view = until(worker, lambda view: view.record.epoch == 5 and view.state == "paused")
    worker.waits = False
    worker.send(Resume())
    view = until(worker, lambda view: view.state == "finished")
    assert set(view.record.answered) == {0, 2}
    receipts = {event.number: event for event in only(worker.news(), Receipt)}
    assert [receipts[number].taken for number in refused] == [False] * 3
    assert worker.close(20)
    nobody = Worker(preset, "cpu", load=load_small)
    nobody.start()
    until(nobody, lambda view: view.state == "finished")
    assert len(only(nobody.news(), (Asked, Halted))) == 3
    assert nobody.close(20)


def test_a_restart_does_the_timeline_anew_and_keeps_what_was_turned_by_hand() -> None:
    entries = [entry(1, set=setting("training", lr=0.01), over=3), entry(2, set=setting("regularization", l2=0.5))]
    worker = Worker(scripted(entries), "cpu", load=load_small)
    worker.order(Order(Turn("regularization.l1", 0.25), at=4))
    worker.order(Order(Turn("regularization.l2", 0.125, "wide"), at=5))
    worker.start()
    until(worker, lambda view: view.state == "finished")
    worker.send(Pause())
    worker.send(Restart())
    view = until(worker, lambda view: view.state == "paused" and view.record.epoch == 0)
    stands = {arm.name: arm.settings for arm in view.preset.arms}
    begun = {arm.name: arm.settings for arm in scripted(entries).arms}
    for name in ARMS:
        assert stands[name].training.lr == begun[name].training.lr
        assert stands[name].regularization.l1 == 0.25
        assert stands[name].regularization.l2 == (0.125 if name == "wide" else begun[name].regularization.l2)
    worker.send(Resume())
    view = until(worker, lambda view: view.state == "finished")
    assert {arm.settings.training.lr for arm in view.preset.arms} == {0.01}
    assert worker.close(20)


def test_a_prediction_for_nothing_is_refused() -> None:
    from engine.script import predicted

    with pytest.raises(PresetError, match="nothing of that number has been asked"):
        predicted(RunRecord(scripted([])), 0, 0)


def test_who_attaches_late_gets_what_was_said_asked_predicted_and_answered() -> None:
    from engine.events import Predicted
    from engine.serve.snapshot import as_events, revive

    question = {"ask": "which?", "choices": ["a", "b"]}
    preset = scripted([entry(1, say="look"), entry(2, **question, reveal_after=3), entry(4, **question)])
    lab, record = lab_of(preset), RunRecord(preset)
    record.take(lab.started)
    while lab.epoch < 7:
        record.take_all(lab.advance())
    record.take(Predicted(1, 0))
    sent = [from_json(to_json(event)) for event in as_events(record.snapshot(whole=True))]
    other = revive(preset.model_dump_json(), record.preset.model_dump_json(), sent)
    for name in ("said", "asked", "predicted", "answered"):
        assert getattr(other, name) == getattr(record, name)
        assert getattr(record, name)


def test_who_hears_of_a_question_finds_the_run_standing() -> None:
    question = {"ask": "which?", "choices": ["a", "b"]}
    worker = Worker(scripted([entry(at, **question) for at in (1, 3)]), "cpu", load=load_small, waits=True)
    paused: list[bool] = []

    def hear(events: Sequence[Any], _: int) -> None:
        paused.extend(worker.view().paused for _ in only(events, Asked))

    worker.listen(hear)
    worker.start()
    until(worker, lambda view: len(view.record.asked) == 1)
    worker.send(Predict(0, 0))
    until(worker, lambda view: len(view.record.asked) == 2)
    assert paused == [True, True]
    assert worker.close(20)


def test_arms_that_are_called_otherwise_or_left_out_are_so_in_the_timeline_and_the_answers() -> None:
    from engine.arranged import arranged_preset, arranged_record

    question = {"ask": "which?", "choices": ["a", "b"], "reveal_after": 2}
    preset = scripted([entry(1, arm="noisy", say="x"), entry(1, arm="wide", say="y"), entry(1, **question)])
    names = {"plain": "plain", "noisy": "loud"}
    arranged = arranged_preset(preset, names)
    assert [(one.arm, one.say) for one in arranged.timeline] == [("loud", "x"), ("", "")]
    lab, record = lab_of(preset), RunRecord(preset)
    record.take(lab.started)
    while lab.epoch < 4:
        record.take_all(lab.advance())
    (answered,) = arranged_record(record, names, arranged, arranged).answered.values()
    assert [change.arm for change in answered.happened] == ["plain", "loud"]


def test_a_run_with_arms_and_seeds_that_were_added_late_is_repeated_and_one_with_a_fork_is_not_said_to_be() -> None:
    run = Run(small_lab({"training.epochs": 8, "training.seeds": [0, 1]}, {"a": {}, "b": {}}))
    run.to(3)
    run.do(AddArm("a", "late", {"model.hidden": [5]}))
    run.do(AddSeeds(1))
    run.turn("regularization.l2", 0.1, "late")
    run.to(5)
    preset = repeated(run.record)
    assert preset is not None
    run.end()
    again = Lab(preset, "cpu", torch.float64, load=load_small)
    ends = only(list(again.run()), Finished)
    assert len(ends) == 9
    for end in ends:
        assert end.test_loss == run.record.finished[end.arm, end.seed].test_loss
    forked = Run(small_lab({"training.epochs": 8}, {"a": {}, "b": {}}))
    forked.to(2)
    forked.turn("regularization.l2", 0.1, "a")
    assert repeated(forked.record) is not None
    forked.do(Fork("a", "twin"))
    assert repeated(forked.record) is None
