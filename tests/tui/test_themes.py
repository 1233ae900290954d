"""Promises of the themes: words are legible, in every list and in every named colour, in the dark and in the light."""

from __future__ import annotations

import pytest
from rich.text import Text
from textual.app import App
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tests.tui.vision import contrast
from tui.picture import _colours, cells_of
from tui.themes import ON_DARK, ON_LIGHT, STYLE, use_themes

NAMED = ("red", "green", "yellow", "blue", "magenta", "cyan", "white")


class Words(App[None]):
    """A framed list of a chosen, a plain, a dim, a disabled and three coloured lines, and an empty field."""

    CSS = STYLE + "OptionList { border: round $accent; background: $surface; height: 20; }"

    def __init__(self) -> None:
        super().__init__()
        use_themes(self)

    def compose(self):
        lines = [Text.assemble((word, word if word != "plain" else "")) for word in ("plain", "dim", *NAMED)]
        listed = OptionList(Text("first", style="dim"), *lines, Option("disabled", disabled=True))
        listed.border_title = "title"
        yield listed
        yield Input(placeholder="placeholder")


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
@pytest.mark.parametrize("focused", [OptionList, Input])
async def test_every_word_is_legible(theme, focused):
    app = Words()
    async with app.run_test(size=(40, 24)) as pilot:
        app.theme = theme
        app.query_one(focused).focus()
        await pilot.pause()
        seen = {}
        for line in cells_of(app):
            for segment in line:
                if any(map(str.isalpha, segment.text)):
                    seen[segment.text.strip()] = contrast(*_colours(segment.style))
    assert {*NAMED, "first", "plain", "dim", "disabled"} <= seen.keys()
    assert any("title" in word for word in seen)
    assert {word: ratio for word, ratio in seen.items() if ratio < 4.5} == {}


@pytest.mark.parametrize(("palette", "grounds"), [(ON_DARK, (0x12, 0x1E)), (ON_LIGHT, (0xE0, 0xD8))])
def test_a_named_colour_is_legible_on_the_grounds_of_its_theme(palette, grounds):
    for place in range(1, 8):
        assert all(contrast(tuple(palette.ansi_colors[place]), (ground,) * 3) >= 4.5 for ground in grounds)
