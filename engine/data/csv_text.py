"""The text of a CSV file: its encoding, its delimiter, its decimal sign, and its rows of cells."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import itertools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.data.reading import regular
from engine.data.words import shown
from engine.preset.data import Data
from engine.preset.errors import PresetError
from engine.text import quoted

_MOST_BYTES = 1 << 29
_LONGEST_LINE = 1 << 22  # characters
_BLOCK = 1 << 20
# So many rows show what parts cells and decimals.
_FIRST_ROWS = 100
_FIRST_CHARACTERS = 1 << 20
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# What a text has: no control characters but those that part words and lines. A NUL is refused with its line later.
_OF_TEXT = bytes({0, *b"\t\n\v\f\r", *range(32, 127), *range(128, 256)})
_NOT_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"
_WITH_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_WITH_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written.

    Attributes
    ----------
    encoding : Python's name of it.
    delimiter, decimal : the words of the settings.
    guessed : the encoding was taken because the bytes are no UTF-8: any bytes are text in it.
    """

    encoding: str
    delimiter: str
    decimal: str
    guessed: bool


@contextmanager
def opened(data: Data) -> Iterator[Lines]:
    """The rows of the file `data.path`.

    Raises
    ------
    PresetError
        The file cannot be used, or, while its rows are read, one of them cannot.
    """
    prefix = f"data.path = {quoted(data.path, 80)}"
    file = Path(os.path.expanduser(data.path))
    try:
        if not file.is_file():
            raise PresetError(f"{prefix}: {'is not a file' if file.exists() else 'no such file'}")
        with regular(file) as raw:
            if (size := os.fstat(raw.fileno()).st_size) > _MOST_BYTES:
                raise PresetError(f"{prefix}: has {size:,} bytes, and at most {_MOST_BYTES:,} are read")
            encoding = (
                _encoding(raw, prefix) if data.encoding == "auto" else data.encoding.replace("utf-8", "utf-8-sig")
            )
            raw.seek(0)
            with io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
                yield Lines(text, prefix, _dialect(text, data, encoding))
    except UnicodeDecodeError as error:
        raise PresetError(
            f"{prefix}: is not text in {error.encoding.upper()} (data.encoding says which it is)"
        ) from error
    except MemoryError as error:
        raise PresetError(f"{prefix}: takes more memory than there is") from error
    except (csv.Error, OSError, ValueError) as error:  # ValueError: a path with a NUL
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise PresetError(f"{prefix}: cannot be read as CSV ({shown(why)})") from error


def _encoding(raw: IO[bytes], prefix: str) -> str:
    """By the byte order mark; else UTF-8; where the first byte beyond ASCII is no UTF-8, cp1252.

    Latin-1 where a byte has no letter in cp1252. Raises PresetError where it is no text, or damaged UTF-8.
    """
    head = raw.read(3)
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    raw.seek(0)
    decoder, before, line = codecs.getincrementaldecoder("utf-8")(), True, 1
    while True:
        block = raw.read(_BLOCK)
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            held = error.object[: error.start]  # with what was left over of the last block
            if before and held.isascii():
                break
            line += held.count(b"\n")
            raise PresetError(
                f"{prefix}, line {line}: byte 0x{error.object[error.start]:02x} is no UTF-8, as the text before it"
                " is: mend it, or set data.encoding"
            ) from None
        if not block:
            return "utf-8-sig"
        before = before and block.isascii()
        line += block.count(b"\n")
    raw.seek(0)
    latin, line = False, 1
    while block := raw.read(_BLOCK):
        if others := block.translate(None, _OF_TEXT):
            line += block[: block.index(others[:1])].count(b"\n")
            raise PresetError(f"{prefix}, line {line}: has the byte 0x{others[0]:02x}: is not text")
        latin = latin or len(block.translate(None, _NOT_IN_CP1252)) < len(block)
        line += block.count(b"\n")
    return "latin-1" if latin else "cp1252"


def _dialect(text: io.TextIOWrapper, data: Data, encoding: str) -> Dialect:
    """What parts cells and decimals, by the first lines; `text` is at its beginning again."""
    lines = _first_lines(text)
    delimiter: str = data.delimiter
    if delimiter == "auto":
        names = [name for name in DELIMITERS if not (name == "comma" and data.decimal == "comma")]
        delimiter = max(names, key=lambda name: _likelihood(lines, DELIMITERS[name]))
    decimal: str = data.decimal
    if decimal == "auto":
        decimal = "point"
        if delimiter != "comma":
            cells = [cell.strip() for row in _rows(lines, DELIMITERS[delimiter])[1:] for cell in row]
            commas, points = (sum(bool(sign.fullmatch(cell)) for cell in cells) for sign in (_WITH_COMMA, _WITH_POINT))
            decimal = "comma" if commas > points else "point"
    return Dialect(encoding, delimiter, decimal, data.encoding == "auto" and encoding in ("cp1252", "latin-1"))


def _first_lines(text: io.TextIOWrapper) -> list[str]:
    lines: list[str] = []
    room = _FIRST_CHARACTERS
    while len(lines) < _FIRST_ROWS and room > 0 and (line := text.readline(room)):
        room -= len(line)
        if line.strip():
            lines.append(line)
    text.seek(0)
    if room <= 0 and len(lines) > 1:
        lines.pop()  # a part of a line
    return lines


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    # An error of csv is met again, and named, when all rows are read.
    reader = csv.reader([line.replace("\0", "") for line in lines], delimiter=delimiter, skipinitialspace=True)
    with contextlib.suppress(csv.Error):
        rows.extend(itertools.islice(reader, _FIRST_ROWS))
    return rows or [[]]


def _likelihood(lines: list[str], delimiter: str) -> tuple[float, int]:
    """The share of rows with as many cells as the header, where those are several; then how many those are."""
    header, *rows = _rows(lines, delimiter)
    if len(header) < 2:
        return 0.0, 0
    return 1 + sum(len(row) == len(header) for row in rows) / max(1, len(rows)), len(header)


class Lines:
    """The lines of a text for `csv`, which by itself would read a line of any length."""

    def __init__(self, text: IO[str], prefix: str, dialect: Dialect) -> None:
        self.prefix, self.dialect = prefix, dialect
        self._text = text
        self._number = 0
        self._characters = 0  # of the row that is being read: a quoted cell can go on over many lines

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each line that is not blank."""
        delimiter = DELIMITERS[self.dialect.delimiter]
        for cells in csv.reader(self._read(), delimiter=delimiter, skipinitialspace=True):
            self._characters = 0
            cells = [cell.strip() for cell in cells]
            if any(cells):
                yield self._number, cells

    def _read(self) -> Iterator[str]:
        while line := self._text.readline(_LONGEST_LINE):
            self._number += 1
            self._characters += len(line)
            if self._characters >= _LONGEST_LINE:
                raise PresetError(f"{self.prefix}, line {self._number}: has more than {_LONGEST_LINE:,} characters")
            if "\0" in line:
                raise PresetError(f"{self.prefix}, line {self._number}: has a NUL byte: is not text")
            yield line
