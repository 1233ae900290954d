"""A preset's timeline on the screen: its texts beside the curves, its questions as dialogs, its looks and pauses."""

import asyncio
import tempfile
from pathlib import Path

import pytest

from engine.client import RemoteWorker
from engine.events import Predicted
from engine.file_worker import FileWorker
from engine.preset import load_preset, read_preset, write_preset
from engine.serve import Server
from engine.worker import Worker
from tests.tui.dashboard import LARGE, SMALL, dashboard, experiment
from tests.tui.recorded import recording, train
from tui.screens.main import MainScreen
from tui.screens.script import Outcome, Prediction

TIMELINE = """
[[timeline]]
at = 0
ask = "Which arm ends with the lower validation loss?"
choices = ["plain", "dropped"]
answer = "plain"
reveal = "Dropout slows the fit down."
reveal_after = 20
[[timeline]]
at = 5
say = "Look at the gap between the thick and the thin curve."
look = "surface"
[[timeline]]
at = 8
pause = true
"""


def preset(timeline=TIMELINE, epochs=1_000_000, **top):
    return read_preset(f"{write_preset(experiment({'training.epochs': epochs}, **top))}\n{timeline}", "small")


async def test_it_asks_waits_says_shows_pauses_and_tells_what_happened():
    async with dashboard(preset(), SMALL) as person:
        await person.sees(lambda: isinstance(person.app.screen, Prediction))
        for size in (LARGE, SMALL):
            await person.pilot.resize_terminal(*size)
            for text in ("epoch 0: predict", "Which arm ends with the lower", "1 plain", "2 dropped"):
                await person.sees(text)
        assert person.view.record.epoch == 0
        await person.press("9")  # no choice of that number
        assert isinstance(person.app.screen, Prediction)
        await person.press("2")
        await person.sees("Predicted: dropped")
        await person.sees("epoch 5: Look at the gap between")
        await person.sees(lambda: person.main.has_class("-look"))
        await person.sees(lambda: person.view.state == "paused" and person.view.record.epoch == 8)
        await person.sees(lambda: "space goes on" in person.toasts)
        await person.press("space")
        await person.sees(lambda: isinstance(person.app.screen, Outcome))
        for size in (LARGE, SMALL):
            await person.pilot.resize_terminal(*size)
            await person.sees("You predicted: dropped. It came out otherwise: plain.")
            await person.sees("Dropout slows the fit down.")
            await person.sees("mean over the seeds:")
            assert "plain    val loss 0." in person.text
        await person.press("enter")
        await person.sees(lambda: isinstance(person.app.screen, MainScreen))
        assert "Predicted:" not in person.text
        await person.pilot.resize_terminal(*LARGE)
        await person.press("i")
        await person.sees("epoch 0: Which arm ends")


async def test_a_question_that_is_put_aside_leaves_the_run_standing_until_space():
    async with dashboard(preset()) as person:
        await person.sees(lambda: isinstance(person.app.screen, Prediction))
        await person.press("escape")
        await person.sees("Asked: Which arm ends")
        assert person.view.state == "paused"
        await person.press("space")
        await person.sees(lambda: person.view.record.epoch > 5)
        assert person.view.record.predicted == {}


async def test_an_opened_run_lists_what_was_asked_and_asks_nobody(tmp_path):
    writer, lab = recording(tmp_path, preset(TIMELINE, 12))
    train(writer, lab, 12)
    writer.take([Predicted(0, 1)])
    assert writer.close("finished")
    async with dashboard(preset(TIMELINE, 12), LARGE, loaded=False, worker=FileWorker(writer.path)) as person:
        await person.sees(lambda: person.view.state == "finished")
        await person.press("i")
        await person.sees("Asked")
        await person.sees("You predicted: dropped.")
        assert isinstance(person.app.screen, MainScreen)


async def test_an_unknown_look_is_named_and_a_set_shows_as_a_turned_knob():
    timeline = """
[[timeline]]
at = 2
look = "nothing"
arm = "plain"
set.regularization.l2 = 0.125
[[timeline]]
at = 3
arm = "dropped"
set.regularization.dropout = 0.5
over = 2
"""
    async with dashboard(preset(timeline), LARGE) as person:
        await person.sees(lambda: "no look 'nothing'" in person.toasts)
        await person.sees("dropped, now 0.5")
        assert person.view.preset.arm("plain").settings.regularization.l2 == 0.125


@pytest.fixture
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_here")
async def test_w_writes_the_turned_knobs_as_a_timeline_with_the_names_of_the_screen():
    async with dashboard(preset("", speed=None), paused=True) as person:
        await person.press("full_stop")
        await person.sees(lambda: person.view.state == "paused" and person.view.record.epoch == 1)
        await person.press("right")
        await person.sees("now 0.25")
        await person.press("w")
        await person.sees("it repeats this run")
        await person.press("enter")
        await person.sees(lambda: "preset written" in person.toasts)
    written = load_preset("small-tweaked.toml")
    (entry,) = written.timeline
    assert (entry.at, entry.batch, entry.arm) == (1, 0, "dropped")
    assert list(entry.settings) == [("regularization.dropout", 0.25)]
    assert written.arm("dropped").settings.regularization.dropout == 0.2


async def test_an_attached_dashboard_is_asked_too_and_also_where_the_run_waits_already(monkeypatch):
    timeline = "\n".join(
        f'[[timeline]]\nat = {at}\nask = "Up or down at {at}?"\nchoices = ["up", "down"]\n' for at in (0, 3)
    )
    with tempfile.TemporaryDirectory(prefix="rt-", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        worker = Worker(preset(timeline, speed=None), "cpu", waits=True)
        server = Server(worker, Path(folder) / "runs", "r1")
        server.start()
        worker.start()
        try:
            while worker.view().state != "paused":
                await asyncio.sleep(0.01)
            remote = await asyncio.to_thread(RemoteWorker.connect, lambda: server.path, 20)
            async with dashboard(remote.view().preset, SMALL, worker=remote) as person:
                await person.sees("Up or down at 0?")
                await person.sees(lambda: isinstance(person.app.screen, Prediction))
                await person.press("2")
                await person.sees("Up or down at 3?")
                await person.sees(lambda: isinstance(person.app.screen, Prediction))
                await person.press("1")
                await person.sees(lambda: person.view.record.epoch > 5)
                assert [found.choice for found in person.view.record.predicted.values()] == [1, 0]
        finally:
            assert worker.close(20)
            assert server.close()
