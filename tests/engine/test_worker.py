"""The worker: a real thread that obeys, tells, survives and ends."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import engine.log
from engine.commands import FindLr, Look, Pause, Restart, Resume, SetSpeed, StepEpoch, Stop, Turn
from engine.control import Order
from engine.events import Epoch, Event, Failed, Finished, Intervention, Loading, Receipt, Seen, Started, Stopped
from engine.lab import Lab
from engine.preset import Preset, PresetError
from engine.record import RunRecord
from engine.view import View
from engine.worker import Worker
from tests.engine.small import Settings, load_small, only, preset_of

LONG = {"training.epochs": 1_000_000, "training.batch_size": 1000}
# How long a state is waited for at the most, seconds. What must not be waited for, such as a slow beat, takes longer.
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def _small_data_and_a_log_of_our_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine.log, "log_path", lambda: tmp_path / "logs" / "regtui.log")


@pytest.fixture
def start() -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def started(base: Settings | None = None, arms: dict[str, Settings] | None = None, **options: Any) -> Worker:
        worker = Worker(preset_of(base if base is not None else LONG, arms), "cpu", **{"load": load_small, **options})
        workers.append(worker)
        worker.start()
        return worker

    yield started
    closed = [worker.close(PATIENCE) for worker in workers]
    assert all(closed)


def until(worker: Worker, holds: Callable[[View], bool]) -> View:
    """The first view that holds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        view = worker.view()
        if holds(view):
            return view
        time.sleep(0.002)
    raise AssertionError(f"waited in vain; at last: {worker.view()}")


def heard(worker: Worker, kind: type[Event]) -> list[Any]:
    """The news up to the first of this kind."""
    end, told = time.monotonic() + PATIENCE, []
    while time.monotonic() < end:
        told += worker.news()
        if only(told, kind):
            return told
        time.sleep(0.002)
    raise AssertionError(f"no {kind.__name__} in {told}")


def stands_still(worker: Worker) -> bool:
    before = worker.view()
    time.sleep(0.08)
    return worker.view().record.epoch == before.record.epoch


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


def test_paused_from_the_start_it_waits_for_resume(start: Callable[..., Worker]) -> None:
    worker = start(paused=True)
    assert until(worker, lambda view: view.state != "loading").state == "paused"
    assert stands_still(worker)
    assert worker.view().record.epoch == 0
    worker.send(Resume())
    until(worker, lambda view: view.state == "running" and view.record.epoch > 3)
    worker.send(Pause())
    until(worker, lambda view: view.state == "paused")
    assert stands_still(worker)


def test_one_epoch_at_a_time(start: Callable[..., Worker]) -> None:
    worker = start(paused=True)
    for epoch in (1, 2, 3):
        worker.send(StepEpoch())
        until(worker, lambda view, epoch=epoch: view.record.epoch == epoch and view.state == "paused")
        assert stands_still(worker)
    worker.send(Resume())
    until(worker, lambda view: view.record.epoch > 6)
    worker.send(StepEpoch())
    until(worker, lambda view: view.state == "paused")
    assert stands_still(worker)


def test_two_steps_asked_for_at_once_are_two_epochs(start: Callable[..., Worker]) -> None:
    worker = start(paused=True)
    until(worker, lambda view: view.state == "paused")
    worker.send(StepEpoch())
    worker.send(StepEpoch())
    until(worker, lambda view: view.record.epoch == 2 and view.state == "paused")
    assert stands_still(worker)


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
    told: list[Receipt] = []
    while len(told) < 3:
        told += only(heard(worker, Receipt), Receipt)
    assert [(receipt.do, receipt.taken, receipt.number) for receipt in told] == [
        ("turn", False, 1),
        ("turn", False, 2),
        ("turn", False, 3),
    ]
    assert ["dropout" in told[0].refused, "cannot be turned" in told[1].refused, "no arm" in told[2].refused] == [
        True
    ] * 3
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
    made: list[weakref.ref[Lab]] = []
    held: list[bool] = []

    def load(*given: Any) -> Any:
        gc.collect()
        held.append(any(lab() is not None for lab in made))
        return load_small(*given)

    worker = start(load=load)
    until(worker, lambda view: view.record.epoch > 0)
    assert worker._lab is not None
    made.append(weakref.ref(worker._lab))
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


@pytest.mark.alone
@pytest.mark.parametrize("speed", [10.0, 40.0])
def test_a_speed_is_kept(start: Callable[..., Worker], speed: float) -> None:
    worker = start(speed=speed)
    begun = until(worker, lambda view: view.record.epoch >= 2).record.epoch
    then = time.perf_counter()
    time.sleep(0.8)
    made, took = worker.view().record.epoch - begun, time.perf_counter() - then
    assert made <= 1.1 * speed * took + 2
    assert made >= 0.6 * speed * took - 1  # a busy machine may miss a beat
    assert worker.view().rate == pytest.approx(speed, rel=0.4)


def test_a_higher_speed_is_not_kept_waiting_by_the_old_beat(start: Callable[..., Worker]) -> None:
    worker = start(speed=1 / (2 * PATIENCE))
    until(worker, lambda view: view.record.epoch >= 1)
    worker.send(SetSpeed(100.0))
    worker.send(Turn("training.lr", 0.2))
    until(worker, lambda view: view.record.epoch >= 10)


def test_unlimited_is_much_faster_than_a_slow_beat_and_a_slow_beat_holds_at_once(start: Callable[..., Worker]) -> None:
    worker = start(speed=5.0)
    until(worker, lambda view: view.record.epoch >= 1)
    worker.send(SetSpeed(None))
    until(worker, lambda view: view.record.epoch >= 50)
    worker.send(SetSpeed(2.0))
    view, then = until(worker, lambda view: view.speed == 2.0), time.perf_counter()
    time.sleep(0.3)
    later = worker.view()
    assert later.record.epoch - view.record.epoch <= 2 + 2.0 * (time.perf_counter() - then)


def test_a_pause_is_obeyed_at_once_also_between_two_slow_beats(start: Callable[..., Worker]) -> None:
    worker = start(speed=1 / (2 * PATIENCE))
    until(worker, lambda view: view.record.epoch >= 1)
    worker.send(Pause())
    until(worker, lambda view: view.state == "paused")


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_is_none_does_not_end_the_run(start: Callable[..., Worker], speed: float) -> None:
    worker = start(speed=200.0)
    until(worker, lambda view: view.record.epoch >= 1)
    worker.send(SetSpeed(speed))
    worker.send(Pause())
    view = until(worker, lambda view: view.state in ("paused", "failed"))
    assert view.state == "paused"
    worker.send(SetSpeed(None))
    worker.send(Resume())
    assert (
        until(worker, lambda now: now.record.epoch > view.record.epoch + 3 or now.state == "failed").state == "running"
    )


def test_an_exception_in_the_lab_becomes_a_failure_with_its_log_and_restart_revives(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Lab.advance

    def breaks(self: Lab) -> list[Event]:
        if self.epoch == 3:
            raise RuntimeError("the disk of the moon is full")
        return plain(self)

    monkeypatch.setattr(Lab, "advance", breaks)
    worker = start()
    (failed,) = only(heard(worker, Failed), Failed)
    view = until(worker, lambda view: view.state == "failed")
    assert view.record.failed == failed
    assert failed.message == "RuntimeError: the disk of the moon is full"
    story = Path(failed.log).read_text(encoding="utf-8")
    assert "Traceback" in story
    assert "in breaks" in story
    worker.send(Resume())
    worker.send(Turn("training.lr", 0.5))
    assert stands_still(worker)
    monkeypatch.setattr(Lab, "advance", plain)
    worker.send(Restart())
    view = until(worker, lambda view: view.record.epoch > 5)
    assert (view.state, view.record.failed) == ("running", None)


def test_a_log_that_cannot_be_written_hides_no_failure(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "logs").write_text("a file where a folder should be")
    monkeypatch.setattr(Lab, "advance", lambda self: 1 / 0)
    assert only(heard(start(), Failed), Failed)[0].message.startswith("ZeroDivisionError")


def test_data_that_are_not_there_are_a_failure_in_words_and_restart_tries_again(
    start: Callable[..., Worker],
) -> None:
    def missing(*_: Any) -> None:
        raise PresetError("no network")

    loaders = [missing, load_small]
    worker = start(load=lambda *given: loaders[0](*given))
    view = until(worker, lambda view: view.state == "failed")
    assert view.record.failed == Failed("no network")
    del loaders[0]
    worker.send(Restart())
    until(worker, lambda view: view.state == "running" and view.record.epoch > 0)


def test_closing_while_the_data_are_loaded_ends_the_thread_at_the_next_report() -> None:
    loading = threading.Event()

    def slow(data: Any, seeds: Any, device: Any, dtype: Any, report: Callable[[Loading], None]) -> None:
        while True:
            report(Loading("downloading", 0.5))
            loading.set()
            time.sleep(0.01)

    worker = Worker(preset_of(LONG), "cpu", load=slow)
    worker.start()
    assert loading.wait(PATIENCE)
    view = worker.view()
    assert (view.state, view.record.loading) == ("loading", "downloading")
    assert view.record.share is not None
    assert worker.close(PATIENCE)


@pytest.mark.parametrize("command", [None, Pause(), Stop(), SetSpeed(1 / (2 * PATIENCE))])
def test_closing_ends_the_thread_whatever_it_is_doing(start: Callable[..., Worker], command: Any) -> None:
    worker = start()
    until(worker, lambda view: view.record.epoch > 1)
    if command is not None:
        worker.send(command)
        heard(worker, Receipt)
    assert worker.close(PATIENCE)
    assert worker.close()


def test_closing_a_worker_that_never_started_or_has_failed(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Worker(preset_of(), "cpu").close()
    monkeypatch.setattr(Lab, "advance", lambda self: 1 / 0)
    worker = start()
    until(worker, lambda view: view.state == "failed")
    assert worker.close(PATIENCE)


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
    assert {len(found.rates) for found in view.record.found.values()} <= set(range(1, 21))
    swept.send(FindLr(1.0, 0.1))
    told: list[Receipt] = []
    while not told or told[-1].taken:
        told += only(heard(swept, Receipt), Receipt)
    assert "find_lr" in told[-1].refused
    swept.send(Resume())
    plain = start(base, {"a": {}, "b": {"regularization.dropout": 0.3}})
    ends = [until(worker, lambda view: view.state == "finished").record.finished for worker in (swept, plain)]
    assert ends[0] == ends[1]


# Closer looks -------------------------------------------------------------------------------------------------------


def test_a_look_that_takes_long_is_taken_less_often(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[float] = []

    def slow(_: Lab, what: str, arm: str, seed: int) -> Seen:
        taken.append(time.monotonic())
        time.sleep(0.04)
        return Seen(what, arm, seed, 0, "seen")

    monkeypatch.setattr("engine.looks.take_look", slow)
    worker = start()
    until(worker, lambda view: view.record.epoch > 0)
    look = ("weights", "base", 0)
    worker.send(Look((look,)))
    until(worker, lambda view: len(taken) == 2)
    assert taken[1] - taken[0] >= 20 * 0.04  # 5 % of the time and no more
    assert worker.view().record.seen[look].data == "seen"
    worker.send(Look())
    worker.send(Look((look,)))
    until(worker, lambda view: len(taken) == 3)  # another look is answered at once


def test_a_look_asked_for_while_another_is_taken_is_not_lost(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()

    def slow(_: Lab, what: str, arm: str, seed: int) -> Seen:
        began.set()
        time.sleep(0.1)
        return Seen(what, arm, seed, 0, what)

    monkeypatch.setattr("engine.looks.take_look", slow)
    worker = start(paused=True)
    until(worker, lambda view: view.state == "paused")
    worker.send(Look((("weights", "base", 0),)))
    assert began.wait(PATIENCE)
    worker.send(Look((("activity", "base", 0),)))
    until(worker, lambda view: ("activity", "base", 0) in view.record.seen)


# Beginning anew -----------------------------------------------------------------------------------------------------


def test_single_epochs_still_to_be_trained_are_forgotten_by_a_restart(start: Callable[..., Worker]) -> None:
    worker = start({**LONG, "training.epochs": 100_000}, paused=True, speed=5.0)
    until(worker, lambda view: view.state == "paused")
    for _ in range(4):
        worker.send(StepEpoch())
    worker.send(Restart())
    until(worker, lambda view: view.state == "paused" and view.record.epoch == 0)
    time.sleep(0.5)
    assert worker.view().record.epoch == 0


def test_the_knob_that_was_the_cause_of_a_failure_can_be_turned_back(
    start: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Lab.advance

    def fails_at_half(lab: Lab) -> list[Event]:
        if lab.preset.arms[0].settings.training.lr == 0.5:
            raise ArithmeticError("too much")
        return advance(lab)

    monkeypatch.setattr(Lab, "advance", fails_at_half)
    worker = start()
    until(worker, lambda view: view.record.epoch > 0)
    worker.send(Turn("training.lr", 0.5))
    until(worker, lambda view: view.state == "failed")
    worker.send(Turn("training.lr", -1.0))  # refused in a line, as ever
    worker.send(Turn("training.lr", 0.25))
    until(worker, lambda view: view.preset.arms[0].settings.training.lr == 0.25)
    assert worker.view().state == "failed"
    worker.send(Restart())
    until(worker, lambda view: view.state == "running" and view.record.epoch > 0)
    assert worker.view().preset.arms[0].settings.training.lr == 0.25


# Orders and listeners -----------------------------------------------------------------------------------------------


def test_an_order_waits_for_its_epoch_and_acts_at_its_first_batch(start: Callable[..., Worker]) -> None:
    base = {"training.epochs": 6, "training.batch_size": 10}
    worker = start(base, paused=True)
    number = worker.order(Order(Turn("training.lr", 0.5), at=3, id="mine"))
    worker.order(Order(Turn("training.lr", 0.2), at=0))
    worker.order(Order(Pause(), at=9))
    until(worker, lambda view: view.state == "paused" and view.preset.base.training.lr == 0.2)
    assert worker.view().pending == ()
    worker.send(Resume())
    until(worker, lambda view: view.state == "finished")
    news = worker.news()
    places = {event.new: (event.epoch, event.batch) for event in only(news, Intervention)}
    assert places == {0.2: (0, 0), 0.5: (3, 0)}
    receipts = {receipt.number: receipt for receipt in only(news, Receipt)}
    assert receipts[number] == Receipt("turn", True, 3, 0, "", number, "mine")
    assert receipts[3].refused == "the run has ended after epoch 6"


def test_an_order_for_an_epoch_that_is_past_is_refused_and_not_late(start: Callable[..., Worker]) -> None:
    worker = start()
    until(worker, lambda view: view.record.epoch > 5)
    worker.order(Order(Turn("training.lr", 0.5), at=2))
    (receipt,) = only(heard(worker, Receipt), Receipt)
    assert receipt.refused.startswith('"at": 2 is past: the run is at epoch ')
    assert worker.view().preset.base.training.lr == 0.1


def test_no_order_goes_without_an_answer_when_the_worker_is_closed(start: Callable[..., Worker]) -> None:
    worker = start()
    until(worker, lambda view: view.record.epoch > 1)
    for at in (None, 10**9):
        worker.order(Order(None if at is None else Pause(), at, refused="" if at else "no command"))
    assert worker.close()
    assert [receipt.refused for receipt in only(worker.news(), Receipt)] == ["no command", "the run is closed"]


def test_listeners_hear_all_events_in_their_order_and_make_the_same_record(start: Callable[..., Worker]) -> None:
    preset = preset_of({"training.epochs": 5}, {"a": {}, "b": {}})
    worker, record, numbers = Worker(preset, "cpu", load=load_small), RunRecord(preset), [0]

    def hear(events: Sequence[Event], last: int) -> None:
        assert last == numbers[-1] + len(events)
        numbers.append(last)
        record.take_all(events)

    worker.listen(hear)
    worker.order(Order(Pause(), at=2))
    worker.start()
    for lr, again in ((0.5, Resume()), (0.7, Restart()), (0.9, Stop())):
        until(worker, lambda view: view.state == "paused" or (view.state == "finished" and not view.pending))
        worker.send(Turn("training.lr", lr, "b"))
        worker.send(again)
        until(worker, lambda view: view.state == "finished")
        worker.order(Order(Pause()))
        until(worker, lambda view: view.paused)
    assert worker.close()
    view = worker.view(whole=True)
    assert (view.event_count, view.preset, view.record.begun) == (numbers[-1], record.preset, record.begun)
    assert view.record.last == record.last
    assert view.record.finished == record.finished
    assert record.preset.arm("b").settings.training.lr == 0.9
    assert record.begun.arm("b").settings.training.lr == 0.7


def test_each_viewer_has_its_own_looks(start: Callable[..., Worker]) -> None:
    worker = start(LONG, {"a": {}, "b": {}}, paused=True)
    worker.order(Order(Look((("confusion", "a", 0),)), viewer="one"))
    worker.order(Order(Look((("confusion", "b", 0),)), viewer="two"))
    until(worker, lambda view: len(view.record.seen) == 2)
    worker.order(Order(Look(()), viewer="one"))
    worker.order(Order(Look((("confusion", "c", 0),)), viewer="two"))
    worker.send(StepEpoch())
    view = until(worker, lambda view: {seen.epoch for seen in view.record.seen.values()} == {1})
    assert list(view.record.seen) == [("confusion", "b", 0)]


def test_a_listener_that_fails_ends_no_training(start: Callable[..., Worker], tmp_path: Path) -> None:
    worker, calls = Worker(preset_of({"training.epochs": 5}), "cpu", load=load_small), []

    def fail(events: Sequence[Event], count: int) -> None:
        calls.append(count)
        raise OSError("no space left")

    worker.listen(fail)
    worker.start()
    view = until(worker, lambda view: view.state == "finished")
    assert worker.close()
    assert (view.record.epoch, len(calls)) == (5, 1)
    assert "no space left" in (tmp_path / "logs" / "regtui.log").read_text()
