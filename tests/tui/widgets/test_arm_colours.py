"""Promises of the arms' colours: each keeps its own, in every pane, whichever others are hidden."""

from __future__ import annotations

import dataclasses

import pytest

from engine.arranged import arranged_view
from engine.ranking import rank
from engine.summary import summarize
from tests.tui.views import lane, moment, shown
from tui.charts.palette import colour
from tui.looks.registry import Moment
from tui.panes.losses import are_numbered, legend
from tui.widgets import run_plots
from tui.widgets.comparison import Comparison
from tui.widgets.forest_plot import ForestPlot
from tui.widgets.stopping import StoppingGauges


@pytest.fixture
def view():
    """Three arms, the first of them hidden."""
    whole = moment(
        *(lane(arm, epoch=epoch, val_acc=0.8) for epoch in (1, 2) for arm in "abc"), arms={arm: {} for arm in "abc"}
    )
    names = {"b": "b", "c": "c"}
    preset = whole.preset.model_copy(update={"arms": whole.preset.arms[1:]})
    return dataclasses.replace(arranged_view(whole, names, preset, preset), hidden=("a",), all_arms=("a", "b", "c"))


def test_curves_and_marks_have_the_colour_and_the_number_of_the_arms_place_in_the_preset(view):
    plots = run_plots.loss_plots(view, False)
    assert {series.colour for series in plots["b"].series} == {1}
    assert {mark.colour for mark in plots["c"].marks} == {2}
    overlaid = run_plots.overlay_plot(view, False, "c")
    assert {(series.colour, series.number) for series in overlaid.series} == {(1, 2), (2, 3)}
    assert {mark.colour for mark in overlaid.marks} == {1, 2}


@pytest.mark.parametrize("widget", [Comparison(False), ForestPlot(False), StoppingGauges(False)], ids=lambda it: it.id)
async def test_names_have_the_colours_of_their_curves(widget, view):
    async with shown(widget, 80, 8):
        ranking = rank(summarize(view.record), "val_acc")
        widget.update(view, *([ranking, None] if isinstance(widget, ForestPlot) else []))
        for arm, place in (("b", 1), ("c", 2)):
            line = next(text for text in widget._texts if arm in text.plain.split()[:1])
            style = str(line.get_style_at_offset(widget.app.console, line.plain.index(arm)).color.triplet.rgb)
            assert style == "rgb({},{},{})".format(*colour(place, True))


def test_a_closer_look_names_an_arm_in_its_colour(view):
    assert "rgb({},{},{})".format(*colour(2, True)) in str(Moment(view, None, 40, 10).name("c").style)


@pytest.mark.parametrize(
    ("places", "colourless", "are"),
    [((0, 1), False, False), ((0, 1), True, True), ((1, 8), False, True), ((8,), False, False), ((7,), True, False)],
)
def test_curves_are_numbered_where_one_of_several_is_beyond_the_colours(places, colourless, are):
    assert are_numbered(places, colourless) is are


def test_a_legend_without_room_is_shorter_and_not_cut():
    assert legend(False, True, 60).endswith("train of the selected arm")
    assert legend(False, True, 31).endswith("train: selected")
    assert len(legend(False, True, 31)) <= 32
