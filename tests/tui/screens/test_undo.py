"""Promises of what ctrl+z takes back, without a screen."""

from __future__ import annotations

from engine.commands import Turn
from engine.preset import with_value
from tests.tui.dashboard import experiment
from tui.screens.undo import Undo

DROPOUT, L2 = "regularization.dropout", "regularization.l2"


class Lab:
    """Turns at once what is asked, but for what it refuses."""

    def __init__(self):
        self.preset, self.undo, self.number = experiment(), Undo(), 0

    def turn(self, *turns, refused=False):
        before, numbers = self.preset, []
        for turn in turns:
            self.number += 1
            numbers.append(self.number)
            if not refused:
                self.set(turn)
        self.undo.did(before, turns, numbers)
        return numbers

    def set(self, turn):
        self.preset = with_value(self.preset, turn.knob, turn.value, turn.arm)

    def back(self):
        turns = self.undo.back(self.preset)
        for turn in turns:
            self.set(turn)
        return turns


def test_turns_are_taken_back_the_newest_first_and_none_twice():
    lab = Lab()
    lab.turn(Turn(DROPOUT, 0.3, "dropped"))
    lab.turn(Turn(L2, 0.01, "plain"))
    lab.turn(Turn(DROPOUT, 0.4, "dropped"))
    assert lab.back() == [Turn(DROPOUT, 0.3, "dropped")]
    assert lab.back() == [Turn(L2, 0.0, "plain")]
    assert lab.back() == [Turn(DROPOUT, 0.2, "dropped")]
    assert lab.back() == []


def test_a_turn_of_all_arms_goes_back_to_what_each_had():
    lab = Lab()
    lab.turn(Turn(DROPOUT, 0.5))
    assert lab.back() == [Turn(DROPOUT, 0.0, "plain"), Turn(DROPOUT, 0.2, "dropped")]


def test_a_turn_to_where_the_knob_stands_is_no_step():
    lab = Lab()
    lab.turn(Turn(DROPOUT, 0.3, "dropped"))
    lab.turn(Turn(DROPOUT, 0.3, "dropped"))
    assert lab.back() == [Turn(DROPOUT, 0.2, "dropped")]


def test_what_somebody_else_turned_since_stays_and_the_step_before_is_taken_back():
    lab = Lab()
    lab.turn(Turn(L2, 0.01, "plain"))
    lab.turn(Turn(DROPOUT, 0.3, "dropped"))
    lab.set(Turn(DROPOUT, 0.7, "dropped"))
    assert lab.back() == [Turn(L2, 0.0, "plain")]
    assert lab.preset.arm("dropped").settings.regularization.dropout == 0.7


def test_a_refused_turn_is_passed_over_whether_its_receipt_has_come_or_not():
    for heard in (True, False):
        lab = Lab()
        lab.turn(Turn(DROPOUT, 0.3, "dropped"))
        (number,) = lab.turn(Turn(DROPOUT, 0.9, "dropped"), refused=True)
        if heard:
            lab.undo.refused(number)
        assert lab.back() == [Turn(DROPOUT, 0.2, "dropped")]


def test_what_was_turned_on_top_of_a_refused_turn_goes_back_to_where_that_began():
    lab = Lab()
    pending = with_value(lab.preset, DROPOUT, 0.9, "dropped")
    lab.undo.did(lab.preset, [Turn(DROPOUT, 0.9, "dropped")], [1])
    lab.undo.did(pending, [Turn(DROPOUT, 0.5, "dropped")], [2])
    lab.set(Turn(DROPOUT, 0.5, "dropped"))
    lab.undo.refused(1)
    assert lab.back() == [Turn(DROPOUT, 0.2, "dropped")]
    assert lab.back() == []


def test_the_oldest_of_very_many_steps_are_forgotten():
    lab = Lab()
    for number in range(300):
        lab.turn(Turn(DROPOUT, (number % 9 + 1) / 10, "dropped"))
    steps = 0
    while lab.back():
        steps += 1
    assert steps == 200
