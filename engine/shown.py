"""What a worker shows of its run: the record, the rare events since somebody asked, and all events to who listens."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from engine.commands import Look
from engine.events import Epoch, Event, Loading, Receipt, Seen, Travelled
from engine.log import write_log
from engine.pace import Rate
from engine.record import RunRecord
from engine.view import State

# How many of the rare events (turned knobs, receipts, stops, failures) wait for a reader before the oldest are let go.
_NEWS = 1000
# Looks come often and are in the view, as how far lanes are on their way.
_NO_NEWS = (Epoch, Seen, Loading, Travelled)

# Called with the events in their order, as many as come at once, and how many there have been with these.
Listener = Callable[[Sequence[Event], int], None]


class Shown:
    """Filled by the worker's thread, read by others, which hold `lock` while they read its attributes.

    Attributes
    ----------
    record, state, rate : the run, what the worker does, and how fast it goes.
    version : another one for each change.
    count : how many events there have been.
    """

    def __init__(self, record: RunRecord) -> None:
        self.record, self.rate = record, Rate()
        self.state: State = "loading"
        self.version = self.count = 0
        self.lock = threading.Lock()
        self._news: deque[Event] = deque(maxlen=_NEWS)
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call it with all events from now on, in the worker's thread."""
        with self.lock:
            self._listeners.append(listener)

    def news(self) -> list[Event]:
        """The rare events since the last call."""
        with self.lock:
            news = list(self._news)
            self._news.clear()
        return news

    def take(
        self, events: Sequence[Event], state: State | None = None, taken: Callable[[], None] | None = None
    ) -> None:
        """Take in events, and pass them on. `taken` is called when a view that is made then has them."""
        with self.lock:
            before = self.record.epoch
            self.record.take_all(events)
            self._news.extend(event for event in events if not isinstance(event, _NO_NEWS))
            if self.record.epoch > before:
                self.rate.count(self.record.epoch)
            elif self.record.epoch < before:  # it has gone back
                self.rate.clear()
            if taken is not None:
                taken()
            self.state = state or self.state
            self.count += len(events)
            if not all(isinstance(event, Receipt) and event.do == Look.kind for event in events):
                self.version += 1  # a look that is asked for shows nothing before it is taken
            count, listeners = self.count, tuple(self._listeners)
        for listener in listeners:
            try:
                listener(events, count)
            except Exception:  # training goes on without it
                write_log(f"what listens to the run of {self.record.preset.name}")
                with self.lock:
                    self._listeners.remove(listener)

    def set_state(self, state: State) -> None:
        """The worker does something else from now on."""
        if state != self.state:
            with self.lock:
                self.state = state
                self.rate.clear()
                self.version += 1
