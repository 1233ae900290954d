"""Orders that wait for their epoch, and listeners to all events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from engine.commands import Pause, Restart, Resume, Stop, Turn
from engine.control import Order
from engine.events import Event, Intervention, Receipt
from engine.record import RunRecord
from engine.worker import Worker
from tests.engine.small import load_small, only, preset_of
from tests.engine.worker.waiting import heard, until


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
    for epoch in (None, 10**9):
        worker.order(Order(None if epoch is None else Pause(), epoch, refused="" if epoch else "no command"))
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
