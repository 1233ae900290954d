"""Promises of the help screen: it tells all there is, in every width."""

import pytest
from textual.app import App

from engine.preset import settings_by_key
from tui.screens.actions import ACTIONS
from tui.screens.help import HelpScreen


class Helping(App[None]):
    """Nothing but the help; that `?` opens it is a matter of the main screen."""

    async def on_mount(self) -> None:
        await self.push_screen(HelpScreen())

    @property
    def text(self) -> str:
        return "\n".join(strip.text for strip in self.screen._compositor.render_strips())


@pytest.mark.parametrize("width", [80, 160])
async def test_every_key_and_every_setting_is_told_in_whole_words(width):
    async with Helping().run_test(size=(width, 500)) as pilot:
        await pilot.pause()
        for words in ("the command palette", "same first weights", "a turned knob", "the best epoch"):
            assert words in pilot.app.text
        text = " ".join(" ".join(line.strip(" │|╭╮╰╯─") for line in pilot.app.text.splitlines()).split())
        for action in ACTIONS:
            assert f"{action.shown} " in text
            assert action.help.split()[-1] in text
        for knob in settings_by_key().values():
            assert knob.name in text
            assert " ".join(knob.help.split()[:3]) in text
            assert " ".join(knob.help.split()[-2:]) in text


async def test_it_scrolls_and_closes():
    async with Helping().run_test(size=(80, 24)) as pilot:
        for key in ("escape", "question_mark", "q"):
            await pilot.pause()
            # The keys come first, and what stands in the charts after them.
            assert "pause or resume" in pilot.app.text
            assert "same first weights" not in pilot.app.text
            await pilot.press("pagedown", "end")
            await pilot.pause()
            assert "pause or resume" not in pilot.app.text
            assert "monitor" in pilot.app.text
            await pilot.press(key)
            assert not isinstance(pilot.app.screen, HelpScreen)
            await pilot.app.push_screen(HelpScreen())
