"""Connections to a run's file: to write it, and to read one that may come from a stranger."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.runs import schema, tables
from engine.runs.errors import RunError
from engine.runs.filesystem import is_shared
from engine.text import quoted

_MAGIC = b"SQLite format 3\0"
# The files that this process writes. Opening and closing one of them by other means than SQLite takes its locks away.
WRITTEN_HERE: set[tuple[int, int]] = set()
# Steps of SQLite's own machine that reading a schema of a few tables takes at the very most.
_SCHEMA_STEPS = 100_000
# A reader on a file system without the log waits so long for a transaction to end, seconds.
_PATIENCE = 5.0


def connect(path: Path, parameters: str, timeout: float = _PATIENCE) -> sqlite3.Connection:
    """A connection in which each statement is a transaction, unless one is begun. Raises sqlite3.Error."""
    name = quote(os.fsencode(os.path.abspath(path)))
    db = sqlite3.connect(
        f"file:{name}?{parameters}", uri=True, isolation_level=None, check_same_thread=False, timeout=timeout
    )
    # What a row may hold, whatever its length says.
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, schema.LONGEST_ROW)
    db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    db.text_factory = bytes  # decoded once its checksum is right
    return db


def connect_to_write(path: Path, first: Mapping[str, Any] | None = None) -> sqlite3.Connection:
    """A connection to a file of ours. Raises sqlite3.Error.

    Parameters
    ----------
    first : what an empty file tells as soon as it is laid out, so that nobody finds it without.
    """
    db = connect(path, "mode=rw", timeout=1.0)
    try:
        if first is not None:
            schema.create(db)
            tables.put_meta(db, first)
            db.execute("COMMIT")
        shared = is_shared(path.parent)
        db.execute(f"PRAGMA journal_mode = {'DELETE' if shared else 'WAL'}")
        # With the log a crash of the whole machine costs the last transactions and damages nothing.
        db.execute(f"PRAGMA synchronous = {'FULL' if shared else 'NORMAL'}")
        db.execute(f"PRAGMA journal_size_limit = {1 << 26}")
    except BaseException:
        db.close()
        raise
    return db


def create(path: Path, fields: dict[str, Any]) -> sqlite3.Connection:
    """A connection to a new file that tells so much. Raises sqlite3.Error, OSError, and leaves none then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        return connect_to_write(path, fields)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


@contextlib.contextmanager
def worded(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the system, and damaged rows, as a `RunError` that names the file."""
    try:
        yield
    except (sqlite3.Error, schema.DamagedError, OSError, OverflowError) as error:
        raise RunError(f"{path}: {why(error)}") from error


def code_of(error: Exception) -> int:
    """SQLite's primary code of an error; 0 for an error that is not SQLite's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def why(error: Exception) -> str:
    """An error in a few words that end a line."""
    code = code_of(error)
    if code == sqlite3.SQLITE_NOTADB:
        return "is no run: it is no SQLite file, or its first page is damaged"
    if code == sqlite3.SQLITE_FULL:
        return "the disk is full"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "is being written by another process: try again in a moment"
    if code == sqlite3.SQLITE_IOERR:
        return f"the disk refuses ({error})"
    if code == sqlite3.SQLITE_CANTOPEN:
        return "cannot be opened"
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return "may not be written"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"is damaged ({error})"


def journal_of(path: Path) -> tuple[Path, ...]:
    """The files that SQLite keeps beside it while it is written."""
    return tuple(path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal"))


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that reads a file and cannot change it, after everything that can be checked has been.

    Raises
    ------
    RunError
        It is not there, no run, a newer regtui's, or its tables are not as regtui lays them out.
    """
    with worded(path):
        log_format = inode_of(path) not in WRITTEN_HERE and _refuse_other_files(path)
        # A file whose writer has gone without leaving a log: SQLite would make one beside it, in a stranger's folder.
        alone = log_format and not journal_of(path)[0].exists()
        db = connect(path, "mode=ro&immutable=1" if alone else "mode=ro")
        try:
            _look_over(db)
        except sqlite3.OperationalError as error:
            db.close()
            if code_of(error) not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
                raise
            db = _reopened(path, error)
        except BaseException:
            db.close()
            raise
        return db


def _reopened(path: Path, error: sqlite3.OperationalError) -> sqlite3.Connection:
    """A file that its writer left in the middle of a transaction: only a connection that may write can take it back."""
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise RunError(
            f"{path}: its writer was killed in the middle of writing, and only who may write there can read it:"
            " copy it, with the files beside it that begin with its name, to a folder of yours"
        ) from error
    db = connect(path, "mode=rw")
    try:
        _look_over(db)
    except BaseException:
        db.close()
        raise
    return db


def inode_of(path: Path) -> tuple[int, int] | None:
    """Which file has the name; None where none has. Raises OSError where that cannot be found out."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _refuse_other_files(path: Path) -> bool:
    """Look at a file's first bytes; whether it is in the format that has a log. Raises RunError, OSError."""
    careful = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    descriptor = os.open(path, os.O_RDONLY | careful)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RunError(f"{path}: is no file that holds a run")
        head = os.read(descriptor, 100)
    finally:
        os.close(descriptor)
    if not head:
        raise RunError(f"{path}: is empty: nothing is recorded in it yet")
    if not head.startswith(_MAGIC):
        raise RunError(f"{path}: is no run: it begins with {quoted(head[:16])}, a run with {quoted(_MAGIC)}")
    if len(head) < 100:
        raise RunError(f"{path}: is cut off after {len(head)} bytes")
    version, application = int.from_bytes(head[60:64], "big"), int.from_bytes(head[68:72], "big")
    if application != schema.APPLICATION_ID:
        raise RunError(f"{path}: is an SQLite file, but no run of regtui")
    if version > schema.VERSION:
        raise RunError(
            f"{path}: was written by a newer regtui (format {version}, this one reads {schema.VERSION}): update it"
        )
    if version != schema.VERSION:
        raise RunError(f"{path}: is of the unknown format {version}, or damaged")
    return head[18] == 2


def _look_over(db: sqlite3.Connection) -> None:
    """Refuse a schema that is not ours, before anything of it is used: views and triggers are a stranger's code."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return steps > _SCHEMA_STEPS // 1000

    db.set_progress_handler(count, 1000)
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA cell_size_check = ON")
        db.execute("PRAGMA query_only = ON")
        found = db.execute("SELECT name, sql FROM sqlite_schema LIMIT ?", (len(schema.TABLES) + 1,)).fetchall()
    finally:
        db.set_progress_handler(None, 0)
    ours = {name.encode(): text.encode() for name, text in schema.TABLES.items()}
    if dict(found) != ours:
        raise schema.DamagedError("its tables are not those of a run")
