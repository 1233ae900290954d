"""Promises of the application around the screen: signals, filters, and what stays in the terminal."""

import asyncio
import os
import signal
import threading

import pytest

from engine.events import Failed
from engine.lab import Lab
from engine.log import log_path
from engine.preset import PresetError, with_value
from tests.tui.dashboard import dashboard, experiment
from tests.tui.views import finish, lane, moment
from tui.app import RegtuiApp, run_dashboard
from tui.report import print_report
from tui.screens.messages import OpenPreset
from tui.signals import Signals


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
        await person.sees(lambda: person.view.record.epoch > 0)


# A preset that cannot be loaded --------------------------------------------------------------------------------------


@pytest.fixture
def far(monkeypatch):
    """Presets whose title is `Far...` wait for their data, which in the end are not there."""
    plain, answer = Lab.__init__, threading.Event()

    def load(lab, preset, *args, **options):
        if preset.title.startswith("Far"):
            answer.wait(30)
            raise PresetError(f"{preset.title}: [/red] no such host [Errno -2] {'and so on ' * 20}at its end")
        plain(lab, preset, *args, **options)

    monkeypatch.setattr(Lab, "__init__", load)
    yield answer
    answer.set()


FAR = experiment(arms={f"far {place}": {} for place in range(3)}, title="Far")


async def test_a_preset_that_cannot_be_loaded_leads_back_to_the_run_before_which_goes_on(far):
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        first, original = person.app.worker, person.main.original
        await person.press("right", "tab", "shift+tab", "shift+tab")
        await person.sees(lambda: first.view().record.history.interventions)
        tweaked = person.view.turned
        person.main.post_message(OpenPreset(FAR))
        await person.sees("5 knobs: far 2")
        await person.sees("loading")
        await person.sees(lambda: first.view().state == "paused")
        epoch = first.view().record.epoch
        await asyncio.sleep(0.1)
        assert first.view().record.epoch == epoch
        far.set()
        await person.sees("loss: dropped")
        await person.sees("5 knobs: plain")
        assert (person.app.worker, person.view.turned, person.main.original) == (first, tweaked, original)
        assert person.view.turned.arm("dropped").settings.regularization.dropout == 0.25
        await person.sees(lambda: person.view.record.epoch > epoch)
        (toast,) = person.app._notifications
        assert "Far: [/red] no such host [Errno -2]" in toast.message
        assert toast.message.endswith("at its end")
        assert (toast.severity, toast.timeout, toast.markup) == ("error", 15, False)
        # Space pauses what runs again: the screen knows that it does.
        await person.press("space")
        await person.sees(lambda: person.view.state == "paused")


async def test_a_paused_run_is_paused_when_it_is_back(far):
    far.set()
    async with dashboard(paused=True) as person:
        first = person.app.worker
        await person.press("full_stop")
        await person.sees(lambda: person.view.record.epoch == 1 and person.view.state == "paused")
        person.main.post_message(OpenPreset(FAR))
        await person.sees(lambda: "no such host" in person.toasts)
        assert person.app.worker is first
        await person.sees("paused")
        await asyncio.sleep(0.1)
        assert person.view.record.epoch == 1
        await person.press("space")
        await person.sees(lambda: person.view.record.epoch > 2)


async def test_another_preset_picked_while_one_loads_keeps_the_run_to_go_back_to(far):
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 0)
        first = person.app.worker
        workers = []
        for place in range(2):
            person.main.post_message(OpenPreset(experiment(arms={f"far {place}": {}}, title=f"Far {place}")))
            await person.sees(f"loss: far {place}")
            workers.append(person.app.worker)
        far.set()
        await person.sees("loss: dropped")
        assert person.app.worker is first
        await person.sees(lambda: not any(worker._thread.is_alive() for worker in workers))
        assert "Far 1" in person.toasts
        assert "Far 0" not in person.toasts


async def test_a_preset_that_is_loaded_after_one_that_was_not_lets_the_run_before_go(far):
    async with dashboard() as person:
        first = person.app.worker
        person.main.post_message(OpenPreset(FAR))
        await person.sees("5 knobs: far 2")
        assert first._thread.is_alive()
        person.main.post_message(OpenPreset(experiment(arms={"alone": {}}, title="Alone")))
        await person.sees(lambda: person.view.record.epoch > 0)
        await person.sees("Alone")
        await person.sees(lambda: not first._thread.is_alive())


async def test_after_a_failure_and_after_mere_loading_there_is_nothing_to_go_back_to(far):
    async with dashboard(FAR, loaded=False) as person:
        await person.sees("loading")
        person.main.post_message(OpenPreset(experiment(arms={"far a": {}}, title="Far a")))
        await person.sees("loss: far a")
        far.set()
        await person.sees("failed")
        person.main.post_message(OpenPreset(experiment(arms={"far b": {}}, title="Far b")))
        await person.sees("loss: far b")
        await person.sees(lambda: "Far b: [/red] no such host" in person.toasts)
        assert person.view.turned.title == "Far b"
        await person.sees("failed")


async def test_ended_while_loading_the_kept_run_ends_too(far):
    async with dashboard() as person:
        first = person.app.worker
        person.main.post_message(OpenPreset(FAR))
        await person.sees("5 knobs: far 2")
        await person.press("q")
        await person.sees(lambda: person.app.return_value == 0)
        assert not person.app.close_workers(timeout=0.1)  # the one that loads hangs in its network
        await person.sees(lambda: not first._thread.is_alive())


@pytest.fixture
def no_last_resort(monkeypatch):
    """Which would end the tests themselves."""
    monkeypatch.setattr("tui.signals.GRACE", 60)
    monkeypatch.setattr("tui.signals.GRACE_WITH_TABLE", 60)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
async def test_told_to_end_it_ends_with_the_code_of_the_signal_and_without_a_table(sent, no_last_resort):
    with Signals() as signals:
        async with dashboard(signals=signals) as person:
            os.kill(os.getpid(), sent)
            await person.sees(lambda: person.app.return_value == 128 + sent)
            assert person.app.last_view is None
            await person.sees(lambda: not person.app.worker._thread.is_alive())  # the processor is the leaving's


async def test_told_to_end_by_ctrl_c_it_ends_with_the_table_so_far(no_last_resort):
    with Signals() as signals:
        async with dashboard(signals=signals) as person:
            await person.sees(lambda: person.view.record.epoch > 2)
            os.kill(os.getpid(), signal.SIGINT)
            await person.sees(lambda: person.app.return_value == 130)
            assert len(person.app.last_view.record.finished) == 2


def test_the_table_the_command_and_the_turned_knobs_stay_in_the_terminal(capsys):
    view = moment(lane("plain"), lane("dropped"), finished=[finish("plain"), finish("dropped")], state="finished")
    from engine.events import Intervention

    view.record.history.add(Intervention(7, 3, 0, "dropped", "training.lr", 0.1, 0.2))
    view.record.preset = view.preset.model_copy(update={"title": "[/red] title"})
    print_report(view, ["small.toml", "--set", "training.lr=0.1 "], ascii_only=True)
    printed = capsys.readouterr().out
    assert "[/red] title: 10 epochs" in printed
    assert "plain" in printed
    assert "again: regtui small.toml --set 'training.lr=0.1 '" in printed
    assert "epoch     3  dropped: training.lr 0.1 -> 0.2" in printed
    assert printed.isascii()
    assert all(sign.isprintable() or sign == "\n" for sign in printed)  # no colours: stdout is no terminal here


class Left:
    """A worker that was left at this moment of its run, and whose closing is a failure of its own."""

    def __init__(self, view):
        self.last = view

    def view(self):
        return self.last

    def close(self, timeout=2.0):
        self.last = moment(state="failed", failed=Failed("closed while loading"))
        return True


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"state": "failed", "failed": Failed("no\nnetwork [/b]")}, 2, "regtui: no network [/b]\n"),
        ({"state": "failed", "failed": Failed("KeyError: 3", "/a/log")}, 1,
         "regtui: KeyError: 3 (log: /a/log)\n"),
        ({"state": "loading"}, 0, ""),
        ({"state": "running", "epoch": 3}, 0, ""),
    ],
)  # fmt: skip
def test_left_after_a_failure_it_says_so_in_a_line_and_by_its_code(fields, code, message, monkeypatch, capsys):
    def left(app, **_):
        app.worker = Left(moment(**fields))
        return 0

    monkeypatch.setattr(RegtuiApp, "run", left)
    assert run_dashboard(experiment()) == code
    assert capsys.readouterr() == ("", message)


def leave(monkeypatch, **fields):
    """A dashboard that is left at once with the table of this run."""

    def left(app, **_):
        app.last_view = moment(lane("plain"), lane("dropped"), state="finished", **fields)
        app.worker = Left(app.last_view)
        return 0

    monkeypatch.setattr(RegtuiApp, "run", left)


def test_the_command_has_the_knobs_as_they_stood_when_the_run_began(monkeypatch, capsys):
    loaded = experiment()
    leave(monkeypatch, begun=with_value(loaded, "regularization.dropout", 0.25, "dropped"))
    assert run_dashboard(loaded, reproduce=["small.toml", "--seeds", "2"]) == 0
    command = "again: regtui small.toml --seeds 2 --arm-set dropped:regularization.dropout=0.25\n"
    assert command in capsys.readouterr().out


def test_a_preset_picked_in_the_dashboard_is_the_one_that_the_command_names(monkeypatch, capsys):
    picked = experiment(title="Picked")
    leave(monkeypatch, begun=picked)
    monkeypatch.setattr(RegtuiApp, "original", picked)
    assert run_dashboard(experiment(), device="cpu", reproduce=["away.toml", "--seeds", "2", "--device", "cpu"]) == 0
    assert "again: regtui small --device cpu\n" in capsys.readouterr().out


async def test_a_run_begins_with_the_knobs_as_they_stand_also_when_it_is_restarted():
    async with dashboard(paused=True) as person:
        loaded = person.main.original
        await person.press("right")
        await person.sees(lambda: person.view.preset != loaded)
        assert person.view.record.begun == loaded
        turned = person.view.preset
        await person.press("r")
        await person.sees(lambda: person.view.record.begun == turned)
        await person.press("right")
        await person.sees(lambda: person.view.preset != turned)
        assert person.view.record.begun == turned
        assert person.app.original == loaded


async def test_a_bug_in_the_screen_is_told_in_one_line_and_written_to_the_log(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the error leaves through the whole block
        async with dashboard(paused=True) as person:
            monkeypatch.setattr(person.main, "draw", broken)
            person.main.call_later(person.main.draw)
            await person.pilot.pause(1.0)
    assert person.app.crash == f"ZeroDivisionError: a bug (log: {log_path()})"
    assert "a bug" in log_path().read_text()
