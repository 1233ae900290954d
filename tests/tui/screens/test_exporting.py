"""Promises of the export dialog: every format, under a name of the person's choice, and nothing replaced unasked."""

from __future__ import annotations

import contextlib
import csv
import os
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from textual.widgets import Button, Input, OptionList

from engine.compare import ComparedWorker
from engine.file_worker import FileWorker
from engine.runs.library import meta_at
from engine.runs.reader import RunReader
from tests.tui.dashboard import SIZES, dashboard, experiment
from tests.tui.recorded import preset_of, recorded, recording, train
from tui.runs import exporting
from tui.runs.exporting import GivenUpError, save, source_at
from tui.screens.exporting import ExportDialog


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, empty; runs lie beside it."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@contextlib.asynccontextmanager
async def opened(*paths: Path, size=(120, 36)):
    worker = FileWorker(paths[0]) if len(paths) == 1 else ComparedWorker(paths)
    async with dashboard(worker.begun, size, loaded=False, worker=worker) as person:
        yield person


def asked(person):
    """Whether the dialog is there, and listens."""
    return isinstance(person.app.screen, ExportDialog) and isinstance(person.app.focused, Input)


async def ask(person):
    await person.press("e")
    await person.sees(lambda: asked(person))
    await person.sees("escape: cancel")


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text().splitlines()))


def formats(person) -> list[bool]:
    """Which lines can be chosen."""
    options = person.app.screen.query_one(OptionList)
    return [not options.get_option_at_index(place).disabled for place in range(options.option_count)]


async def test_it_offers_every_format_and_says_what_to_press_and_what_to_install(tmp_path, monkeypatch):
    for package in ("matplotlib", "pyarrow", "tensorboard"):
        monkeypatch.setitem(sys.modules, package, None)
    async with opened(recorded(tmp_path), size=SIZES[0]) as person:
        await ask(person)
        assert formats(person) == [*[True] * 5, *[False] * 4, True, False]
        for size in SIZES:
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.app.size == size)
            for name in ("csv", "results", "markdown", "html", "enter: save", "escape: cancel"):
                await person.sees(name)
            await person.press("down", "down", "down", "down", "down")  # past those that cannot be had
            await person.sees("-screen.svg")
            for name in ("png", "parquet", "tensorboard", "screen", "pip install 'regtui[plots]'"):
                await person.sees(name)
            await person.press("down")  # round to the first again
            await person.sees(".csv")
        await person.press("escape")
        await person.sees(lambda: person.app.screen is person.main)


async def test_all_numbers_of_a_run_that_trains_are_saved_from_its_file(tmp_path, here):
    writer, lab = recording(tmp_path, preset_of(9), "mine")
    train(writer, lab, 4)
    async with opened(writer.path) as person:
        await person.sees("4/9")
        await ask(person)
        await person.press("enter")
        target = here / f"mine-{writer.id}.csv"
        await person.sees(lambda: str(target) in person.toasts)
    rows = rows_of(target)
    with RunReader(writer.path) as reader:
        assert len(rows) == sum(len(lane.metrics) for lanes in reader.epochs() for lane in lanes)
    assert {row["epoch"] for row in rows} == {"1", "2", "3", "4"}
    writer.close()


async def test_the_mouse_chooses_saves_and_cancels(tmp_path, here):
    path = recorded(tmp_path)
    async with opened(path) as person:
        await ask(person)
        await person.pilot.click(OptionList, offset=(3, 4))
        await person.sees(".html")
        await person.click("#cancel")
        await person.sees(lambda: person.app.screen is person.main)
        assert not list(here.iterdir())
        await ask(person)
        await person.pilot.click(OptionList, offset=(3, 4))
        await person.sees(".html")
        await person.click("#save")
        await person.sees((here / f"small-{meta_at(path).id}.html").exists)


async def test_a_name_that_was_typed_gets_the_ending_of_another_format(tmp_path, here):
    async with opened(recorded(tmp_path)) as person:
        await ask(person)
        person.app.focused.value = "mine.csv"
        await person.press("down", "down")
        await person.sees("mine.md")
        person.app.focused.value = "yours"
        await person.press("enter")
        await person.sees((here / "yours.md").exists)


async def test_an_existing_file_is_replaced_only_when_told_to(tmp_path, here):
    (here / "mine.csv").write_text("precious")
    async with opened(recorded(tmp_path)) as person:
        for keys, kept in ((("enter",), True), (("right", "enter"), False)):
            await ask(person)
            person.app.focused.value = "mine"
            await person.press("enter")
            await person.sees("mine.csv already exists.")
            await person.sees(lambda: isinstance(person.app.focused, Button))
            await person.press(*keys)
            if kept:
                await person.sees(lambda: asked(person))
                assert person.app.focused.value == "mine"
                await person.press("escape")
            await person.sees(lambda: person.app.screen is person.main)
            await person.sees(lambda kept=kept: ((here / "mine.csv").read_text() == "precious") == kept)


async def test_a_name_that_cannot_be_had_is_told_and_kept_to_be_mended(tmp_path, here):
    async with opened(recorded(tmp_path)) as person:
        await ask(person)
        for name, why in (
            ("nowhere/x", "there is no such folder"),
            ("x" * 260, "a name has at most 255 bytes"),
            ("\udcff\ud800", "No file can hold these characters"),
        ):
            person.app.focused.value = name  # as pasted
            await person.press("enter")
            await person.sees(why)
            await person.sees(lambda: asked(person))
            assert person.app.focused.value == name
    assert not list(here.iterdir())


async def test_a_run_without_a_file_offers_its_numbers_in_memory_and_the_screen(here):
    hostile = {"title": "half \ud800 a pair \x1b[31m", "name": "../" + "n" * 300}
    preset = experiment({"training.epochs": 4, "training.seeds": [0, 1]}).model_copy(update=hostile)
    async with dashboard(preset) as person:
        await person.sees("finished")
        await ask(person)
        await person.sees("This run is not recorded")
        assert formats(person) == [True, True, True, *[False] * 6, True, True]
        for keys, ending in (((), ".csv"), (("down",), "-results.csv"), (("down",) * 2, ".md"),
                             (("up", "up"), "-screen.svg"), (("up",), "-screen.png")):  # fmt: skip
            await person.press(*keys, "enter")
            await person.sees(lambda ending=ending: any(here.glob(f"*{ending}")))
            await ask(person)
        last = person.view.record.last["plain", 0]
    (results,), (picture,), (pixels,) = here.glob("*-results.csv"), here.glob("*.svg"), here.glob("*.png")
    (table,) = (file for file in here.glob("*.csv") if file != results)
    (value,) = [row["value"] for row in rows_of(table) if list(row.values())[1:5] == ["plain", "0", "4", "train_loss"]]
    assert float(value) == last.train_loss
    assert [(row["arm"], row["seeds"]) for row in rows_of(results)] == [("plain", "2"), ("dropped", "2")]
    assert "| dropped |" in next(here.glob("*.md")).read_text()
    drawn = ET.parse(picture).getroot()
    assert "export as" not in "".join(drawn.itertext()).replace("\xa0", " ")
    assert pixels.read_bytes().startswith(b"\x89PNG")


async def test_compared_runs_are_one_table(tmp_path, here):
    paths = [recorded(tmp_path), recorded(tmp_path, epochs=3)]
    async with opened(*paths) as person:
        await person.sees("compared")
        await ask(person)
        await person.sees("one run at a time")
        await person.press("enter")
        await person.sees((here / "comparison.csv").exists)
    assert {row["run"] for row in rows_of(here / "comparison.csv")} == {meta_at(path).id for path in paths}


async def test_a_run_whose_file_is_gone_cannot_be_exported_and_stays(tmp_path):
    path = recorded(tmp_path)
    async with opened(path) as person:
        await person.sees("6/6")
        path.unlink()
        await person.press("e")
        await person.sees(lambda: "not exported" in person.toasts)
        assert person.app.screen is person.main


async def test_a_long_export_is_told_of_and_left_with_the_program(tmp_path, here, monkeypatch):
    begun, left = threading.Event(), threading.Event()

    def slow(source, form, target, picture, given_up, *, replace=False):
        begun.set()
        given_up.wait(60)
        left.set()
        raise GivenUpError

    monkeypatch.setattr("tui.screens.exporting.save", slow)
    async with opened(recorded(tmp_path)) as person:
        await ask(person)
        await person.press("enter")
        await person.sees(begun.is_set)
        await person.sees(lambda: "exporting ..." in person.toasts)
        await person.press("q")
        await person.sees(left.is_set)


def test_an_export_that_is_given_up_leaves_nothing(tmp_path, here):
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(GivenUpError):
        save(source_at(recorded(tmp_path)), exporting.FORMATS["csv"], here / "x.csv", None, given_up)
    assert os.listdir(here) == []
