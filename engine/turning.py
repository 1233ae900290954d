"""A lab as far as its knobs are turned, between two steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from engine.events import Event, Intervention
from engine.lane import LaneMemory
from engine.observed import Observed
from engine.preset import PresetError, settings_by_key, with_value
from engine.stack import refuse_without_images
from engine.state import Lane, LaneState


class Turning(Observed):
    """The settings of a lab that can be turned."""

    epoch: int
    finished: bool
    again: deque[Intervention]
    _interventions: list[Intervention]
    _untrained: dict[tuple[str, str], Any]
    _left: Mapping[Lane, LaneState]
    _lanes: dict[Lane, LaneMemory]

    def _turn_again(self) -> list[Event]:
        """Turn the knobs once more that were turned where it stands."""
        events: list[Event] = []
        while self.again:
            turned = self.again[0]
            if (turned.epoch, turned.batch) > (
                self.epoch,
                min(self._number, self.stack_of(turned.arm).steps_per_epoch),
            ):
                break
            self.again.popleft()
            events += self.turn(turned.knob, turned.new, turned.arm)
        return events

    def turn(self, knob: str, value: Any, arm: str | None = None, by: str = "") -> list[Event]:
        """Set a live knob of one arm or of all; it acts from the next step on. Returns an Intervention per arm changed.

        Raises PresetError where the knob is unknown, structural, or refuses the value.
        """
        known = settings_by_key().get(knob)
        from_the_start = arm in self.parked and self.parked[arm].place == (0, 0)
        if known is not None and not known.live and not from_the_start:
            raise PresetError(f"{knob} shapes the network: it cannot be turned while training, set it in the preset")
        before, after = self.preset, with_value(self.preset, knob, value, arm)
        for stack in self._stacks:
            for changed in stack.arms:
                refuse_without_images(after.arm(changed.name).settings, stack.task.image_shape)
        self.preset = after
        events: list[Event] = []
        for name in before.arm_names:
            old, new = before.arm(name).settings.get(knob), self.preset.arm(name).settings.get(knob)
            if old == new:
                continue
            if name in self.parked:
                left = next((self._left[lane] for lane in self._left if lane[0] == name), None)
                step, (epoch, batch) = (0 if left is None else left.values["steps"]), self.parked[name].place
            elif self.finished:
                self._untrained.setdefault((name, knob), old)
                continue  # all its training has ended: the value counts from the next restart on
            else:
                stack = self.stack_of(name)
                step, epoch, batch = stack.steps, self.epoch, min(self._number, stack.steps_per_epoch)
                self._set(name, knob, new)
            events.append(Intervention(step, epoch, batch, name, knob, old, new, arm is None, by))
        self._plan_rates()
        self._interventions += [event for event in events if isinstance(event, Intervention)]
        return events

    def _set(self, arm: str, knob: str, value: Any) -> None:
        if isinstance(value, (int, float)):
            for stack in self._stacks:
                for place, (name, _) in enumerate(stack.lanes):
                    if name == arm:
                        stack.settings.set(knob, place, float(value))

    def _plan_rates(self) -> None:
        """Hand every stack the schedules as they are set now, and its lanes' reductions on plateaus."""
        for stack in self._stacks:
            stack.rates.plan([self.preset.arm(arm.name).settings for arm in stack.arms])
            for place, key in enumerate(stack.lanes):
                stack.rates.scale(place, self._lanes[key].plateau.scale)
