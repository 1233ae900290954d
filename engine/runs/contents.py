"""What a run's file holds beside its numbers: what the run is, its presets, and what its rows are of; all checked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.plain import value_of
from engine.preset import Preset, PresetError
from engine.runs import tables
from engine.runs.meta import DataPrint, Environment, Identity, Progress, RunMeta, Standing
from engine.runs.packing import Column, Layout
from engine.runs.schema import MOST_ATTEMPTS, MOST_EPOCHS, DamagedError

# More lanes than any machine trains, and columns than there can be: a file that tells of more is refused.
_YEAR_3000 = 32_503_680_000.0
MOST_LANES, MOST_COLUMNS = 20_000, 2_000_000


@dataclass(slots=True)
class Columns:
    """What the numbers of a file's rows are of, as far as it has been read."""

    names: list[Column] = field(default_factory=list)
    layouts: list[Layout] = field(default_factory=list)
    _places: dict[int, NDArray[np.int64]] = field(default_factory=dict)

    def read(self, db: sqlite3.Connection) -> None:
        """Take in those that have come since. Raises DamagedError."""
        for number, value in tables.texts(db, "columns", len(self.names) - 1):
            if number != len(self.names) or number >= MOST_COLUMNS:
                raise DamagedError(f"column {len(self.names)} is missing")
            arm, seed, metric = checked(tuple[str, int, str], value, "a column")
            self.names.append((arm, seed, metric))
        for number, value in tables.texts(db, "layouts", len(self.layouts) - 1):
            columns = checked(tuple[int, ...], value, "a layout")
            in_names = all(0 <= column < len(self.names) for column in columns)
            if number != len(self.layouts) or not in_names or len(set(columns)) != len(columns):
                raise DamagedError(f"layout {len(self.layouts)} is missing or names unknown columns")
            self.layouts.append(Layout.of(number, columns))

    def of(self, layout: Any, numbers: memoryview) -> list[Column]:
        """The columns of a row. Raises DamagedError where it has another length."""
        return [self.names[column] for column in self.layout(layout, numbers).columns]

    def layout(self, layout: Any, numbers: memoryview) -> Layout:
        """The layout of that number. Raises DamagedError where there is none, or a row has another length."""
        if not isinstance(layout, int) or not 0 <= layout < len(self.layouts):
            raise DamagedError(f"there is no layout {layout!r}")
        found = self.layouts[layout]
        if len(numbers) != 8 * len(found.columns):
            raise DamagedError("a row has another length than its layout")
        return found

    def places(self, layout: Layout) -> NDArray[np.int64]:
        """The numbers of a layout's columns, [n]."""
        if layout.number not in self._places:
            self._places[layout.number] = np.array(layout.columns, dtype=np.int64)
        return self._places[layout.number]


def checked(wanted: Any, value: Any, name: str) -> Any:
    """A value of a row in the wanted type. Raises DamagedError."""
    try:
        return value_of(wanted, value, name)
    except ValueError as error:
        raise DamagedError(str(error)) from None


def meta_of(rows: Mapping[str, Any], path: Path) -> RunMeta:
    """The run as a whole, from the rows of its table. Raises DamagedError."""
    wanted: dict[str, Any] = {
        "identity": Identity, "name": str, "notes": str, "environments": tuple[Environment, ...],
        "data": tuple[DataPrint, ...], "state": Standing, "progress": Progress, "missing": tuple[tuple[int, int], ...],
    }  # fmt: skip
    for name in wanted:
        if name not in rows:
            raise DamagedError(f"it does not tell its {name}")
    rows_read = {name: checked(kind, rows[name], name) for name, kind in wanted.items()}
    if not rows_read["environments"]:
        raise DamagedError("it does not tell where it was trained")
    _refuse_beyond(rows_read)
    return RunMeta(
        identity=rows_read["identity"],
        name=rows_read["name"],
        notes=rows_read["notes"],
        environments=rows_read["environments"],
        data=rows_read["data"],
        standing=rows_read["state"],
        progress=rows_read["progress"],
        missing=rows_read["missing"],
        branches=_branches(rows),
        unsummarized=checked(tuple[int, ...], rows.get("unsummarized", ()), "unsummarized"),
        bytes=path.stat().st_size,
    )


def _branches(rows: Mapping[str, Any]) -> dict[int, tuple[int, int]]:
    """Which attempts go on with others. Raises DamagedError."""
    found = {}
    for name, value in rows.items():
        word, _, number = name.partition(".")
        if word == "branch" and number.isdecimal() and len(number) < 6:
            found[int(number)] = checked(tuple[int, int], value, name)
    return found


def _refuse_beyond(contents: Mapping[str, Any]) -> None:
    """Raise DamagedError where a number is one that no run has, and that nothing could be done with."""
    progress: Progress = contents["progress"]
    refuse_place(progress)
    times = (
        progress.time,
        contents["identity"].began,
        contents["state"].ended or 0.0,
        *(e.time for e in contents["environments"]),
    )
    if not all(0 <= time < _YEAR_3000 for time in times):
        raise DamagedError("it tells of a time that is none")


def refuse_place(progress: Progress) -> None:
    """Raise DamagedError where a run cannot stand there."""
    counts = (progress.events, progress.commands, progress.checkpoints, progress.generation)
    possible = 0 <= progress.epoch <= MOST_EPOCHS and 0 <= progress.attempt < MOST_ATTEMPTS
    if not possible or any(not 0 <= count < 1 << 62 for count in counts):
        raise DamagedError(f"it tells of epoch {progress.epoch} of attempt {progress.attempt}")


def preset_of(value: Any) -> Preset:
    """A preset from its row. Raises DamagedError."""
    try:
        return Preset.model_validate_json(json.dumps(value))
    except (ValueError, PresetError, RecursionError) as error:
        raise DamagedError(f"its preset is none: {str(error).splitlines()[0]}") from None
