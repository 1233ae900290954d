"""Lanes on their way to another place of their run: trained again, with all that was done to them done once more."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from engine.copies import begins, newest_epochs
from engine.events import Event, Intervention
from engine.lab import Lab
from engine.preset import Arm
from engine.rearranging import without
from engine.state import Parked


class Travel:
    """A lab of some lanes on its way.

    Parameters
    ----------
    lab : where it begins; `lab.until` is where it goes.
    births : arms that begin on the way, as copies of others.
    parks : arms that stand still from a place on the way on.
    again : knobs that were turned on the way, in their order.
    """

    def __init__(
        self, lab: Lab, births: Sequence[Arm] = (), parks: Mapping[str, Parked] | None = None,
        again: Sequence[Intervention] = (),
    ) -> None:  # fmt: skip
        self.lab = lab
        self._births = sorted(births, key=begins)
        self._parks = dict(parks or {})
        self._again = deque(again)
        self._arrange()

    @property
    def arrived(self) -> bool:
        return self.lab.arrived

    def advance(self) -> list[Event]:
        """One step, or none where it has arrived: what came of it."""
        return [*self.lab.advance(), *self._arrange()]

    def _arrange(self) -> list[Event]:
        """See to what happens where the lab stands: arms begin, stand still, and have their knobs turned."""
        events: list[Event] = []
        while self._births and begins(self._births[0]) <= self.lab.place:
            born = self._births.pop(0)
            self._becomes(self.lab.forked(born))
            lanes = self.lab.state().lanes
            events += newest_epochs({lane: state for lane, state in lanes.items() if lane[0] == born.name})
        for arm, held in list(self._parks.items()):
            if held.place <= self.lab.place and arm in self.lab.preset.arm_names:
                del self._parks[arm]
                self._becomes(without(self.lab, arm))
        if not self._again:
            return events
        # Knobs of arms that have not begun yet wait for these.
        known = set(self.lab.preset.arm_names)
        fresh = [turned for turned in self._again if turned.arm in known]
        if fresh:
            self.lab.again = deque(sorted([*self.lab.again, *fresh], key=lambda turned: (turned.epoch, turned.batch)))
        self._again = deque(turned for turned in self._again if turned.arm not in known)
        return events

    def _becomes(self, other: Lab) -> None:
        other.until, other.again = self.lab.until, self.lab.again
        self.lab = other
