"""Arms are selected and knobs turned, by keys and by mouse."""

from __future__ import annotations

import pytest

from engine.commands import Turn
from tests.tui.dashboard import LARGE, SIZES, dashboard, plot_of
from tui.widgets.knobs import KnobPanel


async def test_tab_goes_through_the_arms_then_all_of_them():
    async with dashboard() as person:
        panes = [person.main.query_one(f"#loss-{place}") for place in range(2)]
        both, steps = [True, True], {"plain": [True, False], "dropped": [False, True]}
        for heading, selected in (("all arms", both), *steps.items(), ("all arms", both)):
            await person.press("tab")
            await person.sees(f"5 knobs: {heading}")
            await person.sees(lambda selected=selected: [pane.has_class("selected") for pane in panes] == selected)
        await person.press("shift+tab")
        await person.sees("5 knobs: dropped")


@pytest.mark.parametrize("size", SIZES[::2])
async def test_a_turned_knob_shows_its_value_acts_and_is_marked_in_the_curve(size):
    async with dashboard(size=size) as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        await person.press("right")
        await person.sees(lambda: "*dropout" in person.knobs and "0.25" in person.knobs)
        await person.sees(lambda: person.view.record.history.interventions)
        (turned,) = person.view.record.history.interventions
        assert (turned.arm, turned.knob, turned.old, turned.new) == ("dropped", "regularization.dropout", 0.2, 0.25)
        await person.sees(lambda: [mark for mark in plot_of(person, "loss-1").marks if mark.kind == "knob"])
        assert not [mark for mark in plot_of(person, "loss-0").marks if mark.kind == "knob"]


async def test_for_all_arms_each_is_turned_by_a_step_of_its_own_and_backspace_goes_back_to_what_the_preset_says():
    async with dashboard(paused=True) as person:
        await person.press("tab", "right")
        await person.sees("0.05 | 0.25")
        await person.sees(lambda: len(person.view.record.history.interventions) == 2)
        assert [arm.settings.regularization.dropout for arm in person.view.preset.arms] == [0.05, 0.25]
        await person.press("backspace")
        await person.sees("0 | 0.2")
        await person.press("shift+tab", "right", "right", "right", "backspace")
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
            ("training.lr", "nan", "must be a finite number"),
            ("regularization.dropout", "1", "must be below 1"),
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
        await person.choose("training.lr")
        await person.press("enter", "7", "down", "enter")  # while it is typed, no other knob can be hit
        assert person.view.turned == before


async def test_a_click_selects_an_arm_chooses_a_knob_and_turns_it():
    async with dashboard(paused=True) as person:
        panel = person.main.query_one(KnobPanel)
        await person.pilot.click("#loss-0")
        await person.sees("5 knobs: plain")
        await person.pilot.click("#knob-list", offset=(2, person.knobs.splitlines().index(first_of(person, "lr"))))
        await person.sees(lambda: panel.chosen.key == "training.lr")
        line = first_of(person, "lr")
        await person.pilot.click("#knob-list", offset=(line.index("▸"), person.knobs.splitlines().index(line)))
        await person.sees(lambda: person.view.turned.arm("plain").settings.training.lr == 0.2)
        assert person.view.turned.arm("dropped").settings.training.lr == 0.1


def first_of(person, name):
    return next(line for line in person.knobs.splitlines() if line[1:].startswith(name))


# Undo ----------------------------------------------------------------------------------------------------------------


async def test_ctrl_z_takes_turned_knobs_back_one_after_another_pending_or_taken():
    async with dashboard(paused=True) as person:
        panel = person.main.query_one(KnobPanel)

        def stands(dropout, lr):
            settings = person.view.turned.arm("dropped").settings
            return (settings.regularization.dropout, settings.training.lr) == (dropout, lr)

        for _ in range(2):  # in one moment: none has reached the lab
            person.main.action_knob_more()
        person.main.action_undo()
        assert stands(0.25, 0.1)
        await person.choose("training.lr")
        await person.type_value("0.3")
        await person.sees(lambda: stands(0.25, 0.3) and not person.view.pending)
        await person.press("up", "ctrl+z")
        await person.sees(lambda: stands(0.25, 0.1))
        await person.sees(lambda: panel.chosen.key == "training.lr" and "undone: lr is back to 0.1" in person.note)
        await person.press("ctrl+z")
        await person.sees(lambda: stands(0.2, 0.1))
        await person.press("ctrl+z")
        await person.sees(lambda: "nothing to undo" in person.note)
        assert stands(0.2, 0.1)


async def test_all_arms_turned_by_one_key_are_taken_back_by_one_key():
    async with dashboard(paused=True) as person:
        await person.press("tab", "right")
        await person.sees("0.05 | 0.25")
        await person.press("ctrl+z")
        await person.sees("0 | 0.2")
        await person.press("tab")
        await person.choose("training.lr")
        await person.press("shift+tab")
        await person.type_value("0.7")
        await person.sees(lambda: {arm.settings.training.lr for arm in person.view.turned.arms} == {0.7})
        await person.press("ctrl+z")
        await person.sees(lambda: {arm.settings.training.lr for arm in person.view.turned.arms} == {0.1})


async def test_what_the_lab_refused_is_not_undone_but_what_was_turned_before_it():
    async with dashboard(paused=True) as person:
        await person.press("right")
        await person.sees(lambda: person.view.record.interventions)
        # What the panel would not let through: the lab refuses it.
        person.main.turn_knobs([Turn("augment.shift", 3.0, "dropped")])
        await person.sees(lambda: "refused" in person.toasts)
        await person.press("ctrl+z")
        await person.sees(lambda: person.view.turned.arm("dropped").settings.regularization.dropout == 0.2)


async def test_what_was_turned_stands_in_the_arms_name():
    async with dashboard(size=LARGE, paused=True) as person:
        await person.press("right")
        await person.sees("5 knobs: dropped, now 0.25")
        table = person.main.query_one("#table")
        await person.sees(lambda: any("dropped, now 0.25" in text.plain for text in table._texts))
        await person.press("backspace")
        await person.sees(lambda: not any("now" in text.plain for text in table._texts))
