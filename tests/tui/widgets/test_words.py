"""Promises of numbers and times in few characters."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.numbers import number, with_spread
from tui.widgets.words import bar, duration, in_lines, setting, shortened


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"), (math.nan, "-"), (math.inf, "inf"), (-math.inf, "-inf"), (0.0, "0"), (0.25731, "0.257"),
        (2.30259, "2.303"), (12.345, "12.35"), (123.456, "123.5"), (99999.0, "99999"), (1.2e5, "1.2e+05"),
        (5e-5, "5.0e-05"), (-0.5, "-0.500"),
    ],
)  # fmt: skip
def test_a_number_is_short_and_says_what_matters(value, expected):
    assert number(value) == expected


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_no_number_is_longer_than_ten_characters(value):
    assert len(number(value)) <= 10


def test_a_spread_has_as_many_decimals_as_its_mean():
    assert with_spread(0.25731, 0.03149) == "0.257 ±0.031"
    assert with_spread(0.25731, None) == "0.257"
    assert with_spread(0.25731, math.nan) == "0.257"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1:00"),
        (60, "1:00"),
        (185, "3:05"),
        (3599, "59:59"),
        (7800, "2:10:00"),
        (math.inf, "—"),
        (math.nan, "—"),
    ],
)
def test_a_duration_reads_as_a_clock(seconds, expected):
    assert duration(seconds) == expected


@given(st.floats(-1, 2), st.integers(1, 60), st.booleans())
def test_a_gauge_is_always_of_its_width(share, width, ascii_only):
    gauge = bar(share, width, ascii_only)
    assert len(gauge) == width
    assert gauge.isascii() == ascii_only


def test_a_gauge_is_empty_at_nothing_and_full_at_one():
    assert bar(0, 4, True) == "...."
    assert bar(0.5, 4, True) == "##.."
    assert bar(1, 4, False) == "████"
    assert bar(7, 4, False) == "████"


def test_a_gauge_is_filled_to_an_eighth_of_a_cell():
    assert [bar(eighths / 16, 2, False) for eighths in range(17)] == [
        "░░", "▏░", "▎░", "▍░", "▌░", "▋░", "▊░", "▉░", "█░", "█▏", "█▎", "█▍", "█▌", "█▋", "█▊", "█▉", "██",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "true"), (0.1, "0.1"), (1e-5, "1e-05"), (0.30000000000000004, "0.3"), (20, "20"), ("stop", "stop")],
)  # fmt: skip
def test_a_setting_is_told_as_it_is_typed(value, expected):
    assert setting(value) == expected


def test_words_stand_in_lines_none_of_them_broken():
    assert in_lines(["a one", "b two", "c three"], 14) == ["a one  b two", "c three"]
    assert in_lines(["much too long"], 5) == ["much too long"]


@pytest.mark.parametrize(
    ("width", "line"),
    [(13, "can it be so?"), (12, "can it be…"), (10, "can it be…"), (9, "can it…"), (5, "can…"), (3, "ca…"), (0, "")],
)
def test_what_does_not_fit_on_a_line_ends_after_a_word(width, line):
    assert shortened("can it be so?", width) == line
