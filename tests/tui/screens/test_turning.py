"""Arms are selected and knobs turned, by keys and by mouse."""

from __future__ import annotations

import pytest

from engine.preset import settings_by_key
from tests.tui.dashboard import SIZES, dashboard, plot_of
from tui.widgets.knobs import KnobPanel


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
