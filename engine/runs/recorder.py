"""The thread that writes a run down beside its training, once a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from engine.commands import Command
from engine.events import Event, Receipt
from engine.log import write_log
from engine.preset import Preset
from engine.runs.meta import DataPrint, Environment
from engine.runs.trouble import Trouble
from engine.runs.writer import RunWriter
from engine.state import LabState

EVERY = 1.0


class Recorder:
    """Records a run through a writer, in a thread of its own. Nothing that is called here waits for the disk.

    Parameters
    ----------
    writer : of the run's file; from now on the recorder's.
    every : seconds between two transactions.
    """

    def __init__(self, writer: RunWriter, every: float = EVERY) -> None:
        self.writer = writer
        self._every = every
        self._ends = threading.Event()
        self._asked = threading.Event()
        self._final = "stopped"
        self._data: Callable[[], Sequence[DataPrint]] | None = None
        self._whole = False
        self._thread = threading.Thread(target=self._run, name="regtui-recorder", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> Trouble | None:
        """What is not being recorded, since when and why; None while all is well."""
        return self.writer.trouble

    def take(self, events: Iterable[Event]) -> None:
        """Take in events, as `RunWriter.take`."""
        try:
            self.writer.take(events)
        except Exception as error:
            self._tell_of(error)

    def command(self, command: Command, receipt: Receipt) -> None:
        """Take in a command with its answer."""
        try:
            self.writer.command(command, receipt)
        except Exception as error:
            self._tell_of(error)

    def checkpoint(self, state: LabState, pinned: bool = False, now: bool = False) -> None:
        """Take in a state to go on from; with `now` it is written at once and not within a second."""
        self.writer.checkpoint(state, pinned)
        if now:
            self._asked.set()

    def rearranged(self, events: Sequence[Event], state: LabState) -> None:
        """Take in events and the state behind them, in one transaction, and at once."""
        try:
            self.writer.rearranged(events, state)
        except Exception as error:
            self._tell_of(error)
        self._asked.set()

    def describe(
        self,
        data: Callable[[], Sequence[DataPrint]] | None = None,
        environment: Environment | None = None,
        preset: Preset | None = None,
    ) -> None:
        """Tell what was not known at the beginning, as `RunWriter.describe`.

        Parameters
        ----------
        data : gives the data's fingerprints; called in the recorder's thread, since to hash them takes a while.
        """
        if data is not None:
            self._data = data
        self.writer.describe(None, environment, preset)

    def close(self, state: str = "stopped", timeout: float | None = None) -> bool:
        """Write the rest and end; whether all of it stands in the file.

        Parameters
        ----------
        state : finished, stopped or failed.
        timeout : seconds to wait for the disk at most; the thread goes on behind, as long as the program does.
        """
        self._final = state
        self._ends.set()
        self._asked.set()
        self._thread.join(timeout)
        return self._whole and self.trouble is None and not self._thread.is_alive()

    def discard(self) -> None:
        """End, and leave no file."""
        self.close("discarded")

    def _run(self) -> None:
        while not self._ends.is_set():
            self._asked.wait(self._every)
            self._asked.clear()
            if not self._ends.is_set():
                self._guarded()
        if self._final == "discarded":
            self.writer.discard()
            self._whole = True
        else:
            self._whole = self._guarded(close=True)

    def _guarded(self, close: bool = False) -> bool:
        try:
            if self._data is not None:
                data, self._data = self._data, None
                self.writer.describe(data())
            return self.writer.close(self._final) if close else self.writer.flush()
        except Exception as error:
            self._tell_of(error)
            return False

    def _tell_of(self, error: Exception) -> None:
        """What nobody thought of is logged and reported; it ends neither training nor the recording of the rest."""
        path = write_log(f"recording {self.writer.path}", error)
        self.writer.fail(f"{type(error).__name__} (see {path})")
