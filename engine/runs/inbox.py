"""What a run tells, laid aside in no time and worked through later, many at once.

To pack an epoch's numbers takes some ten microseconds where many are packed in a row, and some fifty between two steps
of training, which have pushed all that it needs out of the processor's caches.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from engine.runs.pending import Batch, Pending

# Events that wait unpacked at most, some kilobytes each: then whoever brings more packs them all.
MOST = 30_000


class Inbox:
    """Brings to a `Pending` what one thread puts in, and gives another what is to be written."""

    def __init__(self, pending: Pending) -> None:
        self._pending = pending
        self._items: deque[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = deque()
        self._put = self._taken = 0  # events, each counted by one thread only
        self._lock = threading.Lock()

    def put(self, size: int, take: Callable[..., None], *arguments: Any) -> None:
        """Have `take` called with these, in the order in which they are put; `size` is how many events they are."""
        self._items.append((time.time(), size, take, arguments))
        self._put += size
        if self._put - self._taken > MOST:
            with self._lock:
                self._work()

    def _work(self) -> None:
        for _ in range(len(self._items)):
            self._pending.now, size, take, arguments = self._items.popleft()
            self._taken += size
            take(*arguments)

    def swap(self) -> Batch:
        """All that is to be written; from now on it is the caller's."""
        with self._lock:
            self._work()
            return self._pending.swap()

    def merged(self, batch: Batch, old: tuple[int, bytes], late: tuple[int, bytes]) -> tuple[int, bytes]:
        """A row with the numbers of further lanes, as `Pending.merged`."""
        with self._lock:
            return self._pending.merged(batch, old, late)

    def give_back(self, batch: Batch) -> None:
        """What could not be written, to be written before what has come since."""
        with self._lock:
            self._pending.give_back(batch)
