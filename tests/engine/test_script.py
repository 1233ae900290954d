"""A timeline acts where its preset says, once, and the run is the same however it comes about."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
import tomli_w
import torch

from engine.events import Answered, Asked, Epoch, Event, Halted, Intervention, Pointed, Receipt, Said, Stopped
from engine.history import History
from engine.lab import Lab
from engine.preset import Preset, read_preset, write_preset
from engine.runs.checkpoint import from_bytes, restore, to_bytes
from tests.engine.runs.small import same_state
from tests.engine.small import NOISY, OVERFITS, Settings, load_small, only, preset_of, train_to

ARMS: dict[str, Settings] = {"plain": {}, "noisy": NOISY, "wide": {"model.hidden": [9], "training.batch_size": 10}}
BASE: Settings = {"training.epochs": 12, "training.seeds": [0, 3]}
Entry = dict[str, Any]


def scripted(entries: Sequence[Entry], base: Settings | None = None, arms: dict[str, Settings] | None = None) -> Preset:
    text = write_preset(preset_of({**BASE, **(base or {})}, ARMS if arms is None else arms))
    return read_preset(tomli_w.dumps({**tomllib.loads(text), "timeline": list(entries)}))


def lab_of(preset: Preset) -> Lab:
    return Lab(preset, "cpu", torch.float64, load=load_small)


def entry(at: int | str, **rest: Any) -> Entry:
    return {("when" if isinstance(at, str) else "at"): at, **rest}


def events_of(preset: Preset) -> list[Event]:
    lab = lab_of(preset)
    events: list[Event] = []
    while not lab.finished:
        events += lab.advance()
    return events


def setting(section: str, **values: Any) -> Entry:
    return {section: values}


RATE = setting("training", lr=0.02)


def test_a_set_is_the_same_as_a_knob_turned_there() -> None:
    entries = [
        entry(0, set=setting("training", lr=0.05)),
        entry(3, batch=2, arm="noisy", set=setting("regularization", dropout=0.1)),
        entry(3, batch=99, arm="wide", set=setting("regularization", l2=0.1)),  # its epoch has four batches
        entry(7, set={**setting("training", lr=0.02), **setting("early_stopping", action="watch")}),
    ]
    ours, theirs = lab_of(scripted(entries)), lab_of(scripted([]))
    turned, told = [], []
    by_hand = {
        (0, 0): [("training.lr", 0.05, None)],
        (3, 2): [("regularization.dropout", 0.1, "noisy")],
        (4, 0): [("regularization.l2", 0.1, "wide")],
        (7, 0): [("training.lr", 0.02, None), ("early_stopping.action", "watch", None)],
    }
    while not theirs.finished:
        for knob, value, arm in by_hand.pop((theirs.epoch, theirs.batch), []):
            turned += theirs.turn(knob, value, arm)
        turned += only(theirs.advance(), Intervention)
    while not ours.finished:
        told += only(ours.advance(), Intervention)
    assert by_hand == {}
    assert [(*_place(event), event.new, event.of_all) for event in told] == [
        (*_place(event), event.new, event.of_all) for event in turned
    ]
    assert {event.by for event in told} == {"timeline"}
    mine, other = ours.state(), theirs.state()
    assert all(
        torch.equal(mine.lanes[lane].tensors["theta"], other.lanes[lane].tensors["theta"]) for lane in mine.lanes
    )


def _place(event: Intervention) -> tuple[int, int, str, str]:
    return event.epoch, event.batch, event.arm, event.knob


def test_a_ramp_has_its_exact_value_in_every_epoch_and_whole_numbers_are_rounded() -> None:
    entries = [
        entry(
            2, set={**setting("regularization", dropout=0.5, l2=0.0), **setting("early_stopping", patience=9)}, over=7
        )
    ]
    base: Settings = {"regularization.l2": 0.03, "early_stopping.patience": 2, "early_stopping.action": "watch"}
    lab = lab_of(scripted(entries, base, {"plain": {}, "noisy": NOISY}))
    seen = []
    events: list[Event] = []
    while not lab.finished:
        events += lab.advance()
        if lab.batch == 0:
            seen.append((lab.epoch, lab.preset))
    assert [epoch for epoch, _ in seen] == list(range(1, 12))
    for epoch, preset in seen:
        k = min(max(epoch - 2, 0), 7)
        for arm, dropout in (("plain", 0.0), ("noisy", 0.3)):
            settings = preset.arm(arm).settings
            assert settings.regularization.dropout == (0.5 if k == 7 else dropout + (0.5 - dropout) * k / 7)
            # The same to the last digits as the true value of the formula.
            exact = Fraction(dropout) + (Fraction(0.5) - Fraction(dropout)) * k / 7
            assert settings.regularization.dropout == pytest.approx(float(exact), rel=1e-15)
            assert settings.early_stopping.patience == round(2 + 7 * k / 7)
        l2 = preset.arm("plain").settings.regularization.l2
        assert l2 == (0.0 if k == 7 else 0.03 + (0.0 - 0.03) * k / 7)
    steps = [event for event in only(events, Intervention) if event.arm == "plain" and event.knob.endswith("dropout")]
    assert [(event.epoch, event.batch, event.by) for event in steps] == [(epoch, 0, "ramp") for epoch in range(3, 10)]


def test_a_ramp_ends_where_its_knob_is_turned_and_when_its_arm_has_stopped() -> None:
    entries = [entry(1, set=setting("training", lr=0.5), over=8)]
    lab = lab_of(scripted(entries, {}, {"plain": {}, "short": {"training.epochs": 4}}))
    train_to(lab, 3)
    lab.turn("training.lr", 0.3, "plain")
    events = train_to(lab, 12)
    assert lab.preset.arm("plain").settings.training.lr == 0.3
    assert {(event.arm, event.epoch) for event in only(events, Intervention)} == set()
    assert lab.preset.arm("short").settings.training.lr == 0.1 + 0.4 * 2 / 8


def test_a_later_set_ends_a_ramp_and_a_later_ramp_takes_over_from_where_it_stands() -> None:
    ramp = entry(0, set=setting("training", lr=0.5), over=10)
    lab = lab_of(scripted([ramp, entry(5, set=setting("training", lr=0.01))], {}, {"plain": {}}))
    train_to(lab, 8)
    assert lab.preset.arm("plain").settings.training.lr == 0.01
    lab = lab_of(scripted([ramp, entry(5, set=setting("training", lr=0.1), over=2)], {}, {"plain": {}}))
    train_to(lab, 6)
    stands = 0.1 + 0.4 * 5 / 10
    assert lab.preset.arm("plain").settings.training.lr == stands + (0.1 - stands) * 1 / 2
    train_to(lab, 9)
    assert lab.preset.arm("plain").settings.training.lr == 0.1


def means(events: Sequence[Event], metric: str, arm: str) -> list[float]:
    """Over the seeds, those that have ended with their last value."""
    last: dict[int, float] = {}
    by_epoch: dict[int, float] = {}
    for event in only(events, Epoch):
        if event.arm == arm:
            last[event.seed] = event.metrics[metric]
            by_epoch[event.epoch] = sum(last.values()) / len(last)
    return [by_epoch[epoch] for epoch in sorted(by_epoch)]


def test_a_condition_is_about_the_mean_of_an_arms_seeds_and_fires_once() -> None:
    base: Settings = {**OVERFITS, "early_stopping.patience": 0}
    plain = events_of(scripted([], base, {"plain": {}, "noisy": NOISY}))
    accuracy = means(plain, "train_acc", "noisy")
    loss = means(plain, "val_loss", "noisy")
    first = next(epoch for epoch, value in enumerate(accuracy, start=1) if value > 0.7)
    lowest, above, rise = math.inf, 0, None
    for epoch, value in enumerate(loss, start=1):
        lowest, above = (value, 0) if value <= lowest else (lowest, above + 1)
        rise = epoch if above == 3 and rise is None else rise
    assert rise is not None
    entries = [
        entry("train_acc > 0.7", arm="noisy", say="learnt"),
        entry("val_loss rises 3", arm="noisy", say="overfits"),
        entry("train_acc > 0.7", say="the first of both"),
        entry("train_acc > 0.7", arm="noisy", set=setting("early_stopping", min_delta=1e-9)),
    ]
    events = events_of(scripted(entries, base, {"plain": {}, "noisy": NOISY}))
    said = {event.text: (event.epoch, event.batch) for event in only(events, Said)}
    assert len(only(events, Said)) == 3
    assert said["learnt"] == (first, 0)
    assert said["overfits"] == (rise, 0)
    sooner = next(epoch for epoch, value in enumerate(means(plain, "train_acc", "plain"), start=1) if value > 0.7)
    assert said["the first of both"] == (min(first, sooner), 0)
    turned = only(events, Intervention)
    assert [(event.epoch, event.batch, event.arm) for event in turned] == [(first, 0, "noisy")]


def test_stopped_is_when_every_seed_of_the_arm_has_stopped() -> None:
    arms: dict[str, Settings] = {"stops": {"early_stopping.patience": 3}, "goes on": {"early_stopping.patience": 0}}
    entries = [entry("stopped", arm="stops", say="it has"), entry("stopped", say="one has")]
    events = events_of(scripted(entries, OVERFITS, arms))
    ends = [event.epoch for event in only(events, Stopped) if event.arm == "stops"]
    assert len(ends) == 2
    assert len(set(ends)) == 2
    assert [(event.text, event.epoch) for event in only(events, Said)] == [
        ("it has", max(ends)),
        ("one has", max(ends)),
    ]


def test_what_is_said_asked_shown_and_halted_is_told_in_order_and_the_answer_has_what_happened() -> None:
    question = {"ask": "Lower?", "choices": ["yes", "no"], "answer": "no", "reveal": "It rose."}
    entries = [
        entry(4, batch=1, arm="plain", say="look", look="surface", pause=True),
        entry(2, **question, reveal_after=3),
        entry(6, **question),
        entry(12, say="the end", set=RATE, ask="no more", choices=["a", "b"], pause=True),
        entry(99, say="never"),
    ]
    events = events_of(scripted(entries))
    told = [event for event in events if isinstance(event, Said | Asked | Answered | Halted | Pointed)]
    assert [(event.kind, event.epoch) for event in told] == [
        ("asked", 2), ("said", 4), ("pointed", 4), ("halted", 4), ("answered", 5), ("asked", 6), ("answered", 12),
        ("said", 12),
    ]  # fmt: skip
    said = only(events, Said)[0]
    assert (said.batch, said.arm) == (1, "plain")
    asked, answered = only(events, Asked)[0], only(events, Answered)[0]
    assert (asked.number, asked.choices, answered.number, answered.answer, answered.reveal) == (
        1, ("yes", "no"), 1, "no", "It rose."
    )  # fmt: skip
    for change in answered.happened:
        loss, accuracy = means(events, "val_loss", change.arm), means(events, "val_acc", change.arm)
        assert (change.val_loss_then, change.val_loss_now) == (loss[1], loss[4])
        assert (change.val_acc_then, change.val_acc_now) == (accuracy[1], accuracy[4])
    assert [change.arm for change in answered.happened] == list(ARMS)
    assert only(events, Intervention) == []


def test_after_the_last_epoch_nothing_is_set_any_more() -> None:
    lab = lab_of(scripted([entry(12, set=RATE), entry(12, set=setting("regularization", l2=0.5), over=3)]))
    events = train_to(lab, 12)
    assert lab.finished
    assert only(events, Intervention) == []
    assert {arm.settings.training.lr for arm in lab.preset.arms} == {0.1}


def test_texts_and_questions_change_no_number() -> None:
    entries = [entry(1, say="x", look="surface", pause=True), entry(2, ask="x", choices=["a", "b"])]
    numbers = [only(events_of(scripted(some)), Epoch) for some in (entries, [])]
    assert repr(numbers[0]) == repr(numbers[1])


def test_a_lab_is_stopped_with_its_questions_answered() -> None:
    lab = lab_of(scripted([entry(1, ask="x", choices=["a", "b"])]))
    train_to(lab, 3)
    assert [event.epoch for event in only(lab.stop(), Answered)] == [3]


def test_a_set_that_does_not_go_with_a_knob_turned_by_hand_is_refused_and_training_goes_on() -> None:
    entries = [entry(4, arm="a", set=setting("regularization", mixup=0.5))]
    lab = lab_of(scripted(entries, {}, {"a": {}}))
    train_to(lab, 2)
    entries_of = lab._script._entries[0].changes["regularization"]
    entries_of["mixup"] = -1.0  # as a stranger's file may have it
    events = train_to(lab, 12)
    (receipt,) = only(events, Receipt)
    assert (receipt.do, receipt.taken, receipt.epoch) == ("timeline", False, 4)
    assert "regularization.mixup" in receipt.refused
    assert lab.finished


def test_a_fork_is_handed_to_the_lab_and_refused_where_it_cannot_be() -> None:
    preset = scripted([entry(2, arm="plain", fork="copy"), entry(3, arm="copy", set=RATE)])
    lab = lab_of(preset)
    forked: list[tuple[str, str]] = []
    lab.fork = lambda arm, name: forked.append((arm, name)) or []  # type: ignore[attr-defined]
    train_to(lab, 3)
    assert forked == [("plain", "copy")]


COMPLICATED = [
    entry(1, batch=1, arm="noisy", set=setting("regularization", dropout=0.05)),
    entry(2, set=setting("training", lr=0.01), over=6),
    entry("train_acc > 0.5", arm="plain", set=setting("regularization", l2=0.02), over=5),
    entry("val_loss rises 2", set=setting("regularization", weight_decay=0.1)),
    entry(3, ask="x", choices=["a", "b"], reveal_after=6),
    entry(9, batch=1, set=setting("regularization", label_smoothing=0.2)),
]


@pytest.mark.parametrize("steps", [1, 5, 14, 23, 30, 41])
def test_a_lab_that_is_killed_and_goes_on_from_its_checkpoint_is_equal_to_the_last_bit(steps: int) -> None:
    preset = scripted(COMPLICATED)
    whole = lab_of(preset)
    events: list[Event] = []
    for _ in range(steps):
        events += whole.advance()
    state = from_bytes(*to_bytes(whole.state()))
    again = lab_of(Preset.model_validate_json(state.preset))
    restore(again, state)
    rest: list[Event] = []
    while not whole.finished:
        rest += whole.advance()
    theirs: list[Event] = []
    while not again.finished:
        theirs += again.advance()
    assert repr(theirs) == repr(rest)
    assert same_state(again.state(), whole.state())
    assert again.state().timeline == whole.state().timeline
    assert len([event for event in only(events + rest, Intervention) if event.by]) > 20


def test_the_state_of_another_timeline_is_refused() -> None:
    lab = lab_of(scripted(COMPLICATED))
    state = lab.state()
    for timeline in ({"done": [99]}, {"done": "all"}, {"ramps": [{"arm": "plain"}]}, {"asked": [[0]]}, {"x": 1}):
        state.timeline = timeline
        with pytest.raises(ValueError, match=r"."):
            lab.restore(state)


def test_of_a_ramp_the_history_keeps_the_first_step_and_the_newest() -> None:
    history = History([("a", 0), ("b", 0)])
    turned = Intervention(1, 1, 0, "a", "training.lr", 0.5, 0.1)
    history.add(turned)
    for epoch in range(2, 50):
        for arm in "ab":
            history.add(Intervention(epoch, epoch, 0, arm, "training.lr", epoch / 10, (epoch + 1) / 10, by="ramp"))
    kept = [(event.arm, event.epoch) for event in history.copy().interventions]
    assert kept == [("a", 1), ("a", 2), ("b", 2), ("a", 49), ("b", 49)]
    history.add(Intervention(60, 60, 0, "a", "training.lr", 9.0, 0.2, by="ramp"))  # another ramp
    assert [event.epoch for event in history.interventions if event.arm == "a"] == [1, 2, 49, 60]


def test_what_has_stopped_rises_no_more() -> None:
    arms: dict[str, Settings] = {"stops": {"early_stopping.patience": 3}, "goes on": {"early_stopping.patience": 0}}
    events = events_of(scripted([entry("val_loss rises 12", arm=arm, say=arm) for arm in arms], OVERFITS, arms))
    last = max(event.epoch for event in only(events, Stopped) if event.arm == "stops")
    assert last + 12 < 50
    assert [event.text for event in only(events, Said)] == ["goes on"]
