"""Promises of the way from data to pixels: as many as can be seen, joined as the data are, cut at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from tui.charts.canvas import Canvas, Curve, curve_of, limits_of, raster
from tui.charts.plot import Plot, Series

NAN, INF = float("nan"), float("inf")


def canvas_of(series: Series, width: int = 40, height: int = 12, **options: object) -> tuple[Canvas, Curve]:
    plot = Plot((series,), **options)
    curve = curve_of(series, plot.log)
    limits = limits_of(plot, [curve])
    assert limits is not None
    return Canvas(plot, limits, width, height, ascii_only=False), curve


# The points ----------------------------------------------------------------------------------------------------------


def test_points_with_a_gap_between_them_are_of_two_runs() -> None:
    curve = curve_of(Series(range(6), [1, 2, NAN, 4, INF, 6], 0), log=False)
    assert curve.x.tolist() == [0, 1, 3, 5]
    assert curve.run.tolist() == [0, 0, 1, 2]


def test_on_a_log_scale_what_is_not_positive_is_a_gap() -> None:
    series = Series(range(4), [1, 0, -1, 2], 0)
    assert curve_of(series, log=True).x.tolist() == [0, 3]
    assert curve_of(series, log=True).run.tolist() == [0, 2]
    assert curve_of(series, log=False).x.tolist() == [0, 1, 2, 3]


def test_points_out_of_order_are_put_in_order_with_their_spread() -> None:
    curve = curve_of(Series([3, 1, 2], [30, 10, 20], 0, low=[29, 9, 19], high=[31, 11, 21]), log=False)
    assert curve.x.tolist() == [1, 2, 3]
    assert curve.y.tolist() == [10, 20, 30]
    assert (curve.low.tolist(), curve.high.tolist()) == ([9, 19, 29], [11, 21, 31])


def test_an_edge_of_the_spread_that_is_no_number_lies_on_the_mean_and_the_other_edge_stays() -> None:
    curve = curve_of(Series([0, 1, 2], [5, 5, 5], 0, low=[4, NAN, 4], high=[6, 6, INF]), log=False)
    assert (curve.low.tolist(), curve.high.tolist()) == ([4, 5, 4], [6, 6, 5])
    curve = curve_of(Series([0, 1], [5, 5], 0, low=[4, -1], high=[6, 6]), log=True)
    assert curve.low.tolist() == [4, 5]


def test_one_point_has_room_on_both_axes() -> None:
    x0, x1, y0, y1 = limits_of(Plot(), [curve_of(Series([7], [3.0], 0), log=False)])
    assert x0 <= 7 < x1
    assert x1 - x0 >= 1
    assert y0 < 3 < y1


# Vertices ------------------------------------------------------------------------------------------------------------


def test_a_million_points_become_two_for_each_column_of_pixels() -> None:
    canvas, curve = canvas_of(Series(np.arange(1e6), np.random.default_rng(0).random(1_000_000), 0))
    px, _, joined = canvas.vertices(curve)
    assert sorted({*px.tolist()}) == list(range(canvas.width))
    assert len(px) <= 2 * canvas.width
    assert joined.tolist() == [False] + [True] * (len(px) - 1)


def test_the_lowest_and_the_highest_of_a_column_come_in_the_order_in_which_the_curve_passes_them() -> None:
    for direction in (1, -1):
        canvas, curve = canvas_of(Series(np.arange(100_000), direction * np.arange(100_000), 0))
        _, py, _ = canvas.vertices(curve)
        assert (direction * np.diff(py) >= 0).all()


def test_a_gap_among_so_many_points_is_a_gap_between_their_columns() -> None:
    y = np.ones(100_000)
    y[40_000:60_000] = NAN
    canvas, curve = canvas_of(Series(np.arange(100_000), y, 0))
    px, _, joined = canvas.vertices(curve)
    after = np.flatnonzero(~joined)[1:]
    assert len(after) == 1
    assert px[after[0]] - px[after[0] - 1] > 0.15 * canvas.width


def test_few_points_are_joined_within_their_runs_alone() -> None:
    canvas, curve = canvas_of(Series(range(6), [1, 2, NAN, 4, 5, 6], 0))
    px, _, joined = canvas.vertices(curve)
    assert len(px) == 5
    assert joined.tolist() == [False, True, False, True, True]


# Clipping ------------------------------------------------------------------------------------------------------------


def clipped(x: list[float], y: list[float]) -> list[tuple[float, float, bool]]:
    """What is left of a line through pixels on a canvas, as (x, y, joined)."""
    canvas, _ = canvas_of(Series([0, 1], [0, 1], 0))
    joined = np.arange(len(x)) > 0
    return list(zip(*(part.tolist() for part in canvas.clip(np.array(x), np.array(y), joined)), strict=True))


def test_what_passes_by_is_not_seen() -> None:
    assert clipped([-10, -10], [-50, 50]) == []  # to the left
    assert clipped([-10, 5], [20, 500]) == []  # past the corner above
    assert clipped([0, 10], [-7, -7]) == []  # below


def test_what_crosses_is_cut_at_both_edges() -> None:
    canvas, _ = canvas_of(Series([0, 1], [0, 1], 0))
    (first, second) = clipped([-100, canvas.width + 99], [5, 5])
    assert first == (0, 5, False)
    assert second == (canvas.width - 1, 5, True)


def test_a_line_that_leaves_and_comes_back_is_two() -> None:
    left = clipped([2, 2, 8, 8], [5, -100, -100, 5])
    assert [joined for _, _, joined in left] == [False, True, False, True]
    assert [(x, y) for x, y, _ in left] == [(2, 5), (2, 0), (8, 0), (8, 5)]
    going_on = clipped([2, 4, 6, 6], [5, 5, 5, -100])
    assert [joined for _, _, joined in going_on] == [False, True, True, True]


def test_a_point_without_a_neighbour_is_kept_where_it_is_inside() -> None:
    canvas, _ = canvas_of(Series([0, 1], [0, 1], 0))
    px, py = np.array([3.0, -5.0, 7.0]), np.array([4.0, 4.0, 4.0])
    kept = canvas.clip(px, py, np.zeros(3, dtype=bool))
    assert (kept[0].tolist(), kept[1].tolist()) == ([3, 7], [4, 4])
    assert not kept[2].any()


# Pixels --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("period", "drawn"), [(1, 1), (3, 1), (5, 3)])
def test_dashes_are_counted_along_the_line_and_anew_after_a_gap(period: int, drawn: int) -> None:
    px, py = np.array([0.0, 10.0, 20.0, 20.0]), np.array([0.0, 0.0, 0.0, 9.0])
    joined = np.array([False, True, False, True])
    x, y, path = raster(px, py, joined, np.zeros(4, dtype=int), np.array([(period, drawn)]))
    assert list(zip(x.tolist(), y.tolist(), strict=True)) == [
        *((cell, 0) for cell in range(11) if cell % period < drawn),
        *((20, cell) for cell in range(10) if cell % period < drawn),
    ]
    assert not path.any()


def test_each_pixel_knows_its_line_and_each_line_has_its_dashes() -> None:
    px, joined = np.array([0.0, 2.0, 5.0, 9.0]), np.array([False, True, False, True])
    dashes = np.array([(1, 1), (2, 1)])
    x, _, path = raster(px, np.zeros(4), joined, np.array([0, 0, 1, 1]), dashes)
    assert x.tolist() == [0, 1, 2, 5, 7, 9]
    assert path.tolist() == [0, 0, 0, 1, 1, 1]


# The axis of epochs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [24, 38, 56, 110])
@pytest.mark.parametrize("last", [10, 100, 301, 10_000])
def test_no_tick_stands_where_the_word_at_the_right_of_the_axis_does(width: int, last: int) -> None:
    canvas, _ = canvas_of(Series([1, last], [0, 1], 0), width=width)
    assert canvas.x_label == "epoch"
    assert len(canvas.x_ticks) >= (2 if width > 24 else 1)
    for value, text in canvas.x_ticks:
        end = canvas.left + canvas.px(value) // canvas.sx + len(text) / 2
        assert end < width - len("epoch")


def test_the_ticks_of_a_logarithm_are_what_it_is_the_logarithm_of() -> None:
    canvas, _ = canvas_of(Series([-4, -1], [0, 1], 0), width=60, log_x=True, x_label="learning rate")
    assert ("0.001", -3.0) in [(text, value) for value, text in canvas.x_ticks]
