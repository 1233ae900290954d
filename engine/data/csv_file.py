"""A CSV file of the user's: a header line, columns of numbers and of text, and the column to predict."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from engine.data.csv_cells import LARGEST, classes_of, number_of
from engine.data.csv_table import MOST_COLUMNS, Cells, Column, one_hot
from engine.data.csv_text import Lines, opened
from engine.data.pool import Part, Pool
from engine.data.words import listed, shown
from engine.memory import free_memory, refuse_what_cannot_fit
from engine.preset.data import Data
from engine.preset.errors import PresetError, did_you_mean
from engine.text import quoted

MOST_CLASSES = 10_000


def load_csv(data: Data) -> Pool:
    """All lines of a file, in its order.

    A column is numbers, or text; text is one-hot: an input for each different text, in alphabetical order. A missing
    number is NaN, for the training part alone says what it is filled with (`engine.data.scale`).

    Classes may be any text. Where all are numbers they are in order of size, and `1` and `1.0` are one class, named as
    it is first written; else they are in alphabetical order. In a regression the target's numbers are themselves what
    is to be predicted.

    Raises
    ------
    PresetError
        The file cannot be used; where one line is to blame, the message names it.
    """
    with opened(data) as lines:
        return _Table(lines, data).read()


def refuse_header(columns: Sequence[str], prefix: str) -> None:
    """Refuse names of columns that cannot be used."""
    if not columns:
        raise PresetError(f"{prefix}: is empty (expected a header line, then one example a line)")
    if len(columns) > MOST_COLUMNS:
        raise PresetError(f"{prefix}: has {len(columns):,} columns, and at most {MOST_COLUMNS:,} are read")


def refuse_doubles(columns: Sequence[str], prefix: str) -> None:
    """Refuse two columns of one name."""
    met: set[str] = set()
    for name in columns:
        if name in met:
            raise PresetError(f"{prefix}, line 1: two columns are named {quoted(name, 40)}")
        met.add(name)


def no_such_column(name: str, setting: str, columns: Sequence[str], prefix: str) -> PresetError:
    """The error where the setting names a column that is not there."""
    few = [shown(column, 20) for column in columns] if len(columns) <= 1000 else []
    return PresetError(f"{setting} {quoted(name, 40)}: no such column in {prefix}{shown(did_you_mean(name, few), 120)}")


def refuse_classes(names: Sequence[str], rows: int, target: str, prefix: str) -> None:
    """Refuse a target that is the same everywhere, or hardly ever the same."""
    column = quoted(target, 40)
    if len(names) < 2:
        raise PresetError(f"{prefix}: column {column} is {quoted(names[0], 40)} everywhere: two classes are the least")
    if len(names) > max(20, rows // 2):
        raise PresetError(
            f"{prefix}: column {column} has {len(names)} different values in {rows} lines: must be classes that repeat"
            ' (data.task = "regression" predicts numbers)'
        )


class _Table:
    """The rows as they come in."""

    def __init__(self, lines: Lines, data: Data) -> None:
        self._lines, self._data, self._prefix = lines, data, lines.prefix
        self._comma = lines.dialect.decimal == "comma"
        self._targets = array("d")  # numbers, or the places of labels among those met so far
        self._labels: dict[str, int] = {}

    def read(self) -> Pool:
        rows = self._lines.rows()
        columns = next(rows, (0, []))[1]
        self._refuse_header(columns)
        place = columns.index(self._data.target)
        dropped = {self._data.target, *self._data.drop}
        kept = [number for number, name in enumerate(columns) if name not in dropped]
        all_kept = kept == [number for number in range(len(columns)) if number != place]
        cells = Cells(self._prefix, [columns[number] for number in kept], self._data, self._comma)
        for line, row in rows:
            if len(row) != len(columns):
                where = f"{self._prefix}, line {line}"
                raise PresetError(f"{where}: has {len(row)} cells, but the header has {len(columns)}")
            self._take_target(row[place], line)
            if all_kept:
                del row[place]
                cells.take(row, line)
            else:
                cells.take([row[number] for number in kept], line)
        if not cells.rows:
            raise PresetError(f"{self._prefix}: has a header line and no examples")
        return self._pool(cells, cells.columns())

    def _pool(self, cells: Cells, columns: list[Column]) -> Pool:
        notes = _notes(columns, cells.rows, self._lines.dialect.encoding if self._lines.dialect.guessed else "")
        width = sum(column.width for column in columns)
        if width > MOST_COLUMNS:
            raise PresetError(f"{self._prefix}: has {width:,} inputs, and at most {MOST_COLUMNS:,} are read")
        if width > len(columns):
            inputs = f"{width:,} inputs of {cells.rows:,} lines"
            refuse_what_cannot_fit(8 * width * cells.rows, free_memory(), inputs, "fewer columns of text (data.drop)")
        targets_N = np.frombuffer(self._targets, dtype=np.float64)
        if self._data.kind == "regression":
            return Pool(Part(one_hot(cells.values(), columns), targets_N), (), notes=notes)
        class_of_label, names = classes_of(list(self._labels), self._comma)
        refuse_classes(names, cells.rows, self._data.target, self._prefix)
        y_N = np.array(class_of_label, dtype=np.int64)[targets_N.astype(np.int64)]
        x_NI = one_hot(cells.values(), columns)
        return Pool(Part(x_NI, y_N), tuple(shown(name) for name in names), notes=notes)

    def _refuse_header(self, columns: list[str]) -> None:
        refuse_header(columns, self._prefix)
        names = set(columns)
        if self._data.target not in names:
            raise no_such_column(self._data.target, "data.target =", columns, self._prefix)
        for setting in ("drop", "categorical"):
            for name in getattr(self._data, setting):
                if name not in names:
                    raise no_such_column(name, f"data.{setting} =", columns, self._prefix)
        refuse_doubles(columns, self._prefix)
        if len(names - {*self._data.drop}) < 2:
            target = quoted(self._data.target, 40)
            raise PresetError(f"{self._prefix}: has no column but {target}: nothing to predict it from")

    def _take_target(self, cell: str, line: int) -> None:
        target = self._data.target
        if self._data.kind == "regression":
            number = number_of(cell, self._comma)
            if number is None or not abs(number) <= LARGEST:  # NaN is not
                name = f"{self._prefix}, line {line}: column {quoted(target, 40)}"
                if not cell:
                    raise PresetError(f"{name} is empty: must be a number (fill in or leave out the line)")
                expected = "must be a number" if number is None else "must be a number from -1e30 to 1e30"
                raise PresetError(f"{name} = {quoted(cell, 40)}: {expected}")
            self._targets.append(number)
            return
        if not cell:
            where = f"{self._prefix}, line {line}"
            raise PresetError(
                f"{where}: column {quoted(target, 40)} is empty: must be a class (fill in or leave out the line)"
            )
        self._targets.append(self._labels.setdefault(cell, len(self._labels)))
        if len(self._labels) > MOST_CLASSES:
            raise PresetError(
                f"{self._prefix}: column {quoted(target, 40)} has more than {MOST_CLASSES:,} different values:"
                " must be classes that repeat"
            )


def _notes(columns: Sequence[Column], rows: int, guessed: str) -> tuple[str, ...]:
    """What was done to the cells, in a line; none where they are numbers alone, and none is missing."""
    parts = [f"is no UTF-8, and was read as {guessed} (data.encoding)"] if guessed else []
    if texts := [f"{quoted(column.name, 30)} ({column.width})" for column in columns if column.kind == "category"]:
        parts.append(f"one-hot: {listed(texts)}")
    if filled := [column for column in columns if column.missing and column.kind == "number"]:
        gaps = [f"{quoted(column.name, 30)} ({column.missing:,} of {rows:,})" for column in filled]
        parts.append(f"missing values filled with the training part's median: {listed(gaps)}")
    for kind, remark in (("category", "missing values of no category"), ("empty", "columns without a value, now 0")):
        if some := [quoted(column.name, 30) for column in columns if column.missing and column.kind == kind]:
            parts.append(f"{remark}: {listed(some)}")
    return (f"csv: {'; '.join(parts)}",) if parts else ()
