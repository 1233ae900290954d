"""The newest events of a run as numbered lines, for clients that read at their own pace."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice

from engine.events import Event, Loading, Seen
from engine.serve.lines import write_event

# So many events are kept for a client that was away, some ten megabytes: seconds of the fastest runs, hours of slow
# ones. Who was away for longer gets a snapshot.
KEPT = 10_000


class _Entry:
    """An event, and its line once somebody has asked for it; neither where a newer one has taken its place."""

    __slots__ = ("event", "line")

    def __init__(self, event: Event | None) -> None:
        self.event, self.line = event, ""


class Stream:
    """Takes events in one thread, which never waits, and gives them as lines in another.

    Attributes
    ----------
    last : the number of the newest event.
    """

    def __init__(self, last: int = 0, kept: int = KEPT) -> None:
        self.last = last
        self._entries: deque[_Entry] = deque(maxlen=kept)
        self._newest: dict[tuple[object, ...], _Entry] = {}
        self._lock = threading.Lock()

    def take(self, events: Sequence[Event], last: int) -> None:
        """Take in events, of which the last has this number."""
        with self._lock:
            if last != self.last + len(events):  # some events came before anybody listened
                self._entries.clear()
            for event in events:
                entry = _Entry(event)
                self._entries.append(entry)
                if isinstance(event, Seen | Loading):
                    # Large, and of no use once there is a newer one.
                    key = (event.look, event.arm, event.seed) if isinstance(event, Seen) else ()
                    if key in self._newest:
                        self._newest[key].event, self._newest[key].line = None, ""
                    self._newest[key] = entry
            self.last = last

    def has(self, after: int) -> bool:
        """Whether all events after this number are still here."""
        return self.last - len(self._entries) <= after <= self.last

    def lines(self, after: int, most: int) -> tuple[str, int] | None:
        """At most so many of the lines after a number, and the number of the last of them; None where some are gone."""
        with self._lock:
            begin = after - (self.last - len(self._entries))
            if begin < 0:
                return None
            entries = list(islice(self._entries, begin, begin + most))
        lines = []
        for number, entry in enumerate(entries, after + 1):
            event = entry.event
            if event is not None:
                # Once for all clients.
                entry.line = entry.line or write_event(event, number)
                lines.append(entry.line)
        return "".join(lines), after + len(entries)
