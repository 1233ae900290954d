"""Promises of the names at the ends of the curves: beside their own curve, whole, and never over one another."""

from __future__ import annotations

import numpy as np
import pytest

from tui.charts.curves import Skin
from tui.charts.drawing import draw
from tui.charts.palette import colour
from tui.charts.plot import Plot, Series

EPOCHS = np.arange(100)
NAMES = ["none", "L2", "dropout", "input noise", "cutout", "mixup"]


def lines(levels: list[float], width: int = 70, height: int = 20, last: int = 100) -> list[str]:
    series = tuple(
        Series(EPOCHS, np.full(100, level), place, label=name)
        for place, (name, level) in enumerate(zip(NAMES, levels, strict=False))
    )
    rows = draw(Plot(series, x_limits=(0, last), y_limits=(0, 10)), width, height, Skin()).rows()
    for row in rows:
        for place, name in enumerate(NAMES):
            if name in row.text:
                assert row.colours[row.text.index(name)] == colour(place, True)
    return [row.text for row in rows]


def row_of(shown: list[str], name: str) -> int:
    return next(y for y, line in enumerate(shown) if name in line)


def test_a_name_stands_on_the_row_of_its_curve_right_behind_its_end() -> None:
    for last in (100, 160):
        shown = lines([9.0, 5.0, 1.0], last=last)
        for name, level in zip(NAMES, (9.0, 5.0, 1.0), strict=False):
            line = shown[row_of(shown, name)]
            assert abs(row_of(shown, name) - (17 - level / 10 * 17)) <= 1
            end = max(x for x, sign in enumerate(line) if 0x2800 < ord(sign) <= 0x28FF)
            assert line.index(name) - end == 2


def test_names_of_neighbours_are_spaced_in_the_order_of_their_curves() -> None:
    shown = lines([5.0, 5.3, 5.1])
    assert row_of(shown, "L2") < row_of(shown, "dropout") < row_of(shown, "none")


def test_at_the_edges_names_stay_on_the_chart() -> None:
    shown = lines([10.0, 9.9, 0.0, 0.1])
    assert [row_of(shown, name) for name in ("none", "L2", "input noise", "dropout")] == [0, 1, 16, 17]


def test_more_names_than_rows_leave_the_axis_alone() -> None:
    series = tuple(Series(EPOCHS, np.full(100, 9.0 - place), place, label=name) for place, name in enumerate(NAMES))
    rows = [row.text for row in draw(Plot(series, x_limits=(0, 100), y_limits=(0, 10)), 50, 5, Skin()).rows()]
    assert any(name in row for row in rows[:4] for name in NAMES)
    assert not any(name in row for row in rows[4:] for name in NAMES)


def test_names_that_would_stand_far_from_their_curves_are_left_out_the_last_first() -> None:
    shown = "\n".join(lines([5.0] * 6))
    present = [name for name in NAMES if name in shown]
    assert present == NAMES[: len(present)]
    assert 3 <= len(present) < 6


@pytest.mark.parametrize(("width", "height"), [(29, 20), (70, 4)])
def test_a_small_chart_keeps_its_room_for_the_curves(width: int, height: int) -> None:
    assert not any("none" in line for line in lines([5.0], width, height))


def test_a_long_name_is_cut_and_one_that_is_no_text_stays_one_cell_to_a_sign() -> None:
    plots = {
        label: draw(Plot((Series(EPOCHS, np.ones(100), 0, label=label),)), 60, 12, Skin()).texts()
        for label in ("a name that is much too long for it", "漢字 e\u0301 \x1b[31m")
    }
    first, second = plots.values()
    assert any(line.rstrip().endswith("…") for line in first)
    assert all(len(line) == 60 for line in first)
    assert not any(sign in "".join(second) for sign in "漢\u0301\x1b")
    assert "?" in "".join(second)
