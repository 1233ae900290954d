"""Promises of the cursor in a chart: where it stands, what it covers, and which epoch a column is."""

from __future__ import annotations

import numpy as np
import pytest

from tui.charts.curves import Skin
from tui.charts.drawing import draw, x_at
from tui.charts.ends import Label
from tui.charts.plot import Mark, Plot, Series

EPOCHS = np.arange(1, 101)
CURVE = Series(EPOCHS, np.linspace(9, 1, 100), 0, label="dropout")
SIZES = [(60, 20), (40, 8), (20, 6), (13, 3), (1, 1)]


def plot(cursor: float | None = 40, **more: object) -> Plot:
    return Plot((CURVE,), cursor=cursor, y_limits=(0, 10), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_column_s_epoch_has_its_cursor_in_that_column(size: tuple[int, int], ascii_only: bool) -> None:
    skin = Skin(ascii=ascii_only)
    head = "v" if ascii_only else "▼"
    columns = {column: x_at(plot(), *size, skin, column) for column in range(size[0])}
    for column, epoch in columns.items():
        if epoch is not None and epoch < 100:
            rows = draw(plot(epoch), *size, skin).rows()
            assert rows[0].text.index(head) == column
            assert sum(row.text.count(head) for row in rows) == 1
    seen = [epoch for epoch in columns.values() if epoch is not None]
    assert seen == sorted(seen)
    assert 1 <= seen[0] <= seen[-1] <= 100
    # Left of the axis there is none; right of the curves it is the last one.
    assert (columns[0] is None) == (size[0] >= 14)
    assert size[0] < 30 or seen[-1] == 100


def test_the_line_is_behind_the_curve_and_leaves_the_axes_alone() -> None:
    with_cursor, without = draw(plot(), 60, 20, Skin()), draw(plot(None), 60, 20, Skin())
    column = with_cursor.rows()[0].text.index("▼")
    for y, (one, other) in enumerate(zip(with_cursor.rows(), without.rows(), strict=True)):
        assert one.text[:column] + one.text[column + 1 :] == other.text[:column] + other.text[column + 1 :]
        if other.text[column] != " " and y:
            assert one.text[column] == other.text[column]  # a curve, the axis, a number
            assert one.colours[column] == other.colours[column]
        assert (one.grounds[column] is not None) == (y < 18)
        assert [ground for place, ground in enumerate(one.grounds) if place != column] == [None] * 59
    assert sum(row.text[column] == "│" for row in with_cursor.rows()) > 10
    # It also goes over the line of a knob that was turned there.
    marked = draw(plot(marks=(Mark(40, "knob", 0),)), 60, 20, Skin())
    assert [row.text[column] for row in marked.rows()[:18]] == [row.text[column] for row in with_cursor.rows()[:18]]


def test_without_colours_there_is_no_tint_and_the_line_is_there_all_the_same() -> None:
    for skin in (Skin(colourless=True), Skin(tinted=False)):
        rows = draw(plot(), 60, 20, skin).rows()
        assert all(ground is None for row in rows for ground in row.grounds)
        assert "▼" in rows[0].text
    assert draw(plot(), 60, 20, Skin(ascii=True)).texts()[0].count("v") == 1
    assert all(text.isascii() for text in draw(plot(), 60, 20, Skin(ascii=True)).texts())


def test_a_cursor_out_of_sight_and_an_empty_chart_draw_nothing() -> None:
    part = plot(40, x_limits=(50, 60))
    assert draw(part, 60, 20, Skin()).texts() == draw(plot(None, x_limits=(50, 60)), 60, 20, Skin()).texts()
    assert x_at(Plot(cursor=3), 60, 20, Skin(), 30) is None
    assert x_at(plot(), 0, 0, Skin(), 0) is None
    assert not Plot(log_x=True).epochs
    assert not Plot(x_label="learning rate").epochs
    assert Plot().epochs


@pytest.mark.parametrize(
    ("room", "text"),
    [(20, "dropout 0.482"), (13, "dropout 0.482"), (12, "dropo… 0.482"), (9, "dr… 0.482"), (8, "0.482"), (5, "0.482"),
     (4, "")],
)  # fmt: skip
def test_of_a_name_and_its_value_the_name_gives_way(room: int, text: str) -> None:
    assert Label("dropout", "0.482").within(room, "…") == text
    assert len(Label("dropout", "0.482")) == 13
    assert Label("", "0.482").within(room, "…") == ("0.482" if room >= 5 else "")
    assert Label("dropout").within(5, "…") == "drop…"
    assert Label("L2").within(2, "…") == "L2"
    assert Label("dropout").within(2, "…") == ""
    assert not Label("")


def test_the_value_stands_behind_the_name_and_has_room() -> None:
    for width in (60, 34):
        shown = draw(Plot((Series(EPOCHS, CURVE.y, 0, label="dropout 0.7", value="0.482"),)), width, 12, Skin()).texts()
        assert sum(("dropout 0.7 0.482" if width == 60 else "… 0.482") in line for line in shown) == 1


def test_a_name_stands_where_the_curve_leaves_a_chart_of_a_part_of_the_run() -> None:
    rows = draw(plot(None, x_limits=(20, 50)), 60, 20, Skin()).texts()
    (row,) = [y for y, line in enumerate(rows) if "dropout" in line]
    assert abs(row - round(17 - CURVE.y[49] / 10 * 17)) <= 1
