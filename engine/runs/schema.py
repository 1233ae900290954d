"""The format of a run's file: its tables, the numbers that mark it, the keys and checksums of its rows.

Every row carries a CRC-32 over its table, its key and its content: SQLite itself does not notice a flipped bit in a
number. Keys are whole numbers that grow, so that rows are appended and a reader can tell that one is missing.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import zlib
from typing import Any

APPLICATION_ID = 0x72677475  # "rgtu"
VERSION = 1
# Rows are some hundred bytes to some kilobytes: on SQLite's usual 4 kB up to half of a page would stay empty.
PAGE_BYTES = 16384
# The longest row; longer things are stored in pieces.
LONGEST_ROW = 1 << 24
CHUNK_BYTES = 1 << 20

# As SQLite keeps it: a file with any other text in its schema is not read.
_JSON = "(id INTEGER PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL)"
TABLES = {
    "meta": "CREATE TABLE meta (id TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID",
    "columns": f"CREATE TABLE columns {_JSON}",
    "layouts": f"CREATE TABLE layouts {_JSON}",
    "epochs": "CREATE TABLE epochs (id INTEGER PRIMARY KEY, layout INTEGER NOT NULL, numbers BLOB NOT NULL)",
    "levels": "CREATE TABLE levels (id INTEGER PRIMARY KEY, numbers BLOB NOT NULL)",
    "events": f"CREATE TABLE events {_JSON}",
    "commands": f"CREATE TABLE commands {_JSON}",
    "checkpoints": f"CREATE TABLE checkpoints {_JSON}",
    "chunks": "CREATE TABLE chunks (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
}

_ATTEMPT, _EPOCH_BITS, _CHUNK_BITS = 48, 40, 20
MOST_EPOCHS, MOST_ATTEMPTS, MOST_CHECKPOINTS = (1 << _EPOCH_BITS) - 1, 1 << 14, 1 << 40
_PLACE = struct.Struct("<qq")


class DamagedError(Exception):
    """A row is not as it was written. Never leaves this package: a reader makes a `RunError` of it."""


def create(db: sqlite3.Connection) -> None:
    """Begin the transaction that lays out an empty file."""
    db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    db.execute("BEGIN IMMEDIATE")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")
    for table in TABLES.values():
        db.execute(table)


def epoch_key(attempt: int, epoch: int) -> int:
    """The key of an epoch's row. A run that is started again counts its epochs from 1 again, in another attempt."""
    return attempt << _ATTEMPT | epoch


def level_key(attempt: int, level: int, block: int) -> int:
    """The key of a block's row. The finest level, which has most rows, comes last and is appended to."""
    return attempt << _ATTEMPT | (255 - level) << _EPOCH_BITS | block


def chunk_key(checkpoint: int, number: int) -> int:
    """The key of a piece of a checkpoint's tensors."""
    return checkpoint << _CHUNK_BITS | number


def to_text(value: Any) -> str:
    """JSON, with the words `NaN`, `Infinity` and `-Infinity` for the numbers that it has none for.

    A value of a kind that it does not know stands as its text: nothing that is recorded may end training.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str).encode("utf-8", "replace").decode()


def text_crc(table: str, key: int | str, text: bytes) -> int:
    """The checksum of a row of JSON."""
    return zlib.crc32(text, zlib.crc32(f"{table} {key} ".encode()))


def sealed(key: int, layout: int, numbers: bytes) -> bytes:
    """Packed numbers with the checksum of their row before them."""
    return zlib.crc32(numbers, zlib.crc32(_PLACE.pack(key, layout))).to_bytes(4, "little") + numbers


def unsealed(key: int, layout: Any, row: Any) -> memoryview:
    """The packed numbers of a row. Raises DamagedError where they are not as they were written."""
    if not isinstance(layout, int) or not isinstance(row, bytes) or len(row) < 4 or (len(row) - 4) % 8:
        raise DamagedError("a row of numbers is of another kind")
    numbers = memoryview(row)[4:]
    if zlib.crc32(numbers, zlib.crc32(_PLACE.pack(key, layout))) != int.from_bytes(row[:4], "little"):
        raise DamagedError("a row of numbers has another checksum")
    return numbers
