"""A CSV file of the user's: a header line, numeric features, and a column with the class."""

from __future__ import annotations

import csv
import io
import math
import os
from array import array
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO

import numpy as np

from engine.data.pool import Part, Pool
from engine.data.reading import regular
from engine.data.words import shown
from engine.preset.errors import PresetError, did_you_mean
from engine.text import quoted

# Beyond this, single precision and the squares that scaling sums would overflow into infinity.
_LARGEST = 1e30
# Read, a number takes eight bytes, which is at most four times what it takes in the file.
_MOST_BYTES = 1 << 29
_LONGEST_LINE = 1 << 22  # characters
_MOST_COLUMNS, _MOST_CLASSES = 100_000, 10_000
_LONGEST_NUMBER = 100


def load_csv(path: str, target: str, numeric: bool = False) -> Pool:
    """All lines of a file, in its order.

    Cells are parted by what the header holds most of: comma, semicolon or tab. Classes may be any text. Where all are
    numbers they are in order of size, and `1` and `1.0` are one class, named as it is first written; else they are in
    alphabetical order. Where `numeric`, the target's numbers are themselves what is to be predicted.

    Raises
    ------
    PresetError
        The file cannot be used; where one line is to blame, the message names it.
    """
    given = f"data.path = {quoted(path, 80)}"
    file = Path(os.path.expanduser(path))
    try:
        if not file.is_file():
            raise PresetError(f"{given}: {'is not a file' if file.exists() else 'no such file'}")
        with regular(file) as raw:
            if (size := os.fstat(raw.fileno()).st_size) > _MOST_BYTES:
                raise PresetError(f"{given}: has {size:,} bytes, and at most {_MOST_BYTES:,} are read")
            with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
                return _Table(given, target, numeric).read(_Lines(text, given))
    except UnicodeDecodeError as error:
        raise PresetError(f"{given}: is not text in UTF-8: save it as CSV in UTF-8") from error
    except MemoryError as error:
        raise PresetError(f"{given}: takes more memory than there is") from error
    except (csv.Error, OSError, ValueError) as error:  # ValueError: a path with a NUL
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise PresetError(f"{given}: cannot be read as CSV ({shown(why)})") from error


class _Lines:
    """The lines of a text for `csv`, which by itself would read a line of any length."""

    def __init__(self, text: IO[str], given: str) -> None:
        self._text, self._given = text, given
        self._number = 0
        self._characters = 0  # of the row that is being read: a quoted cell can go on over many lines

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each line that is not blank."""
        header = self._text.readline(_LONGEST_LINE)
        self._text.seek(0)
        delimiter = max(",;\t", key=header.count)
        for cells in csv.reader(self._read(), delimiter=delimiter, skipinitialspace=True):
            self._characters = 0
            if any(cell.strip() for cell in cells):
                yield self._number, [cell.strip() for cell in cells]

    def _read(self) -> Iterator[str]:
        while line := self._text.readline(_LONGEST_LINE):
            self._number += 1
            self._characters += len(line)
            if self._characters >= _LONGEST_LINE:
                raise PresetError(f"{self._given}, line {self._number}: has more than {_LONGEST_LINE:,} characters")
            if "\0" in line:
                raise PresetError(f"{self._given}, line {self._number}: has a NUL byte: is not text")
            yield line


class _Table:
    """The rows as they come in, as numbers."""

    def __init__(self, given: str, target: str, numeric: bool) -> None:
        self._given, self._target, self._numeric = given, target, numeric
        self._x = array("d")
        self._targets = array("d")  # numbers, or the places of labels among those met so far
        self._labels: dict[str, int] = {}

    def read(self, lines: _Lines) -> Pool:
        rows = lines.rows()
        columns = next(rows, (0, []))[1]
        self._refuse_header(columns)
        place = columns.index(self._target)
        features = [column for column in columns if column != self._target]
        for line, cells in rows:
            where = f"{self._given}, line {line}"
            if len(cells) != len(columns):
                raise PresetError(f"{where}: has {len(cells)} cells, but the header has {len(columns)}")
            self._take_target(cells.pop(place), where)
            self._x.extend(_number(cell, name, where) for cell, name in zip(cells, features, strict=True))
        if not self._targets:
            raise PresetError(f"{self._given}: has a header line and no examples")
        x_NI = np.frombuffer(self._x, dtype=np.float64).reshape(len(self._targets), len(features))
        targets_N = np.frombuffer(self._targets, dtype=np.float64)
        if self._numeric:
            return Pool(Part(x_NI, targets_N), ())
        class_of_label, names = _classes(list(self._labels))
        self._refuse_classes(names)
        y_N = np.array(class_of_label, dtype=np.int64)[targets_N.astype(np.int64)]
        return Pool(Part(x_NI, y_N), tuple(shown(name) for name in names))

    def _refuse_header(self, columns: list[str]) -> None:
        given, target = self._given, self._target
        if not columns:
            raise PresetError(f"{given}: is empty (expected a header line, then one example a line)")
        if len(columns) > _MOST_COLUMNS:
            raise PresetError(f"{given}: has {len(columns):,} columns, and at most {_MOST_COLUMNS:,} are read")
        if target not in columns:
            few = [shown(name, 20) for name in columns[:1000]] if len(columns) <= 1000 else []
            hint = did_you_mean(target, few)
            raise PresetError(f"data.target = {quoted(target, 40)}: no such column in {given}{shown(hint, 120)}")
        met: set[str] = set()
        for name in columns:
            if name in met:
                raise PresetError(f"{given}, line 1: two columns are named {quoted(name, 40)}")
            met.add(name)
        if len(columns) < 2:
            raise PresetError(f"{given}: has no column but {quoted(target, 40)}: nothing to predict it from")

    def _take_target(self, cell: str, where: str) -> None:
        if self._numeric:
            self._targets.append(_number(cell, self._target, where))
            return
        if not cell:
            raise PresetError(f"{where}: column {quoted(self._target, 40)} is empty: must be a class")
        self._targets.append(self._labels.setdefault(cell, len(self._labels)))
        if len(self._labels) > _MOST_CLASSES:
            raise PresetError(
                f"{self._given}: column {quoted(self._target, 40)} has more than {_MOST_CLASSES:,} different values:"
                " must be classes that repeat"
            )

    def _refuse_classes(self, names: list[str]) -> None:
        target, rows = quoted(self._target, 40), len(self._targets)
        if len(names) < 2:
            raise PresetError(
                f"{self._given}: column {target} is {quoted(names[0], 40)} everywhere: two classes are the least"
            )
        if len(names) > max(20, rows // 2):
            raise PresetError(
                f"{self._given}: column {target} has {len(names)} different values in {rows} lines:"
                " must be classes that repeat"
            )


def _classes(labels: list[str]) -> tuple[list[int], list[str]]:
    """The class of each label, and the name of each class."""
    numbers = [_decimal(label) for label in labels]
    keys = [(number, "") for number in numbers if number is not None]
    if len(keys) < len(labels):
        keys = [(Decimal(0), label) for label in labels]
    first: dict[tuple[Decimal, str], str] = {}
    for key, label in zip(keys, labels, strict=True):
        first.setdefault(key, label)
    number_of = {key: number for number, key in enumerate(sorted(first))}
    return [number_of[key] for key in keys], [first[key] for key in number_of]


def _decimal(label: str) -> Decimal | None:
    """A label's number, to its last digit; None where it is no number."""
    value = _float(label)
    if value is None or not math.isfinite(value):
        return None
    try:
        return Decimal(label)
    except ArithmeticError:  # an exponent of many digits
        return Decimal(value)


def _float(cell: str) -> float | None:
    """The number that a cell is to a spreadsheet, or None. Python also takes `1_000`, and digits of all scripts."""
    if len(cell) > _LONGEST_NUMBER or "_" in cell or not cell.isascii():
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def _number(cell: str, column: str, where: str) -> float:
    value = _float(cell)
    if value is not None and abs(value) <= _LARGEST:  # NaN is not
        return value
    name = f"{where}: column {quoted(column, 40)}"
    if not cell:
        raise PresetError(f"{name} is empty: must be a number (fill in or leave out the line)")
    wanted = "must be a number" if value is None else "must be a number from -1e30 to 1e30"
    raise PresetError(f"{name} = {quoted(cell, 40)}: {wanted}")
