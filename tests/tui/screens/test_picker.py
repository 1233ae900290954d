"""Promises of the preset picker."""

import pytest

from engine.preset import Listed
from engine.preset.tour import LISTED as LISTED_TOUR
from engine.preset.tour import tour
from tests.tui.dashboard import SIZES, dashboard, experiment
from tui.screens.main import MainScreen
from tui.screens.picker import PresetPicker

LISTED = [
    Listed("alpha", "Alpha and off", "First of all.", ("off", "on"), "A long lesson.", "digits"),
    Listed("beta", "Beta [x]", "Weights that decay.", ("l1", "l2"), "Another lesson.", "mnist", downloads=True),
    Listed("gamma", "Gamma", "Large.", ("a",), "", "cifar10", downloads=True, at_hand=True),
    Listed("small", "Two moons", "Small.", ("plain",), "", "moons"),
]


@pytest.fixture(autouse=True)
def _three_presets(monkeypatch):
    monkeypatch.setattr("tui.screens.picker.builtin_list", lambda: LISTED)
    presets = {listed.name: experiment(title=listed.title) for listed in LISTED}
    monkeypatch.setattr("tui.screens.experiments.load_preset", lambda name: presets[name])


async def test_the_list_shows_title_and_summary_arms_and_lesson_of_the_chosen_one():
    async with dashboard(size=SIZES[0], paused=True) as person:
        await person.press("p")
        await person.sees("Two moons  (open)")
        await person.press("up", "up")
        for size in SIZES:
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.app.size == size)
            for expected in ("Alpha and off", "Beta [x]", "needs a download", "Two moons  (open)"):
                await person.sees(expected)
            await person.sees(lambda: person.text.count("needs a download") == 1)
            for expected in ("Weights that decay.", "l1, l2", "mnist", "Another lesson."):
                await person.sees(expected)
        await person.press("escape")
        await person.sees("5 knobs")


async def test_typing_filters_by_words_of_name_title_summary_and_arms():
    async with dashboard(paused=True) as person:
        await person.press("p")
        await person.sees(lambda: isinstance(person.app.screen, PresetPicker))
        await person.press("down", "down", "down")  # which go to the list while the filter listens
        await person.sees("Weights that decay.")
        await person.press(*"WEIGHTS l2")
        await person.sees(lambda: "Alpha" not in person.text and "Beta [x]" in person.text)
        await person.press(*"zzz")
        await person.sees("No match")
        await person.press("enter")
        await person.sees("5 knobs")


async def test_the_beginning_of_a_name_chooses_that_preset_among_all_that_speak_of_it():
    async with dashboard(paused=True) as person:
        await person.press("p")
        await person.sees(lambda: isinstance(person.app.screen, PresetPicker))
        await person.press("g", "a")
        await person.sees(lambda: person.app.screen._chosen().name == "gamma")
        await person.press("backspace", "backspace", "s")  # which is in Alpha's summary too
        await person.sees(lambda: "Alpha" in person.text and person.app.screen._chosen().name == "small")


async def test_loading_one_while_another_trains_asks_once_and_only_once():
    async with dashboard() as person:
        first = person.app.worker
        await person.sees(lambda: person.view.record.epoch > 1)
        await person.press("p", *"alpha", "enter")
        await person.sees("Leave 'Two moons' at epoch")
        await person.press("right", "enter")
        await person.sees(lambda: isinstance(person.app.screen, MainScreen))
        assert person.app.worker is first
        await person.press("p", *"alpha", "enter")
        await person.sees("Leave 'Two moons' at epoch")
        await person.press("enter")
        await person.sees(lambda: person.app.worker is not first)
        await person.sees(lambda: person.view.record.epoch > 1 and isinstance(person.app.screen, MainScreen))
        await person.sees(lambda: not first._thread.is_alive())


async def test_the_first_entry_is_the_guided_tour():
    async with dashboard(paused=True) as person:
        await person.press("p", *"demo")
        await person.sees("A guided tour: predict, then see")
        await person.sees("Six experiments, each of which asks")
        await person.press("enter")
        await person.sees(lambda: person.main.original is tour()[0])


async def test_before_the_first_epoch_nothing_is_asked():
    async with dashboard(paused=True) as person:
        await person.press("p", *"alpha", "enter")
        await person.sees(lambda: "Alpha and off" in person.text and "5 knobs" in person.text)


async def test_the_highlighted_preset_stays_in_sight_when_the_terminal_gets_smaller(monkeypatch):
    many = [Listed(f"n{number}", f"A title that wraps, number {number}.", "", (), "", "digits") for number in range(20)]
    monkeypatch.setattr("tui.screens.picker.builtin_list", lambda: many)
    async with dashboard(size=(160, 45), paused=True) as person:
        await person.press("p")
        await person.sees("number 0.")
        picker = person.app.screen
        await person.sees(lambda: picker._chosen() is LISTED_TOUR)
        await person.press(*["down"] * 16)
        await person.sees(lambda: picker._chosen() is many[15])
        for width, height in ((80, 24), (160, 45)):
            await person.pilot.resize_terminal(width, height)
            await person.sees(lambda width=width: person.app.size.width == width)
            await person.sees(" n15 ")
        await person.press("escape")
        await person.sees("5 knobs")


def test_keys_that_come_before_the_list_is_there_do_no_harm():
    picker = PresetPicker("small")
    for action in ("move", "scroll"):
        assert not picker.check_action(action, (1,))


async def test_enter_in_one_burst_with_what_is_typed_opens_what_was_typed():
    async with dashboard(paused=True) as person:
        await person.press("p")
        await person.sees("type to filter")
        for key in (*"beta", "enter"):
            person.app.simulate_key(key)
        await person.sees(lambda: person.main.original.title == "Beta [x]")
