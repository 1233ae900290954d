"""A run in a thread: its numbers, its view, and the commands that act on all of it."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable
from typing import Any

from engine.commands import FindLr, Pause, Restart, Resume, SetSpeed, StepEpoch, Stop, Turn
from engine.events import Epoch, Finished, Intervention, Receipt, Started, Stopped
from engine.lab import Lab
from engine.preset import Preset
from engine.worker import Worker
from tests.engine.small import load_small, only, preset_of
from tests.engine.worker.waiting import LONG, PATIENCE, heard, stands_still, until


def test_a_run_goes_to_its_end_and_its_view_tells_all_of_it(start: Callable[..., Worker]) -> None:
    worker = start({"training.epochs": 6, "training.seeds": [0, 1]}, {"a": {}, "b": {"regularization.l2": 0.1}})
    view = until(worker, lambda view: view.state == "finished")
    lanes = {(arm, seed) for arm in "ab" for seed in (0, 1)}
    assert set(view.record.last) == set(view.record.stopped) == set(view.record.finished) == lanes
    assert (view.record.epoch, view.record.failed) == (6, None)
    assert view.record.started is not None
    assert view.record.history is not None
    assert view.record.history.series("val_loss", "b")[1].shape == (2, 6)
    assert view.record.history.series("val_loss", "b", 1)[1][-1] == view.record.last["b", 1].val_loss
    news = worker.news()
    assert isinstance(news[0], Started)
    assert not only(news, Epoch)  # which are in the view
    assert len(only(news, Stopped)) == len(only(news, Finished)) == 4
    assert worker.news() == []


def test_the_thread_gives_the_same_numbers_as_the_lab_without_one(start: Callable[..., Worker]) -> None:
    base = {"training.epochs": 4}
    view = until(start(base), lambda view: view.state == "finished")
    expected = only(list(Lab(preset_of(base), "cpu", load=load_small).run()), Finished)
    assert list(view.record.finished.values()) == expected


def test_commands_act_while_paused(start: Callable[..., Worker]) -> None:
    worker = start(LONG, {"a": {}, "b": {}}, paused=True)
    until(worker, lambda view: view.state == "paused")
    worker.send(Turn("training.lr", 0.5, "a"))
    (turned,) = only(heard(worker, Intervention), Intervention)
    assert (turned.arm, turned.old, turned.new, turned.step) == ("a", 0.1, 0.5, 0)
    view = worker.view()
    assert [arm.settings.training.lr for arm in view.preset.arms] == [0.5, 0.1]
    assert view.state == "paused"
    assert view.record.interventions == [turned]
    worker.send(SetSpeed(7.0))
    until(worker, lambda view: view.speed == 7.0)
    worker.send(Stop())
    view = until(worker, lambda view: view.state == "finished")
    assert {end.reason for end in view.record.finished.values()} == {"user"}


def test_a_refused_knob_is_news_and_the_run_goes_on(start: Callable[..., Worker]) -> None:
    worker = start()
    worker.send(Turn("regularization.dropout", 1.5))
    worker.send(Turn("model.hidden", [3]))
    worker.send(Turn("training.lr", 0.5, "nobody"))
    receipts: list[Receipt] = []
    while len(receipts) < 3:
        receipts += only(heard(worker, Receipt), Receipt)
    assert [(receipt.do, receipt.taken, receipt.number) for receipt in receipts] == [
        ("turn", False, 1),
        ("turn", False, 2),
        ("turn", False, 3),
    ]
    assert [
        "dropout" in receipts[0].refused,
        "cannot be turned" in receipts[1].refused,
        "no arm" in receipts[2].refused,
    ] == [True] * 3
    view = until(worker, lambda view: view.record.epoch > 5)
    assert view.state == "running"
    assert view.record.failed is None


def test_stop_ends_a_running_lab_with_its_test(start: Callable[..., Worker]) -> None:
    worker = start()
    until(worker, lambda view: view.record.epoch > 2)
    worker.send(Stop())
    view = until(worker, lambda view: view.state == "finished")
    (end,) = view.record.finished.values()
    assert end.reason == "user"
    assert 0 <= end.test_acc <= 1
    worker.send(Resume())
    worker.send(StepEpoch())
    assert stands_still(worker)
    assert worker.view().state == "finished"


def test_restart_begins_anew_with_the_knobs_as_they_stand(start: Callable[..., Worker]) -> None:
    worker = start({"training.epochs": 5})
    first = until(worker, lambda view: view.state == "finished")
    worker.send(Turn("training.lr", 0.5))
    until(worker, lambda view: view.preset.base.training.lr == 0.5)
    worker.send(Restart())
    second = until(worker, lambda view: view.state == "finished" and view.record.history is not first.record.history)
    assert second.record.epoch == 5
    assert second.record.last["base", 0].lr == 0.5
    assert second.record.history is not None
    assert len(second.record.history) == 5
    assert second.record.finished != first.record.finished
    assert second.version > first.version


def test_what_a_run_held_is_let_go_before_the_next_one_is_made(start: Callable[..., Worker]) -> None:
    labs: list[weakref.ref[Lab]] = []
    held: list[bool] = []

    def load(*args: Any) -> Any:
        gc.collect()
        held.append(any(lab() is not None for lab in labs))
        return load_small(*args)

    worker = start(load=load)
    until(worker, lambda view: view.record.epoch > 0)
    assert worker._lab is not None
    labs.append(weakref.ref(worker._lab))
    worker.send(Restart())
    until(worker, lambda view: len(held) == 2)
    assert held == [False, False]


def test_restart_in_the_midst_of_a_run(start: Callable[..., Worker]) -> None:
    worker = start()
    first = until(worker, lambda view: view.record.epoch > 20)
    worker.send(Pause())
    worker.send(Restart())
    view = until(worker, lambda view: view.state == "paused" and view.record.history is not first.record.history)
    assert (view.record.epoch, view.record.last, view.record.stopped, view.record.finished) == (0, {}, {}, {})


def test_a_view_does_not_change_afterwards(start: Callable[..., Worker]) -> None:
    worker = start()
    view = until(worker, lambda view: view.record.epoch > 1)
    epoch, last = view.record.epoch, dict(view.record.last)
    until(worker, lambda now: now.record.epoch > epoch + 20)
    assert (view.record.epoch, view.record.last) == (epoch, last)


def test_the_version_moves_with_every_change_and_rests_while_paused(start: Callable[..., Worker]) -> None:
    worker = start()
    first = until(worker, lambda view: view.record.epoch > 1).version
    worker.send(Pause())
    rested = until(worker, lambda view: view.state == "paused").version
    time.sleep(0.05)
    assert worker.view().version == rested > first


def test_the_preset_that_the_worker_was_given_is_not_changed(start: Callable[..., Worker]) -> None:
    preset: Preset = preset_of(LONG)
    worker = Worker(preset, "cpu", load=load_small)
    worker.start()
    worker.send(Turn("training.lr", 0.7))
    heard(worker, Intervention)
    assert worker.close(PATIENCE)
    assert preset.base.training.lr == 0.1


def test_the_finder_runs_between_two_steps_and_the_run_goes_on_as_if_it_had_not(start: Callable[..., Worker]) -> None:
    base = {"training.epochs": 5, "training.seeds": [0, 1]}
    swept = start(base, {"a": {}, "b": {"regularization.dropout": 0.3}}, paused=True)
    swept.send(StepEpoch())
    until(swept, lambda view: view.record.epoch == 1 and view.state == "paused")
    swept.send(FindLr(1e-5, 1.0, 20))
    view = until(swept, lambda view: len(view.record.found) == 2)
    assert {len(sweep.rates) for sweep in view.record.found.values()} <= set(range(1, 21))
    swept.send(FindLr(1.0, 0.1))
    receipts: list[Receipt] = []
    while not receipts or receipts[-1].taken:
        receipts += only(heard(swept, Receipt), Receipt)
    assert "find_lr" in receipts[-1].refused
    swept.send(Resume())
    plain = start(base, {"a": {}, "b": {"regularization.dropout": 0.3}})
    ends = [until(worker, lambda view: view.state == "finished").record.finished for worker in (swept, plain)]
    assert ends[0] == ends[1]
