"""Promises of the knob panel by itself; tests of the main screen turn its knobs in a running lab."""

import pytest
from textual.app import App

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
