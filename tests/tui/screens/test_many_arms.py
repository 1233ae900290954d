"""Promises of a screen with many arms: a key costs what is seen, not what there is of arms. Counted, not timed."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter

import pytest

from engine.history import History
from tests.tui.dashboard import LARGE, dashboard, experiment
from tui.charts import chart, frame
from tui.widgets import run_plots
from tui.widgets.lines import Lines

ARMS = 60


@pytest.fixture
def work(monkeypatch):
    """How often each costly thing is done."""
    counts: Counter[str] = Counter()

    def count(place, name, kind):
        original = getattr(place, name)

        def counted(*args, **options):
            counts[kind] += 1
            return original(*args, **options)

        monkeypatch.setattr(place, name, counted)

    count(chart, "draw", "charts drawn")
    count(frame, "_cells", "frames by plotext")
    count(Lines, "_strip", "lines made")
    count(History, "means", "means asked for")
    return counts


@contextlib.asynccontextmanager
async def finished(arms=ARMS):
    """A run that is over, so that what is drawn is drawn for the keys."""
    preset = experiment(
        {"training.epochs": 12, "training.seeds": [0, 1]},
        {f"arm {number:02}": {"regularization.dropout": number / 100} for number in range(arms)},
        speed=None,
    )
    async with dashboard(preset, LARGE) as person:
        await person.sees("finished")
        await person.sees(
            lambda: (
                len(person.view.record.finished) == 2 * arms
                and person.main._painter._drawn["losses"] == person.view.version
            )
        )
        yield person


def in_sight(person):
    return sum(isinstance(widget, chart.Chart) for widget in person.main._compositor.visible_widgets)


async def quiet(work):
    """Wait until nothing more is done for what was pressed; a screen on which nothing changes is at rest."""
    before = None
    for _ in range(50):
        if before == work:
            return
        before = Counter(work)
        await asyncio.sleep(0.1)
    raise AssertionError(f"never at rest: {work}")


async def cost(person, work, key, times=3):
    """What a press does on average, once the first one has laid out what it scrolls to."""
    for press in range(times + 1):
        if press == 1:
            work.clear()
        before = Counter(work)
        await person.press(key)
        await person.sees(lambda before=before: work != before)
        await quiet(work)
    return {kind: count / times for kind, count in work.items()}


async def test_a_tab_draws_each_chart_once_and_the_lines_that_change_and_an_arrow_none(work):
    async with finished() as person:
        assert in_sight(person) == 3
        costs = await cost(person, work, "tab")
        assert costs["charts drawn"] == 3
        assert costs.get("frames by plotext", 0) == 0
        assert costs["means asked for"] <= 5
        # Of 60 lines of the table the one before and the one after, and the knobs.
        assert costs["lines made"] < 30
        costs = await cost(person, work, "down")
    assert costs.get("charts drawn", 0) == 0
    assert costs["lines made"] < 30


async def test_with_a_pane_for_each_arm_only_those_in_sight_are_drawn(work):
    async with finished() as person:
        await person.press("o")
        await person.sees("1 loss: arm 00")
        await quiet(work)
        seen = in_sight(person)
        assert 3 < seen < 10
        for key in ("l", "g", "n", "tab"):
            costs = await cost(person, work, key, times=1)
            # Those that come in sight as the panes are scrolled are drawn too.
            assert costs["charts drawn"] <= seen + 2, key
            assert costs["means asked for"] <= 7, key  # kept ones: the gap has the scale of the losses


async def test_a_pane_that_comes_in_sight_shows_the_present_moment(work):
    async with finished() as person:
        await person.press("o", "l")
        await person.sees("1 log loss: arm 00")
        for _ in range(8):
            await person.press("tab")
        await person.sees("log loss: arm 07")
        await quiet(work)
        seen = person.main.query_one("#loss-7 Chart", chart.Chart)
        shown = [seen.render_line(y).text for y in range(seen.size.height)]
        width, height, skin, _ = seen._surroundings()
        due = chart.draw(run_plots.loss_plots(person.view, log=True)["arm 07"], width, height, skin)
        assert shown == due.texts()
