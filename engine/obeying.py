"""A worker as far as it obeys: the orders it takes between two steps, what comes of them, and whom it tells."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.commands import (
    Command,
    FindLr,
    Look,
    Pause,
    Predict,
    Rearrangement,
    Restart,
    Resume,
    SetSpeed,
    StepEpoch,
    Stop,
    Turn,
)  # fmt: skip
from engine.control import Order, Orders
from engine.events import Adjusted, Event, Intervention, Rearranged, Receipt, Travelled
from engine.looker import Looker
from engine.pace import Pace
from engine.preset import PresetError
from engine.script import WAITED_FOR, predicted, put_back
from engine.shown import Shown
from engine.state import LabState, Lane
from engine.view import State

if TYPE_CHECKING:
    from engine.keeper import Keeper
    from engine.lab import Lab
    from engine.time_machine import Outcome, TimeMachine


class Obeying:
    """What `Worker` does in its thread with orders and events."""

    _lab: Lab | None
    _machine: TimeMachine | None
    _keeper: Keeper | None
    _held_back: list[Event]
    _orders: Orders
    _wake: threading.Condition
    _closing: bool
    waits: bool
    _pace: Pace
    _looker: Looker
    _shown: Shown

    def _parts(self) -> tuple[Lab, TimeMachine]:
        """The run's lab as it is now, which a fork or a rewind makes another one, and what does that."""
        assert self._lab is not None
        assert self._machine is not None
        return self._lab, self._machine

    def _is_called(self) -> bool:
        return self._closing or self._due() is not None

    def _due(self) -> tuple[int, Order] | None:
        """The next order that can be taken now: where lanes are on their way no other lanes can set out."""
        lab, machine = self._parts()
        found = self._orders.due(lab.epoch)
        waits = found is not None and machine.busy and isinstance(found[1].command, Rearrangement)
        return None if waits else found

    def _obey(self) -> bool:
        """Take the orders that are due, one by one; whether the run is to be restarted."""
        while True:
            with self._wake:
                due = self._due()
            if due is None:
                return False
            (number, order), (lab, _) = due, self._parts()
            refused, place = order.refused, (lab.epoch, lab.batch)
            refused = refused or order.too_late(*place, lab.finished)
            if order.command is not None and not refused:
                try:
                    self._act(order.command, order.viewer, order.receipt(number, "", *place), number)
                except PresetError as error:
                    refused = str(error)
            if order.command is None or refused:
                self._answer(number, order.command, order.receipt(number, refused, *place), [])
            if isinstance(order.command, Restart) and not refused:
                return True

    def _act(self, command: Command, viewer: str, receipt: Receipt, number: int | None = None) -> None:
        """Do what is asked, and answer. Raises PresetError where it is refused."""
        lab, machine = self._parts()
        if isinstance(command, Rearrangement):
            if self._keeper is not None:
                self._keeper.keep(lab, now=True)  # as it was before: what is on its way is in no state of the run
            outcome = machine.carry_out(lab, command)
            self._answer(number, command, receipt, [])
            self._follow(outcome)
            return
        # Only now is it answered, together with its effect: a turned knob stays pending until the effect shows.
        events = self._carry_out(lab, command, viewer)
        self._answer(number, command, receipt, events)
        arms = [event.arm for event in events if isinstance(event, Intervention)]
        if (set_out := machine.turned(lab, arms)) is not None:
            self._follow(set_out)

    def _happen(self, events: Sequence[Event]) -> None:
        """What training or the timeline gives; a dashboard stands still where it is to be looked at."""
        if self.waits and any(isinstance(event, WAITED_FOR) for event in events):
            self._pace.pause()  # before anybody hears of it: who asks must find the run standing
        lab, _ = self._parts()
        if any(isinstance(event, Rearranged) for event in events):  # the timeline has forked an arm
            self._looker.follow(lab)
            self._emit(events, kept=False)
            if self._keeper is not None:
                self._keeper.rearranged(events, lab)
        elif events:
            self._emit(events)

    def _follow(self, outcome: Outcome) -> None:
        """Go on with the lab of a step of the time machine, and tell what came of it."""
        lab, machine = self._parts()
        if outcome.lab is not lab:
            self._lab = outcome.lab
            self._looker.follow(outcome.lab)
        self._emit(outcome.events, kept=False)
        self._held_back += [event for event in outcome.events if not isinstance(event, Travelled)]
        if not machine.busy:
            if self._keeper is not None:
                self._keeper.rearranged(self._held_back, outcome.lab)
            self._held_back = []

    def _give_up(self) -> None:
        """Let lanes that are on their way stand where they began."""
        self._parts()[1].abandon()
        if self._keeper is not None:
            self._keeper.take([event for event in self._held_back if isinstance(event, Rearranged)])
        self._held_back = []

    def _state_before(self, epoch: int, lanes: Sequence[Lane]) -> LabState | None:
        """A state of the run from its file, up to so many whole epochs and with these lanes; None where it has none."""
        return None if self._keeper is None else self._keeper.state_before(epoch, lanes)

    def _carry_out(self, lab: Lab, command: Command, viewer: str) -> list[Event]:
        """Do what is asked, and give what came of it. Raises PresetError where it is refused."""
        match command:
            case Pause() | Resume() | StepEpoch() | SetSpeed():
                self._pace.obey(command)
            case Turn(knob, value, arm):
                self._looker.look_again()  # a schedule is another at once, though no epoch passes
                before, events = lab.preset, lab.turn(knob, value, arm)
                return events if events or lab.preset == before else [Adjusted(knob, value, arm)]
            case FindLr(low, high, steps):
                from engine.finder import find_lr

                return list(find_lr(lab, low, high, steps, cancelled=lambda: self._closing).values())
            case Look(wanted):
                self._looker.want(lab, frozenset(wanted), viewer)
            case Stop():
                self._looker.look_again()
                self._give_up()
                if self._keeper is not None:
                    self._keeper.stopping(lab)
                return lab.stop()
            case Predict(number, choice):
                self._pace.resume()
                return predicted(self._shown.record, number, choice)
            case Restart():
                self._give_up()
                self._pace.forget_steps()
                return put_back(self._shown.record)
        return []

    def _answer(self, number: int | None, command: Command | None, receipt: Receipt, events: Sequence[Event]) -> None:
        self._emit(events if number is None else [*events, receipt], answered=number)
        if self._keeper is not None and command is not None:
            self._keeper.answered(command, receipt)

    def _refuse_the_rest(self, why: str, only_later: bool = False) -> None:
        """Refuse all waiting orders; with `only_later` those that wait for an epoch, which will not come."""
        if not self._orders:
            return
        with self._wake:
            rest = self._orders.let_go(only_later)
        epoch, batch = (0, 0) if self._lab is None else (self._lab.epoch, self._lab.batch)
        if rest:
            self._emit([order.receipt(number, order.refused or why, epoch, batch) for number, order in rest])

    def _emit(
        self, events: Sequence[Event], state: State | None = None, answered: int | None = None, kept: bool = True
    ) -> None:
        """Add events to the record and pass them to the listeners. Called in the worker's thread only.

        `answered` is the number of the order that they answer, which is pending until now; the run's file gets those
        that are `kept`.
        """

        def taken() -> None:
            if answered is not None:
                with self._wake:
                    self._orders.done(answered)

        if self._keeper is not None and kept:
            self._keeper.take(events)
        self._shown.take(events, state, taken)
