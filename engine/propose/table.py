"""What is in a CSV file, and the preset for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.data.csv_cells import classes_of, number_of
from engine.data.csv_file import MOST_CLASSES, no_such_column, refuse_classes, refuse_doubles, refuse_header
from engine.data.csv_table import Cells, Column
from engine.data.csv_text import Dialect, Lines, opened
from engine.data.pool import Array
from engine.data.words import listed, shown
from engine.preset.data import Data
from engine.preset.errors import PresetError
from engine.propose.proposal import Proposal, Row, Sizes, literal, plan_of, written
from engine.text import quoted

# The names of columns that are what is predicted, where nobody says.
TARGETS = ("label", "target", "class", "y")
# So many different numbers are classes; more are amounts.
_MOST_NUMBERED_CLASSES = 20
_NUMBERS_THE_ROWS = re.compile(r"(?i)(unnamed: 0|index|row|rownames?|no|nr|#|.*[ _.-]?id)?")
_ENCODINGS = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252 (it is no UTF-8)", "latin-1": "Latin-1"}


@dataclass(frozen=True, slots=True)
class TableSurvey:
    """What was found.

    Attributes
    ----------
    columns : those of the file but the target and what the user drops.
    target, chosen : the column to predict, and why this one.
    classes : each class and how many rows it has, in the classes' order; empty where numbers are predicted.
    dropped : the columns that are of no use, and why.
    """

    data: Data
    dialect: Dialect
    rows: int
    columns: tuple[Column, ...]
    target: str
    chosen: str
    classes: tuple[tuple[str, int], ...]
    dropped: tuple[tuple[str, str], ...]

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that are learned from."""
        useless = {name for name, _ in self.dropped}
        return tuple(column for column in self.columns if column.name not in useless)

    def proposal(self) -> Proposal:
        """The preset, and what was found in a few lines."""
        numbers, texts = ([column for column in self.inputs if column.kind == kind] for kind in ("number", "category"))
        width = len(numbers) + sum(column.width for column in texts)
        sizes = Sizes.of(round(0.6 * self.rows), width)
        found = (*self._found(numbers, texts, width), *plan_of(f"MLP 2 x {sizes.width}", sizes))
        name = shown(Path(self.data.path).stem or "own data", 60)
        title = f"{name}: does regularization help to predict {shown(self.target, 40)}?"
        model: list[Row] = [
            ("kind", '"mlp"', "a fully connected network"),
            ("hidden", f"[{sizes.width}, {sizes.width}]", f"units of its hidden layers, for {width:,} inputs"),
        ]
        targets = f"{len(self.classes):,} classes" if self.classes else "a number to predict"
        summary = f"{self.rows:,} rows, {width:,} inputs, {targets}: nothing, L2, dropout, both, early stopping."
        return Proposal(written(title, summary, found, self._settings(), model, sizes), found)

    def _found(self, numbers: Sequence[Column], texts: Sequence[Column], width: int) -> list[str]:
        parted = {"comma": "commas", "semicolon": "semicolons", "tab": "tabs", "pipe": "|"}[self.dialect.delimiter]
        decimal = ", decimal commas" if self.dialect.decimal == "comma" else ""
        encoding = _ENCODINGS.get(self.dialect.encoding, self.dialect.encoding)
        all_columns = len(self.columns) + len(self.data.drop) + 1
        lines = [
            f"{shown(Path(self.data.path).name, 60)}: {self.rows:,} rows, {all_columns:,} columns, parted by"
            f" {parted}{decimal}, {encoding}",
            f"target: {shown(self.target, 40)} ({self.chosen}): {self._targets()}",
        ]
        parts = [f"{len(numbers):,} numeric"] if numbers else []
        if texts:
            parts.append("one-hot: " + listed([f"{_name(column)} ({column.width})" for column in texts]))
        lines.append(f"inputs: {width:,}: {'; '.join(parts)}")
        if not any(column.missing for column in self.inputs):
            lines.append("missing: nothing")
        for columns, remedy in ((numbers, "filled with the training part's median"), (texts, "of no category")):
            if gaps := [column for column in columns if column.missing]:
                amounts = [
                    f"{_name(column)} {column.missing:,} ({100 * column.missing / self.rows:.1f} %)" for column in gaps
                ]
                lines.append(f"missing: {listed(amounts)}, {remedy}")
        if self.dropped or self.data.drop:
            why = [f"{shown(name, 30) or 'the column without a name'} ({reason})" for name, reason in self.dropped]
            why += [f"{shown(name, 30)} (data.drop)" for name in self.data.drop]
            lines.append(f"left out: {listed(why, 6)}")
        return lines

    def _targets(self) -> str:
        if not self.classes:
            return "a number, standardized for training: regression"
        few = [f"{shown(name, 20)} ({count:,})" for name, count in self.classes]
        return f"{len(self.classes):,} classes: {listed(few, 6)}"

    def _settings(self) -> list[Row]:
        data, dialect = self.data, self.dialect
        drop = [*data.drop, *(name for name, _ in self.dropped)]
        rows: list[Row] = [
            ("source", '"csv"', "a table of yours"),
            ("path", literal(data.path), "as seen from the folder that regtui is started in"),
            ("target", literal(self.target), "the column to predict"),
        ]
        if self.classes:
            rows.append(("task", '"classification"', "the target's values are classes"))
        else:
            rows.append(("task", '"regression"', "the target is a number"))
            rows.append(("target_scale", '"standard"', "a loss of 1 is that of always predicting the training mean"))
        rows += [
            ("drop", _texts(drop), "columns that are left out"),
            ("categorical", _texts(data.categorical), "columns whose numbers are categories; text always is"),
            ("categories", str(data.categories), "most categories of a column, each an input of its own (one-hot)"),
            ("missing", literal(data.missing), "empty cells: filled with the training part's median, or refused"),
            ("delimiter", literal(dialect.delimiter), "what parts the cells"),
            ("decimal", literal(dialect.decimal), "the decimal sign"),
            ("encoding", literal(dialect.encoding.replace("-sig", "")), "of the file"),
            ("train", "0.6", "share of the rows that the weights learn from"),
            (
                "validation",
                "0.2",
                "share that is measured after every epoch, and stops early; the rest is the test part",
            ),
            ("scale", '"standard"', "every input: mean 0, standard deviation 1 in the training part"),
        ]
        return rows


def _name(column: Column) -> str:
    return shown(column.name, 30)


def _texts(names: Sequence[str]) -> str:
    return f"[{', '.join(map(literal, names))}]"


def survey_of_table(data: Data, target: str | None, option: str) -> TableSurvey:
    """Look at all rows of a file.

    Parameters
    ----------
    data : how it is read.
    target : the column to predict; None to choose one.
    option : what has named it.

    Raises
    ------
    PresetError
        The file cannot be used.
    """
    with opened(data) as lines:
        return _survey(lines, data, target, option)


def _survey(lines: Lines, data: Data, target: str | None, option: str) -> TableSurvey:
    prefix, rows = lines.prefix, lines.rows()
    header = next(rows, (0, []))[1]
    refuse_header(header, prefix)
    _refuse_values_as_header(header, prefix)
    refuse_doubles(header, prefix)
    for setting in ("drop", "categorical"):
        for name in getattr(data, setting):
            if name not in header:
                raise no_such_column(name, f"data.{setting} =", header, prefix)
    name, chosen = _target(header, data, target, option, prefix)
    place = header.index(name)
    inputs = [number for number, column in enumerate(header) if number != place and column not in set(data.drop)]
    if not inputs:
        raise PresetError(f"{prefix}: has no column but {quoted(name, 40)}: nothing to predict it from")
    comma = lines.dialect.decimal == "comma"
    cells = Cells(prefix, [header[number] for number in inputs], data, comma, lenient=True)
    targets = _Targets(name, prefix, comma)
    for line, row in rows:
        if len(row) != len(header):
            raise PresetError(f"{prefix}, line {line}: has {len(row)} cells, but the header has {len(header)}")
        targets.take(row[place], line)
        cells.take([row[number] for number in inputs], line)
    if not cells.rows:
        raise PresetError(f"{prefix}: has a header line and no examples")
    columns = tuple(cells.columns())
    classes = targets.classes(cells.rows, data.task)
    return TableSurvey(
        data=data,
        dialect=lines.dialect,
        rows=cells.rows,
        columns=columns,
        target=name,
        chosen=chosen,
        classes=classes,
        dropped=tuple(_useless(columns, cells.values(), prefix, data)),
    )


def _refuse_values_as_header(header: Sequence[str], prefix: str) -> None:
    """Refuse a first line that is an example: of fractions, or of other numbers than a count."""
    numbers = [number for number in map(number_of, header) if number is not None]
    count = numbers in ([*map(float, range(len(numbers)))], [*map(float, range(1, len(numbers) + 1))])
    if numbers and not count and (len(numbers) >= len(header) - 1 or any(number % 1 for number in numbers)):
        cell = next(cell for cell in header if number_of(cell) is not None)
        raise PresetError(
            f"{prefix}, line 1: has the number {quoted(cell, 40)} where the name of a column is expected: add a first"
            " line with the names of the columns"
        )


def _target(header: Sequence[str], data: Data, target: str | None, option: str, prefix: str) -> tuple[str, str]:
    """The column to predict, and why it is this one."""
    if target is not None:
        if target not in header:
            raise no_such_column(target, option if option.startswith("--") else f"{option} =", header, prefix)
        return target, option
    columns = [name for name in header if name not in data.drop]
    if not columns:
        raise PresetError(f"{prefix}: data.drop leaves no column")
    for usual in TARGETS:
        if found := [name for name in columns if name.casefold() == usual]:
            return found[0], "by its name; --target takes another"
    return columns[-1], "the last column; --target takes another"


class _Targets:
    """The cells of the column to predict."""

    def __init__(self, name: str, prefix: str, comma: bool) -> None:
        self._name, self._prefix, self._comma = name, prefix, comma
        self._counts: Counter[str] = Counter()
        self._rows = self._numbers = 0
        self._text: tuple[int, str] | None = None

    def take(self, cell: str, line: int) -> None:
        if not cell:
            raise PresetError(
                f"{self._prefix}, line {line}: column {quoted(self._name, 40)}, which is to be predicted, is empty:"
                " fill it in or leave out the line"
            )
        if cell in self._counts or len(self._counts) <= MOST_CLASSES:
            self._counts[cell] += 1
        self._rows += 1
        if number_of(cell, self._comma) is not None:
            self._numbers += 1
        elif self._text is None:
            self._text = line, cell

    def classes(self, rows: int, task: str) -> tuple[tuple[str, int], ...]:
        """Each class with its rows; none where numbers are to be predicted. Raises PresetError."""
        class_of_label, names = classes_of(list(self._counts), self._comma)
        if task == "regression" or (task == "auto" and self._are_amounts(names)):
            if self._text is not None:
                line, text = self._text
                raise PresetError(
                    f"{self._prefix}, line {line}: column {quoted(self._name, 40)} = {quoted(text, 40)}: must be a"
                    f" number, as {self._numbers:,} of its {self._rows:,} cells are"
                )
            return ()
        refuse_classes(names, rows, self._name, self._prefix)
        counts = [0] * len(names)
        for number, count in zip(class_of_label, self._counts.values(), strict=True):
            counts[number] += count
        return tuple(zip(names, counts, strict=True))

    def _are_amounts(self, names: Sequence[str]) -> bool:
        """Whether they are numbers to be predicted themselves: many different ones, or some of them fractions."""
        if 2 * self._numbers <= self._rows:
            return False
        values = [number for name in names if (number := number_of(name, self._comma)) is not None]
        fractions = any(value % 1 for value in values)
        return len(values) > (_MOST_NUMBERED_CLASSES // 2 if fractions else _MOST_NUMBERED_CLASSES)


def _useless(columns: Sequence[Column], values_NI: Array, prefix: str, data: Data) -> list[tuple[str, str]]:
    """The columns that nothing can be learned from, and why. Raises PresetError where there is no other."""
    found = []
    for values_N, column in zip(values_NI.T, columns, strict=True):
        if column.kind == "overfull":
            found.append((column.name, f"more than {data.categories} different texts"))
        elif column.kind == "empty":
            found.append((column.name, "empty"))
        elif column.kind == "number" and _numbers_the_rows(column.name, values_N):
            found.append((column.name, "numbers the rows"))
    if len(found) == len(columns):
        name, why = found[0]
        raise PresetError(f"{prefix}: nothing to predict from: column {quoted(name, 40)} is of no use ({why})")
    return found


def _numbers_the_rows(name: str, values_N: Array) -> bool:
    return _NUMBERS_THE_ROWS.fullmatch(name) is not None and len(values_N) > 2 and bool(np.all(np.diff(values_N) == 1))
