"""Promises of the closer looks: every key shows its pane over any data, follows the run and closes again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui.dashboard import FOUR, LARGE, SMALL, USUAL, Person, dashboard, experiment
from tui.charts.chart import Chart
from tui.looks import LOOKS
from tui.panes.look import LookPane
from tui.screens.messages import OpenPreset

KEYS = {
    "a": "activations", "u": "weights", "y": "loss and penalties", "b": "decision boundary", "m": "images",
    "c": "confusion matrix", "s": "learning rate", "f": "learning-rate finder",
}  # fmt: skip
ALL_ARMS = {look.title for look in LOOKS.values() if look.of_all_arms}
DATA: dict[str, dict[str, Any]] = {
    "moons": {},
    "digits": {"data.source": "digits", "data.samples": 300, "training.lr": 0.05, "schedule.kind": "cosine"},
    "cnn": {"data.source": "digits", "data.samples": 200, "model.kind": "cnn", "model.channels": [4]},
    "curve": {"data.source": "curve", "data.samples": 100, "training.lr": 0.01},
    "iris": {"data.source": "iris", "data.samples": 150},
    "binary": {"data.source": "breast_cancer", "data.task": "binary", "data.samples": 300},
}
NOTHING = {  # the words where a look has nothing to show
    "b": "Needs two inputs and classes, or one input and a numeric target.",
    "m": "Needs images of classes.",
    "c": "Needs classes to tell apart.",
}
EMPTY = {"moons": "m", "digits": "b", "cnn": "b", "curve": "mc", "iris": "bm", "binary": "bm"}


def preset(name: str, **top: Any):
    told = dict(DATA[name])
    base = {key: value for key, value in told.items() if key != "data.samples"}
    if name in ("moons", "curve"):
        base["data.samples"] = told.get("data.samples", 120)
    else:
        base["data.train"] = 100
    return experiment_without_samples(base, **top)


def experiment_without_samples(base: dict[str, Any], **top: Any):
    from unittest import mock

    from tests.tui import dashboard as told

    plain = {key: value for key, value in told.BASE.items() if key != "data.samples"}
    with mock.patch.object(told, "BASE", plain):
        return experiment(base, **top)


def titled(key: str, arm: str) -> str:
    return KEYS[key] if KEYS[key] in ALL_ARMS else f"{KEYS[key]}: {arm}"


def is_empty(person: Person) -> bool:
    """Whether the look is still waiting for something."""
    return any(word in person.text for word in ("computing ...", "sweeping learning rates"))


async def test_each_key_opens_its_look_and_closes_it_again():
    async with dashboard(preset("moons"), size=SMALL) as person:
        for key in KEYS:
            await person.press(key)
            await person.sees(titled(key, "dropped"))
            await person.sees(lambda: not is_empty(person))
            await person.sees(lambda: "2 accuracy" not in person.text)
            await person.press(key)
            await person.sees("2 accuracy")
            assert not person.main.query_one(LookPane).display
        await person.press("a", "u")
        await person.sees("weights: dropped")
        assert "activations" not in person.text
        assert person.view.state == "running"


@pytest.mark.parametrize("name", [name for name in DATA if name != "moons"])
async def test_every_look_at_any_data_before_the_first_step_shows_something_or_says_why_not(name):
    async with dashboard(preset(name), size=LARGE, paused=True) as person:
        for key in KEYS:
            await person.press(key)
            if name == "curve" and key == "b":
                await person.sees("the fitted curve: dropped")
            else:
                await person.sees(titled(key, "dropped"))
            if key in EMPTY[name]:
                await person.sees(NOTHING[key])
            elif key != "y":  # penalties have a curve from the first epoch on
                await person.sees(lambda: not is_empty(person))
        assert person.view.record.epoch == 0
        await person.press("f", "c", "full_stop")
        await person.sees(lambda: person.view.record.epoch == 1)
        assert person.view.state != "failed"


async def test_activations_are_there_before_the_first_step_and_follow_the_run():
    async with dashboard(paused=True) as person:
        await person.press("a")
        await person.sees("hidden 1")
        await person.sees("█")
        look = ("activity", "dropped", 0)
        before = person.view.record.seen[look]
        await person.press("full_stop")
        await person.sees(lambda: person.view.record.seen[look] != before)
        await person.sees(lambda: person.view.record.epoch == 1 and person.view.state == "paused")


async def test_tab_changes_the_arm_looked_at_also_when_paused():
    async with dashboard(paused=True) as person:
        await person.press("u")
        await person.sees("weights: dropped")
        await person.sees("below 0.001")
        for _ in range(2):
            await person.press("tab")
        await person.sees("weights: plain")
        await person.sees(lambda: ("weights", "plain", 0) in person.view.record.seen and "output" in person.text)


async def test_a_turned_learning_rate_moves_the_schedule_while_paused():
    async with dashboard(preset("digits"), paused=True) as person:
        await person.press("s")
        look = ("schedule", "dropped", 0)
        await person.sees(lambda: look in person.view.record.seen)
        before = person.view.record.seen[look]
        await person.choose("training.lr")
        await person.press("right")
        await person.sees(lambda: person.view.record.seen[look].data[0][1] > before.data[0][1])
        await person.sees(
            lambda: (
                person.main.query_one("#look-chart", Chart)._plot.series[1].y[0]
                == person.view.record.seen[look].data[0][1]
            )
        )


async def test_the_finder_shows_curve_and_suggestion_and_the_run_goes_on():
    async with dashboard(preset("moons"), size=LARGE) as person:
        await person.press("f")
        await person.sees("suggested  plain: ")
        plot = person.main.query_one("#look-chart", Chart)._plot
        assert len(plot.series) == 2
        assert all(len(series.x) > 10 for series in plot.series)
        before = person.view.record.epoch
        await person.sees(lambda: person.view.record.epoch > before)


async def test_penalties_are_told_apart_and_those_not_in_force_are_left_out():
    arms: dict[str, dict[str, Any]] = {
        "plain": {}, "both": {"regularization.l1": 0.01, "regularization.l2": 0.02}, "l2": {"regularization.l2": 0.1},
    }  # fmt: skip
    async with dashboard(experiment(arms=arms), size=LARGE) as person:
        await person.press("y")
        await person.sees("loss and penalties: l2")
        await person.sees(lambda: len(person.main.query_one("#look-chart", Chart)._plot.series) == 2)
        await person.press("shift+tab")
        await person.sees(lambda: len(person.main.query_one("#look-chart", Chart)._plot.series) == 3)
        series = person.main.query_one("#look-chart", Chart)._plot.series
        assert len({each.colour for each in series}) == 3
        await person.press("shift+tab")
        await person.sees("no penalty")


@pytest.mark.parametrize("name", ["moons", "curve"])
async def test_of_twelve_arms_the_selected_one_is_among_those_shown(name):
    arms = {f"lr {place}": {"training.lr": 0.001 * (place + 1)} for place in range(12)}
    async with dashboard(experiment({"data.source": name}, arms), size=USUAL, paused=True) as person:
        await person.press("b", "shift+tab")
        await person.sees(lambda: not is_empty(person) and len(person.view.record.seen) > 0)
        await person.sees("lr 11")
        if name == "moons":
            assert {arm for _, arm, _ in person.view.record.seen} == {f"lr {place}" for place in range(4, 12)}
            await person.sees(lambda: "▀" in person.text)
        else:
            await person.sees("the fitted curve: lr 11")
        for key in KEYS:
            await person.press(key)
        assert person.view.state == "paused"


async def test_another_preset_opened_under_a_look_is_looked_at():
    async with dashboard(preset("digits"), paused=True) as person:
        await person.press("m")
        await person.sees("worst mistakes")
        person.app.post_message(OpenPreset(preset("moons")))
        await person.sees("Needs images of classes.")
        await person.press("b")
        await person.sees("decision boundary")
        await person.sees("▀")


async def test_at_the_end_the_confusion_is_that_of_the_test_data():
    done = experiment({"training.epochs": 3}, speed=None)
    async with dashboard(done) as person:
        await person.press("c")
        await person.sees(lambda: person.view.state == "finished")
        await person.sees("test data: true class down")


async def test_z_enlarges_the_look_and_another_look_or_its_key_goes_back():
    async with dashboard() as person:
        await person.press("a", "z")
        await person.sees(lambda: person.main.maximized is not None and person.main.maximized.id == "look")
        await person.sees("█")
        await person.press("u")
        await person.sees("weights: dropped")
        await person.press("u")
        await person.sees("2 accuracy")
        assert person.main.maximized is None


@pytest.mark.parametrize("name", ["moons", "digits"])
async def test_ascii_looks_are_ascii(name):
    async with dashboard(preset(name), ascii_only=True, paused=True) as person:
        for key in KEYS:
            await person.press(key)
            await person.sees(titled(key, "dropped"))
            if key != "y":
                await person.sees(lambda: not is_empty(person))
            shown = "".join(strip.text for strip in person.app.screen._compositor.render_strips())
            assert shown.isascii(), (key, {sign for sign in shown if not sign.isascii()})


async def test_without_colours_images_are_made_of_letters_and_the_confusion_of_numbers(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with dashboard(preset("digits"), size=LARGE) as person:
        await person.press("m")
        await person.sees("@@")
        await person.pilot.resize_terminal(80, 24)
        await person.press("c")
        await person.sees("      0      1      2      3      4      5      6      7      8      9")
        await person.sees("true class down")
        await person.press("a")
        await person.sees("hidden 1")


async def test_a_restart_under_the_finder_sweeps_again():
    async with dashboard(preset("moons"), size=LARGE, paused=True) as person:
        await person.press("f")
        await person.sees(lambda: person.view.record.found)
        await person.press("r")
        await person.sees(lambda: not person.view.record.found)
        await person.sees(lambda: person.view.record.found)
        await person.sees("suggested  plain: ")


async def test_the_menu_opens_a_look_by_its_letter_says_why_another_cannot_be_shown_and_closes_it():
    async with dashboard(preset("digits"), size=(80, 24), paused=True) as person:
        await person.press("L")
        await person.sees("training inputs, and the worst mistakes")
        await person.sees("Needs two inputs and classes, or one input")
        await person.press("b")
        assert "closer looks" in person.text  # what is dimmed cannot be chosen
        await person.press("m")
        await person.sees("images: dropped")
        await person.press("L", "down", "enter")  # from the one that is open
        await person.sees("confusion matrix: dropped")
        await person.press("L")
        await person.sees("confusion matrix   open now")
        for size in FOUR:
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.app.size == size)
            for words in ("a  activations", "Needs two inputs", "open now"):
                await person.sees(words)
            if size == FOUR[0]:  # the end of the list is scrolled to
                await person.press("end")
                await person.sees("f  find rate")
                await person.press("home")
                await person.sees("a  activations")
            await person.sees("f  find rate" if size != FOUR[0] else "Needs two inputs")
            # What is long goes on below itself, in its own column.
            rows = person.text.splitlines()
            first = next(place for place, row in enumerate(rows) if "Needs two inputs" in row)
            if "target." not in rows[first]:
                column = rows[first].index("Needs two")
                assert rows[first + 1][column - 20 : column].isspace()
                assert rows[first + 1][column] != " "
        await person.press("end", "enter")
        await person.sees(lambda: not person.main.query_one(LookPane).display)


async def test_the_best_weights_are_looked_at_where_there_are_any_and_the_pane_says_which():
    async with dashboard(preset("moons"), size=LARGE, paused=True) as person:
        await person.press("u", "B")
        await person.sees(lambda: "Needs an epoch that counts as the best so far." in person.toasts)
        await person.sees("last weights")
        await person.press("full_stop")
        await person.sees(lambda: person.view.record.epoch == 1 and person.view.state == "paused")
        await person.press("L", "B")
        await person.sees("weights: dropped, best weights (epoch 1)")
        await person.sees(lambda: ("weights.best", "dropped", 0) in person.view.record.seen and "output" in person.text)
        await person.press("B")
        await person.sees("weights: dropped, last weights")
