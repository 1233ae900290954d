"""The engine's heart: all stacks in lock-step, epoch by epoch. It uses no thread and no screen."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import torch

from engine.data import Load, Task, load_task
from engine.device import choose_device, use_threads
from engine.events import Epoch, Event, Finished, Intervention, Loading, Reported, Started
from engine.lane import LaneMemory
from engine.preset import (
    Arm,
    Preset,
    PresetError,
    ReportedNumber,
    live_knobs,
    settings_by_key,
    speaks_of,
    with_value,
)
from engine.script import Script
from engine.stack import Fed, Mistakes, Stack, refuse_stacks_that_cannot_fit, refuse_without_images
from engine.state import LabState, Lane, LaneState


def _ignore(_: Loading) -> None:
    pass


class Lab:
    """One experiment in training.

    Parameters
    ----------
    preset : the experiment; `lab.preset` is it with the knobs as they have been turned.
    device : `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
    dtype : of parameters and data.
    report : called with what is being waited for while the data are loaded.
    load : where the data come from, `engine.data.load_task` or a function like it that gives data of one's own.

    Raises
    ------
    PresetError : the data or the device are not there, or do not go with the preset.
    """

    def __init__(
        self,
        preset: Preset,
        device: str = "auto",
        dtype: torch.dtype = torch.float32,
        report: Callable[[Loading], None] = _ignore,
        load: Load = load_task,
    ) -> None:
        self.preset = preset
        self.device = choose_device(device)
        self.epoch, self._number, self.finished = 0, 0, False
        self._interventions: list[Intervention] = []
        self._tasks: dict[str, Task] = {}
        self._stacks: list[Stack] = []
        groups = [(arms, self._task(arms[0], load, dtype, report)) for arms in _by_structure(preset)]
        for arms, task in groups:
            for arm in arms:
                refuse_without_images(arm.settings, task.image_shape)
        refuse_stacks_that_cannot_fit(groups, len(preset.seeds), self.device, dtype)
        for arms, task in groups:
            self._stacks.append(Stack(arms, preset.seeds, task, self.device, dtype))
        use_threads(max(stack.flop for stack in self._stacks))
        self._lanes = {(arm, seed): LaneMemory(arm, seed) for arm in preset.arm_names for seed in preset.seeds}
        self._script = Script(preset.timeline)
        self._begin_epoch()

    def _task(self, arm: Arm, load: Load, dtype: torch.dtype, report: Callable[[Loading], None]) -> Task:
        data = arm.settings.data
        key = data.model_dump_json()
        if key not in self._tasks:
            self._tasks[key] = load(data, self.preset.seeds, self.device, dtype, report)
        return self._tasks[key]

    @property
    def started(self) -> Started:
        """What the run consists of; the counts of examples are those of the first arm."""
        first = self.stack_of(self.preset.arms[0].name)
        return Started(
            preset=self.preset.name,
            arms=self.preset.arm_names,
            seeds=self.preset.seeds,
            device=str(self.device),
            parameters=first.layout.parameters,
            train=first.task.train_y_SN.shape[1],
            validation=first.task.val_y_SN.shape[1],
            test=first.task.test_y_SN.shape[1],
            parameters_by_arm={name: self.stack_of(name).layout.parameters for name in self.preset.arm_names},
            layers_by_arm={name: self.stack_of(name).layout.layers for name in self.preset.arm_names},
            inputs_by_arm={name: self.stack_of(name).task.inputs for name in self.preset.arm_names},
            warnings=tuple(dict.fromkeys(line for task in self._tasks.values() for line in task.warnings)),
        )

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The lanes, those of equal structure together."""
        return tuple(self._stacks)

    @property
    def batch(self) -> int:
        """Batches trained since the last whole epoch, by the stack that has most of them."""
        return self._number

    def stack_of(self, arm: str) -> Stack:
        """The stack that an arm's lanes are in. Raises PresetError where there is no such arm."""
        self.preset.arm(arm)
        return next(stack for stack in self._stacks if any(member.name == arm for member in stack.arms))

    @property
    def epochs(self) -> int:
        """The length of the longest arm as it is set now."""
        return self.preset.epochs

    def _begin_epoch(self) -> None:
        self._number = 0
        for stack in self._stacks:
            if stack.training:
                stack.begin_epoch(self.epoch + 1)

    def advance(self) -> list[Event]:
        """One step of every stack. At the end of an epoch its events; at the end of the run the tests' as well."""
        if self.finished:
            return []
        events = self.act()
        running = [stack for stack in self._stacks if stack.training]
        for stack in running:
            if self._number < stack.steps_per_epoch:
                stack.step(self._number)
        self._number += 1
        if self._number < max(stack.steps_per_epoch for stack in running):
            return events + self.act()
        self.epoch += 1
        events += [event for stack in running for event in self._end_epoch(stack)]
        self._script.observe(self)
        if any(stack.training for stack in self._stacks):
            self._begin_epoch()
        else:
            events += self._finish()
        return events + self.act()

    def act(self) -> list[Event]:
        """What the preset's timeline does at this place, before any command; nothing the second time."""
        return self._script.act(self)

    def lanes_of(self, arm: str) -> list[LaneMemory]:
        """What is remembered of an arm's lanes, in the order of the seeds; empty where there is no such arm."""
        return [lane for lane in self._lanes.values() if lane.arm == arm]

    def run_epoch(self) -> list[Event]:
        """Advance to the end of the epoch."""
        events, epoch = list[Event](), self.epoch
        while self.epoch == epoch and not self.finished:
            events += self.advance()
        return events

    def run(self) -> Iterator[Event]:
        """All events to the end of the run, the start's first."""
        yield self.started
        while not self.finished:
            yield from self.advance()

    def _end_epoch(self, stack: Stack) -> list[Event]:
        events: list[Event] = []
        best: list[int] = []
        ends: list[tuple[int, bool]] = []
        for place, numbers in enumerate(stack.measure()):
            lane = self._lanes[stack.lanes[place]]
            if lane.stopped is None:
                settings, lr = self.preset.arm(lane.arm).settings, stack.rates.of(place, stack.steps)
                news, improved, restore = lane.take(settings, self.epoch, numbers, lr)
                events += news
                if improved:
                    best.append(place)
                if lane.stopped is not None:
                    ends.append((place, restore))
                stack.rates.scale(place, lane.plateau.scale)
        if best:
            stack.keep_best(best)
        for place, restore in ends:
            stack.freeze(place, restore)
        return events

    def _finish(self) -> list[Event]:
        """Use the test data, once."""
        self.finished = True
        tested = {key: test for stack in self._stacks for key, test in zip(stack.lanes, stack.test(), strict=True)}
        events: list[Event] = []
        for key, lane in self._lanes.items():
            assert lane.stopped is not None
            loss, accuracy = tested[key]
            events.append(
                Finished(
                    lane.arm, lane.seed, lane.stopped.epoch, lane.stopped.reason, loss, accuracy,
                    lane.watch.best_epoch, lane.watch.best_val_loss, lane.stopped.kept_epoch,
                )
            )  # fmt: skip
        ends = [event for event in events if isinstance(event, Finished)]
        numbers = [number for number in self.preset.reported if speaks_of(self.preset, number.arm)]
        return events + [self._beside_ours(number, ends) for number in numbers]

    def _beside_ours(self, theirs: ReportedNumber, ends: list[Finished]) -> Reported:
        """A reported number beside the mean over the arm's seeds: of the last epoch, the best one, or the test."""
        name = theirs.metric.removeprefix("best_")
        source: list[Epoch | Finished | None] = []
        if theirs.metric in ("test_loss", "test_acc", "epoch", "best_epoch"):
            name, source = theirs.metric, [end for end in ends if end.arm == theirs.arm]
        else:
            lanes = [lane for lane in self._lanes.values() if lane.arm == theirs.arm]
            source = [lane.last if name == theirs.metric else lane.best for lane in lanes]
        ours = [math.nan if measured is None else float(getattr(measured, name)) for measured in source]
        std = statistics.stdev(ours) if len(ours) > 1 and all(map(math.isfinite, ours)) else None
        return Reported(theirs.arm, theirs.metric, theirs.value, sum(ours) / len(ours), theirs.text, theirs.note, std)

    def stop(self) -> list[Event]:
        """End training now: every lane still training stops with the reason `user`, and all are tested."""
        if self.finished:
            return []
        events: list[Event] = []
        for stack in self._stacks:
            for place, key in enumerate(stack.lanes):
                lane = self._lanes[key]
                if lane.stopped is None:
                    rule = self.preset.arm(lane.arm).settings.early_stopping
                    restore = rule.restore_best and lane.watch.best_epoch > 0
                    events.append(lane.end(self.epoch, "user", restore))
                    stack.freeze(place, restore)
        return events + self._finish() + self.act()

    def turn(self, knob: str, value: Any, arm: str | None = None, by: str = "") -> list[Event]:
        """Set a live knob of one arm or of all; it acts from the next step on. Returns an Intervention per arm changed.

        Raises PresetError where the knob is unknown, structural, or refuses the value.
        """
        known = settings_by_key().get(knob)
        if known is not None and not known.live:
            raise PresetError(f"{knob} shapes the network: it cannot be turned while training, set it in the preset")
        before, after = self.preset, with_value(self.preset, knob, value, arm)
        for stack in self._stacks:
            for changed in stack.arms:
                refuse_without_images(after.arm(changed.name).settings, stack.task.image_shape)
        self.preset = after
        events: list[Event] = []
        for name in before.arm_names:
            old, new = before.arm(name).settings.get(knob), self.preset.arm(name).settings.get(knob)
            if old != new:
                stack = self.stack_of(name)
                batch = min(self._number, stack.steps_per_epoch)
                events.append(Intervention(stack.steps, self.epoch, batch, name, knob, old, new, arm is None, by))
                self._set(name, knob, new)
        self._plan_rates()
        if self.finished:
            return []  # all training has ended: the value counts from the next restart on
        self._interventions += [event for event in events if isinstance(event, Intervention)]
        return events

    def _set(self, arm: str, knob: str, value: Any) -> None:
        if isinstance(value, (int, float)):
            for stack in self._stacks:
                for place, (name, _) in enumerate(stack.lanes):
                    if name == arm:
                        stack.settings.set(knob, place, float(value))

    # Closer looks: each waits for the device, and leaves the run as it is ---------------------------------------------

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
        lanes = ", ".join(f"{name!r} under {number}" for name, number in self._lanes)
        raise PresetError(f"no lane of arm {arm!r} under seed {seed} (there is: {lanes})")

    def _plan_rates(self) -> None:
        """Hand every stack the schedules as they are set now, and its lanes' reductions on plateaus."""
        for stack in self._stacks:
            stack.rates.plan([self.preset.arm(arm.name).settings for arm in stack.arms])
            for place, key in enumerate(stack.lanes):
                stack.rates.scale(place, self._lanes[key].plateau.scale)

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

    def state(self) -> LabState:
        """Everything, as plain data: `restore` of it goes on bit for bit as if nothing had happened."""
        lanes: dict[Lane, LaneState] = {}
        for stack in self._stacks:
            for place, key in enumerate(stack.lanes):
                lanes[key] = stack.state(place)
                lanes[key].values |= self._lanes[key].values()
        return LabState(
            epoch=self.epoch,
            batch=self._number,
            finished=self.finished,
            preset=self.preset.model_dump_json(),
            interventions=[dataclasses.asdict(turned) for turned in self._interventions],
            lanes=lanes,
            timeline=self._script.state(),
        )

    def restore(self, state: LabState) -> None:
        """Go back to what `state` gave: of this lab, or of one that shares some lanes with it, by their names.

        Lanes that the state does not know stay as they are, with their settings; its lanes that this lab does not have
        are passed over.
        """
        self._restore_knobs(Preset.model_validate_json(state.preset), {arm for arm, _ in state.lanes})
        self.epoch, self.finished = state.epoch, state.finished
        self._interventions = [Intervention(**turned) for turned in state.interventions]
        for stack in self._stacks:
            stack.restore({place: state.lanes[key] for place, key in enumerate(stack.lanes) if key in state.lanes})
        for key, lane in self._lanes.items():
            if key in state.lanes:
                lane.restore(state.lanes[key].values)
        self._script.restore(state.timeline)
        self._plan_rates()
        self._begin_epoch()
        self._number = state.batch

    def _restore_knobs(self, preset: Preset, arms: set[str]) -> None:
        """Take over the live settings of these arms from a preset."""
        alike = preset.arm_names == self.preset.arm_names and all(
            arm.settings.structure() == self.preset.arm(arm.name).settings.structure() for arm in preset.arms
        )
        for name in set(preset.arm_names) & set(self.preset.arm_names) & arms:
            for knob in live_knobs():
                value = preset.arm(name).settings.get(knob.key)
                if not alike and value != self.preset.arm(name).settings.get(knob.key):
                    self.preset = with_value(self.preset, knob.key, value, name)
                self._set(name, knob.key, value)
        if alike:  # then the whole preset is taken over
            self.preset = preset

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


def _by_structure(preset: Preset) -> list[list[Arm]]:
    groups: dict[str, list[Arm]] = {}
    for arm in preset.arms:
        groups.setdefault(arm.settings.structure(), []).append(arm)
    return list(groups.values())
