"""Promises of the knob panel by itself; tests of the main screen turn its knobs in a running lab."""

import pytest
from textual.widgets import Input

from engine.commands import Turn
from engine.preset import settings_by_key, with_value
from tests.tui.dashboard import experiment
from tests.tui.widgets.knob_panel import DROPOUT, keys, lines, note, panel_in, view_of
from tui.widgets.knob_list import Columns, Line

# Which there are -----------------------------------------------------------------------------------------------------


async def test_the_presets_own_knobs_come_first_and_the_rest_is_opened_by_its_line():
    app, start = panel_in(height=80)
    async with app.run_test(size=(44, 80)) as pilot:
        panel = await start(pilot)
        assert keys(panel) == [DROPOUT, "training.lr", "more"]
        count = sum(knob.live for knob in settings_by_key().values()) - 2
        assert lines(panel)[2] == f">{count} more knobs".ljust(42) + "M "
        panel.toggle_more()
        assert lines(panel)[2] == "vfewer knobs".ljust(42) + "M "
        shown = "\n".join(lines(panel))
        for name in ("l2", "patience", "momentum", "\nregularization\n", "\nno effect in this experiment\n"):
            assert name in shown
        live = [key for key, knob in settings_by_key().items() if knob.live]
        assert sorted(keys(panel)) == sorted([*live, "more"])
        panel.toggle_more()
        assert len(lines(panel)) == 3


async def test_keys_open_and_close_the_rest_on_its_line():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.move(-1)
        assert panel.chosen is None
        assert "every other live setting" in note(panel)
        for act, opened in (
            (lambda: panel.turn(1), True), (lambda: panel.turn(1), True), (lambda: panel.turn(-1), False),
            (panel.edit, True), (panel.edit, False),
        ):  # fmt: skip
            act()
            assert panel.opened == opened
            assert panel.chosen is None
        assert app.turned == []
        panel.back()
        assert app.turned == []


async def test_a_knob_turned_among_the_rest_stays_in_sight_when_that_is_closed():
    app, start = panel_in(opened=True)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.update(view_of(with_value(app.preset, "regularization.l2", 0.01, "plain")), app.original, "dropped")
        panel.toggle_more()
        assert keys(panel)[:3] == [DROPOUT, "training.lr", "regularization.l2"]


async def test_a_knob_without_effect_is_dimmed_says_why_and_cannot_be_turned():
    app, start = panel_in(height=80, opened=True)
    async with app.run_test(size=(44, 80)) as pilot:
        panel = await start(pilot)
        for key, why in (
            ("training.momentum", "only with training.optimizer = momentum or nesterov"),
            ("augment.shift", "needs images"),
        ):
            panel.choose(key)
            assert note(panel).startswith(f"no effect here: {why}")
            panel.turn(1)
            panel.edit()
            assert note(panel) == f"! no effect here: {why}"
            assert not panel.editing
        drawn = next(text for text in panel.query_one("#knob-list")._texts if text.plain.startswith(" momentum"))
        assert any("dim" in str(span.style) for span in drawn.spans)
        assert app.turned == []
    app, start = panel_in(preset=experiment({"training.optimizer": "momentum"}))
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.choose("training.momentum")
        panel.turn(1)
        assert app.turned == [("training.momentum", 0.95, "dropped")]


# What stands in a line -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [26, 30, 38, 44, 80])
async def test_names_and_values_stand_whole_in_every_width(width):
    app, start = panel_in(width, height=80, opened=True)
    async with app.run_test(size=(width, 80)) as pilot:
        panel = await start(pilot)
        shown = "\n".join(lines(panel))
        for name in ("dropout", "l2", "patience", "lr", "weight decay", "constant", "1000000"):
            assert name in shown
        assert "[0, 1" not in shown
        assert max(map(len, lines(panel))) <= width
        assert ("o---" in shown) == (width >= 38)


@pytest.mark.parametrize(
    ("value", "before", "slider"),
    [
        (0.0, 0.0, "o----------"),
        (0.4, 0.4, "=====o-----"),
        (0.4, 0.0, "|====o-----"),
        (0.8, 0.4, "=====|====o"),
        (0.95, 0.4, "=====|====>"),
    ],
)
def test_the_slider_shows_the_value_in_its_typical_range_and_where_the_preset_had_it(value, before, slider):
    line = Line(settings_by_key()[DROPOUT], [value], [before], False, False, False, True)
    columns = line.columns(41)
    assert len(columns.slider) == 11
    assert line.draw(41).plain[columns.slider.start : columns.slider.stop] == slider


def test_the_slider_is_on_the_knobs_own_scale():
    l2 = settings_by_key()["regularization.l2"]
    line = Line(l2, [0.002], [0.002], False, False, False, True)
    assert "=====o-----" in line.draw(41).plain


def test_every_column_of_a_line_is_one_part_of_it_alone():
    for width in (20, 28, 38, 44, 90):
        for with_slider in (True, False):
            columns = Columns.of(width, with_slider)
            parts = [columns.hit(x) for x in range(width)]
            assert parts.count("less") == parts.count("more") == 1
            assert parts.count("value") == len(columns.value) >= 8
            assert parts.index("less") < (parts.index("slider") if columns.slider else parts.index("value"))
            assert columns.value[-1] == width - 2  # values end below one another, and off the frame


async def test_a_low_panel_keeps_the_chosen_knob_in_sight():
    app, start = panel_in(height=8, opened=True)
    async with app.run_test(size=(44, 8)) as pilot:
        panel = await start(pilot)
        for _ in range(60):
            panel.move(1)
            name = panel.chosen.name.replace("_", " ") if panel.chosen else "fewer knobs"
            assert name in "\n".join(lines(panel))
            assert len(lines(panel)) <= 4


async def test_arms_of_different_value_show_all_or_say_that_they_differ():
    app, start = panel_in(arm=None)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        assert "0 | 0.2" in lines(panel)[0]
        assert lines(panel)[0].count("o") - "dropout".count("o") == 2  # a mark for each
        three = experiment(arms={f"a{n}": {DROPOUT: 0.15 * n} for n in range(3)})
        panel.update(view_of(three), three, None)
        assert "0 | 0.15 | 0.3" in lines(panel)[0]
        many = experiment(arms={f"a{n}": {DROPOUT: 0.05 * n} for n in range(9)})
        panel.update(view_of(many), many, None)
        assert "mixed" in lines(panel)[0]


async def test_the_chosen_knob_says_what_it_does_and_its_typical_range():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        assert note(panel) == (
            "switches off this share of the hidden units at random in each step, so that none is relied upon"
            " usually 0 to 0.8"
        )
        panel.update(view_of(with_value(app.preset, DROPOUT, 0.5, None)), app.original, "dropped")
        assert note(panel).endswith("usually 0 to 0.8; the preset has 0.2")
        panel.edit()
        await pilot.pause()
        assert note(panel).endswith("[0, 1): enter sets, escape leaves")


@pytest.mark.parametrize("width", [44, 38])
async def test_what_every_knob_does_fits_beside_its_range(width):
    app, start = panel_in(width, height=20, opened=True)
    async with app.run_test(size=(width, 20)) as pilot:
        panel = await start(pilot)
        for key, knob in settings_by_key().items():
            if knob.live and key not in panel._knobs.idle:
                panel.choose(key)
                assert len(panel.query_one("#knob-note")._texts) <= 4, key
                assert note(panel).startswith(knob.help[:20]), key
                assert knob.name.replace("_", " ") in "\n".join(lines(panel)), key
            elif knob.live:
                panel.choose(key)
                assert note(panel).startswith("no effect here: "), key


# Turning -------------------------------------------------------------------------------------------------------------


async def test_going_back_turns_only_what_was_turned():
    app, start = panel_in(arm=None)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.back()
        assert app.gestures == []
        panel.update(view_of(with_value(app.preset, DROPOUT, 0.5, None)), app.original, None)
        panel.back()
        assert app.gestures == [[Turn(DROPOUT, 0.0, "plain"), Turn(DROPOUT, 0.2, "dropped")]]


async def test_typing_starts_from_the_value_as_it_stands():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.edit()
        await pilot.pause()
        assert panel.query_one(Input).value == "0.2"
        await pilot.press("5", "enter")
        assert app.turned == [(DROPOUT, 0.25, "dropped")]


async def test_typing_takes_what_is_legal_beyond_the_typical_range_and_the_grid():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        for typed, value in (("0.987", 0.987), ("1e-7", 1e-7)):
            panel.edit()
            panel.query_one(Input).value = typed
            await pilot.pause()
            await pilot.press("enter")
            assert app.turned[-1] == (DROPOUT, value, "dropped")


@pytest.mark.parametrize(
    ("knob", "typed", "why"),
    [
        ("training.lr", "-1", "must be above 0"),
        ("training.lr", "fast", "must be a number"),
        ("training.lr", "nan", "must be a finite number"),
        (DROPOUT, "1", "must be below 1"),
        ("early_stopping.patience", "2.5", "must be a whole number"),
    ],
)
async def test_a_refused_value_says_why_and_can_be_mended(knob, typed, why):
    app, start = panel_in(opened=True)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.choose(knob)
        panel.edit()
        panel.query_one(Input).value = typed
        await pilot.pause()
        await pilot.press("enter")
        assert note(panel).startswith("!")
        assert why in note(panel)
        assert typed in note(panel)
        assert panel.editing
        assert app.turned == []


async def test_a_word_is_turned_and_not_typed():
    app, start = panel_in(opened=True)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.choose("early_stopping.action")
        panel.edit()
        assert not panel.editing
        assert app.turned == [("early_stopping.action", "watch", "dropped")]


async def test_a_turned_knob_is_starred_until_it_is_back():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        for value, starred in ((0.5, True), (0.2, False)):
            panel.update(view_of(with_value(app.preset, DROPOUT, value, None)), app.original, "dropped")
            assert any(line.startswith("*dropout") for line in lines(panel)) == starred


async def test_at_its_end_a_knob_is_not_turned_and_says_so_until_another_is_chosen():
    app, start = panel_in(arm="plain")
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.turn(-1)
        assert note(panel).startswith("! 0 is the end: [0, 1)")
        panel.move(1)
        assert not note(panel).startswith("!")
        assert app.turned == []


async def test_of_all_arms_only_those_that_can_be_turned_are():
    app, start = panel_in(arm=None)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.turn(-1)
        assert app.turned == [(DROPOUT, 0.15, "dropped")]


async def test_a_turn_that_the_lab_has_not_taken_is_marked_in_the_arms_it_is_of():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        for of, shown, waits in (
            ("dropped", "dropped", True), (None, "dropped", True), ("plain", "dropped", False), ("plain", None, True),
        ):  # fmt: skip
            panel.update(view_of(app.preset, Turn(DROPOUT, 0.5, of)), app.original, shown)
            assert any(line.startswith("~dropout") for line in lines(panel)) == waits
            panel.update(view_of(app.preset), app.original, shown)


async def test_the_sections_name_stays_in_sight_with_its_first_knob():
    app, start = panel_in(height=8, opened=True)
    async with app.run_test(size=(44, 8)) as pilot:
        panel = await start(pilot)
        sections = []
        for _ in range(len(panel._knobs.rest)):
            panel.move(1)
            if panel.chosen in panel._knobs.rest and panel.chosen.section not in sections:
                sections.append(panel.chosen.section)
                assert panel.chosen.section.replace("_", " ") in lines(panel)
        assert len(sections) > 2
