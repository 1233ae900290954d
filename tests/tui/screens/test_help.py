"""Promises of the help screen: it tells all there is, in every width."""

import pytest

from engine.preset import settings_by_key
from tests.tui.dashboard import dashboard
from tui.screens.actions import ACTIONS


@pytest.mark.parametrize("width", [80, 160])
async def test_every_key_and_every_setting_is_told_in_whole_words(width):
    async with dashboard(size=(width, 400), paused=True) as person:
        await person.press("question_mark")
        await person.sees("the command palette")
        text = " ".join(" ".join(line.strip(" │|╭╮╰╯─") for line in person.text.splitlines()).split())
        for action in ACTIONS:
            assert f"{action.shown} " in text
            assert action.help.split()[-1] in text
        for knob in settings_by_key().values():
            assert knob.name in text
            assert " ".join(knob.help.split()[:3]) in text
            assert " ".join(knob.help.split()[-2:]) in text


async def test_it_scrolls_and_closes():
    async with dashboard(size=(80, 24), paused=True) as person:
        for key in ("escape", "question_mark", "q"):
            await person.press("question_mark")
            await person.sees("Each arm of the preset")
            await person.press("pagedown", "end")
            await person.sees(lambda: "Each arm of the preset" not in person.text and "monitor" in person.text)
            await person.press(key)
            await person.sees("5 knobs")
