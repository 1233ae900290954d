"""What one cell of a CSV file says: a number, nothing, or a text."""

from __future__ import annotations

import math
from decimal import Decimal

# Beyond this, single precision and the squares that scaling sums would overflow into infinity.
LARGEST = 1e30
LONGEST_NUMBER = 100
# What pandas, R, spreadsheets and databases write where a value is missing (those of `pandas.read_csv`), and the `?` of
# the UCI repository.
MISSING = frozenset(
    ("", "?", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
     "NA", "NULL", "NaN", "None", "n/a", "nan", "null")
)  # fmt: skip


def number_of(cell: str, comma: bool = False) -> float | None:
    """The number that a cell is to a spreadsheet, or None. Python also takes `1_000`, and digits of all scripts.

    Parameters
    ----------
    comma : decimals begin with a comma. A point is then no part of a number: it could group its thousands.
    """
    if len(cell) > LONGEST_NUMBER or "_" in cell or not cell.isascii():
        return None
    if comma:
        if "." in cell:
            return None
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None


def classes_of(labels: list[str], comma: bool = False) -> tuple[list[int], list[str]]:
    """The class of each label, and the name of each class.

    Where all labels are numbers they are in order of size, and `1` and `1.0` are one class, named as it is first
    written; else they are in alphabetical order.
    """
    numbers = [_decimal(label, comma) for label in labels]
    keys = [(number, "") for number in numbers if number is not None]
    if len(keys) < len(labels):
        keys = [(Decimal(0), label) for label in labels]
    first: dict[tuple[Decimal, str], str] = {}
    for key, label in zip(keys, labels, strict=True):
        first.setdefault(key, label)
    number_of_key = {key: number for number, key in enumerate(sorted(first))}
    return [number_of_key[key] for key in keys], [first[key] for key in number_of_key]


def _decimal(label: str, comma: bool) -> Decimal | None:
    """A label's number, to its last digit; None where it is no number."""
    value = number_of(label, comma)
    if value is None or not math.isfinite(value):
        return None
    try:
        return Decimal(label.replace(",", "."))
    except ArithmeticError:  # an exponent of many digits
        return Decimal(value)
