"""The least and the greatest of every number over blocks of epochs, so that a long run is drawn without reading it all.

Level 1 has blocks of 64 epochs, each further level blocks of 16 of the one below. A block's row holds the least and
then the greatest of every column known when it ended; NaN where a column has no number in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.runs.packing import Layout, numbers_of

Floats = NDArray[np.float64]
# Epochs in a block of each level. The finest is coarse enough to add little to the file: 2 numbers in 64.
BLOCKS = (64, 1024, 16384)


@dataclass(slots=True)
class _Open:
    """A block that has not ended: the least and greatest so far, [columns] each."""

    low: Floats = field(default_factory=lambda: np.empty(0))
    high: Floats = field(default_factory=lambda: np.empty(0))

    def widen(self, columns: int) -> None:
        more = np.full(max(0, columns - self.low.size), np.nan)
        if more.size:
            self.low, self.high = np.concatenate([self.low, more]), np.concatenate([self.high, more])

    def take(self, low: Floats, high: Floats, columns: NDArray[np.int64]) -> None:
        self.widen(int(columns.max(initial=-1)) + 1)
        self.low[columns] = np.fmin(self.low[columns], low)
        self.high[columns] = np.fmax(self.high[columns], high)


class Levels:
    """Takes rows of epochs one by one and gives the blocks that end with them."""

    def __init__(self) -> None:
        self._open = [_Open() for _ in BLOCKS]
        self._waiting: dict[int, list[bytes]] = {}
        self._columns: dict[int, NDArray[np.int64]] = {}
        self._newest = 0

    def take(self, epoch: int, layout: Layout, packed: bytes) -> Iterator[tuple[int, int, bytes]]:
        """One epoch's row. Gives (level, block, its packed row) for each block that has ended before it or with it."""
        yield from self._end_before(epoch)
        if layout.number not in self._columns:
            self._columns[layout.number] = np.array(layout.columns, dtype=np.int64)
        self._waiting.setdefault(layout.number, []).append(packed)
        self._newest = epoch
        if epoch % BLOCKS[0] == 0:
            yield from self._end_before(epoch + 1)

    def _end_before(self, epoch: int) -> Iterator[tuple[int, int, bytes]]:
        """End the blocks that do not reach to this epoch; where some were left out, it may be far from the newest."""
        if not self._newest:
            return
        for level, (size, block) in enumerate(zip(BLOCKS, self._open, strict=True)):
            number = (self._newest - 1) // size
            if (epoch - 1) // size == number:
                return
            if level == 0:
                self._reduce()
            packed = np.concatenate([block.low, block.high]).astype("<f8").tobytes()
            if level + 1 < len(BLOCKS):
                self._open[level + 1].take(block.low, block.high, np.arange(block.low.size))
            self._open[level] = _Open()
            if block.low.size:
                yield level + 1, number, packed

    def _reduce(self) -> None:
        """Lay the rows that wait into the finest block: many at once, since each step costs more than its numbers."""
        for number, rows in self._waiting.items():
            numbers = numbers_of(b"".join(rows)).reshape(len(rows), -1)
            with np.errstate(invalid="ignore"):
                self._open[0].take(np.fmin.reduce(numbers), np.fmax.reduce(numbers), self._columns[number])
        self._waiting.clear()
