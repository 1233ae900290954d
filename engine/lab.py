"""The engine's heart: all stacks in lock-step, epoch by epoch. It uses no thread and no screen."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch

from engine.beside import beside_ours
from engine.copies import born, copies, newest_epochs
from engine.data import Load, Task, load_task
from engine.device import choose_device, use_threads
from engine.events import Event, Finished, Intervention, Loading
from engine.lane import LaneMemory
from engine.preset import (
    Arm,
    Data,
    Preset,
    live_knobs,
    speaks_of,
    with_arm,
    with_arms,
    with_value,
)
from engine.script import Script
from engine.stack import Stack, refuse_stacks_that_cannot_fit, refuse_without_images
from engine.state import LabState, Lane, LaneState, Parked
from engine.turning import Turning


def _ignore(_: Loading) -> None:
    pass


class Lab(Turning):
    """One experiment in training.

    Parameters
    ----------
    preset : the experiment; `lab.preset` is it with the knobs as they have been turned.
    device : `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
    dtype : of parameters and data.
    report : called with what is being waited for while the data are loaded.
    load : where the data come from, `engine.data.load_task` or a function like it that gives data of one's own.
    parked : the arms that are not trained, by name.

    Attributes
    ----------
    tested : the lanes for which the test data have been touched.
    until : the place where it stands still, for lanes on their way to others; None for a run that goes to its end.
    again : knobs that were turned after the place where it stands, to be turned there once more.

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
        parked: Mapping[str, Parked] = MappingProxyType({}),
    ) -> None:
        self.preset = preset
        self.device = choose_device(device)
        self.dtype = dtype
        self.epoch = 0
        self.finished = False
        self.until: tuple[int, int] | None = None
        self.again: deque[Intervention] = deque()
        self.parked = dict(parked)
        self.tested: frozenset[Lane] = frozenset()
        self._left: dict[Lane, LaneState] = {}  # the lanes of parked arms
        self._untrained: dict[tuple[str, str], Any] = {}  # what knobs stood at that were turned after the end
        self._load = load
        self._number = 0
        self._interventions: list[Intervention] = []
        self._tasks: dict[str, Task] = {}
        self._stacks: list[Stack] = []
        trained = with_arms(preset, set(preset.arm_names) - self.parked.keys())
        groups = [(arms, self._task(arms[0], dtype, report)) for arms in _by_structure(trained)]
        for arms, task in groups:
            for arm in arms:
                refuse_without_images(arm.settings, task.image_shape)
        refuse_stacks_that_cannot_fit(groups, len(preset.seeds), self.device, dtype)
        for arms, task in groups:
            self._stacks.append(Stack(arms, preset.seeds, task, self.device, dtype))
        self.use_threads()
        self._lanes = {(arm, seed): LaneMemory(arm, seed) for arm in trained.arm_names for seed in preset.seeds}
        self._script = Script(preset.timeline)
        self._begin_epoch()

    def use_threads(self) -> None:
        """Let the products run on as many threads as this lab keeps busy; another lab may have set another number."""
        use_threads(max(stack.flop for stack in self._stacks))

    def _task(self, arm: Arm, dtype: torch.dtype, report: Callable[[Loading], None]) -> Task:
        data = arm.settings.data
        key = data.model_dump_json()
        if key not in self._tasks:
            self._tasks[key] = self._load(data, self.preset.seeds, self.device, dtype, report)
        return self._tasks[key]

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The lanes, those of equal structure together."""
        return tuple(self._stacks)

    @property
    def batch(self) -> int:
        """Batches trained since the last whole epoch, by the stack that has most of them."""
        return self._number

    @property
    def epochs(self) -> int:
        """The length of the longest arm as it is set now."""
        return self.preset.epochs

    @property
    def place(self) -> tuple[int, int]:
        """Whole epochs trained, and batches of the next one."""
        return self.epoch, self._number

    def lanes_of(self, arm: str) -> list[LaneMemory]:
        """What is remembered of an arm's lanes, those that train."""
        return [lane for lane in self._lanes.values() if lane.arm == arm]

    @property
    def arrived(self) -> bool:
        """Whether it stands at `until`, or its lanes have all stopped before it."""
        return self.until is not None and (
            self.place >= self.until or not any(stack.training for stack in self._stacks)
        )

    @property
    def load_again(self) -> Load:
        """Gives another lab the data that this one has, or for other seeds loads them. It does not hold this lab."""
        tasks, known, load = dict(self._tasks), self.preset.seeds, self._load

        def given(
            data: Data,
            seeds: Sequence[int],
            device: torch.device,
            dtype: torch.dtype,
            report: Callable[[Loading], None],
        ) -> Task:
            task = tasks.get(data.model_dump_json()) if tuple(seeds) == known else None
            return task or load(data, seeds, device, dtype, report)

        return given

    def _begin_epoch(self) -> None:
        self._number = 0
        for stack in self._stacks:
            if stack.training:
                stack.begin_epoch(self.epoch + 1)

    def advance(self) -> list[Event]:
        """One step of every stack. At the end of an epoch its events; at the end of the run the tests' as well."""
        if self.finished or self.arrived:
            return []
        events = self._turn_again() + self.act()
        running = [stack for stack in self._stacks if stack.training]
        if not running:  # lanes that caught up with a run that has ended, and have ended too
            return [*events, *self._finish()]
        for stack in running:
            if self._number < stack.steps_per_epoch:
                stack.step(self._number)
        self._number += 1
        # The last epoch on the way to others ends with them: they may have more batches in it.
        on_the_way = self.until is not None and self.epoch == self.until[0]
        if on_the_way or self._number < max(stack.steps_per_epoch for stack in running):
            return events + self.act()
        events += self._turn_again()  # in a network of fewer batches than another a knob may be turned behind its last
        self.epoch += 1
        events += [event for stack in running for event in self._end_epoch(stack)]
        self._script.observe(self)
        if any(stack.training for stack in self._stacks):
            self._begin_epoch()
        elif self.until is None:
            events += self._finish()
        return events + self.act()

    def act(self) -> list[Event]:
        """What the preset's timeline does at this place, before any command; nothing the second time."""
        return self._script.act(self)

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
            if key in self.tested:
                continue
            loss, accuracy = tested[key]
            events.append(
                Finished(
                    lane.arm, lane.seed, lane.stopped.epoch, lane.stopped.reason, loss, accuracy,
                    lane.watch.best_epoch, lane.watch.best_val_loss, lane.stopped.kept_epoch,
                )
            )  # fmt: skip
        first = not self.tested
        self.tested = frozenset(self._lanes)
        if not first:
            return events
        ends = [event for event in events if isinstance(event, Finished)]
        numbers = [number for number in self.preset.reported if speaks_of(self.preset, number.arm)]
        return events + [beside_ours(number, ends, self._lanes.values()) for number in numbers]

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

    def hold(self, preset: Preset, name: str, lanes: Mapping[Lane, LaneState], held: Parked) -> None:
        """Have an arm more, one of `preset`, which is not trained yet: parked with these lanes."""
        self.preset, self.parked[name] = preset, held
        self._left |= lanes

    def rebuilt(self, preset: Preset, state: LabState) -> Lab:
        """A lab of a preset with this one's data, at the place and with the lanes of a state.

        Lanes that the state does not have are at their first weights. Raises PresetError where it cannot be built.
        """
        other = Lab(preset, str(self.device), self.dtype, load=self.load_again, parked=state.parked)
        other._load = self._load
        other.restore(dataclasses.replace(state, preset=preset.model_dump_json()))
        return other

    def forked(self, arm: Arm) -> Lab:
        """A lab with an arm more, whose lanes are those of its parent as they are now. Raises PresetError."""
        assert arm.birth is not None
        state = self.state()
        state.lanes |= copies(state.lanes, arm.birth.parent, arm.name)
        return self.rebuilt(with_arm(self.preset, arm), state)

    def fork(self, arm: str, name: str) -> list[Event]:
        """Become a lab with a copy of an arm as it is now, for the preset's timeline. Raises PresetError."""
        vars(self).update(vars(self.forked(born(self.preset.arm(arm), name, self.place))))
        lanes = {lane: state for lane, state in self.state().lanes.items() if lane[0] == name}
        return [self.rearranged("fork", self.place, arm=name, parent=arm), *newest_epochs(lanes)]

    def silence(self) -> None:
        """Do no more of what the preset's timeline asks for: what it did is done again with all else."""
        self._script = Script(())

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
            lanes=lanes | self._left,
            parked=dict(self.parked),
            tested=tuple(sorted(self.tested)),
            timeline=self._script.state(),
        )

    def restore(self, state: LabState) -> None:
        """Go back to what `state` gave: of this lab, or of one that shares some lanes with it, by their names.

        Lanes that the state does not know stay as they are, with their settings; its lanes that this lab does not have
        are passed over.
        """
        self._restore_knobs(Preset.model_validate_json(state.preset), {arm for arm, _ in state.lanes})
        self.epoch, self.finished = state.epoch, state.finished
        self.tested = frozenset((arm, seed) for arm, seed in state.tested)
        self._left = {lane: left for lane, left in state.lanes.items() if lane[0] in self.parked}
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


def _by_structure(preset: Preset) -> list[list[Arm]]:
    groups: dict[str, list[Arm]] = {}
    for arm in preset.arms:
        groups.setdefault(arm.settings.structure(), []).append(arm)
    return list(groups.values())
