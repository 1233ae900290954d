"""Writes a run into its file: whatever has come since the last time, in one transaction."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.commands import Command
from engine.events import Event, Intervention, Receipt
from engine.memory import is_exhausted
from engine.plain import plain
from engine.preset import Preset, PresetError, with_value
from engine.runs import rows, schema, tables
from engine.runs.checkpoint import Checkpoint, mean_val_loss, sha256_of, to_bytes
from engine.runs.errors import RunError
from engine.runs.handover import Resumed
from engine.runs.inbox import Inbox
from engine.runs.levels import Levels
from engine.runs.meta import DataPrint, Environment, Identity, Progress, Standing
from engine.runs.opening import WRITTEN_HERE, code_of, connect_to_write, create, inode_of, journal_of, why, worded
from engine.runs.owner import HEARTBEAT, Owner
from engine.runs.packing import Packer
from engine.runs.pending import Batch, Branch, Late, Pending, Waiting, merged
from engine.runs.replaced import write_anew
from engine.runs.thinning import thinned
from engine.runs.trouble import Trouble
from engine.state import LabState

# A quota, or a limit of this process, is reported as the second.
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
KEEP_BYTES = 512_000_000
WAITING_BYTES = 64_000_000


class RunWriter:
    """One run's file, open for writing.

    `take`, `command` and `checkpoint` only lay aside what they are given and never wait for the disk. `flush` writes
    it; it may be called in another thread than they are, but in one only.

    Parameters
    ----------
    path : of the file, which must not exist yet; its folder is made.
    preset : the experiment as it begins.
    environment : `Environment.here()` unless given.
    id, name : for the list of runs; the id is drawn unless given.
    keep_bytes : bound on the checkpoints together. The newest is kept in any case.
    waiting_bytes : bound on the epochs that wait while nothing can be written.

    Attributes
    ----------
    trouble : what is not being recorded, since when and why; None while all is well.

    Raises
    ------
    RunError
        There is a file of that name, or none can be made.
    """

    def __init__(
        self,
        path: Path,
        preset: Preset,
        environment: Environment | None = None,
        *,
        id: str = "",
        name: str = "",
        keep_bytes: int = KEEP_BYTES,
        waiting_bytes: int = WAITING_BYTES,
        resumed: Resumed | None = None,
    ) -> None:
        self.path, self.preset = path, preset
        self._inode: tuple[int, int] | None = None
        self.trouble: Trouble | None = None
        self._lasting: Trouble | None = None
        self._keep_bytes = keep_bytes
        environment = environment or Environment.here()
        if resumed is None:
            identity = Identity(id or os.urandom(4).hex(), preset.name, preset.arm_names, preset.seeds, time.time())
            progress = Progress(epochs=preset.epochs)
            self._pending = Pending(progress, Packer(), Levels(), waiting_bytes)
            self._checkpoints: list[Checkpoint] = []
            self._missing: list[tuple[int, int]] = []
            self._environments: tuple[Environment, ...] = (environment,)
        else:
            identity, progress = resumed.identity, resumed.progress
            self._pending = Pending(progress, resumed.packer, resumed.levels, waiting_bytes, resumed.begun)
            self._checkpoints, self._missing = resumed.checkpoints, resumed.missing
            self._environments = (*resumed.environments, environment)[-100:]
            self.preset = resumed.preset
        self._inbox = Inbox(self._pending)
        self.identity = identity
        fields: dict[str, Any] = {
            "state": plain(Standing("running", Owner.here())),
            "environments": plain(self._environments),
        }
        self._db: sqlite3.Connection | None
        with worded(path):
            if resumed is None:
                dumped = preset.model_dump(mode="json")
                fields |= {
                    "identity": plain(identity), "name": name, "notes": "", "data": [], "missing": [],
                    "preset": dumped, "begun.0": dumped, "progress": plain(progress),
                }  # fmt: skip
                self._db = create(path, fields)
            else:
                self._inbox.put(1, self._pending.describe, fields)
                self._db = connect_to_write(path)
            self._hold()
        self._wrote = 0.0

    @property
    def id(self) -> str:
        return self.identity.id

    # What a run tells -------------------------------------------------------------------------------------------------

    def take(self, events: Iterable[Event]) -> None:
        """Take in events. Readers see all that one call gives, or nothing of it yet."""
        events = tuple(events)
        self._inbox.put(len(events), self._pending.take, events)

    def command(self, command: Command, receipt: Receipt) -> None:
        """Take in a command with its answer."""
        self._inbox.put(1, self._pending.command, command, receipt)

    def checkpoint(self, state: LabState, pinned: bool = False) -> None:
        """Take in a state to go on from, of all the events that were taken before it. A pinned one is not thinned."""
        self._inbox.put(1, self._pending.checkpoint, state, pinned)

    def rearranged(self, events: Sequence[Event], state: LabState) -> None:
        """Take in what made the run's lanes others, and a state to go on from behind it: both are written or none."""
        self._inbox.put(len(events), self._pending.rearranged, tuple(events), state)

    def describe(
        self,
        data: Sequence[DataPrint] | None = None,
        environment: Environment | None = None,
        preset: Preset | None = None,
    ) -> None:
        """Tell what was not known at the beginning: the data; the device and torch; a preset that no event tells of."""
        if data is not None:
            self._inbox.put(1, self._pending.describe, {"data": plain(tuple(data))})
        if environment is not None:
            self._environments = (*self._environments[:-1], environment)
            self._inbox.put(1, self._pending.describe, {"environments": plain(self._environments)})
        if preset is not None:
            self._inbox.put(1, self._pending.stands, preset)

    # What is done with it ---------------------------------------------------------------------------------------------

    def flush(self) -> bool:
        """Write all that has come since the last time; whether nothing is left to write. See `trouble` if not."""
        batch = self._inbox.swap()
        if not batch and time.time() - self._wrote < HEARTBEAT and self.trouble is None:
            return True
        try:
            self._reach_file()
            self._prepare(batch)
            try:
                self._write(batch)
            except sqlite3.Error as error:
                if batch.checkpoint is None or code_of(error) not in _NO_ROOM:
                    raise
                self._write_without_checkpoint(batch, error)
                return False
        except (sqlite3.Error, OSError, RunError) as error:
            self._roll_back()
            self._inbox.give_back(batch)
            self._report(batch, why(error))
            return False
        self.trouble = self._lasting
        return True

    def _write_without_checkpoint(self, batch: Batch, error: sqlite3.Error) -> None:
        """There may be room for all the rest."""
        self._roll_back()
        waiting, batch.checkpoint = batch.checkpoint, None
        try:
            self._write(batch)
        except sqlite3.Error:
            batch.checkpoint = waiting
            raise
        self._inbox.give_back(Batch(checkpoint=waiting))
        self._report(batch, f"{why(error)} for checkpoints")

    def _report(self, batch: Batch, reason: str) -> None:
        first = min((key & schema.MOST_EPOCHS for key in batch.epochs), default=batch.progress.epoch)
        since = self.trouble or Trouble(time.time(), first, reason)
        self.trouble = dataclasses.replace(since, why=reason)

    def fail(self, reason: str) -> None:
        """Tell of something that no retry mends."""
        self.trouble = self._lasting = self._lasting or Trouble(time.time(), self._pending.progress.epoch, reason)

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._db is not None and self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _reach_file(self) -> None:
        """See to it that the connection leads to the file of that name: somebody may have deleted it."""
        inode = inode_of(self.path)
        if inode != self._inode:
            if inode is not None:
                raise RunError("another file has taken its name")
            if self._db is None:
                raise RunError("the file is gone")
            write_anew(self._db, self.path)
            self._db = None
            self._hold()
        if self._db is None:
            self._db = connect_to_write(self.path)

    def _hold(self) -> None:
        """Remember which file it is."""
        self._inode = inode_of(self.path)
        if self._inode is not None:
            WRITTEN_HERE.add(self._inode)

    def _let_go(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._inode is not None:
            WRITTEN_HERE.discard(self._inode)

    def _prepare(self, batch: Batch) -> None:
        """Work out what the transaction will hold, before it begins."""
        for change in batch.changes:
            if isinstance(change, Preset):
                self.preset = change
            elif isinstance(change, Intervention):
                arm = None if change.of_all else change.arm
                with contextlib.suppress(PresetError):
                    self.preset = with_value(self.preset, change.knob, change.new, arm)
            elif isinstance(change, Branch | Late):
                self._rewrite(batch, change)
            else:
                batch.meta[f"begun.{change}"] = self.preset.model_dump(mode="json")
        if batch.changes:
            batch.meta["preset"] = self.preset.model_dump(mode="json")
            batch.changes = []
        if batch.device:
            # By the time that a lab stands torch has been imported: its device and threads are known.
            here = Environment.here(batch.device)
            facts = {name: getattr(here, name) for name in ("versions", "device", "threads")}
            self._environments = (*self._environments[:-1], dataclasses.replace(self._environments[-1], **facts))
            batch.meta["environments"], batch.device = plain(self._environments), ""
        if batch.checkpoint is not None and batch.checkpoint.written is None:
            try:
                batch.checkpoint.written = to_bytes(batch.checkpoint.state)
            except (MemoryError, RuntimeError) as error:
                batch.checkpoint = None
                if is_exhausted(error):
                    raise RunError("the memory is not enough for a checkpoint") from error
                raise RunError(f"a checkpoint could not be made: {error}") from error

    def _rewrite(self, batch: Batch, change: Branch | Late) -> None:
        """Lay rows of an attempt into one that branches off it, or further lanes into rows that are there."""
        assert self._db is not None
        begun = f"begun.{change.parent if isinstance(change, Branch) else change.attempt}"
        known = tables.meta(self._db, begun, "unsummarized") | batch.meta
        if isinstance(change, Branch):
            batch.meta |= {
                f"begun.{change.attempt}": known[begun],
                f"branch.{change.attempt}": [change.parent, change.epoch],
            }
            batch.epochs |= rows.copied(self._db, batch.epochs, change)
        else:
            batch.epochs |= rows.widened(self._db, batch.epochs, change, functools.partial(self._inbox.merged, batch))
        # The least and the greatest over blocks of its epochs are not worked out again: what draws them reads its rows.
        batch.meta["unsummarized"] = sorted({*known.get("unsummarized", []), change.attempt})

    def _write(self, batch: Batch) -> None:
        assert self._db is not None
        db, checkpoints = self._db, self._checkpoints
        missing = merged([*self._missing, *batch.missing])
        fields = {**batch.meta, "progress": plain(batch.progress)}
        if missing != self._missing:
            fields["missing"] = missing
        db.execute("BEGIN IMMEDIATE")
        for name, texts in batch.texts.items():
            tables.put_texts(db, name, texts)
        tables.put_epochs(db, batch.epochs)
        tables.put_levels(db, batch.levels)
        if batch.checkpoint is not None:
            checkpoints = self._put_checkpoint(db, batch.checkpoint)
            fields["checkpoints"] = [checkpoint.number for checkpoint in checkpoints]
        tables.put_meta(db, fields)
        db.execute("COMMIT")
        self._checkpoints, self._missing, self._wrote = checkpoints, missing, time.time()

    def _put_checkpoint(self, db: sqlite3.Connection, waiting: Waiting) -> list[Checkpoint]:
        """Write it, and delete those that need not be kept any longer; the checkpoints that there are then."""
        assert waiting.written is not None
        text, tensors = waiting.written
        fresh = Checkpoint(
            **waiting.fields,
            text_bytes=len(text),
            tensor_bytes=len(tensors),
            sha256=sha256_of(text, tensors),
            val_loss=mean_val_loss(waiting.state),
        )
        everything = [*self._checkpoints, fresh]
        remaining = thinned(everything, self._keep_bytes)
        # First, so that their room is used again.
        numbers = {checkpoint.number for checkpoint in remaining}
        tables.delete_checkpoints(
            db, [checkpoint.number for checkpoint in self._checkpoints if checkpoint.number not in numbers]
        )
        tables.put_checkpoint(db, fresh, text, tensors)
        return remaining

    def close(self, state: str = "stopped") -> bool:
        """Write what is left and the end of the run; whether all of it stands in the file, which is then one file.

        Parameters
        ----------
        state : finished, stopped or failed; `running` leaves the run to another writer.
        """
        owner = Owner.here()
        standing = Standing(state, owner, None if state == "running" else time.time())
        self._inbox.put(1, self._pending.describe, {"state": plain(standing)})
        whole = self.flush()
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._db.execute("PRAGMA busy_timeout = 0")
                self._db.execute("PRAGMA journal_mode = DELETE")  # refused while somebody reads: then a log stays
            self._let_go()
        return whole

    def discard(self) -> None:
        """Close it and leave no file."""
        if self._db is not None:
            self._let_go()
            for path in (self.path, *journal_of(self.path)):
                with contextlib.suppress(OSError):
                    if path != self.path or inode_of(path) == self._inode:
                        path.unlink()
