"""The runs screen: what is listed, and what the keys do with it."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from textual.widgets import Button, Input, OptionList

from engine.runs.library import meta_at
from tests.tui.dashboard import SIZES, dashboard
from tests.tui.recorded import preset_of, recorded, recording, train
from tui.screens.runs import RunsScreen


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REGTUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


@pytest.fixture
def two(folder: Path) -> list[Path]:
    return [recorded(folder, name="first"), recorded(folder, preset_of(9, training__lr=0.03), "second", epochs=4)]


@contextlib.asynccontextmanager
async def runs(size=(120, 36), **options):
    async with dashboard(size=size, paused=True, **options) as person:
        await person.press("h")
        await person.sees(lambda: isinstance(person.app.screen, RunsScreen))
        await person.sees(", by when")
        yield person


async def test_the_list_tells_of_each_run(two):
    async with runs(SIZES[0]) as person:
        await person.sees("│  s sort  / filter  escape back ")  # no key is parted from its word
        for size in SIZES:
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.app.size == size)
            for text in ("2 runs", "first", "6/6", "4/9", "stopped", "enter open"):
                await person.sees(text)
            await person.sees("second (small)  plain, dropped")  # of the chosen one


async def test_where_they_take_much_the_screen_says_what_to_do(two, monkeypatch):
    async with runs((80, 24)) as person:
        assert "--prune" not in person.text
        await person.press("escape")
        await person.sees(lambda: person.app.screen is person.main)
        monkeypatch.setattr("tui.screens.runs.MUCH", 1000)
        await person.press("h")
        await person.sees("`regtui runs --prune`")


async def test_enter_opens_the_run_in_place_of_the_one_at_hand(two):
    async with runs() as person:
        await person.press("down", "enter")
        await person.sees("opened, read-only")
        assert "6/6" in person.text
        await person.press("right")
        await person.sees(lambda: "read-only" in person.toasts)


async def test_a_run_that_trains_is_left_only_when_told_to(two):
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 0)
        await person.press("h")
        await person.sees("2 runs")
        await person.press("enter")
        await person.sees("open the other run")
        await person.press("escape")
        await person.sees(lambda: person.app.screen is person.main)
        assert not person.view.opened
        await person.press("h")
        await person.sees("2 runs")
        await person.press("enter")
        await person.sees(lambda: isinstance(person.app.focused, Button))
        await person.press("enter")
        await person.sees("opened, read-only")


async def test_marked_runs_are_compared(two):
    async with runs() as person:
        await person.press("c")
        await person.sees(lambda: "Mark two runs" in person.toasts)
        await person.press("space", "down", "c")
        await person.sees("compared, read-only")
        await person.sees("training.lr: 0.03 in second")


async def test_words_filter_and_a_key_sorts(two):
    async with runs() as person:
        await person.press("s")
        await person.sees("by name")
        await person.press("slash")
        await person.sees(lambda: isinstance(person.app.focused, Input))
        await person.press(*"second")
        await person.sees(lambda: person.app.screen.query_one(OptionList).option_count == 1)
        await person.press("enter", "escape")
        await person.sees(lambda: person.app.screen is person.main)


async def test_a_name_and_a_note_are_kept(two):
    async with runs() as person:
        await person.press("n")
        await person.sees("The run's name")
        await person.press(*["backspace"] * 6, *"third", "enter")
        await person.sees(lambda: meta_at(two[1]).name == "third")
        await person.sees(lambda: isinstance(person.app.screen, RunsScreen) and "third" in person.text)
        await person.press("t")
        await person.sees("A note")
        await person.press(*"too high", "enter")
        await person.sees(lambda: meta_at(two[1]).notes == "too high")
        await person.sees(lambda: "too high" in person.text)


async def test_deleting_asks_once(two):
    async with runs() as person:
        await person.press("d")
        await person.sees("delete it")
        await person.press("enter")  # keep it
        await person.sees(lambda: isinstance(person.app.screen, RunsScreen))
        assert two[1].exists()
        await person.press("d")
        await person.sees("delete it")
        await person.press("right", "enter")
        await person.sees(lambda: not two[1].exists())
        await person.sees("1 run,")


async def test_a_living_run_grows_in_the_list_and_is_not_deleted(folder, two):
    writer, lab = recording(folder, preset_of(50), "living")
    train(writer, lab, 1)
    async with runs() as person:
        await person.sees("1/50")
        train(writer, lab, 2)
        await person.sees("3/50")
        await person.press("d")
        await person.sees("delete it")
        await person.press("right", "enter")
        await person.sees(lambda: "is being trained" in person.toasts)
        assert writer.path.exists()
        train(writer, lab, 47)
        await person.sees("finished   50/50")  # though its process has it open
    writer.close("finished")


async def test_a_run_is_exported_into_the_working_folder(two, tmp_path):
    async with runs() as person:
        await person.press("e")
        await person.sees("export as")
        await person.sees(lambda: isinstance(person.app.focused, Input))  # keys that come before go nowhere
        await person.press("down", "down", "down", "down", "enter")
        target = tmp_path / f"second-{meta_at(two[1]).id}.html"
        await person.sees(target.exists)
        await person.sees(lambda: "exported" in person.toasts)
        assert isinstance(person.app.screen, RunsScreen)


async def test_a_damaged_file_is_told_of_and_cannot_be_opened(folder):
    folder.mkdir()
    (folder / "broken.regtui").write_bytes(b"no run at all")
    async with runs() as person:
        await person.sees("broken.regtui: is no run")
        await person.press("enter")
        await person.sees(lambda: "this run cannot be opened" in person.toasts)
        assert not person.view.opened


async def test_nothing_recorded_is_said(folder):
    async with runs() as person:
        await person.sees("No run has been recorded yet.")
        await person.press("enter", "d", "c", "n", "escape")
        await person.sees(lambda: person.app.screen is person.main)


async def test_a_list_that_arrives_while_the_screen_is_being_left_is_let_go(two):
    async with runs() as person:
        await person.sees("2 runs")
        screen = person.app.screen
        await screen.query("*").remove()
        await screen._read()
        await person.press("escape")
        await person.sees(lambda: person.app.screen is person.main)
        assert not person.toasts
