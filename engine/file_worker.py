"""A run in a file, with the face of the worker that trains one: a screen shows it, and can change nothing. No torch."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

from engine.commands import Command, Look, Pause, Resume, SetSpeed, StepEpoch
from engine.events import Event, Failed, Loading, Receipt, Seen
from engine.pace import Rate
from engine.record import RunRecord
from engine.runs.errors import RunError
from engine.runs.reader import RunReader
from engine.view import State, View

# So often the file of a run is asked for what is new, seconds; after an error less often.
_EVERY, _AFTER_ERROR = 0.25, 2.0
_NEWS = 1000
_NO_NEWS = (Loading, Seen)


class FileWorker:
    """Follows a run by reading its file, finished or in training elsewhere; it has the methods of a worker.

    Every command but a look that wants nothing is refused.

    Attributes
    ----------
    begun : the preset as the run began with it.
    meta : the file's facts about the run, as last read.

    Raises
    ------
    RunError
        The file is not there, no run, a newer regtui's, or damaged beyond what a reader can pass over.
    """

    def __init__(self, path: Path) -> None:
        self._reader = RunReader(path)
        self.path, self.begun = path, self._reader.begun
        self._lock = threading.Lock()
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._follow, name="regtui-reader", daemon=True)
        self._rate = Rate()
        self._news: deque[Event] = deque(maxlen=_NEWS)
        self._sent = self._version = 0
        self._paused, self._speed = False, self.begun.speed
        self._seen = 0  # events of the file that are known
        self._answered = 0  # commands of the file that are known
        self._reported: set[str] = set()
        self.meta, self._record = self._reader.meta, self._reader.record
        self._standing = self.meta.state
        self._take_in(first=True)

    # What a screen calls ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to follow; once begun, this does nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def send(self, command: Command) -> int:
        """Refuse a command; the `Receipt` of this number says why."""
        with self._lock:
            self._sent += 1
            if command != Look():
                self._news.append(Receipt(command.kind, False, refused=self._why(), number=self._sent))
            return self._sent

    def _why(self) -> str:
        if self._standing == "running":
            return f"read-only: another process trains this run (regtui attach {self.meta.id} takes it over)"
        if self._standing == "finished":
            return "read-only: this run is finished"
        return f"read-only: this run is only looked at (regtui resume {self.meta.id} goes on with it)"

    def view(self) -> View:
        """The run as it was last read."""
        with self._lock:
            return View(
                state=self._state(),
                record=self._record.snapshot(),
                rate=self._rate.measured,
                speed=self._speed,
                paused=self._paused or self._standing != "running",
                version=self._version,
                opened=self._standing,
                files=(self.path,),
            )

    def _state(self) -> State:
        if self._standing == "running":
            return "loading" if self._record.started is None else "paused" if self._paused else "running"
        if self._record.failed is not None:
            return "failed"
        return "finished" if self._standing == "finished" else "paused"

    def news(self) -> list[Event]:
        """The rare events since the last call; what is wrong with the file as a `Failed` of it."""
        with self._lock:
            news = list(self._news)
            self._news.clear()
        return news

    def close(self, timeout: float = 2.0) -> bool:
        """Leave the file; whether that was done within `timeout` seconds."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.ident is None:
            self._reader.close()
        elif self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    # What the thread does --------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        wait = _EVERY
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closing, timeout=wait)
                if self._closing:
                    break
            try:
                # That its process is gone is nothing that the file tells.
                if self._reader.poll() or self._reader.meta.state != self._standing:
                    self._take_in()
                wait = _EVERY
            except RunError as error:
                wait = _AFTER_ERROR
                self._complain(str(error))
        self._reader.close()

    def _complain(self, line: str) -> None:
        """Once, however often it is found again."""
        with self._lock:
            if line not in self._reported:
                self._reported.add(line)
                self._news.append(Failed(line))

    def _take_in(self, first: bool = False) -> None:
        """Take over what the reader has read. The record is the thread's own; others see copies of it."""
        reader = self._reader
        events = reader.events(self._seen)
        for answered in reader.commands(self._answered):
            self._answered = answered.number
            if answered.receipt.taken:
                self._heed(answered.command)
        record = reader.record.snapshot()
        with self._lock:
            before = None if first else self._record
            self._record, self.meta, self._standing = record, reader.meta, reader.meta.state
            self._seen = events[-1][0] if events else self._seen
            if first and record.started is not None:
                self._news.append(record.started)
            elif not first:
                self._news += [event for _, _, event in events if not isinstance(event, _NO_NEWS)]
            self._measure(before, record)
            self._version += 1
        for line in reader.damage:
            self._complain(line)

    def _heed(self, command: Command) -> None:
        match command:
            case Pause() | StepEpoch():
                self._paused = True
            case Resume():
                self._paused = False
            case SetSpeed(speed):
                self._speed = speed

    def _measure(self, before: RunRecord | None, record: RunRecord) -> None:
        if self._standing != "running" or (before is not None and record.epoch < before.epoch):
            self._rate.clear()
        elif before is None or record.epoch != before.epoch:
            self._rate.count(record.epoch)
