"""The least and the greatest of a lane's numbers over blocks, read from the levels of a file."""

from __future__ import annotations

import sqlite3

import numpy as np
from numpy.typing import NDArray

from engine.runs import rebuilt
from engine.runs.contents import Columns
from engine.runs.levels import BLOCKS, bounds_of
from engine.runs.meta import Progress
from engine.runs.packing import Column
from engine.runs.schema import DamagedError, level_key, unsealed

Floats = NDArray[np.float64]


def envelope(
    db: sqlite3.Connection, columns: Columns, progress: Progress, column: Column, points: int
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """See `RunReader.envelope`. Raises DamagedError, sqlite3.Error."""
    number = columns.names.index(column) if column in columns.names else None
    if number is None:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    # The finest level with few enough blocks, then what is finer for the end, where its block is not full.
    fits = (level for level, size in enumerate(BLOCKS, start=1) if progress.epoch / size <= points)
    level = 0 if progress.epoch <= points else next(fits, len(BLOCKS))
    firsts: list[int] = []
    low: list[float] = []
    high: list[float] = []
    done = 0
    for each in range(level, 0, -1):
        size = BLOCKS[each - 1]
        begin, end = (
            level_key(progress.attempt, each, done // size),
            level_key(progress.attempt, each + 0, (1 << 40) - 1),
        )
        before = begin - 1
        for key, row in db.execute("SELECT id, numbers FROM levels WHERE id BETWEEN ? AND ? ORDER BY id", (begin, end)):
            if key <= before:
                raise DamagedError("the levels are out of order")
            before = key
            bounds = bounds_of(unsealed(key, each, row), len(columns.names))
            block = key - level_key(progress.attempt, each, 0)
            firsts.append(block * size + 1)
            low.append(bounds[0][number])
            high.append(bounds[1][number])
            done = (block + 1) * size
    if done < progress.epoch:
        epochs, values = rebuilt.series(db, columns, progress.attempt, column, done + 1, progress.epoch)
        firsts += epochs.tolist()
        low += values.tolist()
        high += values.tolist()
    return np.array(firsts, dtype=np.int64), np.array(low), np.array(high)
