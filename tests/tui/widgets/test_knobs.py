"""Promises of the knob panel by itself; tests of the main screen turn its knobs in a running lab."""

import pytest
from textual import events
from textual.app import App
from textual.widgets import Input

from engine.commands import Turn
from engine.preset import with_value
from engine.record import RunRecord
from engine.view import View
from tests.tui.dashboard import experiment
from tui.widgets.knobs import KnobPanel


class Alone(App[None]):
    def __init__(self, width, height, preset, ascii_only):
        super().__init__()
        self.CSS = f"KnobPanel {{ width: {width}; height: {height}; }} #knob-list {{ height: 1fr; }}"
        self.CSS += " #knob-note { height: 2; } #knob-input { height: 1; }"
        self.preset = self.original = preset
        self.ascii_only = ascii_only
        self.turned = []

    def compose(self):
        yield KnobPanel(self.ascii_only, self.turn_knob)

    def turn_knob(self, *told):
        self.turned.append(told)
        self.preset = with_value(self.preset, *told)


def view_of(preset, *pending):
    return View("paused", RunRecord(preset), pending=pending)


def panel_in(width=44, height=24, preset=None, ascii_only=True, arm="dropped"):
    app = Alone(width, height, preset or experiment(), ascii_only)

    async def start(pilot):
        await pilot.pause()
        panel = app.query_one(KnobPanel)
        panel.update(view_of(app.preset), app.original, arm)
        return panel

    return app, start


def lines(panel):
    return [text.plain for text in panel.query_one("#knob-list")._texts]


@pytest.mark.parametrize("width", [26, 30, 38, 44, 80])
async def test_names_and_values_stand_whole_in_every_width(width):
    app, start = panel_in(width, height=80)
    async with app.run_test(size=(width, 80)) as pilot:
        panel = await start(pilot)
        told = "\n".join(lines(panel))
        for name in ("dropout", "l2", "patience", "lr", "weight decay" if width >= 30 else "weight"):
            assert name in told
        assert max(map(len, lines(panel))) <= width
        assert ("[0, 1)" in told) == (width >= 42)


async def test_a_low_panel_keeps_the_chosen_knob_in_sight():
    app, start = panel_in(height=7)
    async with app.run_test(size=(44, 7)) as pilot:
        panel = await start(pilot)
        for _ in range(30):
            panel.move(1)
            assert panel.chosen.name.replace("_", " ") in "\n".join(lines(panel))
            assert len(lines(panel)) <= 5


async def test_arms_of_different_value_show_both_or_say_that_they_differ():
    app, start = panel_in(arm=None)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        assert "0 | 0.2" in "\n".join(lines(panel))
        many = experiment(arms={f"a{n}": {"regularization.dropout": 0.05 * n} for n in range(9)})
        panel.update(view_of(many), many, None)
        assert "mixed" in "\n".join(lines(panel))


async def test_going_back_turns_only_what_was_turned():
    app, start = panel_in(arm=None)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.back()
        await pilot.pause()
        assert app.turned == []
        panel.update(view_of(with_value(app.preset, "regularization.dropout", 0.5, None)), app.original, None)
        panel.back()
        await pilot.pause()
        assert app.turned == [("regularization.dropout", 0.0, "plain"), ("regularization.dropout", 0.2, "dropped")]


async def test_settings_without_effect_are_not_shown():
    app, start = panel_in(height=80)
    async with app.run_test(size=(44, 80)) as pilot:
        assert "momentum" not in "\n".join(lines(await start(pilot)))
    app, start = panel_in(height=80, preset=experiment({"training.optimizer": "adam"}))
    async with app.run_test(size=(44, 80)) as pilot:
        told = "\n".join(lines(await start(pilot)))
        assert "beta1" in told
        assert "momentum" not in told


# The mouse -----------------------------------------------------------------------------------------------------------


def place_of(panel, name):
    """Line and columns of a knob: (line, left arrow, right arrow), where those of the chosen one would be."""
    told = lines(panel)
    y = next(at for at, line in enumerate(told) if line[1:].startswith(name))
    chosen = next(line for line in told if "<" in line[:-1])
    return y, chosen.index("<"), chosen.rindex(">")


async def clicked(pilot, panel, x, y):
    await pilot.click("#knob-list", offset=(x, y))
    await pilot.pause()


async def test_the_first_click_on_a_line_chooses_it_and_turns_nothing_wherever_it_is():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        y, less, more = place_of(panel, "dropout")
        for x in (1, less, less + 3, more - 1, more):
            panel.move(1)
            await clicked(pilot, panel, x, y)
            assert panel.chosen.key == "regularization.dropout"
            assert app.turned == []
            assert not panel.editing


async def test_a_click_on_an_arrow_of_the_chosen_line_turns_and_one_on_its_value_types():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        y, less, more = place_of(panel, "dropout")
        await clicked(pilot, panel, more, y)
        panel.update(view_of(app.preset), app.original, "dropped")
        await clicked(pilot, panel, less, y)
        panel.update(view_of(app.preset), app.original, "dropped")
        await clicked(pilot, panel, less, y)
        assert [value for _, value, _ in app.turned] == [0.25, 0.2, 0.15]
        assert not panel.editing
        await clicked(pilot, panel, less + 1, y)  # between arrow and value
        await clicked(pilot, panel, more + 2, y)  # the bounds
        assert not panel.editing
        await clicked(pilot, panel, more - 1, y)
        assert panel.editing
        assert len(app.turned) == 3


async def test_a_click_in_a_list_that_has_scrolled_hits_the_line_that_is_seen():
    app, start = panel_in(height=8)
    async with app.run_test(size=(44, 8)) as pilot:
        panel = await start(pilot)
        panel.move(-1)
        for y in range(len(lines(panel))):
            line = lines(panel)[y]
            if line.startswith((" ", "*")):
                await clicked(pilot, panel, 1, y)
                assert line[1:].startswith(panel.chosen.name.replace("_", " ")[:20])


async def test_a_click_on_a_section_or_below_the_list_changes_nothing():
    app, start = panel_in(height=80)
    async with app.run_test(size=(44, 80)) as pilot:
        panel = await start(pilot)
        section = next(y for y, line in enumerate(lines(panel)) if line == "regularization")
        for y in (section, len(lines(panel)) + 3):
            await clicked(pilot, panel, 1, y)
            assert panel.chosen.key == "regularization.dropout"
        assert app.turned == []


async def test_the_wheel_goes_down_and_up_by_one_knob_and_around():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        keys = []
        for event in (events.MouseScrollDown, events.MouseScrollDown, events.MouseScrollUp):
            await pilot._post_mouse_events([event], "#knob-list", offset=(2, 2))
            await pilot.pause()
            keys.append(panel.chosen.key)
        assert keys[0] == keys[2] != keys[1] != "regularization.dropout" != keys[0]
        first = panel._knobs[0].key
        while panel.chosen.key != first:
            panel.move(-1)
        panel.move(-1)
        assert panel.chosen.key == panel._knobs[-1].key
        panel.move(1)
        assert panel.chosen.key == first


# What is said --------------------------------------------------------------------------------------------------------


async def test_typing_starts_from_the_value_as_it_stands():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.edit()
        await pilot.pause()
        assert panel.query_one(Input).value == "0.2"
        await pilot.press("5", "enter")
        assert app.turned == [("regularization.dropout", 0.25, "dropped")]


async def test_a_turned_knob_is_starred_until_it_is_back():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        for value, starred in ((0.5, True), (0.2, False)):
            panel.update(
                view_of(with_value(app.preset, "regularization.dropout", value, None)), app.original, "dropped"
            )
            assert any(line.startswith("*dropout") for line in lines(panel)) == starred


async def test_at_its_end_a_knob_is_not_turned_and_says_so_until_another_is_chosen():
    app, start = panel_in(arm="plain")
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        note = panel.query_one("#knob-note")
        panel.turn(-1)
        assert note._texts[0].plain.startswith("! 0 is the end: [0, 1)")
        panel.move(1)
        assert not note._texts[0].plain.startswith("!")
        assert app.turned == []


async def test_of_all_arms_only_those_that_can_be_turned_are():
    app, start = panel_in(arm=None)
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        panel.turn(-1)
        assert app.turned == [("regularization.dropout", 0.15, "dropped")]


async def test_a_turn_that_the_lab_has_not_taken_is_marked_in_the_arms_it_is_of():
    app, start = panel_in()
    async with app.run_test(size=(44, 24)) as pilot:
        panel = await start(pilot)
        for of, shown, waits in (
            ("dropped", "dropped", True), (None, "dropped", True), ("plain", "dropped", False), ("plain", None, True),
        ):  # fmt: skip
            panel.update(view_of(app.preset, Turn("regularization.dropout", 0.5, of)), app.original, shown)
            assert any(line.startswith("~dropout") for line in lines(panel)) == waits
            panel.update(view_of(app.preset), app.original, shown)


async def test_the_sections_name_stays_in_sight_with_its_first_knob():
    app, start = panel_in(height=8)
    async with app.run_test(size=(44, 8)) as pilot:
        panel = await start(pilot)
        for _ in range(len(panel._knobs) - 1):
            panel.move(-1)
            told = lines(panel)
            sections = {knob.section for knob in panel._knobs}
            first = next(knob for knob in panel._knobs if knob.section == panel.chosen.section)
            if panel.chosen is first:
                assert panel.chosen.section.replace("_", " ") in told, (sections, told)
