"""The run under the keys of the main screen: pause, speed, restart, and how its ends and failures are shown."""

from __future__ import annotations

import asyncio
import threading

from engine.commands import Pause, Resume
from engine.lab import Lab
from engine.worker import Worker
from tests.tui.dashboard import dashboard, experiment, plot_of


async def test_paused_the_epoch_stands_still_and_a_dot_trains_exactly_one():
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        await person.press("space")
        await person.sees("paused")
        epoch = person.view.record.epoch
        await asyncio.sleep(0.1)
        assert person.view.record.epoch == epoch
        await person.press("full_stop")
        await person.sees(f" {epoch + 1}/")
        assert person.view.state == "paused"
        await person.press("space")
        await person.sees(lambda: person.view.record.epoch > epoch + 1)
        # A dot while it trains: one epoch more, then it stands still, and space goes on.
        await person.press("full_stop")
        await person.sees(lambda: person.view.state == "paused")
        epoch = person.view.record.epoch
        await person.press("space")
        await person.sees(lambda: person.view.record.epoch > epoch + 1)
        assert person.view.state == "running"


async def test_two_quick_presses_of_space_are_a_pause_and_its_end(monkeypatch):
    sent, send = [], Worker.send
    monkeypatch.setattr(Worker, "send", lambda worker, command: sent.append(command) or send(worker, command))
    async with dashboard() as person:
        # In one moment, before the worker has heard of any: each counts from the one before it.
        for _ in range(3):
            person.main.action_pause()
        await person.sees(lambda: person.view.state == "paused")
        for _ in range(2):
            person.main.action_pause()
        assert sent[-5:] == [Pause(), Resume(), Pause(), Resume(), Pause()]
        await person.sees(lambda: person.view.state == "paused" and not person.app.worker.waiting)
        await person.press("space")
        await person.sees(lambda: person.view.state == "running")


async def test_every_press_changes_the_speed_by_one_notch_also_in_bursts():
    async with dashboard(experiment(speed=7), paused=True) as person:
        for keys, speed in (
            (">", 10), (">>>", 50), ("<", 20), (">>>>>>>>", None), (">", None), ("<", 500), ("<" * 20, 0.5),
        ):  # fmt: skip
            await person.press(*({"<": "less_than_sign", ">": "greater_than_sign"}[key] for key in keys))
            await person.sees("speed max" if speed is None else f"speed {speed:g}/s")
            await person.sees(lambda speed=speed: person.view.speed == speed)
    async with dashboard(experiment(speed=7), paused=True) as person:
        await person.press("less_than_sign")
        await person.sees("speed 5/s")


async def test_restart_begins_anew_with_the_knobs_as_they_stand():
    async with dashboard(experiment({"training.epochs": 5}), paused=True) as person:
        await person.press("right", "full_stop")
        await person.sees(lambda: person.view.record.epoch == 1 and person.view.state == "paused")
        first = person.view.record.history
        await person.press("r")
        await person.sees(lambda: person.view.record.history is not first and person.view.state == "paused")
        assert person.view.record.epoch == 0
        assert person.view.preset.arm("dropped").settings.regularization.dropout == 0.25
        await person.sees("paused: space starts")


async def test_a_key_never_waits_for_training(monkeypatch):
    going, block = threading.Event(), threading.Event()
    plain = Lab.advance

    def stuck(lab):
        going.set()
        block.wait()
        return plain(lab)

    monkeypatch.setattr(Lab, "advance", stuck)
    try:
        async with dashboard() as person:
            await person.sees(going.is_set)
            # The lab stands still until the last of them is answered.
            for keys, expected in (
                (("tab",), "5 knobs: all arms"),
                (("l",), "log loss"),
                (("question_mark",), "every key"),
            ):
                await person.press(*keys)
                await person.sees(expected)
            assert person.view.record.epoch == 0
            block.set()
            await person.sees(lambda: person.view.record.epoch > 0)
    finally:
        block.set()


async def test_an_exception_in_the_engine_is_told_with_the_place_of_the_log_and_restart_revives(monkeypatch, tmp_path):
    plain = Lab.advance
    monkeypatch.setattr("engine.log.log_path", lambda: tmp_path / "logs" / "regtui.log")
    monkeypatch.setattr(Lab, "advance", lambda lab: 1 / 0)
    async with dashboard() as person:
        await person.sees(lambda: "ZeroDivisionError" in person.toasts)
        assert str(tmp_path / "logs" / "regtui.log") in person.toasts
        assert "Traceback" in (tmp_path / "logs" / "regtui.log").read_text()
        await person.sees("failed")
        await person.press("l", "tab", "o", "g")
        await person.sees("log loss")
        monkeypatch.setattr(Lab, "advance", plain)
        await person.press("r")
        await person.sees(lambda: person.view.record.epoch > 2)
        await person.sees("training")


async def test_what_the_engine_says_is_shown_as_it_stands_brackets_and_all(monkeypatch):
    def breaks(lab):
        raise ValueError("shape [/red] of [3, 4) [bold")

    monkeypatch.setattr(Lab, "advance", breaks)
    async with dashboard(experiment(arms={"[a": {}, "[/red]": {"training.lr": 0.2}})) as person:
        await person.sees("shape [/red] of [3, 4) [bold")
        await person.sees("loss: [/red]")
        await person.sees("1 loss: [a")


async def test_a_lane_that_diverges_is_told_once_and_its_pane_says_it():
    arms = {"calm": {}, "wild": {"training.lr": 1e8, "regularization.l2": 1000.0}}
    async with dashboard(experiment({"training.seeds": [0, 1, 2]}, arms)) as person:
        await person.sees(lambda: "diverged: wild, seeds 0, 1, 2: the loss is no longer finite" in person.toasts)
        await person.sees("only 'calm' did not diverge")
        await person.sees("loss: wild (diverged)")
        await person.sees(lambda: person.text.count("diverged") >= 2)
        assert "calm" not in person.toasts
        before = person.view.record.epoch
        await person.sees(lambda: person.view.record.epoch > before)


async def test_a_lane_that_explodes_does_not_press_the_others_flat():
    arms = {"calm": {}, "wild": {"training.lr": 1e9}}
    async with dashboard(experiment(arms=arms), paused=True) as person:
        for epoch in (1, 2):
            await person.press("full_stop")
            await person.sees(lambda epoch=epoch: person.view.record.epoch == epoch and person.view.state == "paused")
        await person.sees(lambda: plot_of(person, "loss-0").y_limits)
        assert max(plot_of(person, "loss-1").series[0].y) > 1e6
        assert plot_of(person, "loss-0").y_limits[1] < 10


async def test_early_stopping_is_told_with_its_reason():
    base = {"early_stopping.patience": 3, "early_stopping.min_delta": 10.0}
    async with dashboard(experiment(base)) as person:
        await person.sees("without a better validation loss:")
        await person.sees("finished")
        await person.sees("patience 3 of 3")
        await person.sees("test acc")
