"""Encodings, delimiters and decimal signs of CSV files: the same table, however a program writes it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.fingerprint import sha256_of
from tests.engine.data.common import PARTS, error, inputs, task

ROWS = [["größe", "menge, netto", "art"], *[[f"{n / 8}", f"{n}", ("süß", "herb")[n % 2]] for n in range(40)]]


def text(delimiter: str = ",", decimal: str = ".", end: str = "\n") -> str:
    def cell(value: str) -> str:
        value = value.replace(".", decimal)
        return f'"{value}"' if delimiter in value else value

    return end.join(delimiter.join(map(cell, row)) for row in ROWS) + end


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(content: bytes) -> dict[str, str]:
        (tmp_path / "x.csv").write_bytes(content)
        return {"source": "csv", "path": "x.csv", "target": "art"}

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize(
    ("delimiter", "decimal"), [(",", "."), (";", ","), (";", "."), ("\t", "."), ("\t", ","), ("|", ".")]
)
def test_the_table_is_the_same_however_it_is_written(write, encoding, delimiter, decimal):
    loaded = task(split="first", scale="none", **write(text(delimiter, decimal, "\r\n").encode(encoding)))
    assert np.concatenate([inputs(loaded, part) for part in PARTS]).tolist() == [[n / 8, n] for n in range(40)]
    assert loaded.class_names == ("herb", "süß")
    expected = task(split="first", scale="none", **write(text().encode()))
    assert sha256_of(loaded) == sha256_of(expected), "a run goes on with it"


def test_utf_16_in_the_other_order_of_bytes_is_known_by_its_mark(write):
    loaded = task(**write(b"\xfe\xff" + text().encode("utf-16-be")))
    assert loaded.class_names == ("herb", "süß")


def test_a_byte_without_a_letter_in_cp1252_makes_it_latin_1(write):
    loaded = task(**write(text().replace("herb", "her\x81").encode("latin-1")))
    assert loaded.class_names == ("her\\x81", "süß")
    assert loaded.warnings == ("csv: is no UTF-8, and was read as latin-1 (data.encoding)",)


def test_what_is_no_utf_8_is_read_as_cp1252_and_that_is_said_unless_it_was_asked_for(write):
    settings = write(text().replace("herb", "10 €").encode("cp1252"))
    loaded = task(**settings)
    assert loaded.class_names == ("10 €", "süß")
    assert loaded.warnings == ("csv: is no UTF-8, and was read as cp1252 (data.encoding)",)
    assert task(encoding="cp1252", **settings).warnings == ()


def test_damaged_utf_8_is_refused_with_its_line_and_read_where_an_encoding_is_given(write):
    settings = write((text() + "1,1,süß\n").encode() + b"2,2,s\xfc\xdf\n")
    assert error(**settings).startswith("data.path = 'x.csv', line 43: byte 0xfc is no UTF-8, as the text before it is")
    assert len(task(encoding="latin-1", **settings).class_names) == 3
    assert error(encoding="utf-8", **settings).startswith("data.path = 'x.csv': is not text in UTF-8")


@pytest.mark.parametrize("size", [1, 2, 3, 32])
def test_a_letter_that_two_blocks_share_is_no_damage(write, monkeypatch, size):
    monkeypatch.setattr("engine.data.csv_text._BLOCK", size)
    loaded = task(**write(text().encode()))
    assert (loaded.class_names, loaded.warnings) == (("herb", "süß"), ())


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        ("a;b;art\n" + "1;2;x\n" * 120 + "1;2,5;y\n", {}, "line 122: column 'b' = '2,5': must be a number (data.decim"),
        ("a;b;art\n" + "1,5;2;x\n" * 20 + "1,5;1.000;y\n", {}, "line 22: column 'b' = '1.000': must be a number"),
        ("a,b,art\n" + "1,2,x\n" * 20, {"delimiter": "semicolon"}, "data.target = 'art': no such column"),
        ("a;b;art\n" + "1,5;2;x\n" * 20, {"decimal": "point"}, "column 'art' is 'x' everywhere"),
    ],
)  # fmt: skip
def test_what_the_first_lines_did_not_show_is_refused_with_its_line(write, content, settings, message):
    assert message in error(**settings, **write(content.encode()))


def test_the_header_alone_does_not_decide_what_parts_cells(write):
    """Its quoted names hold more commas than there are columns."""
    rows = "".join(f"{n};{n}.5;{'xy'[n % 2]}\n" for n in range(30))
    loaded = task(split="first", scale="none", **write(('"a, b, c, d";"e, f";art\n' + rows).encode()))
    assert inputs(loaded, "train")[:2].tolist() == [[0, 0.5], [1, 1.5]]


def test_some_cells_with_a_comma_do_not_make_it_the_decimal_sign(write):
    rows = "".join(f"{n}.5;{n}.25;{('1,5', '2,5')[n % 2]};{'xy'[n % 2]}\n" for n in range(30))
    loaded = task(split="first", scale="none", **write(("a;b;pair;art\n" + rows).encode()))
    assert inputs(loaded, "train")[:2].tolist() == [[0.5, 0.25, 1, 0], [1.5, 1.25, 0, 1]]


def test_utf_8_in_an_earlier_block_is_remembered(write, monkeypatch):
    monkeypatch.setattr("engine.data.csv_text._BLOCK", 16)
    content = text().encode() + b"1,1,a word of another encoding\n1,1,s\xfc\xdf\n"
    assert "line 43: byte 0xfc is no UTF-8, as the text before it is" in error(**write(content))
