"""How often the screen is drawn: as often as wished, but never for more than its share of the time.

The share is small while drawing would slow down the training, and larger where the time is to spare.
"""

from __future__ import annotations

import statistics
import time
from collections import deque

from engine.view import View

# Epochs a second that a run may be held to; None for as many as it can.
SPEEDS: tuple[float | None, ...] = (0.5, 1, 2, 5, 10, 15, 20, 50, 100, 200, 500, None)
SHARE = 0.04
FRAMES_PER_SECOND = 4.0
# Where training loses nothing by it.
FREE_SHARE = 0.4
FREE_FRAMES_PER_SECOND = 15.0
# A frame at least this often however slow the machine: below that a live screen looks dead.
SLOWEST = 1.0
# A run that reaches so much of the speed that was asked for is waiting between its epochs.
_BEAT = 0.95


class Pace:
    """Measures what drawing costs in processor time of this thread, and says how long to wait for the next frame."""

    def __init__(self, fps: float | None, share: float = SHARE) -> None:
        self._wished, self._wished_free = (1 / (fps or usual) for usual in (FRAMES_PER_SECOND, FREE_FRAMES_PER_SECOND))
        self._share = share
        # The median of a few: one costly frame (an import, a resize, a key) must not slow down those after it.
        self._costs: deque[float] = deque([0.0], maxlen=5)
        self._then = time.thread_time()

    def begin(self) -> None:
        """A frame begins: what comes until `wait` and in the rendering after it is its cost."""
        now = time.thread_time()
        # Rendering runs after the frame's own code, so a frame's cost is known when the next one begins.
        self._costs.append(now - self._then)
        self._then = now

    def wait(self, free: bool = False) -> float:
        """Seconds until the next frame; `free` where drawing takes nothing from the training."""
        wished, share = (self._wished_free, FREE_SHARE) if free else (self._wished, self._share)
        return max(wished, min(SLOWEST, statistics.median(self._costs) / share))


def has_time_to_spare(view: View) -> bool:
    """Whether drawing takes nothing from the training: there is none here now, or it keeps to its beat."""
    if view.opened or view.state != "running":
        return view.state != "loading"
    return view.speed is not None and view.rate >= _BEAT * view.speed
