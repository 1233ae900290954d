"""Reads a run's file, a living one's too, without torch. The file may be damaged, or made by a stranger to do harm."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from engine import commands
from engine.events import Epoch, Event, Intervention, Receipt, Started, from_fields
from engine.history import POINTS, History
from engine.memory import free_memory, refuse_what_cannot_fit
from engine.preset import Preset, PresetError
from engine.record import RunRecord
from engine.runs import drawing, rebuilt, schema, tables
from engine.runs.checkpoint import Checkpoint, from_bytes
from engine.runs.contents import Columns, checked, meta_of, preset_of, refuse_place
from engine.runs.errors import RunError
from engine.runs.meta import Progress, RunMeta
from engine.runs.opening import connect_to_read, inode_of, journal_of, worded
from engine.runs.results import Answered, Loaded
from engine.runs.schema import DamagedError
from engine.state import LabState, Lane, is_source

Floats = NDArray[np.float64]
# A reader that is so many epochs behind makes its record anew.
_FAR_BEHIND = _PART = 4096


class RunReader:
    """One run's file, open for reading; nothing in it is changed.

    Parameters
    ----------
    grows : the record is to be gone on with, and its history must have room for what comes.

    Attributes
    ----------
    record : the run as a whole, of its newest attempt. `poll` keeps it up to date.
    damage : a line for each thing that could not be read and was left out.

    Raises
    ------
    RunError
        It is not there, no run, a newer regtui's, or damaged where it tells what the run is.
    """

    def __init__(self, path: Path, grows: bool = False) -> None:
        self.path, self._grows = path, grows
        self.damage: list[str] = []
        self._db = self._connected()
        try:
            self._load()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> RunReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _connected(self) -> sqlite3.Connection:
        db = connect_to_read(self.path)
        with worded(self.path):
            self._is, self._log = inode_of(self.path), journal_of(self.path)[0].exists()
        return db

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The file at one moment: whatever is written meanwhile is seen the next time."""
        with worded(self.path):
            if inode_of(self.path) not in (self._is, None) or self._log != journal_of(self.path)[0].exists():
                self._db.close()
                self._db = self._connected()
            self._db.execute("BEGIN")
            try:
                yield self._db
            finally:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")

    # The run as a whole -----------------------------------------------------------------------------------------------

    def _load(self) -> None:
        with self._reading() as db:
            rows = tables.meta(db)
            self.meta: RunMeta = meta_of(rows, self.path)
            progress = self.meta.progress
            self.preset: Preset = preset_of(rows.get("preset"))
            self.begun: Preset = preset_of(rows.get(f"begun.{progress.attempt}"))
            self._columns = Columns()
            self._columns.read(db)
            self.damage = []
            self._events = self._epoch = 0
            self.record = RunRecord(self.begun)
            self._known = rebuilt.Known(self.begun, self.preset)
            self._fold(db)
            self._fill_history(db)
            self.record.preset = self.preset
            self._progress = self.meta.progress

    def _fold(self, db: sqlite3.Connection) -> bool:
        """Take in the rare events that have come; whether a knob was turned."""
        turned = False
        for number, _, event in self._read_events(db, self._events, self.meta.lineage):
            self._events = number
            if isinstance(event, Started):
                rebuilt.refuse_other_lanes(event, self.begun)
            if isinstance(event, Intervention):
                turned = True
                if self.record.history is not None:
                    self.record.history.add(event)
            else:
                try:
                    self.record.take(event)
                except (ValueError, PresetError) as error:  # of a stranger's file: such as seeds that are none
                    raise DamagedError(f"event {number}: {error}") from None
        if self._events < self.meta.progress.events:
            self._say(f"events after number {self._events:,} are missing")
        return turned

    def _fill_history(self, db: sqlite3.Connection) -> None:
        started, progress = self.record.started, self.meta.progress
        self._epoch = progress.epoch
        if started is None or not progress.epoch:
            return
        lanes = [(arm, seed) for arm in started.arms for seed in started.seeds]
        # One that will not grow takes no more memory than it has numbers.
        points = POINTS if self._grows or self.meta.is_open else min(POINTS, max(4, progress.epoch))
        history, lost = rebuilt.history(db, self._columns, lanes, progress, self.meta.missing, points)
        self.record.ghost = self._ghost(db, lanes)
        for turned in self.record.interventions:
            history.add(turned)
        self.record.history, self.record.epoch = history, progress.epoch
        self.record.last, more = rebuilt.last_epochs(
            db, self._columns, self.record.stopped, self.record.parked, progress
        )
        self.record.last = {lane: last for lane, last in self.record.last.items() if lane in set(lanes)}
        if unread := sorted({*lost, *more}):
            first = f"epoch {unread[0]:,}"
            self._say(f"{first if len(unread) == 1 else f'{len(unread):,} epochs, from {first} on,'} cannot be read")

    def _ghost(self, db: sqlite3.Connection, lanes: list[Lane]) -> History | None:
        """What the last rewind has left behind; None where there was none."""
        branch = self.meta.branches.get(self.meta.progress.attempt)
        if branch is None:
            return None
        left = dataclasses.replace(
            self.meta.progress, attempt=branch[0], epoch=min(rebuilt.newest(db, branch[0]), schema.MOST_EPOCHS)
        )
        if not left.epoch:
            return None
        points = min(POINTS, max(4, left.epoch))
        return rebuilt.history(db, self._columns, lanes, left, self.meta.missing, points)[0]

    def _say(self, line: str) -> None:
        if line not in self.damage:
            self.damage.append(line)

    def poll(self) -> bool:
        """Take in what has been written since; whether anything has. Raises RunError."""
        with self._reading() as db:
            rows = tables.meta(db, "progress")
            progress = checked(Progress, rows.get("progress"), "progress")
            refuse_place(progress)
            meta = self.meta
            again = progress.generation != meta.progress.generation or progress.attempt != meta.progress.attempt
            if not again and progress.epoch - self._epoch <= _FAR_BEHIND and progress.epoch >= self._epoch:
                return self._go_on(db, progress)
        self._load()
        return True

    def _go_on(self, db: sqlite3.Connection, progress: Progress) -> bool:
        if progress == self._progress:
            return False
        rows = tables.meta(db)
        self.meta, self._progress = meta_of(rows, self.path), progress
        self._columns.read(db)
        if self._fold(db):
            self.preset = preset_of(rows.get("preset"))
        # The newest that is known may have got further lanes.
        for row in self._rows(db, max(1, self._epoch), progress.epoch) if progress.epoch else ():
            if isinstance(row, str):
                self._say(row)
            else:
                known = set() if self.record.history is None else set(self.record.history.lanes)
                self.record.take_all(lane for lane in row.epochs(self._columns) if (lane.arm, lane.seed) in known)
        self._epoch = progress.epoch
        self.record.preset = self.preset
        return True

    # Its parts --------------------------------------------------------------------------------------------------------

    def _read_events(
        self, db: sqlite3.Connection, after: int, attempts: Collection[int] | None
    ) -> Iterator[tuple[int, float, Event]]:
        for number, fields in tables.texts(db, "events", after):
            if number != after + 1:
                self._say(f"{number - after - 1:,} events before number {number:,} are missing")
            after = number
            try:
                if attempts is None or fields["attempt"] in attempts:
                    yield number, checked(float, fields["time"], "time"), self._known.event_of(fields["event"])
            except (ValueError, KeyError, TypeError) as error:
                raise DamagedError(f"event {number}: {error}") from None

    def events(self, after: int = 0) -> list[tuple[int, float, Event]]:
        """The rare events after a number, of all attempts: number, time (seconds since 1970) and event."""
        with self._reading() as db:
            return list(self._read_events(db, after, None))

    def commands(self, after: int = 0) -> list[Answered]:
        """The commands after a number, with their answers."""
        found: list[Answered] = []
        with self._reading() as db:
            newest = checked(Progress, tables.meta(db, "progress").get("progress"), "progress").commands
            for number, fields in tables.texts(db, "commands", after):
                try:
                    command, receipt = commands.from_fields(fields["command"]), from_fields(fields["receipt"])
                    if not isinstance(receipt, Receipt):
                        raise ValueError("no receipt")
                    attempt, time = checked(int, fields["attempt"], "attempt"), checked(float, fields["time"], "time")
                    found.append(Answered(number, attempt, time, command, receipt))
                except (ValueError, KeyError, TypeError) as error:
                    raise DamagedError(f"command {number}: {error}") from None
            if (found[-1].number if found else after) < newest:
                self._say(f"commands after number {found[-1].number if found else after:,} are missing")
        return found

    def epochs(self, first: int = 1, last: int | None = None, attempt: int | None = None) -> Iterator[list[Epoch]]:
        """Every recorded epoch of a range, its lanes together. Raises RunError at the first that is damaged."""
        attempt = self.meta.progress.attempt if attempt is None else attempt
        with self._reading() as db:
            there = self.meta.progress.epoch if attempt == self.meta.progress.attempt else rebuilt.newest(db, attempt)
            last = there if last is None else min(last, there)
        # In parts: who reads for long keeps the writer's log from being emptied.
        for begin in range(first, last + 1, _PART):
            with self._reading() as db:
                rows = self._rows(db, begin, min(last, begin + _PART - 1), attempt)
                part = [row.epochs(self._columns) for row in rebuilt.whole(rows)]
            yield from part

    def _rows(
        self, db: sqlite3.Connection, first: int, last: int, attempt: int | None = None
    ) -> Iterator[rebuilt.Row | str]:
        progress = self.meta.progress
        if attempt is None or attempt == progress.attempt:
            attempt, last = progress.attempt, min(last, progress.epoch)
        return rebuilt.rows(db, self._columns, attempt, first, last, self.meta.missing)

    def series(
        self, metric: str, arm: str, seed: int, first: int = 1, last: int | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """Every recorded number of a lane's metric: epochs [n] and values [n]. Raises RunError where one is damaged."""
        with self._reading() as db:
            rows = self._rows(db, first, schema.MOST_EPOCHS if last is None else last)
            return rebuilt.series(self._columns, (arm, seed, metric), rebuilt.whole(rows))

    def envelope(
        self, metric: str, arm: str, seed: int, points: int = 4096
    ) -> tuple[NDArray[np.int64], Floats, Floats]:
        """The least and the greatest of a metric of a lane over blocks of epochs, at most about so many: for drawing.

        Returns
        -------
        first epoch of each block, least and greatest in it, [n] each; NaN where the lane has no number.
        """
        with self._reading() as db:
            return drawing.envelope(db, self._columns, self.meta, (arm, seed, metric), points)

    # Checkpoints ------------------------------------------------------------------------------------------------------

    def checkpoints(self) -> list[Checkpoint]:
        """The checkpoints' descriptions, the oldest first, without damaged ones."""
        with self._reading() as db:
            return tables.checkpoints(db)[0]

    def load_checkpoint(self, number: int | None = None, attempt: int | None = None) -> Loaded | None:
        """A checkpoint: the newest whole one, unless a number is given; None where there is none. Imports torch.

        Parameters
        ----------
        attempt : only those of an attempt.

        Raises
        ------
        RunError
            That number is damaged or not there, or its tensors do not fit into memory.
        """
        with self._reading() as db:
            found, skipped = tables.checkpoints(db)
            there = {checkpoint.number for checkpoint in found}
            listed = checked(tuple[int, ...], tables.meta(db, "checkpoints").get("checkpoints", ()), "checkpoints")
            skipped += [f"checkpoint {lost} is missing" for lost in listed if lost not in there][-3:]
            for checkpoint in reversed(found):
                if number not in (None, checkpoint.number) or attempt not in (None, checkpoint.attempt):
                    continue
                try:
                    return Loaded(checkpoint, self._state(db, checkpoint), tuple(skipped))
                except (DamagedError, sqlite3.Error) as error:
                    if number is not None:
                        raise
                    skipped.append(f"checkpoint at epoch {checkpoint.epoch:,} is damaged and passed over ({error})")
        if number is not None:
            raise RunError(f"{self.path}: there is no checkpoint {number}")
        if skipped:
            self.damage += skipped
        return None

    def _state(self, db: sqlite3.Connection, checkpoint: Checkpoint) -> LabState:
        # No more than the file can hold, and once more for the tensors.
        size = min(checkpoint.bytes, self.path.stat().st_size)
        refuse_what_cannot_fit(
            2 * size, free_memory(), f"the checkpoint at epoch {checkpoint.epoch:,}", "another machine"
        )
        return from_bytes(*tables.checkpoint_bytes(db, checkpoint))


def state_before(path: Path, epoch: int, lanes: Collection[Lane]) -> LabState | None:
    """The newest state of a run up to so many whole epochs in which all these lanes train; None where there is none."""
    with RunReader(path) as reader:
        last: dict[int, int] = {}
        until = epoch
        for attempt in reader.meta.lineage:  # what lies behind a branch is another future
            last[attempt] = until
            until = min(until, reader.meta.branches.get(attempt, (0, until))[1])
        found = [saved for saved in reader.checkpoints() if saved.epoch <= last.get(saved.attempt, -1)]
        for saved in sorted(found, key=lambda saved: (saved.epoch, saved.batch), reverse=True):
            loaded = reader.load_checkpoint(saved.number)
            if loaded is not None and is_source(loaded.state, epoch, lanes):
                return loaded.state
    return None
