"""Promises of the main screen, kept at three sizes of the terminal."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from unittest import mock

import pytest
from textual.color import Color
from textual.command import CommandList

from engine.commands import Pause, Resume
from engine.events import Stopped
from engine.lab import Lab
from engine.preset import settings_by_key
from engine.worker import Worker
from tests.tui.dashboard import LARGE, SIZES, USUAL, Person, dashboard, experiment
from tui.charts.chart import Chart
from tui.charts.palette import colour
from tui.screens.actions import ACTIONS
from tui.screens.main import MainScreen
from tui.screens.messages import OpenPreset
from tui.screens.painter import Painter
from tui.widgets.knobs import KnobPanel
from tui.widgets.pane import Pane


def braille(text: str) -> int:
    return sum(0x2800 < ord(sign) <= 0x28FF for sign in text)


def plot_of(person: Person, pane: str):
    return person.main.query_one(f"#{pane}", Pane).query_one(Chart)._plot


# All at once --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_curves_knobs_and_early_stopping_are_side_by_side_and_live(size):
    async with dashboard(size=size) as person:
        await person.sees(lambda: braille(person.text) > 10)
        for title in ("1 loss: plain", "loss: dropped", "5 knobs: dropped", "6 early stopping"):
            await person.sees(title)
        before = person.view.record.epoch
        await person.sees(lambda: f"{person.view.record.epoch}" != f"{before}" and "training" in person.text)


@pytest.mark.parametrize("size", SIZES[1:])
async def test_a_larger_terminal_shows_all_panes_at_once(size):
    async with dashboard(size=size) as person:
        await person.sees("2 accuracy")
        for title in ("3 weight norm", "4 comparison", "5 knobs", "6 early stopping"):
            await person.sees(title)


async def test_a_small_terminal_shows_the_other_panes_page_by_page():
    async with dashboard(size=(80, 24)) as person:
        await person.sees("5 knobs")
        await person.sees("v page")
        await person.press("v")
        await person.sees("2 accuracy")
        await person.sees("3 weight norm")
        await person.sees(lambda: "5 knobs" not in person.text)
        await person.press("v")
        await person.sees("4 comparison")
        await person.sees("val loss")
        await person.press("v")
        await person.sees("5 knobs")
        await person.sees("1 loss: plain")


@pytest.mark.parametrize(
    ("size", "small"), [((160, 30), True), ((100, 50), True), ((110, 34), False), ((109, 34), True), ((110, 33), True)]
)
async def test_a_terminal_that_is_small_in_one_direction_has_pages_too(size, small):
    async with dashboard(size=size, paused=True) as person:
        await person.sees("5 knobs")
        assert person.main.has_class("-compact") == small
        assert ("4 comparison" in person.text) != small


@pytest.mark.parametrize("size", [(50, 10), (50, 40), (100, 12)])
async def test_a_terminal_that_is_too_small_is_told_so_and_training_goes_on(size):
    async with dashboard(size=size) as person:
        await person.sees("needs a terminal of 60x18")
        await person.sees(lambda: "{}x{}".format(*size) in person.text and "knobs" not in person.text)
        before = person.view.record.epoch
        await person.sees(lambda: person.view.record.epoch > before)
        await person.pilot.resize_terminal(120, 36)
        await person.sees("4 comparison")


async def test_three_seeds_are_a_mean_with_its_spread():
    async with dashboard(experiment({"training.seeds": [0, 1, 2]})) as person:
        await person.sees(lambda: len(plot_of(person, "loss-0").series) == 2)
        for series in plot_of(person, "loss-0").series:
            assert series.low is not None
            assert (series.high >= series.y).all()
        await person.sees("±")


async def test_both_arms_have_the_same_y_scale():
    async with dashboard(paused=True) as person:
        for epoch in (1, 2):
            await person.press("full_stop")
            await person.sees(lambda epoch=epoch: person.view.record.epoch == epoch and person.view.state == "paused")
        await person.sees(lambda: plot_of(person, "loss-1").y_limits)
        assert plot_of(person, "loss-0").y_limits == plot_of(person, "loss-1").y_limits


async def test_more_arms_than_fit_start_in_one_pane_and_scroll_in_panes_of_their_own():
    arms = {f"lr {place}": {"training.lr": 0.01 * (place + 1)} for place in range(20)}
    async with dashboard(experiment(arms=arms)) as person:
        await person.sees("1 loss: lr 0  lr 1")
        await person.sees("5 knobs: all arms")
        await person.sees(lambda: braille(person.text) > 10)
        await person.press("o", "shift+tab")
        await person.sees("loss: lr 19")
        losses = person.main.query_one("#losses")
        assert losses.max_scroll_x > 0
        for _ in range(3):  # over "all arms" to the second
            await person.press("tab")
        await person.sees("loss: lr 1")
        await person.sees(lambda: person.main.query_one("#loss-1").region in losses.region)
        pane, table = person.main.query_one("#comparison"), person.main.query_one("#table")
        assert pane.max_scroll_y >= table.size.height - pane.size.height > 0
        await person.press("shift+tab", "shift+tab", "shift+tab")
        await person.sees(lambda: pane.scroll_y == pane.max_scroll_y)  # the last arm's line is brought in sight


# The run ------------------------------------------------------------------------------------------------------------


async def test_paused_the_epoch_stands_still_and_a_dot_trains_exactly_one():
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        await person.press("space")
        await person.sees("paused")
        epoch = person.view.record.epoch
        await asyncio.sleep(0.1)
        assert person.view.record.epoch == epoch
        await person.press("full_stop")
        await person.sees(f" {epoch + 1}/")
        assert person.view.state == "paused"
        await person.press("space")
        await person.sees(lambda: person.view.record.epoch > epoch + 1)
        # A dot while it trains: one epoch more, then it stands still, and space goes on.
        await person.press("full_stop")
        await person.sees(lambda: person.view.state == "paused")
        epoch = person.view.record.epoch
        await person.press("space")
        await person.sees(lambda: person.view.record.epoch > epoch + 1)
        assert person.view.state == "running"


async def test_two_quick_presses_of_space_are_a_pause_and_its_end(monkeypatch):
    sent, send = [], Worker.send
    monkeypatch.setattr(Worker, "send", lambda worker, command: sent.append(command) or send(worker, command))
    async with dashboard() as person:
        # In one moment, before the worker has heard of any: each counts from the one before it.
        for _ in range(3):
            person.main.action_pause()
        await person.sees(lambda: person.view.state == "paused")
        for _ in range(2):
            person.main.action_pause()
        assert sent[-5:] == [Pause(), Resume(), Pause(), Resume(), Pause()]
        await person.sees(lambda: person.view.state == "paused" and not person.app.worker.waiting)
        await person.press("space")
        await person.sees(lambda: person.view.state == "running")


async def test_every_press_changes_the_speed_by_one_notch_also_in_bursts():
    async with dashboard(experiment(speed=7), paused=True) as person:
        for keys, speed in (
            (">", 10), (">>>", 50), ("<", 20), (">>>>>>>>", None), (">", None), ("<", 500), ("<" * 20, 0.5),
        ):  # fmt: skip
            await person.press(*({"<": "less_than_sign", ">": "greater_than_sign"}[key] for key in keys))
            await person.sees("speed max" if speed is None else f"speed {speed:g}/s")
            await person.sees(lambda speed=speed: person.view.speed == speed)
    async with dashboard(experiment(speed=7), paused=True) as person:
        await person.press("less_than_sign")
        await person.sees("speed 5/s")


async def test_restart_begins_anew_with_the_knobs_as_they_stand():
    async with dashboard(experiment({"training.epochs": 5}), paused=True) as person:
        await person.press("right", "full_stop")
        await person.sees(lambda: person.view.record.epoch == 1 and person.view.state == "paused")
        first = person.view.record.history
        await person.press("r")
        await person.sees(lambda: person.view.record.history is not first and person.view.state == "paused")
        assert person.view.record.epoch == 0
        assert person.view.preset.arm("dropped").settings.regularization.dropout == 0.25
        await person.sees("paused: space starts")


async def test_a_key_never_waits_for_training(monkeypatch):
    going, block = threading.Event(), threading.Event()
    plain = Lab.advance

    def stuck(lab):
        going.set()
        block.wait()
        return plain(lab)

    monkeypatch.setattr(Lab, "advance", stuck)
    try:
        async with dashboard() as person:
            await person.sees(going.is_set)
            # The lab stands still until the last of them is answered.
            for keys, told in (
                (("tab",), "5 knobs: all arms"),
                (("l",), "log loss"),
                (("question_mark",), "every key"),
            ):
                await person.press(*keys)
                await person.sees(told)
            assert person.view.record.epoch == 0
            block.set()
            await person.sees(lambda: person.view.record.epoch > 0)
    finally:
        block.set()


async def test_an_exception_in_the_engine_is_told_with_the_place_of_the_log_and_restart_revives(monkeypatch, tmp_path):
    plain = Lab.advance
    monkeypatch.setattr("engine.log.log_path", lambda: tmp_path / "logs" / "regtui.log")
    monkeypatch.setattr(Lab, "advance", lambda lab: 1 / 0)
    async with dashboard() as person:
        await person.sees(lambda: "ZeroDivisionError" in person.toasts)
        assert str(tmp_path / "logs" / "regtui.log") in person.toasts
        assert "Traceback" in (tmp_path / "logs" / "regtui.log").read_text()
        await person.sees("failed")
        await person.press("l", "tab", "o", "g")
        await person.sees("log loss")
        monkeypatch.setattr(Lab, "advance", plain)
        await person.press("r")
        await person.sees(lambda: person.view.record.epoch > 2)
        await person.sees("training")


async def test_what_the_engine_says_is_shown_as_it_stands_brackets_and_all(monkeypatch):
    def breaks(lab):
        raise ValueError("shape [/red] of [3, 4) [bold")

    monkeypatch.setattr(Lab, "advance", breaks)
    async with dashboard(experiment(arms={"[a": {}, "[/red]": {"training.lr": 0.2}})) as person:
        await person.sees("shape [/red] of [3, 4) [bold")
        await person.sees("loss: [/red]")
        await person.sees("1 loss: [a")


async def test_a_lane_that_diverges_is_told_once_and_its_pane_says_it():
    arms = {"calm": {}, "wild": {"training.lr": 1e8, "regularization.l2": 1000.0}}
    async with dashboard(experiment({"training.seeds": [0, 1, 2]}, arms)) as person:
        await person.sees(lambda: "diverged: wild, seeds 0, 1, 2: the loss is no longer finite" in person.toasts)
        await person.sees("'wild' diverged: there is no gap to compare")
        await person.sees("loss: wild (diverged)")
        await person.sees(lambda: person.text.count("diverged") >= 3)
        assert "calm" not in person.toasts
        before = person.view.record.epoch
        await person.sees(lambda: person.view.record.epoch > before)


async def test_a_lane_that_explodes_does_not_press_the_others_flat():
    arms = {"calm": {}, "wild": {"training.lr": 1e9}}
    async with dashboard(experiment(arms=arms), paused=True) as person:
        for epoch in (1, 2):
            await person.press("full_stop")
            await person.sees(lambda epoch=epoch: person.view.record.epoch == epoch and person.view.state == "paused")
        await person.sees(lambda: plot_of(person, "loss-0").y_limits)
        assert max(plot_of(person, "loss-1").series[0].y) > 1e6
        assert plot_of(person, "loss-0").y_limits[1] < 10


async def test_early_stopping_is_told_with_its_reason():
    base = {"early_stopping.patience": 3, "early_stopping.min_delta": 10.0}
    async with dashboard(experiment(base)) as person:
        await person.sees("stopped early")
        await person.sees("finished")
        await person.sees("3/3")
        await person.sees("test acc")


# Arms and knobs -----------------------------------------------------------------------------------------------------


async def test_tab_goes_through_the_arms_then_all_of_them():
    async with dashboard() as person:
        panes = [person.main.query_one(f"#loss-{place}") for place in range(2)]
        both, steps = [True, True], {"plain": [True, False], "dropped": [False, True]}
        for told, selected in (("all arms", both), *steps.items(), ("all arms", both)):
            await person.press("tab")
            await person.sees(f"5 knobs: {told}")
            assert [pane.has_class("selected") for pane in panes] == selected
        await person.press("shift+tab")
        await person.sees("5 knobs: dropped")


@pytest.mark.parametrize("size", SIZES[::2])
async def test_a_turned_knob_shows_its_value_acts_and_is_marked_in_the_curve(size):
    async with dashboard(size=size) as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        await person.press("right")
        await person.sees(lambda: "*dropout" in person.knobs and "0.25" in person.knobs)
        await person.sees(lambda: person.view.record.history.interventions)
        (told,) = person.view.record.history.interventions
        assert (told.arm, told.knob, told.old, told.new) == ("dropped", "regularization.dropout", 0.2, 0.25)
        await person.sees(lambda: [mark for mark in plot_of(person, "loss-1").marks if mark.kind == "knob"])
        assert not [mark for mark in plot_of(person, "loss-0").marks if mark.kind == "knob"]


async def test_for_all_arms_each_is_turned_by_a_step_of_its_own():
    async with dashboard(paused=True) as person:
        await person.press("tab", "right")
        await person.sees("0.05 | 0.25")
        await person.sees(lambda: len(person.view.record.history.interventions) == 2)
        assert [arm.settings.regularization.dropout for arm in person.view.preset.arms] == [0.05, 0.25]
        await person.press("backspace")
        await person.sees("0 | 0.2")


async def test_backspace_goes_back_to_what_the_preset_says():
    async with dashboard(paused=True) as person:
        await person.press("right", "right", "right", "backspace")
        await person.sees(lambda: "*dropout" not in person.knobs)
        await person.sees(lambda: person.view.preset.arm("dropped").settings.regularization.dropout == 0.2)


async def test_a_burst_of_turns_counts_every_one():
    async with dashboard(paused=True) as person:
        # As many in one moment, before anything else is heard.
        for _ in range(4):
            person.main.action_knob_more()
        person.main.action_knob_less()
        await person.sees(lambda: person.view.preset.arm("dropped").settings.regularization.dropout == 0.35)
        person.main.action_knob_more()
        person.main.action_knob_back()
        await person.sees(lambda: person.view.preset.arm("dropped").settings.regularization.dropout == 0.2)


async def test_the_end_of_a_knob_is_said_beside_it():
    async with dashboard(paused=True) as person:
        await person.choose("regularization.l2")
        await person.press("left")
        await person.sees(lambda: person.note.startswith("! 0 is the end"))
        await person.press("down")
        await person.sees(lambda: not person.note.startswith("!"))


async def test_enter_types_a_value():
    async with dashboard(paused=True) as person:
        await person.choose("training.lr")
        await person.type_value("0.025")
        await person.sees(lambda: "0.025" in person.knobs)
        await person.sees(lambda: person.view.preset.arm("dropped").settings.training.lr == 0.025)
        assert person.view.preset.arm("plain").settings.training.lr == 0.1
        await person.sees(lambda: not person.main.query_one(KnobPanel).editing)


async def test_a_refused_value_says_why_beside_the_knob_and_changes_nothing():
    async with dashboard(paused=True) as person:
        before = person.view.turned
        for knob, typed, why in (
            ("training.lr", "-1", "must be above 0"),
            ("training.lr", "fast", "must be a number"),
            ("training.lr", "nan", "must be a finite number"),
            ("regularization.dropout", "1", "must be below 1"),
            ("early_stopping.patience", "2.5", "must be a whole number"),
        ):
            await person.choose(knob)
            await person.type_value(typed)
            await person.sees(lambda why=why: person.note.startswith("!") and why in person.note)
            assert typed in person.note
            assert person.main.query_one(KnobPanel).editing
            await person.press("escape")
            await person.sees(lambda: not person.main.query_one(KnobPanel).editing)
        assert person.view.turned == before
        assert not person.view.record.history.interventions


async def test_while_a_value_is_typed_no_other_knob_can_be_hit():
    async with dashboard(paused=True) as person:
        await person.choose("training.lr")
        await person.press("enter", "7", "down", "enter")
        assert person.view.turned == person.main.original


async def test_a_word_is_turned_and_not_typed():
    async with dashboard(paused=True) as person:
        await person.choose("early_stopping.action")
        await person.press("enter")
        await person.sees(lambda: "watch" in person.knobs)
        assert not person.main.query_one(KnobPanel).editing


@pytest.mark.parametrize("size", SIZES[:2])
async def test_every_live_setting_can_be_reached_with_its_bounds(size):
    async with dashboard(size=size, paused=True) as person:
        seen = set()
        while (knob := person.main.query_one(KnobPanel).chosen).key not in seen:
            await person.sees(lambda knob=knob: knob.name.replace("_", " ") in person.knobs)
            await person.sees(lambda knob=knob: person.note.startswith(knob.help[:30] if knob.choices else knob.bounds))
            seen.add(knob.key)
            await person.press("up")
            await person.sees(lambda knob=knob: person.main.query_one(KnobPanel).chosen is not knob)
        used = person.view.turned.base
        assert seen == {knob.key for knob in settings_by_key().values() if knob.live and used.uses(knob)}


# The mouse ----------------------------------------------------------------------------------------------------------


async def test_a_click_selects_an_arm_chooses_a_knob_and_turns_it():
    async with dashboard(paused=True) as person:
        await person.pilot.click("#loss-0")
        await person.sees("5 knobs: plain")
        listing = person.main.query_one("#knob-list")
        lines = person.knobs.splitlines()
        row = next(at for at, line in enumerate(lines) if "l2" in line)
        await person.pilot.click("#knob-list", offset=(2, row))
        await person.sees(lambda: person.main.query_one(KnobPanel).chosen.key == "regularization.l2")
        column = person.knobs.splitlines()[row].index("▸")
        assert column < listing.size.width
        await person.pilot.click("#knob-list", offset=(column, row))
        await person.sees(lambda: person.view.turned.arm("plain").settings.regularization.l2 > 0)


# Views --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES[:2])
async def test_the_views_switch_and_switch_back(size):
    async with dashboard(size=size) as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        for key, there, back in (
            ("l", "log loss: plain", "loss: plain"),
            ("o", "1 loss: plain  dropped", "1 loss: plain"),
            ("g", "2 gap: validation - train", "2 accuracy"),
            ("n", "3 weight norm by layer: dropped", "3 weight norm"),
        ):
            await person.press(key)
            await person.sees(there)
            await person.press(key)
            await person.sees(lambda there=there, back=back: back in person.text and there not in person.text)


async def test_layers_are_drawn_one_by_one():
    async with dashboard(experiment({"model.hidden": [8, 6]}), paused=True) as person:
        await person.press("n", "full_stop")
        await person.sees(lambda: person.view.record.epoch == 1 and len(plot_of(person, "norms").series) == 3)


@pytest.mark.parametrize("size", SIZES[::2])
async def test_every_pane_can_be_enlarged_and_made_small_again(size):
    async with dashboard(size=size, paused=True) as person:
        for pane in range(1, 7):
            await person.press("escape", str(pane))
            await person.sees(lambda: person.main.focused is not None)
            await person.press("z")
            await person.sees(lambda: person.main.maximized is person.main.focused)
            await person.sees(lambda: person.main.maximized.size.width >= size[0] - 4)
            # How far the run is can be seen, and so can the whole pane.
            assert "paused" in person.text.splitlines()[1]
            assert person.main.maximized.region.bottom <= size[1] - 1
            await person.press("z")
            await person.sees(lambda: person.main.maximized is None)


@pytest.mark.parametrize("size", SIZES)
async def test_the_footer_names_the_closer_looks_at_every_size(size):
    async with dashboard(size=size, paused=True) as person:
        await person.sees(lambda: person.text.splitlines()[-1].rstrip().startswith("tab arm ? help q quit"))
        assert "auybmcsf look" in person.text.splitlines()[-1]


async def test_the_lesson_is_shown_beside_the_curves():
    async with dashboard(paused=True) as person:
        await person.press("i")
        await person.sees("Look at the gap.")
        assert "1 loss: plain" in person.text
        await person.press("i")
        await person.sees(lambda: "5 knobs" in person.text and "Look at the gap." not in person.text)


def curves_of(person: Person) -> dict[tuple[int, ...], float]:
    """The colours of all curves on the screen, with the contrast of each to what it stands on (WCAG: 1 to 21)."""
    found = {}
    for strip in person.app.screen._compositor.render_strips():
        for segment in strip:
            style = segment.style
            if braille(segment.text) and style is not None and style.color is not None and style.bgcolor is not None:
                top, ground = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
                found[top.rgb] = contrast(top, ground)
    return found


def key_of(person: Person) -> dict[str, tuple[int, ...]]:
    """The arms' names in the title of the pane of all arms, each with its colour."""
    pane = person.main.query_one("#overlay", Pane)
    cells = {}
    for segment in person.app.screen._compositor.render_strips()[pane.region.y]:
        if (name := segment.text.strip()) in ("plain", "dropped") and segment.style and segment.style.color:
            cells[name] = Color.from_rich_color(segment.style.color).rgb
    return cells


def contrast(one: Color, other: Color) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(shown: Color) -> float:
    """Relative luminance by WCAG 2.1."""
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (part / 255 for part in shown.rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


async def test_in_each_theme_the_arms_are_drawn_in_colours_that_stand_out_from_its_ground():
    async with dashboard() as person:
        for dark in (True, False):
            await person.sees(lambda dark=dark: person.app.current_theme.dark is dark)
            arms = {colour(place, dark) for place in range(2)}
            await person.sees(lambda arms=arms: arms <= curves_of(person).keys())
            drawn = curves_of(person)
            assert all(drawn[arm] >= 3 for arm in arms), drawn  # WCAG 2.1 for what is no text
            # Their names above the curves of all are in the same colours.
            await person.press("o")
            expected = {"plain": colour(0, dark), "dropped": colour(1, dark)}
            await person.sees(lambda expected=expected: key_of(person) == expected)
            await person.press("o")
            assert (luminance(person.main.query_one("#loss-0").background_colors[1]) < 0.2) == dark
            await person.press("t")


async def test_in_ascii_nothing_else_is_drawn_whatever_the_preset_is_called():
    arms = {"größer": {}, "小さい": {"training.lr": 0.2}}
    preset = experiment({"training.seeds": [0, 1]}, arms, title="Über — “Bögen” 🌙", lesson="naïve…")
    async with dashboard(preset, ascii_only=True) as person:
        await person.sees(lambda: person.view.record.epoch > 3)
        await person.sees("+-")
        for keys in ((), ("i",), ("question_mark",), ("escape", "p"), ("escape", "w"), ("escape", "q"), ("escape",)):
            await person.press(*keys)
            await person.pilot.pause()
            assert person.text.isascii(), person.text
            assert [line for line in person.text.splitlines() if len(line) != USUAL[0]] == []
        await person.press("ctrl+p")
        await person.sees(lambda: not isinstance(person.app.screen, MainScreen))
        assert person.text.isascii()


# Every action -------------------------------------------------------------------------------------------------------


async def test_every_action_is_bound_has_a_method_and_stands_in_help_and_palette():
    async with dashboard(paused=True) as person:
        palette = {command.title: command for command in person.app.get_system_commands(person.main)}
        bound = person.main._bindings.key_to_bindings
        for action in ACTIONS:
            assert callable(getattr(person.main, f"action_{action.name.partition('(')[0]}"))
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


# Other presets ------------------------------------------------------------------------------------------------------


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


async def test_an_export_that_cannot_be_written_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "cwd", lambda: tmp_path / "not there")
    async with dashboard(paused=True) as person:
        await person.press("e")
        await person.sees(lambda: "not exported" in person.toasts)


async def test_arrows_scroll_a_table_in_focus_and_turn_no_knob_that_an_enlarged_pane_hides():
    arms = {f"lr {place}": {"training.lr": 0.01 * (place + 1)} for place in range(32)}
    async with dashboard(experiment(arms=arms), paused=True) as person:
        before = person.view.turned
        await person.press("4")
        await person.sees(lambda: person.main.focused is not None and person.main.focused.id == "comparison")
        await person.press("down", "down")
        await person.sees(lambda: person.main.query_one("#comparison").scroll_y == 2)
        await person.press("z")
        await person.sees(lambda: person.main.maximized is not None)
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
        assert {(told.knob, told.old, told.new) for told in turned} == {("regularization.dropout", 0.0, 0.05)}


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
        with mock.patch.object(person.app.worker._record, "stopped", stops):
            await person.sees("1 of 2 held")
            await person.press("o")
            await person.sees("ended seeds hold")
