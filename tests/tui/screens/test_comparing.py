"""The table of a whole dashboard: its keys while it is in focus, its clicks, and what its border says."""

from __future__ import annotations

import pytest

from tests.tui.dashboard import FOUR, dashboard, experiment, plot_of
from tui.panes.comparison import ComparisonPane
from tui.widgets.comparison import Comparison
from tui.widgets.forest_plot import ForestPlot

SIX = {f"lr {place}": {"training.lr": 0.01 * (place + 1)} for place in range(6)}


def head(person):
    return person.main.query_one(Comparison).head._texts[0].plain


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36), (160, 45)])
async def test_the_table_in_focus_takes_the_keys_and_gives_them_back(size):
    preset = experiment({"training.epochs": 5, "training.seeds": [0, 1]}, SIX, speed=None)
    async with dashboard(preset, size) as person:
        await person.sees(lambda: person.view.record.finished)
        before = person.view.turned
        await person.press("4")
        pane, table = person.main.query_one(ComparisonPane), person.main.query_one(Comparison)
        await person.sees(lambda: pane.has_focus and table.size.width > 0)
        await person.sees(lambda: "val acc" in head(person))
        assert "scroll  , sort  ; dots" in person.text
        assert "epoch's weights" in next(line for line in person.text.splitlines() if "4 comparison: " in line)
        assert head(person).split()[:2] == ["val", "acc"]
        await person.press("right")
        await person.sees(lambda: "‹ more" in head(person) or not head(person).rstrip().endswith("›"))
        await person.press("left", "comma", "end")
        await person.sees(lambda: "val acc▼" in head(person) and pane.scroll_y == pane.max_scroll_y)
        await person.press("home", "semicolon")
        await person.sees(lambda: pane.scroll_y == 0 and any("│" in text.plain for text in table._texts))
        await person.sees("• a seed  │ their mean")
        await person.pilot.click(table, offset=(3, 1))
        await person.sees(lambda: "reverse" in str(table._texts[1].spans[1].style))
        chosen = person.main._chosen.arm
        assert chosen is not None
        assert table.line_of(chosen) == 1
        # Nothing of this has turned a knob; with the focus elsewhere the same key does.
        assert person.view.turned == before
        await person.press("escape", "right", "right")  # where the knobs are on another page the first one shows them
        await person.sees(lambda: person.main.run.view().turned != before)
        assert "scroll  , sort" not in person.text


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_many_arms_begin_as_a_ranking_and_one_key_goes_through_their_views(size):
    # Paused after an epoch, so that nothing moves below the mouse.
    async with dashboard(experiment({"training.seeds": [0, 1]}, SIX), size, paused=True) as person:
        await person.press("full_stop")
        await person.sees(lambda: person.view.record.epoch == 1)
        plot, pair = person.main.query_one(ForestPlot), person.main.query_one("#pair")
        await person.sees(lambda: person.main._painter._drawn["losses"] == person.view.version)
        assert pair.display == (size[0] >= 120)
        assert "first arm: lr 0" in person.text
        # A click selects the arm of that line, whose curves come beside the ranking.
        arm = plot._arms[1] if plot._arms[1] != "lr 0" else plot._arms[2]
        await person.pilot.click(plot, offset=(1, plot._arms.index(arm) * plot._pitch))
        await person.sees(lambda: person.main._chosen.arm == arm)
        if pair.display:
            await person.sees(lambda: [series.label for series in plot_of(person, "pair").series][-1] == arm)
            assert f"loss: lr 0  {arm}" in person.text
        # Its keys scroll it and turn no knob; `1` gives it the focus, `z` all of the screen.
        before = person.view.turned
        await person.press("escape", "1", "down", "z")
        await person.sees(lambda: person.main.maximized is not None and person.main.maximized.id == "ranking")
        await person.sees(lambda: plot.size.width >= size[0] - 4)
        assert person.view.turned == before
        await person.press("o")
        await person.sees("1 loss: lr 0")
        assert not plot.display or not person.main.query_one("#ranking").display
        await person.press("o")
        await person.sees("1 loss: lr 0  lr 1")
        await person.press("o")
        await person.sees("first arm: lr 0")
        await person.press("escape")
        for other in FOUR:  # a line an arm, sorted, the best first
            await person.pilot.resize_terminal(*other)
            await person.sees(lambda other=other: person.main.size == other and person.main.maximized is None)
            await person.sees(lambda: len(plot._arms) == 6 and all(arm in person.text for arm in SIX))
            await person.sees("first arm: lr 0")


async def test_few_arms_have_no_ranking():
    async with dashboard(paused=True) as person:
        await person.press("o")
        await person.sees("1 loss: plain  dropped")
        assert not person.main.query_one("#ranking").display
        await person.press("o")
        await person.sees(lambda: "loss: plain  dropped" not in person.text)
