"""A run that is rearranged, without a worker: its lab, its time machine and all its events."""

from __future__ import annotations

from engine.commands import Rearrangement
from engine.events import Event, Rearranged
from engine.lab import Lab
from engine.record import RunRecord
from engine.time_machine import Outcome, TimeMachine


class Run:
    """As a worker has it: the run stands still while lanes are on their way."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.machine = lab, TimeMachine()
        self.record = RunRecord(lab.preset)
        self.events: list[Event] = []
        self._take([lab.started])

    def _take(self, events: list[Event]) -> None:
        self.events += events
        self.record.take_all(events)

    def _follow(self, outcome: Outcome) -> None:
        self.lab = outcome.lab
        self._take(outcome.events)

    def do(self, command: Rearrangement, to_its_end: bool = True) -> list[Event]:
        """Carry out a command, the travel that it asks for included; what came of it."""
        count = len(self.events)
        self._follow(self.machine.carry_out(self.lab, command))
        while to_its_end and self.machine.busy:
            self._follow(self.machine.advance(self.lab))
        return self.events[count:]

    def turn(self, knob: str, value: object, arm: str | None = None) -> None:
        events = self.lab.turn(knob, value, arm)
        self._take(events)
        arms = {event.arm for event in events if hasattr(event, "arm")}
        if (outcome := self.machine.turned(self.lab, arms)) is not None:
            self._follow(outcome)
            while self.machine.busy:
                self._follow(self.machine.advance(self.lab))

    def steps(self, count: int) -> None:
        for _ in range(count):
            self._take(self.lab.advance())

    def to(self, epoch: int) -> None:
        """Train until so many whole epochs are done, or the run is over."""
        while self.lab.epoch < epoch and not self.lab.finished:
            before = self.lab.epoch
            self._take(self.lab.advance())
            if self.lab.epoch > before:
                self.machine.observe(self.lab)

    def end(self) -> None:
        self.to(10**9)

    def rearranged(self) -> list[Rearranged]:
        return [event for event in self.events if isinstance(event, Rearranged)]
