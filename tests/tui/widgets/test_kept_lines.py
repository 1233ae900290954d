"""Lines that are kept look as they would if they were rendered anew, whatever has changed meanwhile."""

from __future__ import annotations

from textual.widget import Widget

from tests.tui.dashboard import LARGE, SMALL, dashboard
from tui.widgets.kept_lines import KeptLines


def cells(screen):
    """Every cell of the screen as it is sent: its character and its style."""
    return [
        [(sign, segment.style) for segment in strip for sign in segment.text]
        for strip in screen._compositor.render_strips()
    ]


async def test_they_are_as_rendered_anew_after_keys_turned_knobs_sizes_themes_and_dialogs():
    async with dashboard(size=LARGE, paused=True) as person:
        await person.sees("paused")
        screen = person.main

        async def holds(what: str) -> None:
            await person.pilot.pause()
            shown = cells(screen)
            for widget in screen.walk_children(Widget, with_self=True):
                widget._styles_cache.clear()
            assert shown == cells(screen), what

        await holds("as it is opened")
        for keys in (("tab",), ("down", "right"), ("4",), (".",), ("o",), ("z",), ("z",), ("i",), ("?",), ("escape",)):
            await person.press(*keys)
            await holds(" ".join(keys))
        for size in (SMALL, LARGE):
            await person.pilot.resize_terminal(*size)
            await holds(f"{size[0]}x{size[1]}")
        for theme in ("textual-light", "textual-dark"):
            person.app.theme = theme
            await holds(theme)
        assert all(isinstance(widget._styles_cache, KeptLines) for widget in screen.query("Pane, Chart, Lines"))


async def test_what_nothing_changed_in_is_not_rendered_again():
    async with dashboard(size=LARGE, paused=True) as person:
        await person.sees("paused")
        await person.pilot.pause()
        chart = person.main.query("Chart").first()
        crop = chart.size.region
        kept = chart._styles_cache.render_widget(chart, crop)
        assert chart._styles_cache.render_widget(chart, crop) is kept
        chart.refresh()
        assert chart._styles_cache.render_widget(chart, crop) is not kept
