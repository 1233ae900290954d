"""Keeps a run in its file while a worker trains it: events, commands with their answers, checkpoints to go on from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from engine.commands import Command
from engine.events import Event, Receipt
from engine.runs.recorder import Recorder

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
    """

    def __init__(self, recorder: Recorder, every: float = EVERY, server: Server | None = None) -> None:
        self.recorder, self._every, self._server = recorder, every, server
        self._kept_at, self._kept = time.monotonic(), (-1, -1)

    def begin(self, lab: Lab) -> None:
        """The lab stands: what it trains on is known by a fingerprint, taken in the recorder's thread."""
        from engine.data.fingerprint import fingerprints

        stacks = lab.stacks
        self.recorder.describe(data=lambda: fingerprints(stacks))
        self._kept_at, self._kept = time.monotonic(), (-1, -1)

    def take(self, events: Sequence[Event]) -> None:
        """Take in events."""
        self.recorder.take(events)

    def answered(self, command: Command, receipt: Receipt) -> None:
        """Take in a command with its answer."""
        self.recorder.command(command, receipt)

    def is_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return time.monotonic() - self._kept_at >= self._every

    def keep(self, lab: Lab, now: bool = False) -> None:
        """Take a checkpoint, unless there is one of this place; with `now` it is written at once."""
        place = (lab.epoch, lab.batch)
        if place != self._kept or lab.finished:
            self.recorder.checkpoint(lab.state(), now=now)
        self._kept_at, self._kept = time.monotonic(), place

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
        self.recorder.close(state)
