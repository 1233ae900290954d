"""Promises of what a person takes away: it is there, it loads, and it overwrites nothing unasked.

And of what cannot be written: it is told, and the run goes on.
"""

import csv
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from textual.widgets import Button, Input

from engine.preset import load_preset
from tests.tui.dashboard import dashboard, experiment
from tests.tui.views import lane, moment
from tui.screens.dialogs import AskText
from tui.screens.files import export_files


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
        for keys, kept in ((("enter",), True), (("right", "enter"), False)):
            await write(person)
            await person.sees("is there already")
            await person.sees(lambda: isinstance(person.app.focused, Button))
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
        await person.sees("Not written. No such file or directory: there is no such folder")


@pytest.mark.parametrize("typed", ["~/at home", "~/at home.toml"])
async def test_a_name_may_begin_at_home_and_have_its_ending(typed, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    async with dashboard(paused=True) as person:
        await person.press("w")
        await person.sees(lambda: asked(person))
        person.app.focused.value = typed
        await person.press("enter")
        await person.sees(lambda: "preset written" in person.toasts)
    assert os.listdir(tmp_path / "home") == ["at home.toml"]
    assert load_preset(str(tmp_path / "home" / "at home.toml")).title == "Two moons"


async def test_exports_are_named_by_preset_and_second_and_none_replaces_another(tmp_path):
    view = moment(lane("plain"), lane("dropped"))
    pairs = [export_files(tmp_path, f"picture {number}", view) for number in range(3)]
    names = [path.name for pair in pairs for path in pair]
    assert len(set(names)) == 6 == len(os.listdir(tmp_path))
    for picture, history in pairs:
        assert re.fullmatch(r"regtui-export-small-\d{8}-\d{6}(-\d+)?\.svg", picture.name)
        assert (history.stem, history.suffix) == (picture.stem, ".csv")
    assert [picture.read_text() for picture, _ in pairs] == [f"picture {number}" for number in range(3)]


async def test_the_export_is_a_picture_and_every_number_of_the_history(tmp_path):
    async with dashboard(experiment({"training.epochs": 4, "training.seeds": [0, 1]})) as person:
        await person.sees("finished")
        await person.press("e")
        await person.sees(lambda: "exported" in person.toasts)
        (picture,), (history,) = tmp_path.glob("*.svg"), tmp_path.glob("*.csv")
        assert ET.parse(picture).getroot().tag.endswith("svg")
        rows = list(csv.DictReader(history.read_text().splitlines()))
        assert len(rows) == 2 * 2 * 4
        last = person.view.record.last["plain", 0]
        told = next(row for row in rows if (row["arm"], row["seed"], row["epoch"]) == ("plain", "0", "4"))
        assert float(told["train_loss"]) == last.train_loss


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("x" * 260, "a name has at most 255 bytes"),
        ("\udcff\ud800", "No file can hold these characters"),
        ("circle", "Too many levels of symbolic links"),
        ("folder", "that is a folder"),
        ("file.toml/x", "a part of the path is a file"),
    ],
)
async def test_a_name_that_cannot_be_had_is_told_and_kept_to_be_mended(tmp_path, name, told):
    (tmp_path / "circle.toml").symlink_to("circle.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "file.toml").write_text("mine")
    async with dashboard() as person:
        await person.press("w")
        await person.sees(lambda: asked(person))
        person.app.focused.value = name  # as pasted
        await person.press("enter")
        await person.sees(told)
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
        await person.sees("is there already")
        await person.sees(lambda: isinstance(person.app.focused, Button))
        (tmp_path / "small-tweaked.toml").unlink()
        (tmp_path / "small-tweaked.toml").mkdir()
        await person.press("right", "enter")
        await person.sees("Not written. Is a directory")
        assert person.app.focused.value == "small-tweaked.toml"


@pytest.mark.parametrize(
    "told", [{"title": "half \ud800 a pair \x1b[31m"}, {"name": "../" + "n" * 300}, {"name": "\udce9t\udce9"}]
)
async def test_words_that_no_file_can_hold_do_not_keep_an_export_from_being_written(tmp_path, told):
    async with dashboard(experiment({"training.epochs": 2}).model_copy(update=told)) as person:
        await person.sees("finished")
        await person.press("e")
        await person.sees(lambda: "exported" in person.toasts)
    (picture,), (history,) = tmp_path.glob("regtui-export-*.svg"), tmp_path.glob("regtui-export-*.csv")
    assert ET.parse(picture).getroot().tag.endswith("svg")
    assert picture.stem == history.stem
    assert len(os.listdir(tmp_path)) == 2


async def test_an_export_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 0)
        await person.press("e")
        await person.sees(lambda: "not exported: No such file or directory" in person.toasts)
        before = person.view.record.epoch
        await person.sees(lambda: person.view.record.epoch > before)
    monkeypatch.chdir(tmp_path)
    assert os.listdir(tmp_path) == []


EXPORTS = """
import sys, time
from pathlib import Path
from tests.tui.views import lane, moment
from tui.screens import files
view = moment(lane("plain"), lane("dropped"))
files.time.strftime = lambda _: "20200101-000000"  # all in one second
sys.stdin.readline()
for _ in range(20):
    files.export_files(Path.cwd(), sys.argv[1], view)
"""


def test_dashboards_that_export_in_one_second_write_a_pair_each(tmp_path):
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    exporters = [
        subprocess.Popen([sys.executable, "-c", EXPORTS, who], cwd=tmp_path, env=here, stdin=subprocess.PIPE)
        for who in "abc"
    ]
    for exporter in exporters:
        exporter.stdin.write(b"go\n")
        exporter.stdin.flush()
    for exporter in exporters:
        exporter.communicate()
        assert exporter.returncode == 0
    pictures, histories = list(tmp_path.glob("*.svg")), list(tmp_path.glob("*.csv"))
    assert sorted(path.read_text() for path in pictures) == ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    assert {path.stem for path in pictures} == {path.stem for path in histories}
    assert len(os.listdir(tmp_path)) == 120


def test_a_pair_of_which_one_cannot_be_written_leaves_neither(tmp_path):
    view = moment(lane("plain"), lane("dropped"))

    class Full:
        def write_csv(self, file):
            file.write("half")
            raise OSError(28, "No space left on device")

    view.record.history = Full()
    with pytest.raises(OSError, match="No space"):
        export_files(tmp_path, "svg", view)
    assert os.listdir(tmp_path) == []
