"""The knobs that were turned on this screen, to be taken back one gesture at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.commands import Turn
from engine.preset import Preset

# Gestures that are kept; the oldest go first.
_MOST = 200


@dataclass(frozen=True, slots=True)
class _Step:
    """One knob of one arm, as the command of that number turned it."""

    number: int
    knob: str
    arm: str
    old: Any
    new: Any


class Undo:
    """What was turned, the newest last. A gesture may turn several arms, and is taken back as one."""

    def __init__(self) -> None:
        self._gestures: list[list[_Step]] = []

    def did(self, before: Preset, turns: Sequence[Turn], numbers: Sequence[int]) -> None:
        """Keep a gesture: `before` is the preset as it stood, with all that was on its way to the lab."""
        steps = [
            _Step(number, turn.knob, arm.name, arm.settings.get(turn.knob), turn.value)
            for turn, number in zip(turns, numbers, strict=True)
            for arm in before.arms
            if turn.arm in (None, arm.name) and arm.settings.get(turn.knob) != turn.value
        ]
        if steps:
            self._gestures.append(steps)
            del self._gestures[:-_MOST]

    def refused(self, number: int) -> None:
        """Forget what the lab did not take. What was turned on top of it began where it had begun."""
        for gesture in self._gestures:
            for step in [step for step in gesture if step.number == number]:
                gesture.remove(step)
                self._rebase(step)
        self._gestures = [gesture for gesture in self._gestures if gesture]

    def _rebase(self, gone: _Step) -> None:
        for gesture in self._gestures:
            for place, step in enumerate(gesture):
                if step.number > gone.number and (step.knob, step.arm) == (gone.knob, gone.arm):
                    if step.old == gone.new:
                        gesture[place] = replace(step, old=gone.old)
                    return

    def back(self, now: Preset) -> list[Turn]:
        """The turns that take the last gesture back; empty where there is none.

        An arm whose knob does not stand where the gesture left it was turned by somebody else since: it stays as it is.
        A gesture of which nothing is left is passed over.
        """
        while self._gestures:
            steps = self._gestures.pop()
            turns = [
                Turn(step.knob, step.old, step.arm)
                for step in steps
                if now.arm(step.arm).settings.get(step.knob) == step.new
            ]
            if turns:
                return turns
        return []
