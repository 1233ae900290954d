"""A run's numbers as its screens hold them, from the rows of its file."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.events import Epoch, Event, Rearranged, Started, Stopped, from_fields
from engine.history import History, stride_of
from engine.memory import free_memory, refuse_what_cannot_fit
from engine.preset import Preset
from engine.runs.contents import MOST_LANES, Columns, preset_of
from engine.runs.meta import Progress
from engine.runs.packing import Column, Layout, epochs_of, numbers_of
from engine.runs.schema import DamagedError, epoch_key, unsealed
from engine.state import Lane, Parked
from engine.text import quoted

Floats = NDArray[np.float64]
Ranges = Sequence[tuple[int, int]]
_ONE_NUMBER = struct.Struct("<d")
_ONE = "SELECT layout, numbers FROM epochs WHERE id = ?"
_MANY = "SELECT id, layout, numbers FROM epochs WHERE id BETWEEN ? AND ? ORDER BY id"


def refuse_other_lanes(started: Started, preset: Preset) -> None:
    """Raise DamagedError where a start is not of the preset's arms and seeds."""
    if len(started.arms) * len(started.seeds) > MOST_LANES:
        raise DamagedError(f"it tells of {len(started.arms)} arms under {len(started.seeds)} seeds")
    if started.arms != preset.arm_names or started.seeds != preset.seeds:
        raise DamagedError("its arms and seeds are not those of its preset")


class Known:
    """The arms and seeds that events of a run may speak of: those that it began with, and those that were added."""

    def __init__(self, *presets: Preset) -> None:
        self._arms = {arm for preset in presets for arm in preset.arm_names}
        self._seeds = {seed for preset in presets for seed in preset.seeds}

    def event_of(self, fields: Any) -> Event:
        """A rare event of the run. Raises ValueError."""
        event = from_fields(fields)
        if isinstance(event, Rearranged):
            preset = preset_of(event.preset)
            self._arms |= set(preset.arm_names)
            self._seeds |= set(preset.seeds)
            refuse_other_lanes(event.started, preset)
        arm, seed = getattr(event, "arm", None), getattr(event, "seed", None)
        if isinstance(event, Epoch) or (arm is not None and arm not in self._arms):
            raise ValueError(f"an event of another run: {quoted(arm, 40)}")
        if seed is not None and seed not in self._seeds:
            raise ValueError(f"an event of another run: seed {quoted(seed, 40)}")
        return event


def history(
    db: sqlite3.Connection, columns: Columns, lanes: Sequence[Lane], progress: Progress, missing: Ranges, points: int
) -> tuple[History, list[int]]:
    """The history of every epoch, from the few rows that it holds; and the epochs that cannot be read."""
    stride = stride_of(progress.epoch, points)
    rows: list[tuple[int, Layout, memoryview]] = []
    lost: list[int] = []
    for epoch in sorted({*range(1, progress.epoch + 1, stride), progress.epoch}):
        try:
            key = epoch_key(progress.attempt, epoch)
            row = db.execute(_ONE, (key,)).fetchone()
            if row is None:
                if not _within(epoch, missing):
                    lost.append(epoch)
                continue
            numbers = unsealed(key, row[0], row[1])
            rows.append((epoch, columns.layout(row[0], numbers), numbers))
        except (DamagedError, sqlite3.DatabaseError):
            lost.append(epoch)
    return _history_of(columns, lanes, rows, points), lost


def _history_of(
    columns: Columns, lanes: Sequence[Lane], rows: Sequence[tuple[int, Layout, memoryview]], points: int
) -> History:
    metrics = list(dict.fromkeys(metric for _, _, metric in columns.names))
    _refuse_empty_promises(len(metrics) * len(lanes), rows, points)
    row_of, place_of = {lane: row for row, lane in enumerate(lanes)}, {name: row for row, name in enumerate(metrics)}
    # Rows may have numbers of lanes that a rewind has left behind.
    lane_of = np.array([row_of.get((arm, seed), -1) for arm, seed, _ in columns.names], dtype=np.int64)
    metric_of = np.array([place_of[metric] for _, _, metric in columns.names], dtype=np.int64)
    values = np.full((len(metrics), len(lanes), len(rows)), np.nan)
    measured = np.zeros((len(lanes), len(rows)), dtype=bool)
    for place, (_, layout, numbers) in enumerate(rows):
        found, given = columns.places(layout), numbers_of(numbers)
        here = lane_of[found] >= 0
        values[metric_of[found[here]], lane_of[found[here]], place] = given[here]
        measured[lane_of[found[here]], place] = True
    epochs = np.array([epoch for epoch, _, _ in rows], dtype=np.int64)
    return History.of(lanes, epochs, dict(zip(metrics, values, strict=True)), measured, points)


def _refuse_empty_promises(numbers: int, rows: Sequence[tuple[int, Layout, memoryview]], points: int) -> None:
    """Raise where far fewer numbers an epoch are there than the file claims, or more than fit into memory."""
    widest = max((len(layout.columns) for _, layout, _ in rows), default=0)
    if numbers > 64 * (widest + 64):
        raise DamagedError(f"it tells of {numbers:,} numbers an epoch and has {widest:,}")
    refuse_what_cannot_fit(16 * numbers * points, free_memory(), f"{numbers:,} numbers an epoch", "a larger machine")


def newest(db: sqlite3.Connection, attempt: int) -> int:
    """The newest epoch of an attempt that has a row; 0 where there is none."""
    limits = (epoch_key(attempt, 0), epoch_key(attempt + 1, 0))
    key = db.execute("SELECT max(id) FROM epochs WHERE id > ? AND id < ?", limits).fetchone()[0]
    return 0 if key is None else int(key) - epoch_key(attempt, 0)


def _within(epoch: int, ranges: Ranges) -> bool:
    return any(first <= epoch <= last for first, last in ranges)


def last_epochs(
    db: sqlite3.Connection,
    columns: Columns,
    stopped: Mapping[Lane, Stopped],
    parked: Mapping[str, Parked],
    progress: Progress,
) -> tuple[dict[Lane, Epoch], list[int]]:
    """The newest epoch of each lane, in the order of the lanes in their rows; and the epochs that cannot be read."""
    last: dict[Lane, Epoch] = {}
    lost: list[int] = []
    ends = {*(end.epoch for end in stopped.values()), *(held.epoch for held in parked.values())}
    ends = {end for end in ends if 0 < end <= progress.epoch}
    for epoch in sorted({progress.epoch, *ends}):
        for row in rows(db, columns, progress.attempt, epoch, epoch, ()):
            if isinstance(row, str):
                lost.append(epoch)
            else:
                last |= {(epoch.arm, epoch.seed): epoch for epoch in row.epochs(columns)}
    return last, lost


@dataclass(frozen=True, slots=True)
class Row:
    """One epoch's numbers, checked."""

    epoch: int
    layout: Layout
    numbers: memoryview

    def epochs(self, columns: Columns) -> list[Epoch]:
        """It as events, a lane each."""
        names = [columns.names[column] for column in self.layout.columns]
        return epochs_of(self.epoch, names, numbers_of(self.numbers).tolist())


def rows(
    db: sqlite3.Connection, columns: Columns, attempt: int, first: int, last: int, missing: Ranges
) -> Iterator[Row | str]:
    """Each epoch of a range; in place of those that cannot be read, and were not left out in writing, a line.

    Parameters
    ----------
    missing : ranges of which some were left out.
    """
    before, zero = first - 1, epoch_key(attempt, 0)
    try:
        for key, number, row in db.execute(_MANY, (zero + first, zero + last)):
            epoch = key - zero
            if epoch <= before:
                raise DamagedError("they are out of order")
            if problem := _gap(before, epoch, missing):
                yield problem
            before = epoch
            try:
                numbers = unsealed(key, number, row)
                yield Row(epoch, columns.layout(number, numbers), numbers)
            except DamagedError as error:
                yield f"epoch {epoch:,} cannot be read ({error})"
        if problem := _gap(before, last + 1, missing):
            yield problem
    except (DamagedError, sqlite3.DatabaseError) as error:
        yield f"epochs after {before:,} cannot be read ({error})"


def _gap(before: int, epoch: int, missing: Ranges) -> str:
    """A line for the epochs between two; empty where there are none, or they were left out in writing."""
    if epoch == before + 1 or any(first <= before + 1 and epoch - 1 <= last for first, last in missing):
        return ""
    return f"epochs {before + 1:,} to {epoch - 1:,} are missing"


def whole(rows: Iterable[Row | str]) -> Iterator[Row]:
    """The rows. Raises DamagedError at the first that cannot be read."""
    for row in rows:
        if isinstance(row, str):
            raise DamagedError(row)
        yield row


def series(columns: Columns, column: Column, rows: Iterable[Row]) -> tuple[NDArray[np.int64], Floats]:
    """Every number of one column: epochs [n] and values [n]."""
    number = columns.names.index(column) if column in columns.names else -1
    places = {layout.number: layout.columns.index(number) for layout in columns.layouts if number in layout.columns}
    epochs: list[int] = []
    values: list[float] = []
    for row in rows:
        place = places.get(row.layout.number)
        if place is not None:
            epochs.append(row.epoch)
            values.append(_ONE_NUMBER.unpack_from(row.numbers, 8 * place)[0])
    return np.array(epochs, dtype=np.int64), np.array(values, dtype=np.float64)
