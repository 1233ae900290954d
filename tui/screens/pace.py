"""How often the screen is drawn: as often as wished, but never for more than its share of the time."""

from __future__ import annotations

import statistics
import time
from collections import deque

SHARE = 0.04
FRAMES_PER_SECOND = 4.0
# A frame at least this often however slow the machine: below that a live screen looks dead.
SLOWEST = 1.0


class Pace:
    """Measures what drawing costs in processor time of this thread, and says how long to wait for the next frame."""

    def __init__(self, fps: float | None, share: float = SHARE) -> None:
        self._wished = 1 / fps if fps else 1 / FRAMES_PER_SECOND
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

    def wait(self) -> float:
        """Seconds until the next frame."""
        return max(self._wished, min(SLOWEST, statistics.median(self._costs) / self._share))
