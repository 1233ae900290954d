"""The rows of a run's file, put into its tables and taken out again, each checked against its checksum."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.plain import from_plain, plain
from engine.runs import schema
from engine.runs.checkpoint import Checkpoint, sha256_of
from engine.runs.schema import DamagedError, to_text
from engine.text import printable

# Written -------------------------------------------------------------------------------------------------------------


def put_meta(db: sqlite3.Connection, fields: Mapping[str, Any]) -> None:
    """What the file tells of the run as a whole, by name."""
    rows = [(key, text := to_text(value), schema.text_crc("meta", key, text.encode())) for key, value in fields.items()]
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", rows)


def put_texts(db: sqlite3.Connection, table: str, texts: Mapping[int, str]) -> None:
    """Rows of JSON, by their numbers."""
    rows = [(key, text, schema.text_crc(table, key, text.encode())) for key, text in texts.items()]
    db.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", rows)


def put_epochs(db: sqlite3.Connection, rows: Mapping[int, tuple[int, bytes]]) -> None:
    """Sealed rows of numbers with the number of their layout, by key."""
    db.executemany("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)", [(key, *row) for key, row in rows.items()])


def put_levels(db: sqlite3.Connection, rows: Mapping[int, bytes]) -> None:
    """Sealed rows of blocks, by key."""
    db.executemany("INSERT OR REPLACE INTO levels VALUES (?, ?)", rows.items())


def put_checkpoint(db: sqlite3.Connection, checkpoint: Checkpoint, text: bytes, tensors: bytes) -> None:
    """A checkpoint: its description, and its bytes in pieces."""
    put_texts(db, "checkpoints", {checkpoint.number: to_text(plain(checkpoint))})
    number = 0
    for part in (memoryview(text), memoryview(tensors)):
        for begin in range(0, len(part), schema.CHUNK_BYTES):
            piece = part[begin : begin + schema.CHUNK_BYTES]
            db.execute("INSERT INTO chunks VALUES (?, ?)", (schema.chunk_key(checkpoint.number, number), piece))
            number += 1


def delete_checkpoints(db: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Let checkpoints go."""
    for number in numbers:
        db.execute("DELETE FROM checkpoints WHERE id = ?", (number,))
        db.execute(
            "DELETE FROM chunks WHERE id BETWEEN ? AND ?",
            (schema.chunk_key(number, 0), schema.chunk_key(number + 1, 0) - 1),
        )


# Read ----------------------------------------------------------------------------------------------------------------


def meta(db: sqlite3.Connection, *names: str) -> dict[str, Any]:
    """What the file tells of the run as a whole: all of it, or what has these names. Raises DamagedError."""
    which = f" WHERE id IN ({', '.join('?' * len(names))})" if names else ""
    found: dict[str, Any] = {}
    for key, text, crc in db.execute(f"SELECT id, value, crc FROM meta{which} ORDER BY id", names):
        name = _decoded(key)
        if name in found:
            raise DamagedError(f"there are two rows {name!r}")
        found[name] = _value("meta", name, text, crc)
    return found


def texts(db: sqlite3.Connection, table: str, after: int = -1) -> Iterator[tuple[int, Any]]:
    """The rows of JSON of a table after a number, in order. Raises DamagedError at the first that is damaged."""
    rows = db.execute(f"SELECT id, value, crc FROM {table} WHERE id > ? ORDER BY id", (after,))
    for key, text, crc in rows:
        # Pages that lead to one another would go on for good.
        if not isinstance(key, int) or key <= after:
            raise DamagedError(f"the rows of {table} are out of order")
        after = key
        yield key, _value(table, key, text, crc)


def text(db: sqlite3.Connection, table: str, number: int) -> Any:
    """One row of JSON; None where there is none. Raises DamagedError."""
    row = db.execute(f"SELECT value, crc FROM {table} WHERE id = ?", (number,)).fetchone()
    return None if row is None else _value(table, number, *row)


def checkpoints(db: sqlite3.Connection) -> tuple[list[Checkpoint], list[str]]:
    """The checkpoints that the file tells of, the oldest first, and a line for each damaged row."""
    found: list[Checkpoint] = []
    damaged: list[str] = []
    number = 0
    while True:
        try:
            row = db.execute(
                "SELECT id, value, crc FROM checkpoints WHERE id > ? ORDER BY id LIMIT 1", (number,)
            ).fetchone()
            if row is None:
                return found, damaged
            if not isinstance(row[0], int) or row[0] <= number:
                raise DamagedError("the list of checkpoints is out of order")
            number = row[0]
        except (sqlite3.Error, DamagedError) as error:
            return found, [*damaged, str(error)]
        try:
            checkpoint = from_plain(Checkpoint, _object(_value("checkpoints", number, row[1], row[2])))
            sizes = (
                checkpoint.text_bytes,
                checkpoint.tensor_bytes,
                checkpoint.epoch,
                checkpoint.batch,
                checkpoint.attempt,
            )
            if checkpoint.number != number or number >= schema.MOST_CHECKPOINTS or min(sizes) < 0:
                raise DamagedError(f"checkpoint {number} tells another number")
            found.append(checkpoint)
        except (DamagedError, ValueError) as error:
            damaged.append(str(error))


def checkpoint_bytes(db: sqlite3.Connection, checkpoint: Checkpoint) -> tuple[bytes, bytes]:
    """JSON and tensors of a checkpoint, no longer than the file itself has them. Raises DamagedError."""
    first, last = schema.chunk_key(checkpoint.number, 0), schema.chunk_key(checkpoint.number + 1, 0) - 1
    parts = (bytearray(), bytearray())
    room = (checkpoint.text_bytes, checkpoint.tensor_bytes)
    key = first - 1
    for number, piece in db.execute("SELECT id, bytes FROM chunks WHERE id BETWEEN ? AND ? ORDER BY id", (first, last)):
        part = 0 if len(parts[0]) < room[0] else 1
        if number != key + 1 or not isinstance(piece, bytes) or len(parts[part]) + len(piece) > room[part]:
            raise DamagedError(f"checkpoint {checkpoint.number} is not whole")
        key = number
        parts[part].extend(piece)
    text, tensors = map(bytes, parts)
    if (len(text), len(tensors)) != room or sha256_of(text, tensors) != checkpoint.sha256:
        raise DamagedError(f"checkpoint {checkpoint.number} has another hash than when it was written")
    return text, tensors


def _value(table: str, key: int | str, text: Any, crc: Any) -> Any:
    if not isinstance(text, bytes) or schema.text_crc(table, key, text) != crc:
        raise DamagedError(f"row {str(key)[:20]} of {table} is not as it was written")
    try:
        return _printable(json.loads(text))
    except (ValueError, RecursionError):
        raise DamagedError(f"row {str(key)[:20]} of {table} is no JSON") from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DamagedError("a row of another kind")
    return value


def _decoded(text: Any) -> str:
    if not isinstance(text, bytes):
        raise DamagedError("a row without a name")
    return printable(text.decode("utf-8", "replace"))


def _printable(value: Any) -> Any:
    """It without what a terminal obeys: the file may be a stranger's."""
    if isinstance(value, str):
        return printable(value, lines=True)
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {printable(key): _printable(item) for key, item in value.items()}
    return value
