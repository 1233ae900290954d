"""Which closer looks are wanted of a lab, and when they are taken: they wait for the device, so not too often."""

from __future__ import annotations

import statistics
import time
from collections import deque
from typing import TYPE_CHECKING

from engine.preset import PresetError
from engine.record import Look

if TYPE_CHECKING:
    from engine.events import Event
    from engine.lab import Lab

# Looks are taken so often at the most, seconds apart, and training pays no more than this share of its time for them.
_LOOK_EVERY, _LOOK_SHARE = 0.5, 0.05
# So many are taken for one viewer, and for so many viewers.
_MOST, _MOST_VIEWERS = 32, 64


class Looker:
    """Takes the looks that any of the viewers wants, once an epoch at most. Imports torch with the first of them."""

    def __init__(self) -> None:
        self._by_viewer: dict[str, frozenset[Look]] = {}
        self._wanted: frozenset[Look] = frozenset()
        self._looked = (0.0, -1)
        # The median of a few: the first one imports torch's modules and warms up, and takes fifty times as long.
        self._costs: deque[float] = deque([0.0, 0.0], maxlen=3)

    def want(self, lab: Lab, wanted: frozenset[Look], viewer: str = "") -> None:
        """From now on a viewer wants these. Raises PresetError where there is no such look or lane."""
        if wanted:
            from engine.looks import LOOKS

            if len(wanted) > _MOST:
                raise PresetError(f"{len(wanted)} closer looks at once: expected at most {_MOST}")
            for name, arm, seed in wanted:
                if name not in LOOKS:
                    raise PresetError(f"no look {name!r} (there is: {', '.join(LOOKS)})")
                lab.lane(arm, seed)
        self._by_viewer.pop(viewer, None)
        if wanted:
            if len(self._by_viewer) >= _MOST_VIEWERS:
                raise PresetError(f"{_MOST_VIEWERS} others are looking closer already")
            self._by_viewer[viewer] = wanted
        self._wanted = frozenset().union(*self._by_viewer.values())
        self.watch_updates(lab)
        self.look_again()

    def follow(self, lab: Lab) -> None:
        """The run's lab is another one: what its lanes are is looked at, and no others."""
        lanes = {lane for stack in lab.stacks for lane in stack.lanes}
        for viewer, wanted in self._by_viewer.items():
            self._by_viewer[viewer] = frozenset(look for look in wanted if look[1:] in lanes)
        self._wanted = frozenset().union(*self._by_viewer.values())
        self.watch_updates(lab)
        self.look_again()

    def watch_updates(self, lab: Lab) -> None:
        """Let a lab keep what the wanted looks need of it."""
        if self._wanted:
            from engine.looks import watched

            lab.watch_updates(watched(self._wanted))
        else:
            lab.watch_updates(set())

    def look_again(self) -> None:
        """What was seen is no longer so, though no epoch has passed."""
        self._looked = (0.0, -1)

    def waits(self, lab: Lab) -> bool:
        """Whether there are looks to be taken of this epoch, now or soon."""
        return bool(self._wanted) and self._looked[1] != lab.epoch

    def is_due(self, lab: Lab) -> bool:
        """Whether they are to be taken now."""
        return self.waits(lab) and time.perf_counter() - self._looked[0] >= _LOOK_EVERY

    def take(self, lab: Lab) -> list[Event]:
        """All that are wanted, now."""
        from engine.looks import take_look

        began = time.perf_counter()
        seen: list[Event] = [take_look(lab, *wanted) for wanted in self._wanted]
        ended = time.perf_counter()
        self._costs.append(ended - began)
        # What takes long is looked at less often.
        self._looked = (max(began, ended + statistics.median(self._costs) / _LOOK_SHARE - _LOOK_EVERY), lab.epoch)
        return seen
