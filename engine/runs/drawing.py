"""The least and the greatest of a lane's numbers over blocks, read from the levels of a file."""

from __future__ import annotations

import math
import sqlite3
import struct

import numpy as np
from numpy.typing import NDArray

from engine.runs import rebuilt
from engine.runs.contents import Columns
from engine.runs.levels import BLOCKS
from engine.runs.meta import RunMeta
from engine.runs.packing import Column
from engine.runs.schema import MOST_EPOCHS, DamagedError, level_key, unsealed

Floats = NDArray[np.float64]
_NUMBER = struct.Struct("<d")


def envelope(
    db: sqlite3.Connection, columns: Columns, meta: RunMeta, column: Column, points: int
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """See `RunReader.envelope`. Raises DamagedError, sqlite3.Error."""
    if column not in columns.names:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    number, progress = columns.names.index(column), meta.progress
    # The finest level with few enough blocks, then what is finer for the end, where its block is not full.
    fits = (level for level, size in enumerate(BLOCKS, start=1) if progress.epoch / size <= points)
    level = 0 if progress.epoch <= points else next(fits, len(BLOCKS))
    if progress.attempt in meta.unsummarized:
        return _of_all_rows(db, columns, meta, column, points)
    firsts: list[int] = []
    low: list[float] = []
    high: list[float] = []
    summarized = 0
    for block_level in range(level, 0, -1):
        size = BLOCKS[block_level - 1]
        zero = level_key(progress.attempt, block_level, 0)
        limits = (zero + summarized // size, zero + MOST_EPOCHS)
        for key, row in db.execute("SELECT id, numbers FROM levels WHERE id BETWEEN ? AND ? ORDER BY id", limits):
            if (key - zero) * size != summarized:
                raise DamagedError(f"what is to be drawn of the epochs after {summarized:,} is missing")
            packed = unsealed(key, block_level, row)
            stored = len(packed) // 16
            firsts.append(summarized + 1)
            low.append(_NUMBER.unpack_from(packed, 8 * number)[0] if number < stored else math.nan)
            high.append(_NUMBER.unpack_from(packed, 8 * (stored + number))[0] if number < stored else math.nan)
            summarized += size
    if summarized < progress.epoch:
        rows = rebuilt.rows(db, columns, progress.attempt, summarized + 1, progress.epoch, meta.missing)
        epochs, values = rebuilt.series(columns, column, rebuilt.whole(rows))
        firsts += epochs.tolist()
        low += values.tolist()
        high += values.tolist()
    return np.array(firsts, dtype=np.int64), np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)


def _of_all_rows(
    db: sqlite3.Connection, columns: Columns, meta: RunMeta, column: Column, points: int
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """The same where the file has no blocks, from the row of every epoch."""
    progress = meta.progress
    rows = rebuilt.rows(db, columns, progress.attempt, 1, progress.epoch, meta.missing)
    epochs, values = rebuilt.series(columns, column, rebuilt.whole(rows))
    if not epochs.size:
        return epochs, values, values
    size = max(1, -(-progress.epoch // points))
    begins = np.flatnonzero(np.diff((epochs - 1) // size, prepend=-1))
    return epochs[begins], np.fmin.reduceat(values, begins), np.fmax.reduceat(values, begins)
