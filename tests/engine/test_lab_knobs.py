"""Knobs that are turned while a lab trains: where they act, and what is refused."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
import torch

from engine.events import Epoch, Intervention, Stopped
from engine.preset import PresetError
from tests.engine.small import OVERFITS, Settings, lab_of, only, train_to, weights_of

TURNS = [
    ("training.lr", 0.01),
    ("regularization.dropout", 0.5),
    ("regularization.l2", 0.1),
    ("regularization.l1", 0.01),
    ("regularization.weight_decay", 0.3),
    ("regularization.label_smoothing", 0.2),
    ("regularization.input_noise", 0.5),
    ("regularization.max_norm", 0.5),
]


@pytest.mark.parametrize(("knob", "value"), TURNS)
def test_a_turned_knob_acts_at_the_next_step_and_not_before(knob: str, value: float) -> None:
    lab, plain = lab_of({}, {"a": {}, "b": {}}), lab_of({}, {"a": {}, "b": {}})
    for _ in range(4):
        lab.advance()
        plain.advance()
    old = lab.preset.arm("a").settings.get(knob)
    assert lab.turn(knob, value, "a") == [Intervention(4, 1, 1, "a", knob, old, value)]
    assert torch.equal(weights_of(lab, "a"), weights_of(plain, "a"))
    # The reference: a lab that had this setting from the start, brought to the same weights and the same step.
    reference = lab_of({}, {"a": {knob: value}, "b": {}})
    reference.restore(dataclasses.replace(plain.state(), preset=reference.preset.model_dump_json()))
    for _ in range(5):
        lab.advance()
        plain.advance()
        reference.advance()
        assert torch.equal(weights_of(lab, "a"), weights_of(reference, "a"))
        assert torch.equal(weights_of(lab, "b"), weights_of(plain, "b"))
        assert not torch.equal(weights_of(lab, "a"), weights_of(plain, "a"))


def test_a_lane_with_dropout_turned_off_and_never_on_again_is_a_lane_without() -> None:
    lab, plain = lab_of({"regularization.dropout": 0.5}), lab_of()
    (intervention,) = lab.turn("regularization.dropout", 0.0)
    assert isinstance(intervention, Intervention)
    assert (intervention.old, intervention.new, intervention.step) == (0.5, 0.0, 0)
    list(lab.run())
    list(plain.run())
    assert torch.equal(weights_of(lab), weights_of(plain))


def test_a_knob_turned_in_one_arm_acts_under_every_seed_and_in_no_other_arm() -> None:
    base: Settings = {"training.seeds": [0, 1, 2]}
    arms: dict[str, Settings] = {"a": {}, "b": {}}
    lab, turned = lab_of(base, arms), lab_of(base, {"a": {}, "b": {"training.lr": 0.5}})
    (event,) = lab.turn("training.lr", 0.5, "b")
    assert (event.arm, event.of_all) == ("b", False)
    for _ in range(2):
        lab.run_epoch()
        turned.run_epoch()
    for arm in arms:
        for seed in (0, 1, 2):
            assert torch.equal(weights_of(lab, arm, seed), weights_of(turned, arm, seed))
            assert not torch.equal(weights_of(lab, "a", seed), weights_of(lab, "b", seed))


def test_a_turned_knob_has_its_place_in_the_epoch_of_its_own_arm() -> None:
    arms: dict[str, Settings] = {"three steps": {}, "one step": {"training.batch_size": 40}}
    lab = lab_of({}, arms)
    assert [lab.stack_of(arm).steps_per_epoch for arm in arms] == [3, 1]
    places = {}
    for batch in range(3):
        places[batch] = [(event.epoch, event.batch) for event in lab.turn("training.lr", 0.1 + 0.01 * (batch + 1))]
        lab.advance()
    assert places == {0: [(0, 0), (0, 0)], 1: [(0, 1), (0, 1)], 2: [(0, 2), (0, 1)]}
    assert [(event.epoch, event.batch) for event in lab.turn("training.lr", 0.5)] == [(1, 0), (1, 0)]


def test_a_knob_for_all_is_recorded_for_every_arm_that_it_changes() -> None:
    lab = lab_of({}, {"a": {}, "b": {"training.lr": 0.5}, "c": {"training.lr": 0.2}})
    events = lab.turn("training.lr", 0.5)
    assert [(event.arm, event.old, event.new) for event in only(events, Intervention)] == [
        ("a", 0.1, 0.5),
        ("c", 0.2, 0.5),
    ]
    assert lab.state().interventions == [dataclasses.asdict(event) for event in events]
    assert all(event.of_all for event in only(events, Intervention))
    assert [event.lr for event in only(lab.run_epoch(), Epoch)] == [0.5] * 3
    assert lab.turn("training.lr", 0.5) == []


@pytest.mark.parametrize(
    ("knob", "value", "arm", "why"),
    [
        ("model.hidden", [3], None, "cannot be turned"),
        ("training.optimizer", "adam", None, "cannot be turned"),
        ("training.batch_size", 5, "a", "cannot be turned"),
        ("training.seeds", [1], None, "cannot be turned"),
        ("regularization.dropout", 1.0, None, "below 1"),
        ("regularization.dropout", math.nan, None, "finite"),
        ("regularization.dropuot", 0.5, None, "did you mean"),
        ("training.lr", 0.5, "nobody", "no arm"),
    ],
)
def test_a_refused_knob_changes_nothing(knob: str, value: Any, arm: str | None, why: str) -> None:
    lab, plain = lab_of({}, {"a": {}, "b": {}}), lab_of({}, {"a": {}, "b": {}})
    preset = lab.preset
    with pytest.raises(PresetError, match=why):
        lab.turn(knob, value, arm)
    assert lab.preset is preset
    assert lab.state().interventions == []
    list(lab.run())
    list(plain.run())
    assert torch.equal(weights_of(lab, "a"), weights_of(plain, "a"))


def test_turning_the_rule_of_stopping_acts_at_the_next_epoch() -> None:
    lab = lab_of({**OVERFITS, "early_stopping.patience": 0})
    train_to(lab, 40)
    lab.turn("early_stopping.patience", 2)
    events = lab.run_epoch()
    assert [(end.epoch, end.reason) for end in only(events, Stopped)] == [(41, "early_stopping")] * 2
    lab = lab_of({**OVERFITS, "early_stopping.action": "watch"})
    train_to(lab, 45)
    lab.turn("early_stopping.action", "stop")
    assert {end.reason for end in only(lab.run_epoch(), Stopped)} == {"early_stopping"}


def test_turning_the_length_makes_a_run_longer_or_ends_it_at_the_next_epoch() -> None:
    lab = lab_of({}, {"a": {}, "b": {}})
    train_to(lab, 3)
    lab.turn("training.epochs", 7, "a")
    lab.turn("training.epochs", 1, "b")
    assert lab.epochs == 7
    events = list(lab.run())
    assert [(end.arm, end.epoch, end.reason) for end in only(events, Stopped)] == [
        ("b", 4, "epochs"),
        ("a", 7, "epochs"),
    ]


def test_a_knob_turned_after_the_end_is_kept_for_the_next_run() -> None:
    lab = lab_of()
    list(lab.run())
    assert lab.turn("training.lr", 0.5) == []
    assert lab.preset.base.training.lr == 0.5
    assert lab.state().interventions == []
