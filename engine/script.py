"""Carries out a preset's timeline in a lab, between two steps, so that every run of the preset meets it alike.

At one place of a run, ramps come first, then what waited for a condition, then what was due at this place, in the order
of the text; and all of it before any command that is taken there. What has been done is part of the lab's state.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.events import (
    BY_RAMP,
    BY_TIMELINE,
    Adjusted,
    Answered,
    Asked,
    Change,
    Epoch,
    Event,
    Halted,
    Pointed,
    Predicted,
    Receipt,
    Said,
)
from engine.plain import from_plain
from engine.preset import Preset, PresetError, TimelineEntry, live_knobs
from engine.preset.condition import Condition, Trend, read_condition
from engine.record import RunRecord

# Events that a dashboard stands still at.
WAITED_FOR = (Asked, Halted)


class Lane(Protocol):
    """What is remembered of one lane; `engine.lane.LaneMemory` is one."""

    arm: str
    last: Epoch | None

    @property
    def stopped(self) -> object | None: ...


class Steered(Protocol):
    """A lab, as far as a timeline needs it."""

    preset: Preset
    epoch: int
    finished: bool

    @property
    def batch(self) -> int: ...

    def lanes_of(self, arm: str) -> Sequence[Lane]: ...

    def turn(self, knob: str, value: Any, arm: str | None = None, by: str = "") -> list[Event]: ...


@dataclass(frozen=True, slots=True)
class _Ramp:
    """A knob of an arm on its way: `old` as it stood after `begun` epochs, `now` as the ramp has left it."""

    arm: str
    knob: str
    begun: int
    over: int
    old: float
    new: float
    now: float

    def at(self, epoch: int, whole: bool) -> float:
        """old + (new - old) * k / over, k epochs after it has begun; `new` itself at its end."""
        k = epoch - self.begun
        if k >= self.over:
            return self.new
        value = self.old + (self.new - self.old) * k / self.over
        return round(value) if whole else min(max(value, min(self.old, self.new)), max(self.old, self.new))


@dataclass(slots=True)
class _State:
    """All that the timeline of a run has come to.

    Attributes
    ----------
    done : the places in the timeline of the entries that have been carried out.
    ramps : those under way.
    trends : of the entries that wait for a rise or a fall: place and arm, furthest value, epochs in a row.
    asked : questions without an answer: place, the epoch of the question, and what was measured then, by arm.
    """

    done: tuple[int, ...] = ()
    ramps: tuple[_Ramp, ...] = ()
    trends: tuple[tuple[int, str, float, int], ...] = ()
    asked: tuple[tuple[int, int, dict[str, tuple[float, float]]], ...] = field(default=())


class Script:
    """The timeline of a lab's preset, and how far it has come. A lab without one pays for a look at an empty tuple.

    Parameters
    ----------
    entries : of the preset.
    """

    def __init__(self, entries: Sequence[TimelineEntry]) -> None:
        self._entries = tuple(entries)
        self._conditions = {
            number: read_condition(entry.when) for number, entry in enumerate(self._entries) if entry.when
        }
        self.restore({})

    # State -----------------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """What has been done and is under way, as JSON values; empty for a preset without a timeline."""
        if not self._entries:
            return {}
        trends = [[*place, trend.furthest, trend.epochs] for place, trend in self._trends.items()]
        asked = [[number, epoch, then] for number, (epoch, then) in self._asked.items()]
        ramps = [dataclasses.asdict(ramp) for ramp in self._ramps]
        return {"done": sorted(self._done), "ramps": ramps, "trends": trends, "asked": asked}

    def restore(self, values: Mapping[str, Any]) -> None:
        """Go back to what `state` gave. Raises ValueError where it is none."""
        state = from_plain(_State, values)  # raises ValueError too
        places = {*state.done, *(number for number, *_ in (*state.trends, *state.asked))}
        knobs = {ramp.knob for ramp in state.ramps}
        if not places <= set(range(len(self._entries))) or not knobs <= {knob.key for knob in live_knobs()}:
            raise ValueError("a timeline's state of another preset")
        self._done = set(state.done)
        self._ramps = list(state.ramps)
        self._trends = {(number, arm): Trend(furthest, epochs) for number, arm, furthest, epochs in state.trends}
        self._asked = {number: (epoch, dict(then)) for number, epoch, then in state.asked}
        self._met: list[tuple[int, str]] = []  # conditions that hold since the end of this epoch, and in which arm
        self._plan()

    def _plan(self) -> None:
        """What is still to come at a place of its own, the next one last."""
        to_come = [
            (entry.at, entry.batch, number)
            for number, entry in enumerate(self._entries)
            if entry.at is not None and number not in self._done
        ]
        self._to_come = sorted(to_come, reverse=True)

    # What the lab calls ----------------------------------------------------------------------------------------------

    def observe(self, lab: Steered) -> None:
        """An epoch has been measured: look at the conditions."""
        for number, condition in self._conditions.items():
            if number in self._done:
                continue
            arms = (self._entries[number].arm,) if self._entries[number].arm else lab.preset.arm_names
            for arm in arms:
                if self._holds(number, condition, arm, lab.lanes_of(arm)):
                    self._met.append((number, arm))
                    break  # at once in several arms: the first of them

    def _holds(self, number: int, condition: Condition, arm: str, lanes: Sequence[Lane]) -> bool:
        if not lanes:
            return False  # a fork that is not there yet
        if condition.relation == "stopped":
            return all(lane.stopped is not None for lane in lanes)
        mean = _mean(lanes, condition.metric)
        if not condition.is_trend:
            return condition.holds_for(mean)
        trend = self._trends.setdefault((number, arm), Trend())
        if any(lane.stopped is None for lane in lanes):  # what has ended does not move any more
            trend.take(condition.relation, mean)
        return trend.epochs >= condition.value

    def act(self, lab: Steered) -> list[Event]:
        """Do what is due at the lab's place, once. Of a run that has ended, only what is said and shown."""
        if not self._entries:
            return []
        events: list[Event] = []
        place = (lab.epoch, lab.batch)
        for number in list(self._asked):
            events += self._answer(lab, number)
        if self._ramps and lab.batch == 0 and not lab.finished:
            events += self._ramp_on(lab)
        for number, _ in self._met:
            events += self._do(lab, number)
        self._met.clear()
        while self._to_come and self._to_come[-1][:2] <= place:
            events += self._do(lab, self._to_come.pop()[2])
        return events

    # The verbs -------------------------------------------------------------------------------------------------------

    def _do(self, lab: Steered, number: int) -> list[Event]:
        entry = self._entries[number]
        self._done.add(number)
        for place in [place for place in self._trends if place[0] == number]:
            del self._trends[place]
        arm, events = entry.arm or None, list[Event]()
        if not lab.finished:
            events += self._set(lab, entry) if not entry.over else self._begin_ramps(lab, entry)
            if entry.fork:
                events += _fork(lab, entry)
        if entry.say:
            events.append(Said(lab.epoch, entry.say, lab.batch, arm))
        if entry.look:
            events.append(Pointed(lab.epoch, entry.look, lab.batch, arm))
        if entry.ask and not lab.finished:
            events.append(Asked(number, lab.epoch, entry.ask, tuple(entry.choices), lab.batch, arm))
            self._asked[number] = (lab.epoch, {name: _measured(lab.lanes_of(name)) for name in lab.preset.arm_names})
        if entry.pause and not lab.finished:
            events.append(Halted(lab.epoch, lab.batch))
        return events

    def _set(self, lab: Steered, entry: TimelineEntry) -> list[Event]:
        events: list[Event] = []
        for knob, value in entry.settings:
            events += _turned(lab, knob, value, entry.arm or None, BY_TIMELINE)
        return events

    def _begin_ramps(self, lab: Steered, entry: TimelineEntry) -> list[Event]:
        over = entry.over or 1
        try:
            arms = (lab.preset.arm(entry.arm),) if entry.arm else lab.preset.arms
        except PresetError as error:  # a fork that was refused
            return [_refused(lab, str(error))]
        for knob, new in entry.settings:
            for arm in arms:
                self._ramps = [ramp for ramp in self._ramps if (ramp.arm, ramp.knob) != (arm.name, knob)]
                old = arm.settings.get(knob)
                self._ramps.append(_Ramp(arm.name, knob, lab.epoch, over, old, new, old))
        return []

    def _ramp_on(self, lab: Steered) -> list[Event]:
        """Take every ramp to its value after so many epochs; one whose knob was turned meanwhile has ended."""
        events: list[Event] = []
        under_way: list[_Ramp] = []
        for ramp in self._ramps:
            if all(lane.stopped is not None for lane in lab.lanes_of(ramp.arm)):
                continue
            stands = lab.preset.arm(ramp.arm).settings.get(ramp.knob)
            if stands != ramp.now:
                continue
            value = ramp.at(lab.epoch, isinstance(stands, int))
            if value != stands:
                events += _turned(lab, ramp.knob, value, ramp.arm, BY_RAMP)
            stands = lab.preset.arm(ramp.arm).settings.get(ramp.knob)
            if lab.epoch - ramp.begun < ramp.over and stands == value:
                under_way.append(dataclasses.replace(ramp, now=value))
        self._ramps = under_way
        return events

    def _answer(self, lab: Steered, number: int) -> list[Event]:
        entry, (epoch, then) = self._entries[number], self._asked[number]
        due = entry.reveal_after is not None and lab.epoch >= epoch + entry.reveal_after
        if not (due or lab.finished):
            return []
        del self._asked[number]
        happened = []
        for arm, (loss_then, acc_then) in then.items():
            loss, acc = _measured(lab.lanes_of(arm))
            happened.append(Change(arm, loss_then, loss, acc_then, acc))
        return [Answered(number, lab.epoch, entry.answer, entry.reveal, tuple(happened))]


def _turned(lab: Steered, knob: str, value: Any, arm: str | None, by: str) -> list[Event]:
    """The knob turned; or, where what was turned by hand does not go with it, a receipt that says so."""
    try:
        return lab.turn(knob, value, arm, by)
    except PresetError as error:
        return [_refused(lab, str(error))]


def _refused(lab: Steered, why: str) -> Receipt:
    return Receipt("timeline", False, lab.epoch, lab.batch, f"timeline: {why}")


def _fork(lab: Steered, entry: TimelineEntry) -> list[Event]:
    """Let the lab copy an arm, where it can."""
    fork: Callable[[str, str], list[Event]] | None = getattr(lab, "fork", None)
    if fork is None:
        return [_refused(lab, f"fork {entry.fork!r}: this version of regtui does not fork arms")]
    try:
        return fork(entry.arm, entry.fork)
    except PresetError as error:
        return [_refused(lab, str(error))]


def _mean(lanes: Sequence[Lane], metric: str) -> float:
    """Over an arm's seeds, in their order, those that have stopped with their last value; NaN before any epoch."""
    values = [math.nan if lane.last is None else lane.last.metrics.get(metric, math.nan) for lane in lanes]
    return sum(values) / len(values) if values else math.nan


def _measured(lanes: Sequence[Lane]) -> tuple[float, float]:
    return _mean(lanes, "val_loss"), _mean(lanes, "val_acc")


def predicted(record: RunRecord, number: int, choice: int) -> list[Event]:
    """Somebody's answer to a question of the timeline. Raises PresetError where it cannot be given."""
    asked = record.asked.get(number)
    if asked is None:
        raise PresetError(f"predict {number}: nothing of that number has been asked")
    if number in record.answered:
        raise PresetError(f"predict {number}: it is answered already")
    if not 0 <= choice < len(asked.choices):
        raise PresetError(f"predict {number}: choice {choice}: must be 0 to {len(asked.choices) - 1}")
    return [Predicted(number, choice)]


def put_back(record: RunRecord) -> list[Event]:
    """What takes the timeline's own changes back, for a run that begins again: it will make them once more.

    Knobs that were turned by hand last stay as they are.
    """
    newest = {(turned.arm, turned.knob): turned for turned in record.interventions}
    return [
        Adjusted(knob, value, arm)
        for (arm, knob), turned in newest.items()
        if turned.by
        and arm in record.begun.arm_names
        and (value := record.begun.arm(arm).settings.get(knob)) != turned.new
    ]
