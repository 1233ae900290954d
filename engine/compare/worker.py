"""Runs in their files as one run that a screen can show, with the face of a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from engine.commands import Command, Look
from engine.compare.differences import Compared, labels
from engine.compare.merged import merged_preset, merged_record
from engine.events import Event, Failed, Receipt
from engine.file_worker import FileWorker
from engine.runs.errors import RunError
from engine.view import State, View

# More runs than these are no picture that anybody can read.
MOST = 16
_REFUSED = "read-only: runs are only compared here"


class ComparedWorker:
    """Follows several runs, finished or in training, as one whose arms are called `RUN: ARM`.

    Attributes
    ----------
    begun : the preset of them all, as they began to be compared.
    runs : as they are.

    Raises
    ------
    RunError
        There are fewer than two or too many of them, or a file cannot be read.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        if not 2 <= len(paths) <= MOST:
            raise RunError(f"{len(paths)} run{'' if len(paths) == 1 else 's'} to compare: must be from 2 to {MOST}")
        self._workers: list[FileWorker] = []
        try:
            for path in paths:
                self._workers.append(FileWorker(path))
            self._labels = labels([worker.meta for worker in self._workers])
            self._seen: tuple[int, ...] = ()
            self._view = self._merged([worker.view() for worker in self._workers])
            self.begun = self._view.preset
        except BaseException:
            self.close(timeout=0)
            raise
        self._sent = 0
        self._news: deque[Event] = deque(maxlen=1000)

    @property
    def runs(self) -> list[Compared]:
        return [
            Compared(label, worker.meta, worker.view().preset)
            for label, worker in zip(self._labels, self._workers, strict=True)
        ]

    def start(self) -> None:
        """Begin to follow."""
        for worker in self._workers:
            worker.start()

    def send(self, command: Command) -> int:
        """Refuse a command; the `Receipt` of this number says why."""
        self._sent += 1
        if command != Look():
            self._news.append(Receipt(command.kind, False, refused=_REFUSED, number=self._sent))
        return self._sent

    def view(self) -> View:
        """All of them, as they were last read."""
        views = [worker.view() for worker in self._workers]
        if tuple(view.version for view in views) != self._seen:
            self._view = self._merged(views)
        return self._view

    def _merged(self, views: Sequence[View]) -> View:
        self._seen = tuple(view.version for view in views)
        runs = [
            Compared(label, worker.meta, view.preset)
            for label, worker, view in zip(self._labels, self._workers, views, strict=True)
        ]
        states = {view.state for view in views}
        state: State = "running" if "running" in states else "finished" if states == {"finished"} else "paused"
        record = merged_record(runs, [view.record for view in views], merged_preset(runs))
        return View(
            state,
            record,
            paused=state != "running",
            version=sum(self._seen),
            opened="compared",
            files=tuple(worker.path for worker in self._workers),
        )

    def news(self) -> list[Event]:
        """What was refused, and what is wrong with a file."""
        news = [*self._news]
        self._news.clear()
        for worker in self._workers:
            news += [event for event in worker.news() if isinstance(event, Failed)]
        return news

    def close(self, timeout: float = 2.0) -> bool:
        """Leave the files."""
        left = [worker.close(timeout) for worker in self._workers]
        return all(left)
