"""Promises of the spread over the seeds: a tint where it is, and nothing where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from tui.charts.bands import OPACITY
from tui.charts.curves import Skin
from tui.charts.drawing import draw
from tui.charts.palette import blend, colour
from tui.charts.plot import Plot, Series

EPOCHS = np.arange(50)
FIVE = np.full(50, 5.0)
SKIN = Skin()
TINT = blend(colour(0, True), SKIN.background, OPACITY[True])


def rows_of(*series: Series, skin: Skin = SKIN):
    return draw(Plot(series, y_limits=(0, 10)), 60, 22, skin).rows()


def tinted(rows) -> list[int]:
    """The rows whose middle cell is tinted as a whole."""
    return [y for y, row in enumerate(rows) if row.grounds[30] is not None]


@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_band_is_tinted_from_edge_to_edge_and_the_curve_stands_on_it(ascii_only: bool) -> None:
    rows = rows_of(Series(EPOCHS, FIVE, 0, low=FIVE - 2, high=FIVE + 2), skin=Skin(ascii=ascii_only))
    assert {row.grounds[30] for row in rows} == {None, TINT}
    places = tinted(rows)
    assert places == list(range(places[0], places[-1] + 1))
    assert 7 <= len(places) <= 9  # 4 of 10 units on 20 rows
    middle = [row for row in rows if row.colours[30] == colour(0, True)]
    assert [row.grounds[30] for row in middle] == [TINT]


def test_an_edge_within_a_cell_is_drawn_to_an_eighth_of_it() -> None:
    def edge(high: float) -> str:
        rows = rows_of(Series(EPOCHS, FIVE, 0, low=FIVE, high=FIVE + high))
        return next(row.text[30] for row in rows if row.text[30] in "▁▂▃▄▅▆▇")

    assert "▁▂▃▄▅▆▇".index(edge(2.4)) > "▁▂▃▄▅▆▇".index(edge(2.2))


def test_where_two_bands_meet_both_are_seen() -> None:
    series = (
        Series(EPOCHS, FIVE - 1, 0, low=FIVE - 3, high=FIVE + 1),
        Series(EPOCHS, FIVE + 1, 1, low=FIVE - 1, high=FIVE + 3),
    )
    other = blend(colour(1, True), SKIN.background, OPACITY[True])
    grounds = {row.grounds[30] for row in rows_of(*series)} - {None}
    assert {TINT, other} < grounds
    assert len(grounds) == 3


def test_a_gap_in_the_curve_is_a_gap_in_its_band_and_none_begins_before_it() -> None:
    y = np.where((EPOCHS > 20) & (EPOCHS < 40), np.nan, 5.0)
    rows = draw(
        Plot((Series(EPOCHS, y, 0, low=y - 2, high=y + 2),), x_limits=(-50, 50), y_limits=(0, 10)), 60, 22, SKIN
    )
    columns = {x for row in rows.rows() for x, ground in enumerate(row.grounds) if ground is not None}
    assert columns
    assert min(columns) > 30
    assert not columns & set(range(44, 52))


@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_spread_that_is_lower_than_a_cell_tints_nothing_wherever_it_lies(ascii_only: bool) -> None:
    for level in np.linspace(4.5, 5.5, 9):
        y = np.full(50, level)
        rows = rows_of(Series(EPOCHS, y, 0, low=y - 0.16, high=y + 0.16), skin=Skin(ascii=ascii_only))
        assert not tinted(rows)
        assert not any(sign in row.text for row in rows for sign in "▁▂▃▄▅▆▇")


def test_without_colours_error_bars_reach_from_edge_to_edge_here_and_there() -> None:
    for ascii_only in (False, True):
        skin = Skin(colourless=True, ascii=ascii_only)
        bare, barred = (
            rows_of(Series(EPOCHS, FIVE, 0, **band), skin=skin) for band in ({}, {"low": FIVE - 2, "high": FIVE + 2})
        )
        assert all(ground is None for row in barred for ground in row.grounds)
        bars = [sum(new.text[x] != old.text[x] for old, new in zip(bare, barred, strict=True)) for x in range(4, 60)]
        assert 4 <= sum(height > 0 for height in bars) <= 8
        assert {height for height in bars if height} <= {7, 8, 9}
