"""What is whole of a damaged file, in a new one: SQLite must not write into pages that are not as it left them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from engine.runs import schema, tables
from engine.runs.contents import Columns, meta_of
from engine.runs.errors import RunError
from engine.runs.levels import Levels
from engine.runs.meta import Progress
from engine.runs.opening import connect_to_read, connect_to_write, worded
from engine.runs.pending import merged
from engine.runs.schema import DamagedError


def is_sound(path: Path) -> bool:
    """Whether SQLite finds its own accounts of the file in order; what it costs grows with the file."""
    with contextlib.closing(connect_to_read(path)) as db:
        try:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() == (b"ok",))
        except sqlite3.DatabaseError:
            return False


def mended(path: Path) -> Path:
    """A new file beside it, with every row that is whole and an id of its own; the damaged one stays as it is.

    Raises RunError where it is damaged where it says what the run is, or no file can be made there.
    """
    with contextlib.closing(connect_to_read(path)) as db, worded(path):
        rows = tables.meta(db)
        progress = meta_of(rows, path).progress
        columns = Columns()
        columns.read(db)
        copy = _free_name(path)
        rows["identity"] = {**rows["identity"], "id": os.urandom(4).hex()}
        try:
            os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            with contextlib.closing(connect_to_write(copy, rows)) as new:
                _copy(db, new, columns, progress)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
    return copy


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.stem}-mended{number or ''}{path.suffix}") for number in range(100))
    for name in names:
        if not name.exists():
            return name
    raise RunError(f"{path}: there are a hundred mended copies of it already")


def _copy(db: sqlite3.Connection, new: sqlite3.Connection, columns: Columns, progress: Progress) -> None:
    new.execute("BEGIN IMMEDIATE")
    tables.put_texts(new, "columns", {number: schema.to_text(name) for number, name in enumerate(columns.names)})
    tables.put_texts(new, "layouts", {layout.number: schema.to_text(layout.columns) for layout in columns.layouts})
    for table, last in (("events", progress.events), ("commands", progress.commands)):
        tables.put_texts(new, table, dict(_texts(db, table, last)))
    lost = _copy_epochs(db, new, columns, progress)
    copied: list[int] = []
    for checkpoint in tables.checkpoints(db)[0]:
        with contextlib.suppress(DamagedError, sqlite3.DatabaseError):
            tables.put_checkpoint(new, checkpoint, *tables.checkpoint_bytes(db, checkpoint))
            copied.append(checkpoint.number)
    missing = tables.meta(new, "missing")["missing"]
    ranges = merged([*((first, last) for first, last in missing), *((epoch, epoch) for epoch in lost)])
    tables.put_meta(new, {"checkpoints": copied, "missing": ranges})
    new.execute("COMMIT")


def _texts(db: sqlite3.Connection, table: str, last: int) -> Iterator[tuple[int, str]]:
    """The rows that are whole, each looked up by itself: a damaged page stands between them."""
    for number in range(1, last + 1):
        with contextlib.suppress(DamagedError, sqlite3.DatabaseError):
            row = tables.text(db, table, number)
            if row is not None:
                yield number, schema.to_text(row)


def _copy_epochs(db: sqlite3.Connection, new: sqlite3.Connection, columns: Columns, progress: Progress) -> list[int]:
    """Those of the newest attempt that are whole, and their levels; the epochs that are not."""
    levels, lost = Levels(), []
    for epoch in range(1, progress.epoch + 1):
        key = schema.epoch_key(progress.attempt, epoch)
        try:
            row = db.execute("SELECT layout, numbers FROM epochs WHERE id = ?", (key,)).fetchone()
            if row is None:
                raise DamagedError("missing")
            numbers = schema.unsealed(key, row[0], row[1])
            layout = columns.layout(row[0], numbers)
        except (DamagedError, sqlite3.DatabaseError):
            lost.append(epoch)
            continue
        tables.put_epochs(new, {key: (row[0], row[1])})
        for level, block, packed in levels.take(epoch, layout, bytes(numbers)):
            place = schema.level_key(progress.attempt, level, block)
            tables.put_levels(new, {place: schema.sealed(place, level, packed)})
    return lost
