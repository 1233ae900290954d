"""All lanes' numbers of one epoch as one packed row, and the row as epochs again."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from engine.events import Epoch
from engine.metrics import METRICS

# What one number in a row is of: arm, seed, metric.
Column = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns the numbers of a row are of, in their order.

    Attributes
    ----------
    number : its key in the file.
    columns : the numbers of the columns.
    """

    number: int
    columns: tuple[int, ...]
    packer: struct.Struct = field(repr=False)

    @classmethod
    def of(cls, number: int, columns: Sequence[int]) -> Layout:
        return cls(number, tuple(columns), struct.Struct(f"<{len(columns)}d"))


class Packer:
    """Packs epochs, and numbers the columns and layouts as they first appear, from 0.

    Attributes
    ----------
    columns : their numbers.
    fresh_columns, fresh_layouts : those that have come since the caller last emptied them.
    """

    def __init__(self, columns: Sequence[Column] = (), layouts: Sequence[Layout] = ()) -> None:
        self.columns: dict[Column, int] = {column: number for number, column in enumerate(columns)}
        self.layouts: list[Layout] = list(layouts)
        self.fresh_columns: dict[int, Column] = {}
        self.fresh_layouts: dict[int, Layout] = {}
        self._by_columns = {layout.columns: layout for layout in self.layouts}
        self._lanes: list[tuple[str, int, list[str]]] = []  # of the newest row: arm, seed and metrics
        self._layout: Layout | None = None

    def pack(self, epochs: Sequence[Epoch]) -> tuple[Layout, bytes]:
        """The lanes' numbers of one epoch."""
        layout = self._layout
        if layout is None or not self._is_as_before(epochs):
            layout = self._layout = self._layout_of(epochs)
            self._lanes = [(lane.arm, lane.seed, [*lane.metrics]) for lane in epochs]
        return layout, layout.packer.pack(*chain.from_iterable([lane.metrics.values() for lane in epochs]))

    def _is_as_before(self, epochs: Sequence[Epoch]) -> bool:
        """Whether they have the lanes and metrics of the newest row, as all but a few have."""
        if len(epochs) != len(self._lanes):
            return False
        for lane, (arm, seed, metrics) in zip(epochs, self._lanes, strict=True):
            if lane.arm != arm or lane.seed != seed or [*lane.metrics] != metrics:
                return False
        return True

    def merged(self, old: tuple[int, bytes], late: tuple[int, bytes]) -> tuple[int, bytes]:
        """A row, and numbers of other lanes of its epoch, as one row: the number of its layout and packed numbers.

        Where both have a column the later number holds.
        """
        columns, numbers = list(self.layouts[late[0]].columns), numbers_of(late[1])
        there = set(columns)
        kept = [place for place, column in enumerate(self.layouts[old[0]].columns) if column not in there]
        layout = self._numbered(tuple([self.layouts[old[0]].columns[place] for place in kept] + columns))
        return layout.number, np.concatenate([numbers_of(old[1])[kept], numbers]).astype("<f8").tobytes()

    def _layout_of(self, epochs: Sequence[Epoch]) -> Layout:
        return self._numbered(
            tuple(self._column((lane.arm, lane.seed, metric)) for lane in epochs for metric in lane.metrics)
        )

    def _numbered(self, columns: tuple[int, ...]) -> Layout:
        if columns not in self._by_columns:
            layout = Layout.of(len(self.layouts), columns)
            self.layouts.append(layout)
            self._by_columns[columns] = self.fresh_layouts[layout.number] = layout
        return self._by_columns[columns]

    def _column(self, column: Column) -> int:
        if column not in self.columns:
            self.columns[column] = len(self.columns)
            self.fresh_columns[self.columns[column]] = column
        return self.columns[column]


def numbers_of(packed: bytes | memoryview) -> NDArray[np.float64]:
    """The numbers of a row, [columns of its layout]; read-only."""
    return np.frombuffer(packed, dtype="<f8")


def epochs_of(epoch: int, columns: Sequence[Column], numbers: Sequence[float]) -> list[Epoch]:
    """A row as the events that it was packed from. `columns` are those of its layout."""
    metrics: dict[tuple[str, int], dict[str, float]] = {}
    for (arm, seed, metric), value in zip(columns, numbers, strict=True):
        metrics.setdefault((arm, seed), {})[metric] = _as_counted(metric, value)
    return [Epoch(arm, seed, epoch, of_lane) for (arm, seed), of_lane in metrics.items()]


def _as_counted(metric: str, value: float) -> float:
    """A count is a whole number again."""
    declared: Mapping[str, object] = METRICS
    if metric in declared and METRICS[metric].format == "count":
        return int(value) if math.isfinite(value) else 0
    return value
