"""How often the screen is drawn: as often as wished, but never for more than its share of the time."""

from __future__ import annotations

import time

SHARE = 0.04
FRAMES_PER_SECOND = 4.0
# A frame at least this often however slow the machine: below that a live screen looks dead.
SLOWEST = 1.0


class Pace:
    """Measures what drawing costs in processor time of this thread, and says how long to wait for the next frame."""

    def __init__(self, fps: float | None, share: float = SHARE) -> None:
        self._wished = 1 / fps if fps else 1 / FRAMES_PER_SECOND
        self._share = share
        self._cost = 0.0
        self._then = time.thread_time()

    def begin(self) -> None:
        """A frame begins: what comes until `wait` and in the rendering after it is its cost."""
        now = time.thread_time()
        spent = now - self._then
        # Rendering runs after the frame's own code; smoothing keeps one costly key press from slowing ten frames.
        self._cost = spent if self._cost == 0.0 else 0.7 * self._cost + 0.3 * spent
        self._then = now

    def wait(self) -> float:
        """Seconds until the next frame."""
        return max(self._wished, min(SLOWEST, self._cost / self._share))
