"""Promises of what a person takes away: it is there, it loads, and it overwrites nothing unasked.

And of what cannot be written: a message says so, and the run goes on.
"""

import os

import pytest
from textual.widgets import Button, Input

from engine.preset import load_preset
from tests.tui.dashboard import dashboard
from tui.screens.dialogs import AskText


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def asked(person):
    """Whether a name is asked for, and keys go where it is typed."""
    return isinstance(person.app.screen, AskText) and isinstance(person.app.focused, Input)


async def write(person):
    """Under the name that is offered."""
    await person.press("w")
    await person.sees(lambda: asked(person))
    await person.press("enter")


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
        await person.sees(lambda: asked(person))
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
        for keys, is_kept in ((("enter",), True), (("right", "enter"), False)):
            await write(person)
            await person.sees("already exists")
            await person.sees(lambda: isinstance(person.app.focused, Button))
            await person.press(*keys)
            await person.sees("5 knobs")
            await person.sees(lambda is_kept=is_kept: (file.read_text() == "mine") == is_kept)


async def test_a_name_of_ones_own_gets_its_ending_and_a_bad_one_is_told():
    async with dashboard(paused=True) as person:
        await person.press("w")
        await type_name(person, "mine")
        await person.sees(lambda: "regtui mine.toml" in person.toasts)
        assert load_preset("mine.toml").title == "Two moons"
        await person.press("w")
        await type_name(person, "no/such/folder/x")
        await person.sees("Not written. No such file or directory: there is no such folder")


async def test_a_name_may_begin_at_home_and_have_its_ending(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    home.mkdir()
    async with dashboard(paused=True) as person:
        for typed, written in (("~/at home", "at home.toml"), ("~/ends.toml", "ends.toml")):
            await person.press("w")
            await person.sees(lambda: asked(person))
            person.app.focused.value = typed
            await person.press("enter")
            await person.sees((home / written).exists)
            await person.sees(lambda: person.app.screen is person.main)
    assert sorted(os.listdir(home)) == ["at home.toml", "ends.toml"]
    assert load_preset(str(home / "at home.toml")).title == "Two moons"


async def test_a_name_that_cannot_be_had_is_told_and_kept_to_be_mended(tmp_path):
    (tmp_path / "circle.toml").symlink_to("circle.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "file.toml").write_text("mine")
    async with dashboard() as person:
        await person.press("w")
        for name, message in (
            ("x" * 260, "a name has at most 255 bytes"),
            ("\udcff\ud800", "No file can hold these characters"),
            ("circle", "Too many levels of symbolic links"),
            ("folder", "that is a folder"),
            ("file.toml/x", "a part of the path is a file"),
        ):
            await person.sees(lambda: asked(person))
            person.app.focused.value = name  # as pasted
            await person.press("enter")
            await person.sees(message)
            assert asked(person)
            assert person.app.focused.value == name
        await person.press("escape")
        await person.sees("5 knobs")
        before = person.view.record.epoch
        await person.sees(lambda: person.view.record.epoch > before)
    assert sorted(os.listdir(tmp_path)) == ["circle.toml", "file.toml", "folder.toml"]
    assert (tmp_path / "file.toml").read_text() == "mine"


async def test_replacing_what_cannot_be_replaced_is_told(tmp_path):
    async with dashboard(paused=True) as person:
        await write(person)
        await person.sees(lambda: "preset written" in person.toasts)
        await write(person)
        await person.sees("already exists")
        await person.sees(lambda: isinstance(person.app.focused, Button))
        (tmp_path / "small-tweaked.toml").unlink()
        (tmp_path / "small-tweaked.toml").mkdir()
        await person.press("right", "enter")
        await person.sees("Not written. Is a directory")
        assert person.app.focused.value == "small-tweaked.toml"
