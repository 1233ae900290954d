"""Promises of the application around the screen: signals, filters, and what stays in the terminal."""

import asyncio
import os
import signal
import types

import pytest
from rich.text import Text

from engine.worker import log_path
from tests.tui.dashboard import dashboard, experiment
from tests.tui.views import finish, lane, moment
from tui.app import _print_report
from tui.screens.messages import OpenPreset


async def test_the_first_frame_is_there_before_torch_is_asked_for(monkeypatch):
    begun = []
    monkeypatch.setattr("engine.worker.Worker.start", lambda worker: begun.append(worker))
    async with dashboard(loaded=False) as person:
        await person.sees("importing torch ...")
        await person.sees("5 knobs: dropped")
        assert begun == [person.app.worker]


async def test_another_preset_ends_the_first_ones_thread_without_waiting_for_it():
    async with dashboard() as person:
        first = person.app.worker
        person.main.post_message(OpenPreset(experiment(arms={"alone": {}}, title="Alone")))
        await person.sees("Alone")
        await person.sees("5 knobs: all arms")
        await person.sees(lambda: not first._thread.is_alive())
        await person.sees(lambda: person.view.epoch > 0)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
async def test_told_to_end_it_ends_with_the_code_of_the_signal(told, monkeypatch):
    resorts = []
    timer = types.SimpleNamespace(start=lambda: resorts.append(told), daemon=False)
    monkeypatch.setattr("tui.app.threading.Timer", lambda *_: timer)
    async with dashboard() as person:
        os.kill(os.getpid(), told)
        await person.sees(lambda: person.app.return_value == 128 + told)
    assert resorts == [told]
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGHUP):
        loop.remove_signal_handler(each)


def test_the_table_the_command_and_the_turned_knobs_stay_in_the_terminal(capsys):
    view = moment(lane("plain"), lane("dropped"), finished=[finish("plain"), finish("dropped")], state="finished")
    from engine.events import Intervention

    view.history.add(Intervention(7, 3, "dropped", "training.lr", 0.1, 0.2))
    view = view.__class__(**{**vars(view), "preset": view.preset.model_copy(update={"title": "[/red] title"})})
    _print_report(view, ["small.toml", "--set", "training.lr=0.1 "], ascii_only=True)
    told = capsys.readouterr().out
    assert "[/red] title: 10 epochs" in told
    assert "plain" in told
    assert "again: regtui small.toml --set 'training.lr=0.1 '" in told
    assert "epoch     3  dropped: training.lr 0.1 -> 0.2" in told
    assert told.isascii()
    assert Text.from_ansi(told).plain


async def test_a_bug_in_the_screen_is_told_in_one_line_and_written_to_the_log(monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the error leaves through the whole block
        async with dashboard(paused=True) as person:
            monkeypatch.setattr(person.main, "draw", broken)
            person.main.call_later(person.main.draw)
            await person.pilot.pause(1.0)
    told = capsys.readouterr().err
    assert "ZeroDivisionError: a bug" in told
    assert "Traceback" not in told
    assert "a bug" in log_path().read_text()
