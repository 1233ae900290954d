"""Keeps a run in its file while a worker trains it: events, commands with their answers, checkpoints to go on from."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.commands import Command
from engine.events import Event, Receipt
from engine.runs.meta import DataPrint, Environment
from engine.runs.recorder import Recorder
from engine.state import LabState, Lane

if TYPE_CHECKING:
    from engine.lab import Lab

# Between two checkpoints, seconds: so much training is lost where the program is killed.
EVERY = 30.0


class Server(Protocol):
    """Shows the run to other processes; `engine.serve.Server` is one."""

    def close(self, timeout: float = 2.0) -> bool:
        """End; whether that was done within `timeout` seconds."""


class Keeper:
    """Passes what a worker's run tells to its recorder. Called in the worker's thread; nothing waits for the disk.

    Parameters
    ----------
    recorder : of the run's file; from now on the keeper's.
    every : seconds between two checkpoints; those at a pause, at the end and at the closing come besides.
    server : shows the run to other processes, and ends with it.
    command : the command line that the run was begun by.
    """

    def __init__(
        self,
        recorder: Recorder,
        every: float = EVERY,
        server: Server | None = None,
        command: tuple[str, ...] | None = None,
    ) -> None:
        self.recorder, self._every, self._server, self._command = recorder, every, server, command
        self._saved_at, self._saved = time.monotonic(), (-1, -1)
        self._stopped = False
        self._prints: dict[tuple[tuple[str, ...], tuple[int, ...]], DataPrint] = {}

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.recorder.writer.path.absolute()

    def begin(self, lab: Lab) -> None:
        """The lab stands: device and torch are known, and the data, whose fingerprint the recorder's thread takes."""
        self._prints.clear()
        self._describe(lab, Environment.here(str(lab.device), self._command))
        self._saved_at, self._saved = time.monotonic(), (-1, -1)
        self._stopped = False

    def _describe(self, lab: Lab, here: Environment | None = None) -> None:
        from engine.data.fingerprint import fingerprints

        stacks = lab.stacks

        def all_prints() -> tuple[DataPrint, ...]:
            # A run that was given seeds can be gone on with from where it had not yet got them.
            self._prints.update(((data.arms, data.seeds), data) for data in fingerprints(stacks))
            return tuple(self._prints.values())

        self.recorder.describe(data=all_prints, environment=here)

    def take(self, events: Sequence[Event]) -> None:
        """Take in events."""
        self.recorder.take(events)

    def answered(self, command: Command, receipt: Receipt) -> None:
        """Take in a command with its answer."""
        self.recorder.command(command, receipt)

    def is_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return time.monotonic() - self._saved_at >= self._every

    def keep(self, lab: Lab, now: bool = False) -> None:
        """Take a checkpoint, unless there is one of this place; with `now` it is written at once."""
        if self._stopped:
            return
        place = (lab.epoch, lab.batch)
        if place != self._saved or lab.finished:
            self.recorder.checkpoint(lab.state(), now=now)
        self._saved_at, self._saved = time.monotonic(), place

    def rearranged(self, events: Sequence[Event], lab: Lab) -> None:
        """Take in what made the run's lab another one, with a checkpoint behind it: the file gets both, or neither."""
        self.recorder.rearranged(events, lab.state())
        self._describe(lab)
        self._saved_at, self._saved = time.monotonic(), (lab.epoch, lab.batch)

    def state_before(self, epoch: int, lanes: Collection[Lane]) -> LabState | None:
        """The newest state in the file up to so many whole epochs, with all these lanes; None where there is none."""
        from engine.runs.reader import state_before

        return state_before(self.path, epoch, lanes)

    def stopping(self, lab: Lab) -> None:
        """The run is stopped before its end: it can go on from here, as if that had not been."""
        if not lab.finished:
            self.keep(lab, now=True)
            self._stopped = True

    @property
    def trouble(self) -> str:
        """What is not being recorded, since when and why; empty while all is well."""
        return "" if self.recorder.trouble is None else str(self.recorder.trouble)

    def end(self, lab: Lab | None, state: str) -> None:
        """The run is over, or left: write the rest. `state` is finished, stopped, failed or discarded."""
        self._write_the_rest(lab, state)
        if self._server is not None:
            self._server.close()

    def _write_the_rest(self, lab: Lab | None, state: str) -> None:
        if state == "discarded":
            self.recorder.discard()
            return
        if lab is not None and state != "failed":
            self.keep(lab)
        # Who listens may close the worker at the last event, before it calls its run finished.
        finished = lab is not None and lab.finished and state != "failed"
        self.recorder.close("stopped" if self._stopped else "finished" if finished else state)
