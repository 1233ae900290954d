"""What can be asked of a lab between two steps. It waits for the device, and leaves the run as it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from engine.data import Task
from engine.events import Intervention, Rearranged, Started
from engine.preset import Preset, PresetError, with_value
from engine.stack import Fed, Mistakes, Stack
from engine.state import LabState, Lane, Parked


class Observed:
    """A lab as far as it is looked at."""

    preset: Preset
    device: torch.device
    parked: dict[str, Parked]
    _stacks: Sequence[Stack]
    _tasks: Mapping[str, Task]
    _interventions: Sequence[Intervention]
    _untrained: Mapping[tuple[str, str], Any]
    _number: int

    @property
    def started(self) -> Started:
        """What the run consists of; the counts of examples are those of the first arm."""
        first, trained = self._stacks[0], [arm for arm in self.preset.arm_names if arm not in self.parked]
        return Started(
            preset=self.preset.name,
            arms=self.preset.arm_names,
            seeds=self.preset.seeds,
            device=str(self.device),
            parameters=first.layout.parameters,
            train=first.task.train_y_SN.shape[1],
            validation=first.task.val_y_SN.shape[1],
            test=first.task.test_y_SN.shape[1],
            parameters_by_arm={name: self.stack_of(name).layout.parameters for name in trained},
            layers_by_arm={name: self.stack_of(name).layout.layers for name in trained},
            inputs_by_arm={name: self.stack_of(name).task.inputs for name in trained},
            warnings=tuple(dict.fromkeys(line for task in self._tasks.values() for line in task.warnings)),
        )

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """The knobs turned so far, of the arms that there are."""
        return tuple(self._interventions)

    @property
    def as_trained(self) -> Preset:
        """The preset without the knobs that were turned after the end, which count from the next start on."""
        preset = self.preset
        for (arm, knob), value in self._untrained.items():
            preset = with_value(preset, knob, value, arm)
        return preset

    def rearranged(self, what: str, place: tuple[int, int], **about: Any) -> Rearranged:
        """The event that other lanes are there from now on, or that they stand elsewhere."""
        preset = self.preset.model_dump(mode="json")
        return Rearranged(what, *place, preset=preset, started=self.started, parked=dict(self.parked), **about)

    def fed(self, arm: str, seed: int, count: int) -> Fed:
        """The first `count` inputs of a lane's next batch, augmented, noised and mixed as its network will see them."""
        stack, lane = self.lane(arm, seed)
        return stack.fed(lane, count, self._number)

    def mistakes(self, arm: str, seed: int, count: int) -> Mistakes:
        """A lane's worst mistakes on the validation data at its present weights: wrong, and of the highest loss."""
        stack, lane = self.lane(arm, seed)
        return stack.mistakes(lane, count)

    def confusion(self, arm: str, seed: int) -> torch.Tensor | None:
        """Counts of a lane on the validation data, true class x predicted class: int64 [C, C]; None for regressions."""
        stack, lane = self.lane(arm, seed)
        return stack.confusion(lane)

    def test_confusion(self, arm: str, seed: int) -> torch.Tensor | None:
        """The same on the test data, as counted in the one pass over them at the end of the run; None before it."""
        stack, lane = self.lane(arm, seed)
        return stack.test_confusion(lane)

    def lane(self, arm: str, seed: int) -> tuple[Stack, int]:
        """The stack of a lane and its place there, for a closer look (`engine.looks`). Raises PresetError."""
        for stack in self._stacks:
            if (arm, seed) in stack.lanes:
                return stack, stack.lanes.index((arm, seed))
        lanes = ", ".join(f"{name!r} under {number}" for stack in self._stacks for name, number in stack.lanes)
        raise PresetError(f"no lane of arm {arm!r} under seed {seed} (there is: {lanes})")

    def stack_of(self, arm: str) -> Stack:
        """The stack that an arm's lanes are in. Raises PresetError where there is no such arm, or it is not trained."""
        self.preset.arm(arm)
        for stack in self._stacks:
            if any(member.name == arm for member in stack.arms):
                return stack
        raise PresetError(f"arm {arm!r} is not trained now")

    def schedule(self, arm: str, points: int = 200) -> list[tuple[float, float]]:
        """(epoch, learning rate) over the arm's whole run with its settings as they are now, at most so many.

        A rate is placed at the end of its step, so that the one at a whole epoch is its `Epoch.lr`. What
        reduce-on-plateau will do cannot be known: the line goes on at its present rate, the mean over the seeds.
        """
        stack = self.stack_of(arm)
        places = [place for place, (name, _) in enumerate(stack.lanes) if name == arm]
        return [
            (step / stack.steps_per_epoch, sum(stack.rates.of(place, step) for place in places) / len(places))
            for step in stack.rates.steps(places[0], points)
        ]

    @contextlib.contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Whatever is trained, turned or watched within, the lab is afterwards bit for bit as it was."""
        state, preset = self.state(), self.preset
        watching = [(stack.watches_updates, stack.before_LP, stack.rates.fixed) for stack in self._stacks]
        try:
            yield
        finally:
            self.restore(state)
            self.preset = preset
            for stack, (watches, before_LP, fixed) in zip(self._stacks, watching, strict=True):
                stack.watches_updates, stack.before_LP, stack.rates.fixed = watches, before_LP, fixed

    def watch_updates(self, lanes: set[Lane]) -> None:
        """Keep, in the stacks of these lanes and no others, the weights before each epoch's last step."""
        for stack in self._stacks:
            stack.watches_updates = not lanes.isdisjoint(stack.lanes)
            if not stack.watches_updates:
                stack.before_LP = None

    def state(self) -> LabState:
        """Everything, as plain data."""
        raise NotImplementedError

    def restore(self, state: LabState) -> None:
        """Go back to what `state` gave."""
        raise NotImplementedError
