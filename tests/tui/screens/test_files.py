"""Promises of what a person takes away: it is there, it loads, and it overwrites nothing unasked."""

import csv
import xml.etree.ElementTree as ET

import pytest
from textual.widgets import Input

from engine.preset import load_preset
from tests.tui.dashboard import dashboard, experiment
from tui.screens.dialogs import AskText


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def asked(person):
    """Whether a name is asked for, and keys go where it is typed."""
    return isinstance(person.app.screen, AskText) and isinstance(person.app.focused, Input)


async def type_name(person, name):
    """Clear the field, then type: Textual runs a binding such as ctrl+u later than it takes letters."""
    await person.sees(lambda: asked(person))
    await person.press("ctrl+u")
    await person.sees(lambda: person.app.focused.value == "")
    await person.press(*name, "enter")


async def test_the_written_preset_has_the_knobs_as_they_stand_and_loads(tmp_path):
    async with dashboard(paused=True) as person:
        await person.press("right")
        await person.sees(lambda: "0.25" in person.knobs)
        await person.press("w")
        await person.sees("small-tweaked.toml")
        await person.press("enter")
        await person.sees(lambda: "preset written" in person.toasts)
    written = load_preset("small-tweaked.toml")
    assert written.arm("dropped").settings.regularization.dropout == 0.25
    assert written.arm_names == ("plain", "dropped")
    assert written.lesson == "Look at the gap."


async def test_an_existing_file_is_replaced_only_when_told_to(tmp_path):
    file = tmp_path / "small-tweaked.toml"
    file.write_text("mine")
    async with dashboard(paused=True) as person:
        for keys, kept in ((("enter",), True), (("right", "enter"), False)):
            await person.press("w", "enter")
            await person.sees("is there already")
            await person.press(*keys)
            await person.sees("5 knobs")
            await person.sees(lambda kept=kept: (file.read_text() == "mine") == kept)


async def test_a_name_of_ones_own_gets_its_ending_and_a_bad_one_is_told():
    async with dashboard(paused=True) as person:
        await person.press("w")
        await type_name(person, "mine")
        await person.sees(lambda: "regtui mine.toml" in person.toasts)
        assert load_preset("mine.toml").title == "Two moons"
        await person.press("w")
        await type_name(person, "no/such/folder/x")
        await person.sees(lambda: "not written" in person.toasts)


async def test_the_export_is_a_picture_and_every_number_of_the_history(tmp_path):
    async with dashboard(experiment({"training.epochs": 4, "training.seeds": [0, 1]})) as person:
        await person.sees("finished")
        await person.press("e")
        await person.sees(lambda: "exported" in person.toasts)
        (picture,), (history,) = tmp_path.glob("*.svg"), tmp_path.glob("*.csv")
        assert ET.parse(picture).getroot().tag.endswith("svg")
        rows = list(csv.DictReader(history.open()))
        assert len(rows) == 2 * 2 * 4
        last = person.view.record.last["plain", 0]
        told = next(row for row in rows if (row["arm"], row["seed"], row["epoch"]) == ("plain", "0", "4"))
        assert float(told["train_loss"]) == last.train_loss
