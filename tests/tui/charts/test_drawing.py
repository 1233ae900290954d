"""Promises of a drawing: it is what the data say, and no data can break it."""

from __future__ import annotations

import numpy as np
import pytest

from tui.charts import drawing
from tui.charts.cells import Row
from tui.charts.curves import FAINT, Skin
from tui.charts.palette import blend, colour
from tui.charts.plot import Mark, Plot, Series
from tui.charts.ticks import log_ticks, value_ticks, whole_ticks

NAN, INF = float("nan"), float("inf")
SOLID, DOTTED = "light", "dotted"
EPOCHS = np.arange(301)
SIZES = [(1, 1), (2, 1), (5, 2), (13, 3), (14, 4), (15, 5), (38, 9), (78, 20), (200, 60)]


def draw(*args) -> tuple[Row, ...]:
    return drawing.draw(*args).rows()


def dots(rows: tuple[Row, ...]) -> int:
    """The braille dots that are lit."""
    return sum((ord(c) - 0x2800).bit_count() for row in rows for c in row.text if 0x2800 < ord(c) <= 0x28FF)


def dots_of(text: str) -> int:
    return sum((ord(c) - 0x2800).bit_count() for c in text if 0x2800 < ord(c) <= 0x28FF)


def braille_columns(rows: tuple[Row, ...]) -> set[int]:
    return {x for row in rows for x, c in enumerate(row.text) if 0x2800 < ord(c) <= 0x28FF}


def losses(n: int = 301, **kwargs) -> tuple[Series, ...]:
    epochs = np.arange(n)
    falling = 2.3 * np.exp(-epochs / 60) + 0.02
    return tuple(
        Series(epochs, falling + 0.3 * arm + 0.2 * light, arm, "light" if light else "heavy", **kwargs)
        for arm in (0, 1)
        for light in (0, 1)
    )


CASES = {
    "nothing": (),
    "empty": (Series([], [], 0), Series([], [], 0, "dotted")),
    "one point": (Series([0], [1.5], 0), Series([0], [1.5], 1, "dotted")),
    "constant": (Series([0, 1, 2], [0.5, 0.5, 0.5], 0),),
    "constant zero": (Series([0, 1, 2], [0, 0, 0], 0),),
    "all nan": (Series([0, 1], [NAN, NAN], 0),),
    "infinities": (Series([0, 1, 2, 3], [1, INF, -INF, 2], 0), Series([0, INF, 2, NAN], [1, 2, 3, 4], 1, "dotted")),
    "huge": (Series([0, 1, 2], [1e30, -1e30, 1], 0), Series([0, 1], [1e308, -1e308], 1)),
    "tiny": (Series([0, 1, 2], [1e-320, 1e-300, 0], 0),),
    "too close": (Series([0, 1], [1e16, 1e16 + 2], 0),),
    "negative": (Series([0, 1, 2], [-1, 0, 5], 0), Series([0, 1, 2], [3, -1, 2], 0, "dotted")),
    "many points": (Series(np.arange(100_000), np.random.default_rng(0).random(100_000), 0),),
    "unsorted": (Series([3, 1, 2], [1, 2, 3], 0),),
    "uneven lengths": (Series([0, 1, 2], [1, 2], 0, low=[0.5], high=[3, 3, 3]),),
    "band": (Series([0, 1, 2], [1, 2, 1], 0, low=[0, NAN, -INF], high=[2, INF, 2]),),
    "band the wrong way round": (Series([0, 1], [1, 1], 0, low=[2, 1e308], high=[-1, -1e308]),),
    "numpy colour": (Series(np.arange(3), np.ones(3, dtype=np.float32), np.int64(9)), Series([0], [1], (1, 2, 3))),
    "far epochs": (Series([1e9, 1e9 + 1], [1, 2], 0),),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("case", CASES)
def test_no_data_at_no_size_breaks_a_drawing(case, size):
    width, height = size
    marks = (Mark(1, "best", 0, 1.0), Mark(1, "knob", 1, label="lr"), Mark(2, "stop", 2), Mark(9e9, "best", 0, INF))
    for log in (False, True):
        for ascii_ in (False, True):
            for limits in ({}, {"x_limits": (0, 2), "y_limits": (0.5, 1)}, {"x_limits": (5, 5), "y_limits": (-1, -1)}):
                plot = Plot(CASES[case], marks, log=log, y_label="loss", **limits)
                rows = draw(plot, width, height, Skin(ascii=ascii_))
                assert [len(row.text) for row in rows] == [width] * height
                assert [len(row.colours) for row in rows] == [width] * height


@pytest.mark.parametrize("size", [(38, 10), (78, 20)])
def test_a_dotted_curve_is_a_thin_likeness_of_the_solid_one(size):
    y = np.sin(EPOCHS / 40)
    solid, dotted = (draw(Plot((Series(EPOCHS, y, 0, flag),)), *size, Skin()) for flag in (SOLID, DOTTED))
    assert 0.2 < dots(dotted) / dots(solid) < 0.45
    bare = braille_columns(solid) - braille_columns(dotted)
    assert not bare & {x + 1 for x in bare}


def test_a_heavy_curve_is_twice_as_thick_as_a_light_one_in_either_direction():
    for y in (np.full(301, 0.5), np.where(EPOCHS < 150, 0.0, 1.0)):
        heavy, light = (
            draw(Plot((Series(EPOCHS, y, 0, stroke),), y_limits=(-1, 2)), 78, 20, Skin()) for stroke in ("heavy", SOLID)
        )
        assert 1.9 < dots(heavy) / dots(light) < 2.1


def test_a_gap_in_the_data_is_a_gap_in_the_curve():
    y = np.where((EPOCHS > 100) & (EPOCHS < 200), NAN, 1.0 + EPOCHS / 301)
    for stroke in ("heavy", SOLID, DOTTED):
        columns = braille_columns(draw(Plot((Series(EPOCHS, y, 0, stroke),)), 78, 20, Skin()))
        middle = set(range(32, 50))
        assert not columns & middle
        assert min(columns) < 10
        assert max(columns) > 70


def test_a_logarithm_leaves_out_what_is_not_positive():
    y = np.where((EPOCHS > 100) & (EPOCHS < 200), -1.0, 1.0 + EPOCHS)
    plot = Plot((Series(EPOCHS, y, 0),), log=True)
    assert not braille_columns(draw(plot, 78, 20, Skin())) & set(range(32, 50))


def test_a_spike_of_one_point_in_a_hundred_thousand_is_seen():
    y = np.zeros(100_000)
    y[54_321] = 1.0
    rows = draw(Plot((Series(np.arange(100_000), y, 0),)), 78, 20, Skin())
    assert any(0x2800 < ord(c) <= 0x28FF for c in rows[0].text[10:])


def test_a_curve_is_cut_at_the_limits_not_bent():
    line = Series([0, 100], [0.0, 100.0], 0)
    whole = draw(Plot((line,), x_limits=(0, 100), y_limits=(40, 60)), 78, 20, Skin())
    part = draw(Plot((Series([40, 60], [40.0, 60.0], 0),), x_limits=(0, 100), y_limits=(40, 60)), 78, 20, Skin())
    assert [row.text for row in whole[1:]] == [row.text for row in part[1:]]  # above it is marked


def test_the_same_plot_is_drawn_the_same():
    plot = Plot(losses(), (Mark(50, "best", 0, 1.0),), y_label="loss")
    first = draw(plot, 78, 20, Skin())
    draw(Plot(losses(20), log=True), 38, 9, Skin(ascii=True))
    assert draw(plot, 78, 20, Skin()) == first


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("size", [(38, 9), (56, 17), (110, 20)])
def test_the_best_epoch_stands_in_a_cell_that_its_curve_passes(size, log):
    y = 2.3 * np.exp(-EPOCHS / 40) + 0.25 + 0.0005 * EPOCHS
    for epoch in range(3, 300, 7):
        curve = Series(EPOCHS, y, 0)
        best = Mark(epoch, "best", 0, y=float(y[epoch]))
        bare, marked = (draw(Plot((curve,), marks, (0, 300), log=log), *size, Skin()) for marks in ((), (best,)))
        ((row, column),) = [(row, text.text.index("◆")) for row, text in enumerate(marked) if "◆" in text.text]
        assert 0x2800 < ord(bare[row].text[column]) <= 0x28FF


def test_best_epochs_of_curves_that_lie_on_one_another_stand_on_them_and_not_on_a_neighbour():
    for level in (4.6, 5.0, 5.2):
        y, x = np.full(301, level), EPOCHS
        curves = (Series(x, y, 0), Series(x, y, 1), Series(x, y + 0.6, 1, "heavy"), Series(x, y - 0.6, 1, "heavy"))
        plain = draw(Plot(curves[:1], (), (0, 300), (0, 10)), 78, 20, Skin())
        (due,) = {place for place, row in enumerate(plain) if 0x2800 < ord(row.text[40]) <= 0x28FF}
        for epoch in range(5, 290, 9):
            rows = draw(Plot(curves, (Mark(epoch, "best", 1, y=level),), (0, 300), (0, 10)), 78, 20, Skin())
            assert [place for place, row in enumerate(rows) if "◆" in row.text] == [due]


@pytest.mark.parametrize("ascii_only", [False, True])
def test_what_leaves_by_the_top_is_marked_where_it_leaves_and_where_it_is_now(ascii_only):
    y = np.where(EPOCHS < 150, 1.0, 50.0)
    series = (Series(EPOCHS, y, 3, label="wild"), Series(EPOCHS, np.ones(301), 0, label="calm"))
    top, *rest = draw(Plot(series, x_limits=(0, 300), y_limits=(0, 2)), 78, 20, Skin(ascii=ascii_only))
    sign = "^" if ascii_only else "▲"
    places = [x for x, mark in enumerate(top.text) if mark == sign]
    assert len(places) == 2
    assert abs(places[0] - 38) < 4
    assert {top.colours[x] for x in places} == {colour(3, True)}
    assert top.text[places[1] :].split() == [sign, "wild"]
    assert not any(sign in row.text for row in rest)


@pytest.mark.parametrize("ascii_only", [False, True])
def test_without_colours_every_arm_has_its_number_along_its_curves_and_at_its_end(ascii_only):
    series = tuple(
        Series(EPOCHS, np.full(301, level), place, stroke, f"arm {name}" * (stroke == "light"), number=place + 1)
        for place, (name, level) in enumerate(zip("ABC", (1.2, 5.7, 8.8), strict=True))
        for stroke in ("heavy", "light")
    )
    plot = Plot(series, y_limits=(0, 10))
    lines = [row.text[3:] for row in draw(plot, 78, 20, Skin(colourless=True, ascii=ascii_only))]
    for number, name in zip("123", "ABC", strict=True):
        line = next(line for line in lines if f"{number} arm {name}" in line)
        assert {sign for sign in line if sign.isdigit()} == {number}
        assert line.count(number) >= 3
    assert not any("1 arm A" in row.text for row in draw(plot, 78, 20, Skin(ascii=ascii_only)))


def test_more_arms_than_colours_have_numbers_and_those_of_one_colour_differ_in_their_dashes():
    plot = Plot(tuple(Series(EPOCHS, np.full(301, 1.0 + place), place, number=place + 1) for place in range(10)))
    rows = draw(plot, 110, 44, Skin())
    ninth, first = (row.text[4:] for row in rows if colour(0, True) in row.colours)
    assert "1" in first
    assert "9" in ninth
    assert dots_of(first) > 1.3 * dots_of(ninth)


def test_marks_differ_by_their_shape():
    base = (Series([0, 100], [5.0, 5.0], 0),)
    limits = {"x_limits": (0, 100), "y_limits": (0, 10)}
    texts = {}
    for kind in ("best", "knob", "stop"):
        rows = draw(Plot(base, (Mark(50, kind, 1, 8.0),), **limits), 78, 20, Skin())
        texts[kind] = "".join(row.text for row in rows)
        assert any(colour(1, True) in row.colours for row in rows)
    assert "◆" in texts["best"]
    assert "┊" in texts["knob"]
    assert "┃" in texts["stop"]


@pytest.mark.parametrize("kind", ["best", "knob", "stop"])
@pytest.mark.parametrize("place", [-40, -1, 101, 150])
def test_a_mark_outside_of_the_chart_is_not_drawn(kind, place):
    base = (Series([0, 100], [5.0, 5.0], 0),)
    limits = {"x_limits": (0, 100), "y_limits": (0, 10)}
    bare = draw(Plot(base, **limits), 78, 20, Skin())
    assert draw(Plot(base, (Mark(place, kind, 1, 8.0, label="lr"),), **limits), 78, 20, Skin()) == bare


def cells_of(rows, index, faint=False):
    rgb = blend(colour(index, True), Skin().background, FAINT[True]) if faint else colour(index, True)
    return sum(row.colours.count(rgb) for row in rows)


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("stroke", ["heavy", "light", "dotted"])
def test_curves_that_lie_on_one_another_are_seen_by_turns(ascii_only, stroke):
    x, y = np.arange(100), np.linspace(3, 1, 100)
    alone = cells_of(draw(Plot((Series(x, y, 0, stroke),)), 78, 20, Skin(ascii=ascii_only)), 0)
    rows = draw(Plot(tuple(Series(x, y, index, stroke) for index in range(3))), 78, 20, Skin(ascii=ascii_only))
    shares = [cells_of(rows, index) for index in range(3)]
    assert sum(shares) == alone > 20
    assert max(shares) < 1.5 * min(shares)


def test_a_faint_curve_gives_way_to_one_in_front_wherever_they_meet():
    x, y = np.arange(100), np.linspace(3, 1, 100)
    rows = draw(Plot((Series(x, y, 0), Series(x, y, 1, faint=True), Series(x, y + 1, 2, faint=True))), 78, 20, Skin())
    assert (cells_of(rows, 1), cells_of(rows, 1, faint=True)) == (0, 0)
    assert cells_of(rows, 0) > 60
    assert cells_of(rows, 2, faint=True) > 60


def test_taking_turns_leaves_marks_and_axes_alone():
    series = tuple(Series([0, 100], [5.0, 5.0], index) for index in range(2))
    plot = Plot(series, (Mark(50, "best", 4, 5.0),), x_limits=(0, 100), y_limits=(0, 10))
    rows = draw(plot, 78, 20, Skin())
    assert cells_of(rows, 4) == 1
    assert "".join(row.text for row in rows) == "".join(
        row.text for row in draw(Plot(series[:1], plot.marks, (0, 100), (0, 10)), 78, 20, Skin())
    )


@pytest.mark.parametrize("log", [False, True])
def test_ascii_is_only_ascii(log):
    marks = (Mark(50, "best", 0, 1.0), Mark(90, "knob", 1, label="λ → 2"), Mark(200, "stop", 0))
    plot = Plot(losses(low=np.ones(301), high=np.full(301, 2.0)), marks, log=log, y_label="Verlust ×")
    text = "\n".join(row.text for row in draw(plot, 78, 20, Skin(ascii=True)))
    assert text.isascii()
    assert set("*.O|-+") <= set(text)


def test_most_of_a_small_chart_is_plot():
    rows = draw(Plot(losses(), x_limits=(0, 301)), 38, 9, Skin())
    columns = braille_columns(rows)
    assert max(columns) - min(columns) >= 32
    assert sum(any(0x2800 < ord(c) <= 0x28FF for c in row.text) for row in rows) == 8


@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_labels_of_a_low_chart_stand_on_its_axis_and_those_of_another_below_it(ascii_only):
    corner, line = "+-" if ascii_only else "└─"
    for height in (4, 9, 10, 20):
        texts = [row.text for row in draw(Plot(losses(), x_limits=(0, 301)), 38, height, Skin(ascii=ascii_only))]
        assert len(texts) == height
        merged = height < 10
        axis = texts[-1 if merged else -2]
        assert corner in axis[:6]
        assert line * 5 in axis
        assert ("200" in axis) == merged
        assert "200" in texts[-1]
        assert texts[-1].endswith("epoch")


def test_before_the_first_epoch_the_chart_says_so_without_plotext(monkeypatch):
    monkeypatch.setattr("tui.charts.frame._plotext", lambda: pytest.fail("plotext was loaded"))
    rows = draw(Plot((Series([], [], 0),), empty="waiting"), 20, 5, Skin())
    assert rows[2].text.strip() == "waiting"


def test_nothing_is_printed(capfd):
    for case in CASES.values():
        draw(Plot(case), 78, 20, Skin())
    assert capfd.readouterr() == ("", "")


def test_ticks_are_few_round_and_distinct():
    assert [t for _, t in value_ticks(0, 1, 5)] == ["0", "0.25", "0.5", "0.75", "1"]
    assert [t for _, t in log_ticks(-3, 1, 5)] == ["0.001", "0.01", "0.1", "1", "10"]
    assert [t for _, t in whole_ticks(0, 301, 4)] == ["0", "100", "200", "300"]
    assert all(v == int(v) for v, _ in whole_ticks(0, 3, 7))
    for low, high in ((0.98765, 0.98770), (-1e30, 1e30), (0, 1e-12), (3, 1000)):
        labels = [t for _, t in value_ticks(low, high, 4)]
        assert 2 <= len(labels) <= 5
        assert len(set(labels)) == len(labels)
