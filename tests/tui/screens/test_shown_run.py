"""Promises of a run whose arms are renamed and hidden, without a screen and without training."""

from __future__ import annotations

import dataclasses

from engine.arranged import Arrangement
from engine.commands import Look, Pause, Turn
from engine.events import Epoch, Intervention, Receipt, Stopped
from engine.preset import Preset, write_preset
from engine.summary import summarize
from engine.view import View
from tests.tui.dashboard import experiment
from tests.tui.views import finish, lane, moment, stop
from tui.screens.shown_run import ShownRun

ARMS = {"a": {}, "b": {"regularization.dropout": 0.2}, "c": {"regularization.dropout": 0.5}}
PRESET = experiment(arms=ARMS)


class Still:
    """A worker that keeps what it is sent."""

    def __init__(self, view: View) -> None:
        self.seen, self.sent, self.heard = view, [], []

    def start(self) -> None: ...

    def view(self) -> View:
        return self.seen

    def news(self) -> list:
        return self.heard

    def send(self, command) -> int:
        self.sent.append(command)
        return len(self.sent)

    def close(self, timeout: float = 2.0) -> bool:
        return True


def still() -> tuple[Still, ShownRun]:
    view = moment(
        *(lane(arm, epoch=epoch, val_loss=0.1 * epoch + place) for epoch in (1, 2) for place, arm in enumerate("abc")),
        arms=ARMS, stopped=[stop("b", "diverged"), stop("c", "epochs")], finished=[finish("c", test_acc=0.7)],
    )  # fmt: skip
    view.record.history.add(Intervention(0, 1, 0, "c", "regularization.dropout", 0.5, 0.6))
    view.record.preset = view.record.begun = PRESET
    worker = Still(view)
    return worker, ShownRun(worker, PRESET)


def test_as_it_is_a_run_is_shown_as_the_worker_has_it():
    worker, run = still()
    view = run.view()
    assert view.preset is PRESET
    assert view.original is PRESET
    assert view.record is worker.seen.record
    assert view.hidden == ()


def test_a_hidden_arm_is_nowhere_and_the_others_are_as_they_were():
    worker, run = still()
    run.arrange(Arrangement(hidden=frozenset({"b"})))
    view, before = run.view(), worker.seen
    assert view.preset.arm_names == run.arms == ("a", "c")
    assert view.hidden == ("b",)
    assert {arm for arm, _ in (*view.record.last, *view.record.stopped)} == {"a", "c"}
    kept = {row.arm: row for row in summarize(before.record)}
    assert summarize(view.record) == [kept["a"], kept["c"]]
    epochs, mean, _ = view.record.history.means("val_loss")
    whole = before.record.history.means("val_loss")[1]
    assert epochs.tolist() == [1, 2]
    assert mean.tolist() == whole[[0, 2]].tolist()
    assert view.record.history.mean("val_loss", "c")[1].tolist() == mean[1].tolist()
    run.arrange(Arrangement())
    assert run.view().preset is PRESET


def test_a_renamed_arm_is_called_so_everywhere_and_keeps_its_numbers():
    _, run = still()
    run.arrange(Arrangement({"c": "half"}))
    record = run.view().record
    assert record.preset.arm_names == ("a", "b", "half")
    assert record.history.arms == ["a", "b", "half"]
    assert [turn.arm for turn in record.interventions] == ["half"]
    assert record.finished["half", 0].test_acc == 0.7
    assert record.finished["half", 0].arm == record.last["half", 0].arm == "half"
    assert record.history.series("val_loss", "half", 0)[1].tolist() == [2.1, 2.2]
    events = record.history.copy().as_events(100)
    assert [(event.arm, event.epoch) for event in events] == [
        (arm, epoch) for epoch in (1, 2) for arm in ("a", "b", "half")
    ]
    assert 'name = "half"' in write_preset(run.named_preset(PRESET))


def test_the_same_preset_is_the_same_object_in_every_frame():
    _, run = still()
    run.arrange(Arrangement({"c": "half"}, frozenset({"a"})))
    first, second = run.view(), run.view()
    assert first.preset is second.preset
    assert first.original is second.original


def test_commands_go_to_the_arms_own_names_even_where_two_have_changed_them():
    worker, run = still()
    run.arrange(Arrangement({"a": "b", "b": "a"}))
    run.send(Turn("training.lr", 0.5, "b"))
    run.send(Look((("weights", "a", 0), ("weights", "c", 0))))
    run.send(Pause())
    assert worker.sent == [
        Turn("training.lr", 0.5, "a"), Look((("weights", "b", 0), ("weights", "c", 0))), Pause(),
    ]  # fmt: skip


def test_a_turn_of_all_arms_leaves_hidden_ones_alone():
    worker, run = still()
    run.arrange(Arrangement({"c": "half"}, frozenset({"b"})))
    run.turn([Turn("training.lr", 0.5)])
    assert worker.sent == [Turn("training.lr", 0.5, "a"), Turn("training.lr", 0.5, "c")]


def test_what_was_turned_is_taken_back_in_a_renamed_arm():
    worker, run = still()
    run.turn([Turn("training.lr", 0.5, "c")])
    worker.seen = dataclasses.replace(worker.seen, pending=(Turn("training.lr", 0.5, "c"),))
    run.arrange(Arrangement({"c": "half"}))
    assert run.take_back() == [Turn("training.lr", 0.1, "half")]
    assert worker.sent[-1] == Turn("training.lr", 0.1, "c")
    assert run.take_back() == []


def test_a_refusal_in_the_news_takes_the_step_out_of_what_can_be_undone():
    worker, run = still()
    run.turn([Turn("training.lr", 0.5, "c")])
    worker.heard = [Receipt("turn", False, refused="no", number=1)]
    assert run.news() == worker.heard
    worker.seen = dataclasses.replace(worker.seen, pending=(Turn("training.lr", 0.5, "c"),))
    assert run.take_back() == []


def test_news_of_hidden_arms_are_left_out_and_the_others_called_as_here():
    worker, run = still()
    run.arrange(Arrangement({"c": "half"}, frozenset({"b"})))
    worker.heard = [Stopped(arm, 0, 3, "diverged", 1, 0.5) for arm in "abc"]
    assert [event.arm for event in run.news()] == ["a", "half"]


def test_a_name_must_be_there_short_and_its_own():
    _, run = still()
    run.arrange(Arrangement({"c": "half"}, frozenset({"b"})))
    assert "needs a name" in run.refuse_name("a", "  ")
    assert "at most 60" in run.refuse_name("a", "x" * 61)
    assert "another arm is called 'half'" in run.refuse_name("a", "half")
    assert "another arm is called 'b'" in run.refuse_name("a", "b")  # hidden, and back one day
    assert run.refuse_name("a", "c") == run.refuse_name("c", "half") == ""


def test_hidden_arms_are_in_what_is_written_and_exported():
    _, run = still()
    run.arrange(Arrangement({"c": "half"}, frozenset({"b"})))
    assert run.named_preset(PRESET).arm_names == run.named_view().preset.arm_names == ("a", "b", "half")
    assert isinstance(run.named_view().record.last["half", 0], Epoch)
    assert isinstance(run.original, Preset)


def test_an_arm_keeps_its_place_in_the_preset_when_one_before_it_is_hidden_or_renamed():
    _, run = still()
    run.arrange(Arrangement(names={"c": "much"}, hidden=frozenset({"a"})))
    view = run.view()
    assert {arm: view.places[arm] for arm in view.preset.arm_names} == {"b": 1, "much": 2}
    run.arrange(Arrangement())
    assert run.view().places == {"a": 0, "b": 1, "c": 2}
