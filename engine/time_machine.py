"""Going back, forking, adding and taking out arms and seeds: what a worker does when it is asked to.

What needs training first (an arm that begins in the past, a rewind) is a `Travel`, on which the worker goes step by
step while the run stands still; all else is done at once. Either way the run's lab becomes another one.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.commands import AddArm, AddSeeds, BringBack, Fork, Rearrangement, RemoveArm, Rewind
from engine.copies import Place, begins, born, copies, newest_epochs
from engine.events import Epoch, Event, Stopped, Travelled, WouldStop
from engine.lab import Lab
from engine.moments import Moments
from engine.preset import Arm, PresetError, before, live_knobs, refuse_name, with_arm, with_arms, with_seeds
from engine.rearranging import alone, at_the_beginning, joined, turned_between, with_settings, without
from engine.state import LabState, Lane, LaneState, Parked
from engine.travel import Travel

# A progress is reported so often, seconds apart.
_REPORT_EVERY = 0.1


@dataclass(slots=True)
class Outcome:
    """What came of a step of the time machine.

    Attributes
    ----------
    lab : the run's from now on.
    events : that came of it.
    whole : whether the run has been rearranged with them; until then nothing of it belongs into the run's file.
    """

    lab: Lab
    events: list[Event] = field(default_factory=list)
    whole: bool = True


Arrive = Callable[[Lab, Travel], Outcome]
Telling = Literal["at once", "in the end", "nothing"]


class TimeMachine:
    """Rearranges the run of one worker, in its thread.

    Parameters
    ----------
    older : gives a state of the run from its file, up to so many whole epochs and with these lanes, or None.
    """

    def __init__(self, older: Callable[[int, Sequence[Lane]], LabState | None] = lambda epoch, lanes: None) -> None:
        self._moments, self._older = Moments(), older
        self._travel: Travel | None = None
        self._arrive: Arrive | None = None
        self._about: tuple[str, str | None] = ("", None)
        self._telling: Telling = "nothing"
        self._held_back: list[Event] = []
        self._reported = 0.0

    def observe(self, lab: Lab) -> None:
        """Keep the state of the lab, where it is time to. Called after each epoch."""
        self._moments.take_if_due(lab)

    @property
    def busy(self) -> bool:
        """Whether lanes are on their way, and the run stands still for them."""
        return self._travel is not None

    def abandon(self) -> None:
        """Give up what is on its way."""
        self._travel = None

    def carry_out(self, lab: Lab, command: Rearrangement) -> Outcome:
        """Do it, or set out for it. Raises PresetError where it is refused; then nothing has changed."""
        try:
            return self._carry_out(lab, command)
        except PresetError:
            raise
        except ValueError as error:  # a text of the preset that JSON has no form for
            raise PresetError(f"this run cannot be rearranged: {error}") from None

    def _carry_out(self, lab: Lab, command: Rearrangement) -> Outcome:
        match command:
            case Fork():
                return self._fork(lab, command)
            case AddArm():
                return self._add_arm(lab, command)
            case RemoveArm(arm):
                if arm in lab.parked:
                    raise PresetError(f"arm {arm!r} is not trained now")
                other = without(lab, arm)
                return Outcome(other, [other.rearranged("remove_arm", lab.place, arm=arm)])
            case BringBack(arm):
                lab.preset.arm(arm)
                if arm not in lab.parked:
                    raise PresetError(f"arm {arm!r} is trained already")
                return self._catch_up(lab, arm, "bring_back", [])
            case AddSeeds(count):
                return self._add_seeds(lab, count)
            case Rewind(epoch):
                return self._rewind(lab, epoch)

    def turned(self, lab: Lab, arms: Iterable[str]) -> Outcome | None:
        """Knobs of these arms were turned: a fork that has waited for that sets out; None where there is none."""
        if self.busy:
            return None
        for arm in arms:
            if arm in lab.parked and lab.parked[arm].waits:
                return self._catch_up(lab, arm, "fork", [])
        return None

    def advance(self, lab: Lab) -> Outcome:
        """One step of the lanes that are on their way."""
        assert self._travel is not None
        assert self._arrive is not None
        # The knobs that are turned once more on the way have been spoken of.
        found: list[Event] = [
            event for event in self._travel.advance() if isinstance(event, Epoch | WouldStop | Stopped)
        ]
        events = found if self._telling == "at once" else []
        self._held_back += found if self._telling == "in the end" else []
        if self._travel.arrived:
            travel, self._travel = self._travel, None
            outcome = self._arrive(lab, travel)
            outcome.events[:0] = events
            return outcome
        now = time.monotonic()
        if now - self._reported >= _REPORT_EVERY:
            self._reported, until = now, self._travel.lab.until
            assert until is not None
            what, arm = self._about
            events = [*events, Travelled(what, self._travel.lab.epoch, until[0], arm)]
        return Outcome(lab, events, whole=False)

    def _set_out(self, travel: Travel, what: str, arm: str | None, telling: Telling, arrive: Arrive) -> None:
        """Go on a travel, and tell what comes of its steps at once, in the end, or not at all."""
        self._travel, self._arrive, self._about, self._telling = travel, arrive, (what, arm), telling
        self._held_back, self._reported = [], 0.0

    # Forks and other arms ---------------------------------------------------------------------------------------------

    def _fork(self, lab: Lab, command: Fork) -> Outcome:
        parent, epoch = lab.preset.arm(command.arm), command.epoch
        if epoch is not None and not 0 <= epoch <= lab.epoch:
            raise PresetError(f"epoch {epoch:,}: must be one of the run's, 0 to {lab.epoch:,}")
        held = lab.parked.get(parent.name)
        newest = lab.place if held is None else held.place
        place = newest if epoch is None else (epoch, 0)
        if place > newest:
            raise PresetError(f"arm {parent.name!r} stands at epoch {newest[0]:,}: expected no later one")
        name = _free(lab, command.name, f"{parent.name} @{place[0]}")
        with_settings(lab.preset, parent.name, command.set or {})  # whether they can be, before anything is done
        _refuse_settings(command.set or {}, place)
        if place == (0, 0) and (epoch == 0 or place < newest):
            return self._fork_at_the_beginning(lab, command, name)
        _refuse_ended(lab, parent.name, place)
        if place < newest:
            return self._fork_in_the_past(lab, name, place, command)
        if held is not None:
            return self._hold(lab, born(parent, name, place), lab.state().lanes, command)
        other = lab.forked(born(parent, name, place))
        return _forked(other, name, place, command)

    def _hold(self, lab: Lab, arm: Arm, lanes: Mapping[Lane, LaneState], command: Fork) -> Outcome:
        """Have a copy that does not stand where the others do: it waits for its first knob, or sets out at once."""
        place = begins(arm)
        own = copies(lanes, command.arm, arm.name)
        lab.hold(with_arm(lab.preset, arm), arm.name, own, Parked(*place, waits=command.set is None))
        lab.use_threads()
        outcome = _forked(lab, arm.name, place, command)
        return outcome if command.set is None else self._catch_up(lab, arm.name, "fork", outcome.events)

    def _fork_at_the_beginning(self, lab: Lab, command: Fork, name: str) -> Outcome:
        arm = born(at_the_beginning(lab, [command.arm]).arm(command.arm), name, (0, 0))
        preset = with_settings(with_arm(lab.preset, arm), name, command.set or {})
        lab.hold(preset, name, {}, Parked(0, 0, waits=command.set is None))
        event = lab.rearranged("fork", (0, 0), arm=name, parent=command.arm)
        return Outcome(lab, [event]) if command.set is None else self._catch_up(lab, name, "fork", [event])

    def _fork_in_the_past(self, lab: Lab, name: str, place: Place, command: Fork) -> Outcome:
        def arrive(lab: Lab, travel: Travel) -> Outcome:
            arm = born(travel.lab.preset.arm(command.arm), name, place)
            return self._hold(lab, arm, travel.lab.state().lanes, command)

        self._set_out(self._back_to(lab, place, [command.arm]), "fork", name, "nothing", arrive)
        return Outcome(lab, whole=False)

    def _add_arm(self, lab: Lab, command: AddArm) -> Outcome:
        source = lab.preset.arm(command.source)
        name = _free(lab, command.name, f"{source.name} copy")
        _refuse_settings(command.set, (0, 0))
        preset = with_settings(with_arm(lab.preset, born(source, name, (0, 0))), name, command.set)
        travel = Travel(alone(lab, with_arms(preset, [name]), None, lab.place))  # refused here, if anywhere
        lab.hold(preset, name, {}, Parked(0, 0))
        event = lab.rearranged("add_arm", (0, 0), arm=name, parent=source.name)
        return self._catch_up(lab, name, "add_arm", [event], travel)

    def _catch_up(self, lab: Lab, arm: str, what: str, events: list[Event], travel: Travel | None = None) -> Outcome:
        """Let a parked arm go on alone until it stands where the others do."""
        held, state = lab.parked[arm], lab.state()
        if travel is None:
            lanes = {lane: left for lane, left in state.lanes.items() if lane[0] == arm}
            begins = LabState(*held.place, False, "", [], lanes) if lanes else None
            travel = Travel(alone(lab, with_arms(lab.preset, [arm]), begins, lab.place))

        def arrive(lab: Lab, travel: Travel) -> Outcome:
            other = joined(lab, travel.lab, [arm], lab.preset)
            return Outcome(other, [other.rearranged("joined", other.place, arm=arm)])

        self._set_out(travel, what, arm, "at once", arrive)
        return Outcome(lab, events, whole=False)

    def _add_seeds(self, lab: Lab, count: int) -> Outcome:
        if not 1 <= count <= 1000:
            raise PresetError(f"count = {count}: must be 1 to 1,000 seeds more")
        first = max(lab.preset.seeds) + 1
        seeds = tuple(range(first, first + count))
        everyone = with_seeds(lab.preset, (*lab.preset.seeds, *seeds))
        arms = [name for name in lab.preset.arm_names if name not in lab.parked or lab.parked[name].place > (0, 0)]
        travel = self._from_the_start(lab, arms, lab.place, seeds)

        def arrive(lab: Lab, travel: Travel) -> Outcome:
            other = joined(lab, travel.lab, [], everyone)
            return Outcome(other, [other.rearranged("add_seeds", other.place, seeds=seeds), *self._held_back])

        self._set_out(travel, "add_seeds", None, "in the end", arrive)
        return Outcome(lab, whole=False)

    # Back in time -----------------------------------------------------------------------------------------------------

    def _rewind(self, lab: Lab, epoch: int) -> Outcome:
        place = (epoch, 0)
        if not 0 <= epoch <= lab.epoch or place == lab.place:
            raise PresetError(f"epoch {epoch:,}: must be one that lies behind the run, 0 to {lab.epoch:,}")
        # What was done at that place comes after it.
        there = [arm.name for arm in lab.preset.arms if begins(arm) < max(place, (0, 1))]
        waiting = {
            name: held for name, held in lab.parked.items() if name in there and (held.place < place or held.waits)
        }
        trained = [name for name in there if name not in waiting]
        travel = self._back_to(lab, place, trained, own_timeline=True)

        def arrive(lab: Lab, travel: Travel) -> Outcome:
            preset = before(with_arms(lab.as_trained, there), lab.interventions, place)
            state, now = travel.lab.state(), lab.state()
            lanes = {lane: held for lane, held in state.lanes.items() if lane[0] in trained}
            lanes |= {lane: held for lane, held in now.lanes.items() if lane[0] in waiting}
            turned = [
                turn for turn in now.interventions
                if turn["arm"] in there and ((turn["epoch"], turn["batch"]) < place or turn["arm"] in waiting)
            ]  # fmt: skip
            other = lab.rebuilt(preset, LabState(epoch, 0, False, "", turned, lanes, waiting, timeline=state.timeline))
            self._moments.forget_after(epoch)
            news = newest_epochs({lane: held for lane, held in lanes.items() if lane[0] in trained})
            return Outcome(other, [other.rearranged("rewind", place), *news])

        self._set_out(travel, "rewind", None, "nothing", arrive)
        return Outcome(lab, whole=False)

    def _back_to(self, lab: Lab, place: Place, arms: Sequence[str], own_timeline: bool = False) -> Travel:
        """A travel of some arms to a place that lies behind, from the nearest state that there is."""
        lanes = [(name, seed) for name in arms for seed in lab.preset.seeds]
        states = [self._moments.before(place[0], lanes), self._older(place[0], lanes)]
        state = max((found for found in states if found is not None), key=_place, default=None)
        if state is None:
            return self._from_the_start(lab, arms, place, lab.preset.seeds, own_timeline)
        first = _place(state)
        preset = before(with_arms(lab.as_trained, arms), lab.interventions, first)
        again = turned_between(lab, arms, first, place, own_timeline)
        return Travel(alone(lab, preset, state, place, own_timeline), again=again)

    def _from_the_start(
        self, lab: Lab, arms: Sequence[str], place: Place, seeds: Sequence[int], own_timeline: bool = False
    ) -> Travel:
        """A travel of some arms, and those that they come from, from their first weights."""
        wanted = _with_parents(lab, arms)
        of_old = [name for name in wanted if begins(lab.preset.arm(name)) == (0, 0)]
        beginning = at_the_beginning(lab, wanted)
        births = [beginning.arm(name) for name in wanted if name not in of_old]
        parks = {name: held for name, held in lab.parked.items() if name in wanted and held.place < place}
        again = [
            turned for turned in turned_between(lab, wanted, (0, 0), place, own_timeline)
            if turned.arm not in parks or (turned.epoch, turned.batch) < parks[turned.arm].place
        ]  # fmt: skip
        preset = with_seeds(with_arms(beginning, of_old), seeds)
        births = [with_seeds(with_arms(beginning, [arm.name]), seeds).arm(arm.name) for arm in births]
        return Travel(alone(lab, preset, None, place, own_timeline), births, parks, again)


def _forked(lab: Lab, name: str, place: Place, command: Fork) -> Outcome:
    """What is to be said of a copy: where it comes from, its newest epoch, and the knobs that are turned in it."""
    lanes = {lane: state for lane, state in lab.state().lanes.items() if lane[0] == name}
    events: list[Event] = [lab.rearranged("fork", place, arm=name, parent=command.arm), *newest_epochs(lanes)]
    for knob, value in (command.set or {}).items():
        events += lab.turn(knob, value, name)
    return Outcome(lab, events)


def _refuse_settings(settings: dict[str, object], place: Place) -> None:
    """Raise PresetError where a copy cannot begin with these settings at a place."""
    live = {knob.key for knob in live_knobs()}
    for key in settings:
        if key == "training.seeds":
            raise PresetError("training.seeds: all arms share the seeds")
        if key not in live and place != (0, 0):
            raise PresetError(f"{key} shapes the network: a fork can change it at epoch 0 only, or as a new arm")


def _refuse_ended(lab: Lab, arm: str, place: Place) -> None:
    """Raise PresetError where an arm has no lane that trains behind a place."""
    ends = [lane.stopped.epoch if lane.stopped else None for lane in lab.lanes_of(arm)]
    if ends and all(end is not None and (end, 0) <= place for end in ends):
        last = max(end for end in ends if end is not None)
        raise PresetError(f"arm {arm!r} has ended after epoch {last:,}: fork it before")
    birth = lab.preset.arm(arm).birth
    if birth is not None and place < birth.place:
        raise PresetError(f"arm {arm!r} begins at epoch {birth.epoch:,}: fork {birth.parent!r} instead")


def _free(lab: Lab, name: str, otherwise: str) -> str:
    """The name that is asked for, or where none is, one that is free."""
    if name:
        refuse_name(name)
        if name in lab.preset.arm_names:
            raise PresetError(f"arm {name!r}: there is one of that name already")
        return name
    numbered = (f"{otherwise} ({number})" for number in itertools.count(2))
    return next(found for found in itertools.chain([otherwise], numbered) if found not in lab.preset.arm_names)


def _with_parents(lab: Lab, arms: Sequence[str]) -> list[str]:
    """These arms and those that they come from, in the preset's order."""
    wanted, waiting = set[str](), list(arms)
    while waiting:
        arm = lab.preset.arm(waiting.pop())
        wanted.add(arm.name)
        if arm.birth is not None and begins(arm) > (0, 0) and arm.birth.parent not in wanted:
            waiting.append(arm.birth.parent)
    return [name for name in lab.preset.arm_names if name in wanted]


def _place(state: LabState) -> Place:
    return state.epoch, state.batch
