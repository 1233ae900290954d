"""Promises of the name that an arm is called by when its knobs were turned."""

from __future__ import annotations

import dataclasses

import pytest

from engine.lab import Lab
from engine.preset import with_value
from engine.record import RunRecord
from engine.view import View
from tests.tui.dashboard import experiment
from tui.widgets.arm_names import named


def view_of(*turns):
    original = preset = experiment()
    for knob, value, arm in turns:
        preset = with_value(preset, knob, value, arm)
    return dataclasses.replace(View("paused", RunRecord(preset)), original=original)


DROPOUT, LR, L2, L1 = "regularization.dropout", "training.lr", "regularization.l2", "regularization.l1"
TURNED = [(DROPOUT, 0.25, "dropped"), (LR, 0.2, "dropped"), (L2, 0.01, "dropped"), (L1, 0.001, "dropped")]


@pytest.mark.parametrize(
    ("turned", "room", "name"),
    [
        ([], None, "dropped"),
        ([], 7, "dropped"),
        ([], 4, "dro."),
        (TURNED[:1], None, "dropped, now 0.25"),
        (TURNED[1:2], None, "dropped, now lr 0.2"),
        (TURNED[:2], None, "dropped, now 0.25, lr 0.2"),
        (TURNED, None, "dropped, now 0.25, lr 0.2, l2 0.01 and 1 more"),
        (TURNED[:2], 24, "dropped*"),
        (TURNED[:2], 32, "dropped, now 0.25, lr 0.2"),
        (TURNED, 28, "dropped, now 0.25 and 3 more"),
        (TURNED[:1], 16, "dropped*"),
        (TURNED[:1], 8, "dropped*"),
        (TURNED[:1], 5, "drop*"),
    ],
)
def test_the_turned_knobs_are_named_as_room_allows(turned, room, name):
    view = view_of(*turned)
    assert named(view, "dropped", room) == name
    assert named(view, "plain", room) == ("pla." if room == 4 else "plain")


def test_a_knob_that_is_back_is_not_named():
    assert named(view_of(TURNED[0], (DROPOUT, 0.2, "dropped")), "dropped") == "dropped"


def test_an_arm_of_several_settings_names_the_turned_one():
    original = experiment(arms={"both": {DROPOUT: 0.2, L2: 0.01}})
    preset = with_value(original, L2, 0.1, "both")
    view = dataclasses.replace(View("paused", RunRecord(preset)), original=original)
    assert named(view, "both") == "both, now l2 0.1"


def test_what_is_turned_after_the_end_is_no_part_of_the_arms_numbers():
    lab = Lab(experiment({"training.epochs": 2}), "cpu")
    record = RunRecord(lab.preset)
    record.take(lab.started)
    record.take_all(lab.run_epoch())
    record.take_all(lab.turn(DROPOUT, 0.25, "dropped"))
    while not lab.finished:
        record.take_all(lab.advance())
    assert record.over
    lab.turn(LR, 0.2, "dropped")
    lab.turn(L2, 0.01, "plain")
    record.preset = lab.preset
    view = View("finished", record)
    assert named(view, "dropped") == "dropped, now 0.25"
    assert named(view, "plain") == "plain"
