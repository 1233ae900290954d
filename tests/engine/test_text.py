"""What may reach a terminal, and how long a line may be."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.preset import PresetError
from engine.text import LONGEST_LINE, harmful, printable, quoted, shortened

HARMFUL = [
    "\x00",
    "\x07",
    "\x1b",
    "\x7f",
    "\x80",
    "\x9b",
    "\x9d",
    "\r",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ufeff",
    "\ufffe",
    "\U0010ffff",
    "\udcff",
]


@pytest.mark.parametrize("sign", HARMFUL)
def test_what_a_terminal_obeys_is_named_and_written_out(sign: str) -> None:
    assert harmful(f"a{sign}b") == f"U+{ord(sign):04X}"
    shown = printable(f"a{sign}b")
    assert shown.isprintable()
    assert shown.encode().decode("unicode_escape") == f"a{sign}b"


@pytest.mark.parametrize("text", ["plain", "naïve Ünïcode", "日本語", "👩‍🔬", "می‌خواهم", "⠿ ★ ±", "e\u0301"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert harmful(text) is None
    assert printable(text) == text


def test_lines_and_tabs_stay_where_a_text_has_lines() -> None:
    assert harmful("a\n\tb", lines=True) is None
    assert printable("a\n\tb\x1b", lines=True) == "a\n\tb\\x1b"
    assert harmful("a\nb") == "U+000A"
    assert printable("a\n\tb") == r"a\n\tb"


@given(st.text())
def test_nothing_printable_is_a_control_or_half_a_character(text: str) -> None:
    shown = printable(text)
    assert not [sign for sign in shown if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")]
    assert harmful(shown) is None


@given(st.text(), st.integers(10, 50))
def test_a_shortened_text_keeps_its_beginning_and_its_end(text: str, longest: int) -> None:
    shown = shortened(text, longest)
    assert len(shown) == min(len(text), longest)
    assert shown[:2] == text[:2]
    assert shown[-2:] == text[-2:]


@pytest.mark.parametrize(
    "value", [10**5000, [10**5000], "x" * 10**6, {"a": ["\x1b" * 1000]}], ids=["number", "list", "text", "table"]
)
def test_a_value_is_quoted_on_a_part_of_a_line(value: object) -> None:
    assert len(quoted(value)) <= 80
    assert quoted(value).isprintable()


def test_an_error_is_one_printable_line_whatever_it_quotes() -> None:
    message = str(PresetError(f"file.toml:3: {'x' * 1000}\n\x1b]52;c;aGk=\x07\udcff: must be a number"))
    assert len(message) + len("regtui: ") <= LONGEST_LINE
    assert message.isprintable()
    assert re.fullmatch(r"file\.toml:3: x+ \.\.\. x+\\n\\x1b\]52;c;aGk=\\x07\\udcff: must be a number", message)
