"""A CSV file of the user's: a header line, numeric features, and a column with the class."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from engine.data.pool import Part, Pool
from engine.preset.errors import PresetError, did_you_mean

# Beyond this, single precision and the squares that scaling sums would overflow into infinity.
_LARGEST = 1e30


def load_csv(path: str, target: str, numeric: bool = False) -> Pool:
    """All lines of a file, in its order.

    Cells are parted by what the header holds most of: comma, semicolon or tab. Classes may be any text; they are
    numbered in order of size where all are numbers, else alphabetically. Where `numeric`, the target's numbers are
    themselves what is to be predicted.

    Raises
    ------
    PresetError
        The file cannot be used; where one line is to blame, the message names it.
    """
    given = f"data.path = {path!r}"
    file = Path(path).expanduser()
    if not file.is_file():
        raise PresetError(f"{given}: {'is not a file' if file.exists() else 'no such file'}")
    try:
        return _table(_lines(file), given, target, numeric)
    except UnicodeDecodeError as error:
        raise PresetError(f"{given}: is not text in UTF-8: save it as CSV in UTF-8") from error
    except (csv.Error, OSError) as error:
        raise PresetError(f"{given}: cannot be read as CSV ({error})") from error


def _lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is not blank."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        header = text.readline()
        text.seek(0)
        delimiter = max(",;\t", key=header.count)
        reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]


def _table(lines: Iterator[tuple[int, list[str]]], given: str, target: str, numeric: bool) -> Pool:
    columns = next(lines, (0, []))[1]
    if not columns:
        raise PresetError(f"{given}: is empty (expected a header line, then one example a line)")
    if target not in columns:
        raise PresetError(f"data.target = {target!r}: no such column in {given}{did_you_mean(target, columns)}")
    for number, name in enumerate(columns):
        if name in columns[:number]:
            raise PresetError(f"{given}, line 1: two columns are named {name!r}")
    if len(columns) < 2:
        raise PresetError(f"{given}: has no column but {target!r}: nothing to predict it from")

    rows: list[list[float]] = []
    labels: list[str] = []
    numbers: list[float] = []
    for line, cells in lines:
        at = f"{given}, line {line}"
        if len(cells) != len(columns):
            raise PresetError(f"{at}: has {len(cells)} cells, but the header has {len(columns)}")
        named = dict(zip(columns, cells, strict=True))
        labels.append(named.pop(target))
        if numeric:
            numbers.append(_number(labels[-1], target, at))
        elif not labels[-1]:
            raise PresetError(f"{at}: column {target!r} is empty: must be a class")
        rows.append([_number(cell, name, at) for name, cell in named.items()])

    if not rows:
        raise PresetError(f"{given}: has a header line and no examples")
    if numeric:
        return Pool(Part(np.array(rows, dtype=np.float64), np.array(numbers, dtype=np.float64)), ())
    class_names = sorted(set(labels), key=_order(labels))
    if len(class_names) < 2:
        raise PresetError(f"{given}: column {target!r} is {class_names[0]!r} everywhere: two classes are the least")
    if len(class_names) > max(20, len(rows) // 2):
        raise PresetError(
            f"{given}: column {target!r} has {len(class_names)} different values in {len(rows)} lines:"
            " must be classes that repeat"
        )
    numbered = {name: number for number, name in enumerate(class_names)}
    y_N = np.array([numbered[label] for label in labels], dtype=np.int64)
    return Pool(Part(np.array(rows, dtype=np.float64), y_N), tuple(class_names))


def _number(cell: str, column: str, at: str) -> float:
    if not cell:
        raise PresetError(f"{at}: column {column!r} is empty: must be a number (fill in or leave out the line)")
    try:
        value = float(cell)
    except ValueError:
        raise PresetError(f"{at}: column {column!r} = {cell!r}: must be a number") from None
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise PresetError(f"{at}: column {column!r} = {cell!r}: must be a number from -1e30 to 1e30")
    return value


def _order(labels: list[str]) -> Callable[[str], tuple[float, str]]:
    try:
        if all(math.isfinite(float(label)) for label in labels):
            return lambda label: (float(label), label)
    except ValueError:
        pass
    return lambda label: (0.0, label)
