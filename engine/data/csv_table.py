"""The cells of a CSV file column by column, each a number, missing, or one of the column's texts."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.data.csv_cells import LARGEST, LONGEST_NUMBER, MISSING, number_of
from engine.data.pool import Array
from engine.data.words import shown
from engine.preset.data import Data
from engine.preset.errors import PresetError
from engine.text import quoted

# Read, a number takes eight bytes: so many are 2 GB.
_MOST_CELLS = 1 << 28
MOST_COLUMNS = 100_000
# No number of a file is as large: a text is stored as this times its place among its column's texts, from 1.
_TEXT = 2.0**110


@dataclass(frozen=True, slots=True)
class Column:
    """One column of inputs.

    Attributes
    ----------
    kind : number; category: text, and numbers that are names; overfull: text of too many kinds, where these are let be;
        empty: there is no value in it.
    missing : how many of its cells have no value.
    categories : as stored, in the order of their inputs: numbers by size, then texts by alphabet.
    """

    name: str
    kind: str
    missing: int
    categories: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """How many inputs it is."""
        return len(self.categories) if self.kind == "category" else 1


class Cells:
    """The cells of some columns, row by row as they come in.

    Parameters
    ----------
    prefix : how a message begins.
    names : of the columns.
    data : the settings.
    comma : decimals begin with a comma.
    lenient : a text column with too many categories is kept, as one of the kind overfull.
    """

    def __init__(self, prefix: str, names: Sequence[str], data: Data, comma: bool, lenient: bool = False) -> None:
        self._prefix, self._names, self._data, self._comma, self._lenient = prefix, list(names), data, comma, lenient
        self._values = array("d")
        self._texts: list[dict[str, float] | None] = [None] * len(names)
        self._first: dict[int, tuple[int, str]] = {}  # text of a column and its line
        self._overfull: set[int] = set()
        self._distinct = 0
        self.rows = 0

    def take(self, cells: Sequence[str], line: int) -> None:
        """Take in a row, of as many cells as there are columns. Raises PresetError."""
        self.rows += 1
        if len(self._values) + len(cells) > _MOST_CELLS:
            raise PresetError(f"{self._prefix}, line {line}: has more than {_MOST_CELLS:,} cells: use fewer lines")
        if (row := None if self._comma else _plain_numbers(cells)) is not None:
            self._values.extend(row)
            return
        for place, cell in enumerate(cells):
            texts = self._texts[place]
            number = None if texts is None else texts.get(cell)
            self._values.append(self._value(place, cell, line) if number is None else number)

    def _value(self, place: int, cell: str, line: int) -> float:
        if cell in MISSING and self._data.missing != "refuse":
            return math.nan
        number = number_of(cell, self._comma)
        if number is not None and abs(number) <= LARGEST:
            return number
        where = f"{self._prefix}, line {line}: column {quoted(self._names[place], 40)}"
        if cell in MISSING:
            raise PresetError(f"{where} {'is empty' if not cell else f'= {quoted(cell)}'}: a value is missing")
        if number is not None:
            raise PresetError(f"{where} = {quoted(cell, 40)}: must be a number from -1e30 to 1e30")
        return self._text(place, cell, line)

    def _text(self, place: int, cell: str, line: int) -> float:
        """How a text is stored that the column has not had before."""
        texts = self._texts[place]
        if texts is None:
            texts = self._texts[place] = {}
            self._first[place] = line, cell
        if len(texts) >= self._data.categories:
            if not self._lenient:
                self._refuse_numbers_with_texts(place)
                raise PresetError(self._too_many(place, line))
            self._overfull.add(place)
            return _TEXT
        self._distinct += 1
        if self._distinct > MOST_COLUMNS:
            raise PresetError(f"{self._prefix}, line {line}: has more than {MOST_COLUMNS:,} different texts so far")
        texts[cell] = _TEXT * (len(texts) + 1)
        return texts[cell]

    def values(self) -> Array:
        """[rows, columns] as stored."""
        return np.frombuffer(self._values, dtype=np.float64).reshape(self.rows, len(self._names))

    def columns(self) -> list[Column]:
        """What the columns are. Raises PresetError where one is most numbers, and some texts."""
        return [self._column(place) for place in range(len(self._names))]

    def _column(self, place: int) -> Column:
        name, values_N = self._names[place], self.values()[:, place]
        missing = int(np.isnan(values_N).sum())
        if place in self._overfull:
            self._refuse_numbers_with_texts(place)
            return Column(name, "overfull", missing)
        if missing == self.rows:
            return Column(name, "empty", missing)
        if self._texts[place] is None and name not in self._data.categorical:
            return Column(name, "number", missing)
        if name not in self._data.categorical:
            self._refuse_numbers_with_texts(place)
        numbers = np.unique(values_N[values_N <= LARGEST])
        texts = self._texts[place] or {}
        if len(numbers) + len(texts) > self._data.categories:
            if not self._lenient:
                raise PresetError(self._too_many(place))
            return Column(name, "overfull", missing)
        return Column(name, "category", missing, (*numbers.tolist(), *(texts[text] for text in sorted(texts))))

    def _refuse_numbers_with_texts(self, place: int) -> None:
        """Refuse a text in a column whose other cells are numbers, most of them: it is an error of writing."""
        name = self._names[place]
        if place not in self._first or name in self._data.categorical:
            return
        # A part of a row may stand at the end.
        values_N = np.array(self._values[place :: len(self._names)])
        numbers, texts = int((values_N <= LARGEST).sum()), int((values_N > LARGEST).sum())
        if numbers > texts:
            line, text = self._first[place]
            sign = " (data.decimal: a comma?)" if not self._comma and number_of(text, comma=True) is not None else ""
            raise PresetError(
                f"{self._prefix}, line {line}: column {quoted(name, 40)} = {quoted(text, 40)}: must be a number{sign},"
                f" as {numbers:,} cells of the column are: mend it, or name the column in data.categorical or data.drop"
            )

    def _too_many(self, place: int, line: int | None = None) -> str:
        where = self._prefix if line is None else f"{self._prefix}, line {line}"
        return (
            f"{where}: column {quoted(self._names[place], 40)} has more than {self._data.categories} categories:"
            " name it in data.drop, or raise data.categories"
        )

    def texts_of(self, column: Column) -> list[str]:
        """The texts of a column's categories; numbers in few digits."""
        texts = {value: text for text, value in (self._texts[self._names.index(column.name)] or {}).items()}
        return [shown(texts.get(value, f"{value:g}"), 40) for value in column.categories]


def _plain_numbers(cells: Sequence[str]) -> list[float] | None:
    """The numbers of a row that is nothing else, as most are; None where one needs a closer look, as `nan` or `1_0`."""
    try:
        row = list(map(float, cells))
    except ValueError:
        return None
    text = "".join(cells)
    if max(map(len, cells)) > LONGEST_NUMBER or not text.isascii() or "_" in text:
        return None
    # A sum of such numbers is NaN only where one of them is, and then smallest and largest say nothing.
    return row if min(row) >= -LARGEST and max(row) <= LARGEST and not math.isnan(sum(row)) else None


def one_hot(values_NI: Array, columns: Sequence[Column]) -> Array:
    """The inputs [rows, inputs]: a number as it is, NaN where it is missing; of a category all 0 but its own input.

    A missing category is 0 in all of them, as in `pandas.get_dummies`.
    """
    if all(column.width == 1 and column.kind != "category" for column in columns):
        return values_NI
    x_NI = np.zeros((len(values_NI), sum(column.width for column in columns)))
    place = 0
    for values_N, column in zip(values_NI.T, columns, strict=True):
        if column.kind == "category":
            for category in column.categories:
                x_NI[:, place] = values_N == category
                place += 1
        else:
            x_NI[:, place] = values_N
            place += 1
    return x_NI
