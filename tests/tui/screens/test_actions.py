"""Every action by every way to it, and keys and presets that come in bursts."""

from __future__ import annotations

from unittest import mock

from textual.command import CommandList

from engine.events import Stopped
from engine.preset import settings_by_key
from tests.tui.dashboard import LARGE, dashboard, experiment
from tui.screens.actions import ACTIONS
from tui.screens.main import MainScreen
from tui.screens.messages import OpenPreset
from tui.screens.painter import Painter


async def test_every_action_is_bound_has_a_method_and_stands_in_help_and_palette():
    async with dashboard(paused=True) as person:
        palette = {command.title: command for command in person.app.get_system_commands(person.main)}
        bound = person.main._bindings.key_to_bindings
        for action in ACTIONS:
            of, _, name = action.name.partition("(")[0].rpartition(".")
            assert callable(getattr(person.app if of == "app" else person.main, f"action_{name}"))
            for key in action.keys.split(","):
                assert action.name in {binding.action for binding in bound[key]}
            assert f"{action.title} ({action.shown})" in palette
        assert len({action.keys for action in ACTIONS}) == len(ACTIONS)


def front(listed: CommandList) -> str:
    """The line that enter would run."""
    return str(listed.get_option_at_index(listed.highlighted).prompt)


async def test_the_palette_does_what_the_key_does():
    async with dashboard(paused=True) as person:
        await person.press("ctrl+p", *"overlay")
        await person.sees("overlay (o)")
        # What is in front is run: it comes a moment after the list.
        listed = person.app.screen.query_one(CommandList)
        await person.sees(lambda: listed.highlighted is not None and "overlay (o)" in front(listed))
        await person.press("enter")
        await person.sees("1 loss: plain  dropped")


async def test_numbers_focus_their_pane_on_whatever_page_it_is():
    async with dashboard(size=(80, 24), paused=True) as person:
        for number, pane in ((2, "accuracy"), (4, "comparison"), (6, "stopping"), (3, "norms"), (5, "knobs")):
            await person.press(str(number))
            # For a moment, while the page is turned, nothing is in focus.
            await person.sees(lambda pane=pane: getattr(person.main.focused, "id", None) == pane)
            await person.sees(lambda: person.main.focused is not None and person.main.focused.display)
        await person.press("1")
        await person.sees(lambda: person.main.focused.id == "loss-1")


async def test_presets_loaded_in_a_burst_leave_the_last_one_on_the_screen():
    other = experiment({"training.epochs": 7}, {f"arm {place}": {} for place in range(3)}, title="Other", speed=50)
    async with dashboard(size=LARGE) as person:
        for preset in (other, experiment(), other):
            person.main.post_message(OpenPreset(preset))
        await person.press("l", "tab", "1")
        await person.sees("Other")
        await person.sees("loss: arm 2")
        await person.sees("finished")
        assert len(person.main.query(".loss")) == 3


async def test_arrows_scroll_a_table_in_focus_and_turn_no_knob_that_an_enlarged_pane_hides():
    arms = {f"lr {place}": {"training.lr": 0.01 * (place + 1)} for place in range(32)}
    async with dashboard(experiment(arms=arms), paused=True) as person:
        before = person.view.turned
        await person.press("4")
        await person.sees(lambda: person.main.focused is not None and person.main.focused.id == "comparison")
        await person.press("down", "down")
        await person.sees(lambda: person.main.query_one("#comparison").scroll_y == 2)
        await person.press("2", "z")  # a chart, which takes no arrows for itself as the table does
        await person.sees(lambda: person.main.maximized is not None and person.main.maximized.id == "accuracy")
        await person.sees(lambda: person.main.maximized.size.height > 20)
        await person.press("right", "right", "left")
        await person.press("escape")
        await person.sees(lambda: person.main.maximized is None)
        await person.press("escape", "right")
        await person.sees(lambda: person.view.turned != before)
        # The lab has taken all that was sent by now: this one turn, and none of those before.
        await person.sees(lambda: person.view.record.interventions and not person.view.pending)
        turned = person.view.record.interventions
        assert len({told.arm for told in turned}) == len(turned)
        knob = settings_by_key()["training.lr"]
        assert {(told.knob, told.new == knob.turn(told.old, 1)) for told in turned} == {("training.lr", True)}


async def test_a_knob_on_another_page_is_shown_before_it_is_turned():
    async with dashboard(size=(80, 24), paused=True) as person:
        knobs = person.main.query_one("#knobs")
        await person.press("v")
        await person.sees(lambda: not knobs.parent.display)
        await person.press("right")
        await person.sees(lambda: knobs.parent.display)
        await person.press("right")
        await person.sees(lambda: person.view.record.interventions and not person.view.pending)
        (turned,) = person.view.record.interventions
        assert turned.new == settings_by_key()[turned.knob].turn(turned.old, 1)
        await person.press("i")
        await person.sees(lambda: not knobs.display)
        await person.press("left")  # behind the lesson they are hidden too
        await person.sees(lambda: knobs.display)
        assert [turned] == list(person.view.record.interventions)


async def test_a_flood_of_keys_is_drawn_less_often_than_it_is_pressed_and_ends_where_it_must(monkeypatch):
    drawn, pressed = [], []
    draw, select = Painter.draw, MainScreen._select

    def counted(self, force=False):
        drawn.append(force)
        draw(self, force)

    def told(self, by):
        pressed.append(by)
        select(self, by)

    monkeypatch.setattr(Painter, "draw", counted)
    monkeypatch.setattr(MainScreen, "_select", told)
    async with dashboard(paused=True) as person:
        await person.sees("5 knobs: dropped")
        drawn.clear()
        for _ in range(100):  # all at once: none waits for the one before
            person.app.simulate_key("tab")
        await person.sees(lambda: len(pressed) == 100)
        await person.sees("5 knobs: all arms")
        assert sum(drawn) < 60
        assert person.main._chosen.arm is None


async def test_the_screen_says_that_seeds_which_ended_hold_their_last_value():
    uneven = experiment({"training.seeds": [0, 1]}, {"plain": {}, "short": {"training.epochs": 3}}, speed=None)
    async with dashboard(uneven) as person:
        await person.sees(lambda: person.view.record.epoch > 3)
        assert " held)" not in person.text  # all seeds of an arm at once
        stops = {("plain", 0): Stopped("plain", 0, 3, "early_stopping", 1, 0.5)}
        with mock.patch.object(person.app.worker._shown.record, "stopped", stops):
            await person.sees("1 of 2 held")
            await person.press("o")
            await person.sees("ended seeds hold")


async def test_every_pane_whose_text_is_longer_than_it_is_scrolls_by_keys_on_a_small_screen():
    arms = {f"lr {place}": {"training.lr": 0.01 * (place + 1), "early_stopping.patience": 5} for place in range(20)}
    long = experiment({"model.hidden": [4] * 12}, arms, lesson="Look at the gap.\n\n" * 20)
    async with dashboard(long, size=(80, 24), paused=True) as person:
        await person.press("u", "tab")
        await person.sees("hidden 1 ")
        for key, pane in (("4", "#comparison"), ("6", "#stopping"), ("i", "Lesson"), ("u", None)):
            if pane is None:
                await person.press("u", "u")  # closed, and opened again
                pane = "#look"
            else:
                await person.press(key)
            shown = person.main.query_one(pane)
            await person.sees(lambda shown=shown: person.main.focused is shown and shown.max_scroll_y > 2)
            await person.press("down", "down")
            await person.sees(lambda shown=shown: 0 < shown.scroll_y <= 2)
            await person.press("end")
            await person.sees(lambda shown=shown: shown.scroll_y == shown.max_scroll_y)
            await person.press("pageup")
            await person.sees(lambda shown=shown: shown.scroll_y < shown.max_scroll_y)
            await person.press("home")
            await person.sees(lambda shown=shown: shown.scroll_y == 0)
        assert person.view.preset == person.app.original  # no knob was turned by them
