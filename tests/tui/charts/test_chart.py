"""Promises of the widget: it fits, it follows the theme, and it refreshes only what changed."""

from __future__ import annotations

import numpy as np
import pytest
from rich.console import COLOR_SYSTEMS
from textual.app import App
from textual.geometry import Region

from tui.charts.chart import Chart
from tui.charts.plot import Plot, Series

EPOCHS = np.arange(100)


def plot(n: int = 100, level: float = 0.0) -> Plot:
    return Plot(
        (
            Series(EPOCHS[:n], np.sin(EPOCHS[:n] / 9), 0),
            Series(EPOCHS[:n], np.cos(EPOCHS[:n] / 9) + level, 1, "dotted"),
        ),
        x_limits=(0, 100),
        y_limits=(-1, 1),
        y_label="loss",
    )


class Wall(App[None]):
    CSS = "Chart { border: round $primary; padding: 0 1; }"

    def compose(self):
        yield Chart(plot(50))


@pytest.fixture
def refreshed(monkeypatch):
    """The regions every chart has asked to refresh: an empty tuple stands for the whole widget."""
    calls: list[tuple[Region, ...]] = []
    original = Chart.refresh

    def refresh(self, *regions, **kwargs):
        calls.append(regions)
        return original(self, *regions, **kwargs)

    monkeypatch.setattr(Chart, "refresh", refresh)
    return calls


@pytest.mark.parametrize(("colours", "bars"), [("standard", True), ("256", False), ("truecolor", False)])
async def test_on_a_terminal_of_16_colours_spreads_are_error_bars_and_tints_elsewhere(monkeypatch, colours, bars):
    app = Wall()
    async with app.run_test(size=(80, 24)) as pilot:
        monkeypatch.setattr(type(app), "is_headless", False)
        app.console._color_system = COLOR_SYSTEMS[colours]
        chart = app.query_one(Chart)
        flat = np.zeros(100)
        chart.show(Plot((Series(EPOCHS, flat, 0, low=flat - 0.5, high=flat + 0.5),), y_limits=(-1, 1)))
        await pilot.pause()
        lines = [chart.render_line(row) for row in range(4, 9)]
        signs = "".join(line.text[12:70] for line in lines)
        assert any(0x2800 < ord(sign) < 0x2900 for sign in signs) == bars
        grounds = {segment.style.bgcolor for segment in lines[-1] if segment.style and segment.text.strip("│")}
        assert (len(grounds) > 1) == (not bars)


async def test_an_unchanged_plot_refreshes_nothing(refreshed):
    app = Wall()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        chart = app.query_one(Chart)
        refreshed.clear()
        chart.show(plot(50))
        await pilot.pause()
        assert refreshed == []


async def test_only_the_changed_spans_are_refreshed(refreshed):
    app = Wall()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        chart = app.query_one(Chart)
        before = [chart.render_line(y).text for y in range(chart.size.height)]
        refreshed.clear()
        chart.show(plot(53))
        after = [chart.render_line(y).text for y in range(chart.size.height)]
        (regions,) = refreshed
        assert regions
        assert sum(region.area for region in regions) < 0.05 * chart.size.area
        for y, (old, new) in enumerate(zip(before, after, strict=True)):
            changed = {x for x in range(len(old)) if old[x] != new[x]}
            covered = {x for region in regions if region.y == y for x in range(region.x, region.right)}
            assert changed <= covered
            assert bool(changed) == bool(covered)
        await pilot.pause()
        # What is on the screen is what was drawn, inside border and padding.
        strips = app.screen._compositor.render_strips()
        shown = [strip.text[2:-2] for strip in strips][1:-1]
        assert shown == after


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (8, 5), (40, 12), (200, 60)])
async def test_every_strip_is_exactly_as_wide_as_the_widget(size):
    app = Wall()
    async with app.run_test(size=size) as pilot:
        chart = app.query_one(Chart)
        for shown in (plot(), Plot(), plot(3)):
            chart.show(shown)
            await pilot.pause()
            for y in range(chart.size.height):
                assert chart.render_line(y).cell_length == chart.size.width


async def test_a_resize_redraws_at_the_new_size():
    app = Wall()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.query_one(Chart)
        await pilot.resize_terminal(50, 15)
        await pilot.pause()
        assert chart.size.width == 46
        lines = [chart.render_line(y) for y in range(chart.size.height)]
        assert {line.cell_length for line in lines} == {46}
        assert any(0x2800 < ord(c) <= 0x28FF for line in lines for c in line.text[:46])


async def test_the_background_is_the_themes_and_the_colours_follow_it():
    app = Wall()
    async with app.run_test(size=(80, 24)) as pilot:
        seen = {}
        for theme in ("textual-dark", "textual-light"):
            app.theme = theme
            await pilot.pause()
            chart = app.query_one(Chart)
            strips = app.screen._compositor.render_strips()[2:-2]
            grounds = {segment.style.bgcolor.name for strip in strips for segment in strip if segment.style.bgcolor}
            assert grounds == {chart.background_colors[1].rich_color.name}
            seen[theme] = {s.style.color.name for strip in strips for s in strip if s.style and s.style.color}
        assert "#e69f00" in seen["textual-dark"]
        assert "#8c4e00" in seen["textual-light"]
        assert not {"#e69f00", "#56b4e9"} & seen["textual-light"]


async def test_ascii_can_be_switched_while_it_runs():
    app = Wall()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.query_one(Chart)
        assert not chart.ascii
        chart.ascii = True
        await pilot.pause()
        assert all(chart.render_line(y).text.isascii() for y in range(chart.size.height))
        chart.ascii = False
        await pilot.pause()
        assert not all(chart.render_line(y).text.isascii() for y in range(chart.size.height))


def test_a_plot_can_be_given_before_there_is_a_screen():
    chart = Chart()
    chart.show(plot())
    chart.ascii = True
    assert chart.ascii
