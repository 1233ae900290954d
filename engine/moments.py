"""States of a lab that were kept while it trained, to go back to."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from engine.state import LabState, Lane, is_source

if TYPE_CHECKING:
    from engine.lab import Lab

# Seconds between two states at the least, and the share of the time that taking them may cost.
_EVERY, _SHARE = 1.0, 0.005
# So many states are held at most, and so many bytes of them.
_MOST, _BYTES = 32, 256_000_000


class Moments:
    """The states that a worker keeps of its lab, in memory."""

    def __init__(self) -> None:
        self._kept: list[LabState] = []
        self._due = 0.0

    def take_if_due(self, lab: Lab) -> None:
        """Keep the lab's state, where the last one is old enough. Called between two epochs."""
        began = time.monotonic()
        if began < self._due or lab.finished:
            return
        with contextlib.suppress(ValueError):  # a text that JSON has no form for, such as half of a surrogate pair
            self.take(lab)
        ended = time.monotonic()
        self._due = ended + max(_EVERY, (ended - began) / _SHARE)

    def take(self, lab: Lab) -> None:
        """Keep the lab's state now."""
        self._kept.append(lab.state())
        # Every second is let go: what is left lies evenly over the run, with the newest.
        while len(self._kept) > 1 and (len(self._kept) > _MOST or sum(map(_bytes, self._kept)) > _BYTES):
            del self._kept[-2::-2]

    def forget_after(self, epoch: int) -> None:
        """Let go of what lies behind so many whole epochs: that future has been left."""
        self._kept = [state for state in self._kept if (state.epoch, state.batch) <= (epoch, 0)]

    def before(self, epoch: int, lanes: Collection[Lane]) -> LabState | None:
        """The newest state up to so many whole epochs in which all these lanes train; None where there is none."""
        found = [state for state in self._kept if is_source(state, epoch, lanes)]
        return max(found, key=lambda state: (state.epoch, state.batch), default=None)


def _bytes(state: LabState) -> int:
    return sum(tensor.nbytes for lane in state.lanes.values() for tensor in lane.tensors.values())
