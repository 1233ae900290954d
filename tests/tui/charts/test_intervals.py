"""Promises of the lines on a common scale: where a bar begins, where its dot is, what the rule crosses."""

from __future__ import annotations

import pytest

from tui.charts.intervals import Scale, axis, dots, interval
from tui.charts.ticks import round_limits

TEN = Scale(0.0, 10.0, 10)


@pytest.mark.parametrize(
    ("ascii_only", "mean", "spread", "rule", "drawn"),
    [
        (False, 5.0, 2.0, None, "   ━━●━╸  "),
        (False, 5.1, 1.2, None, "   ╺━●╸   "),
        (False, 5.0, 2.0, 4.0, "   ━┿●━╸  "),
        (False, 5.1, 1.2, 3.9, "   ┝━●╸   "),
        (False, 5.0, None, 0.0, "│    ●    "),
        (False, 5.0, 2.0, 5.0, "   ━━●━╸  "),
        (False, 12.0, 1.0, None, "         ▸"),
        (False, -3.0, None, 10.0, "◂        │"),
        (True, 5.0, 2.0, None, "   |-o-|  "),
        (True, 5.0, 2.0, 4.2, "   |+o-|  "),
        (True, 5.0, None, 1.0, " :   o    "),
        (True, 12.0, None, None, "         >"),
    ],
)
def test_a_mean_stands_between_the_ends_of_its_spread(ascii_only, mean, spread, rule, drawn):
    assert interval(TEN, mean, spread, rule, "red", ascii_only).plain == drawn


def test_the_edges_are_on_the_scale_whatever_rounding_has_made_of_them():
    scale = Scale(0.1 + 0.2, 0.7, 10)
    assert (scale.cell(0.3), scale.cell(0.7), scale.cell(0.7 + 1e-12)) == (0, 9, 9)
    assert (scale.cell(0.29), scale.cell(0.71)) == (-1, 10)


def test_a_bar_that_leaves_the_scale_is_cut_at_its_edge():
    assert interval(TEN, 8.5, 5.0, None, "red", False).plain.endswith("●━")
    assert interval(TEN, 1.0, 50.0, None, "red", True).plain == "-o--------"


def test_the_bar_has_the_arms_colour_and_the_rule_has_none():
    styles = {str(span.style) for span in interval(TEN, 8.0, 1.0, 1.0, "rgb(1,2,3)", False).spans}
    assert styles == {"dim", "rgb(1,2,3)", "bold rgb(1,2,3)"}
    crossed = interval(TEN, 8.0, 2.0, 6.5, "rgb(1,2,3)", False)
    assert {str(span.style) for span in crossed.spans} == {"rgb(1,2,3)", "bold rgb(1,2,3)"}


@pytest.mark.parametrize(
    ("ascii_only", "values", "mean", "drawn"),
    [
        (False, (1.0, 5.0), 3.0, " • │ •    "),
        (False, (0.0, 0.1, 10.0), 3.4, "●  │     •"),
        (False, (2.0, 4.0, 9.0), 4.0, "  • ┿    •"),
        (False, (4.0,), 4.0, "    •     "),
        (True, (0.0, 0.1, 10.0), 3.4, "O  |     o"),
        (True, (2.0, 4.0, 9.0), 4.0, "  o +    o"),
    ],
)
def test_each_seed_is_a_dot_and_the_mean_a_mark(ascii_only, values, mean, drawn):
    assert dots(TEN, values, mean, "red", ascii_only).plain == drawn


@pytest.mark.parametrize("width", [6, 20, 60])
def test_ticks_stand_above_their_labels_within_the_width(width):
    line, labels = axis(Scale(70.0, 95.0, width), " %", ascii_only=True)
    assert len(line) == len(labels) == width
    assert line.count("+") == labels.count("%") >= 1
    for start in (place for place, sign in enumerate(line) if sign == "+"):
        assert labels[max(0, start - 3) : start + 4].strip()


@pytest.mark.parametrize(("low", "high"), [(0.713, 0.949), (0.3, 0.3), (0.0, 0.0), (1e-9, 1e9), (-3.2, -3.1)])
def test_a_round_scale_holds_both_ends_and_stays_while_they_creep(low, high):
    first, last = round_limits(low, high)
    assert first <= low <= high <= last
    assert first < last
    width = last - first
    if high > low:
        assert round_limits(low + 0.001 * width, high - 0.001 * width) == (first, last)
