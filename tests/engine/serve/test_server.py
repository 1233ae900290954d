"""A worker and its server, seen and steered over a real socket."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.client import RemoteWorker
from engine.commands import (
    AddArm,
    AddSeeds,
    FindLr,
    Fork,
    Look,
    Pause,
    RemoveArm,
    Restart,
    Resume,
    Rewind,
    SetSpeed,
    StepEpoch,
    Stop,
    Turn,
)  # fmt: skip
from engine.events import Finished, Found, Intervention, Receipt, Started
from engine.looks import revived
from engine.serve import Server
from engine.serve.stream import Stream
from engine.state import Parked
from engine.view import View
from engine.worker import Worker
from tests.engine.small import Settings, load_small, only, preset_of

LONG = {"training.epochs": 1_000_000, "training.batch_size": 1000, "training.seeds": [0, 1]}
ARMS: dict[str, Settings] = {"a": {}, "b": {}}
PATIENCE = 10.0


class Served:
    """A worker with its server, and its clients."""

    def __init__(self, runs: Path, base: Settings, options: dict[str, Any]) -> None:
        self.worker = Worker(preset_of(base, ARMS), "cpu", load=load_small, **options)
        self.server = Server(self.worker, runs, "run")
        self.server.start()
        self.worker.start()
        self.clients: list[RemoteWorker] = []

    def client(self) -> RemoteWorker:
        self.clients.append(RemoteWorker.connect(lambda: self.server.path, timeout=PATIENCE))
        return self.clients[-1]

    def raw(self) -> socket.socket:
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(PATIENCE)
        plain.connect(str(self.server.path))
        return plain


@pytest.fixture
def serve(place: Path) -> Iterator[Callable[..., Served]]:
    all_served: list[Served] = []

    def served(base: Settings | None = None, **options: Any) -> Served:
        all_served.append(Served(place / "runs", {**LONG, **(base or {})}, options))
        return all_served[-1]

    yield served
    for run_served in all_served:
        assert all(client.close() for client in run_served.clients)
        assert run_served.worker.close()
        assert run_served.server.close()
    assert not (place / "log").exists()


def until(worker: Worker | RemoteWorker, holds: Callable[[View], bool]) -> View:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        view = worker.view()
        if holds(view):
            return view
        time.sleep(0.005)
    raise AssertionError(f"waited in vain; at last: {worker.view()}")


def heard(worker: RemoteWorker, number: int) -> tuple[Receipt, list[Any]]:
    """The receipt of a command, and the news up to it."""
    end, news = time.monotonic() + PATIENCE, list[Any]()
    while time.monotonic() < end:
        news += worker.news()
        for receipt in only(news, Receipt):
            if receipt.number == number:
                return receipt, news
        time.sleep(0.005)
    raise AssertionError(f"no receipt in {news}")


def same(one: View, other: View) -> bool:
    a, b = one.record, other.record
    return (one.preset, a.begun, a.last, a.stopped, a.finished, a.reported, a.found) == (
        other.preset, b.begun, b.last, b.stopped, b.finished, b.reported, b.found,
    )  # fmt: skip


def test_a_client_sees_the_whole_run_and_every_key_works(serve: Callable[..., Served]) -> None:
    served = serve(paused=True)
    until(served.worker, lambda view: view.state == "paused")
    client = served.client()
    assert isinstance(client.news()[0], Started)
    assert client.view().paused
    receipt, news = heard(client, client.send(Turn("training.lr", 0.5, "b")))
    assert receipt.taken
    assert [(event.arm, event.new) for event in only(news, Intervention)] == [("b", 0.5)]
    assert client.view().preset == served.worker.view().preset
    assert "no arm" in heard(client, client.send(Turn("training.lr", 0.5, "nobody")))[0].refused
    client.send(StepEpoch())
    assert until(client, lambda view: view.record.epoch == 1 and view.state == "paused").pending == ()
    client.send(SetSpeed(7.0))
    until(client, lambda view: view.speed == 7.0)
    _, news = heard(client, client.send(FindLr(steps=20)))
    assert [found.arm for found in only(news, Found)] == ["a", "b"]
    client.send(Look((("confusion", "b", 1),)))
    view = until(client, lambda view: bool(view.record.seen))
    assert revived(view.record.seen["confusion", "b", 1]) == revived(
        served.worker.view().record.seen["confusion", "b", 1]
    )
    client.send(SetSpeed(None))
    client.send(Resume())
    until(client, lambda view: view.record.epoch > 20 and view.rate > 0)
    client.send(Stop())
    view = until(client, lambda view: view.state == "finished")
    assert len(view.record.finished) == 4
    client.send(Turn("training.lr", 0.25, "a"))
    client.send(Pause())
    client.send(Restart())
    view = until(client, lambda view: view.state == "paused" and view.record.epoch == 0)
    assert view.record.begun.arm("a").settings.training.lr == 0.25
    assert same(view, served.worker.view())


def test_a_snapshot_makes_the_same_record_of_a_run_at_any_moment(serve: Callable[..., Served]) -> None:
    served = serve({"training.epochs": 300}, paused=False)
    served.worker.send(Turn("regularization.l2", 0.01))
    for goal in (1, 100, 300):
        until(served.worker, lambda view, goal=goal: view.record.epoch >= goal)  # type: ignore[misc]
        client = served.client()
        view = until(client, lambda view: view.state == "finished")
        whole = until(served.worker, lambda view: view.state == "finished")
        assert same(view, whole)
        assert view.record.interventions == whole.record.interventions
        assert view.record.history is not None
        assert whole.record.history is not None
        for name in whole.record.history.metrics:
            ours, theirs = view.record.history.series(name, "b"), whole.record.history.series(name, "b")
            assert ours[0].tolist() == theirs[0].tolist()
            assert np.array_equal(ours[1], theirs[1], equal_nan=True)  # a penalty that was off at first


def test_two_clients_see_the_same_and_a_receipt_goes_to_both(serve: Callable[..., Served]) -> None:
    served = serve(speed=100.0)
    one, two = served.client(), served.client()
    number = one.send(Turn("training.lr", 0.05))
    assert heard(one, number)[0].do == "turn"
    receipt, news = heard(two, 0)
    assert (receipt.do, receipt.taken, len(only(news, Intervention))) == ("turn", True, 2)
    two.send(Pause())
    until(one, lambda view: view.state == "paused")
    until(two, lambda view: view.state == "paused")
    views = [until(client, lambda view: view.event_count >= served.worker.view().event_count) for client in (one, two)]
    assert same(*views)
    assert one.close()
    two.send(Resume())
    until(two, lambda view: view.record.epoch > views[0].record.epoch + 3)


def test_a_client_whose_line_drops_comes_back_and_has_missed_nothing(serve: Callable[..., Served]) -> None:
    served = serve(speed=100.0)
    client, other = served.client(), served.client()
    client.send(Look((("confusion", "a", 0),)))
    until(client, lambda view: bool(view.record.seen))
    for number in range(5):
        (connection,) = [peer for name, peer in served.server._clients.items() if name == client._name]
        history = client.view().record.history
        connection._writer.transport.abort()  # as a cable that is pulled
        turned = client.send(Turn("training.lr", 0.1 + number / 100))
        assert heard(client, turned)[0].taken
        # By number, and not from a snapshot again.
        assert client.view().record.history is history
    epoch = client.view().record.epoch
    until(client, lambda view: any(seen.epoch > epoch for seen in view.record.seen.values()))
    client.send(Pause())
    until(client, lambda view: view.state == "paused")
    view = until(client, lambda view: view.event_count >= served.worker.view().event_count)
    assert same(view, until(other, lambda now: now.event_count == view.event_count))
    assert len(view.record.interventions) == 2 * 4  # the first turn was to what it had been
    assert history is not None
    epochs = history.series("val_loss", "a")[0].tolist()
    assert epochs == list(range(1, view.record.epoch + 1))


def test_a_command_acts_once_however_often_the_line_drops(serve: Callable[..., Served]) -> None:
    served = serve(paused=True)
    client = served.client()
    for number in range(1, 21):
        sent = client.send(StepEpoch())
        for connection in list(served.server._clients.values()):
            time.sleep(0.003 * (number % 8))
            connection._writer.transport.abort()
        assert heard(client, sent)[0].taken
        view = until(client, lambda view: view.state == "paused" and view.record.epoch >= number)  # noqa: B023
        assert view.record.epoch == number
    with served.raw() as plain:  # also where the same line arrives twice
        plain.sendall(hello("twice") + b'{"do": "step", "id": 1}\n' * 3 + b'{"do": "step", "id": 2}\n')
        until(client, lambda view: view.record.epoch == 22 and view.state == "paused")
        client.send(StepEpoch())
        assert until(client, lambda view: view.record.epoch >= 23).record.epoch == 23


def test_who_was_away_for_long_gets_a_snapshot(serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.serve.stream.Stream.has", lambda *_: False)
    served = serve(speed=200.0)
    client = served.client()
    history = client.view().record.history
    (connection,) = served.server._clients.values()
    connection._writer.transport.abort()
    until(client, lambda view: view.record.history is not history and client.connected)
    served.worker.send(Pause())
    until(client, lambda view: view.state == "paused")
    assert same(until(client, lambda view: view.event_count >= served.worker.view().event_count), served.worker.view())


def hello(name: str, stream: str = "", after: int = 0) -> bytes:
    return json.dumps({"hello": "regtui 1", "client": name, "stream": stream, "after": after}).encode() + b"\n"


def test_a_client_that_never_reads_slows_nothing_and_resyncs_when_it_reads(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.serve.server.Stream", lambda last: Stream(last, kept=500))
    served = serve()
    until(served.worker, lambda view: view.record.epoch > 5)
    with served.raw() as slow:
        slow.sendall(hello("slow"))
        goal = served.server.stream.last + 4_000
        began = time.monotonic()
        while served.server.stream.last < goal and time.monotonic() - began < 60:
            time.sleep(0.05)
        assert served.server.stream.last >= goal
        (connection,) = served.server._clients.values()
        assert connection._writer.transport.get_write_buffer_size() < 4 << 20
        served.worker.send(Pause())
        read = b""
        while read.count(b'"welcome"') < 2:
            read += slow.recv(1 << 20)


def test_hostile_bytes_close_their_connection_and_nothing_else(serve: Callable[..., Served]) -> None:
    served = serve(speed=100.0)
    client = served.client()
    chance = random.Random(3)
    lines = [
        b"",
        b"\0",
        b"[" * 200_000,
        b"x" * 1_000_000,
        b"{}",
        b'{"hello": "regtui 2"}',
        b"\xff\xfe",
        b'"hello"',
        b"9" * 5000,
    ]
    lines += [hello("a/b").strip(), hello("x" * 99).strip(), b'{"do": "stop", "id": 1}', b'{"do":' * 20_000]
    lines += [chance.randbytes(chance.randrange(1, 300)) for _ in range(500)]
    after = [b'{"do": "fly", "id": 1}', b'{"do": "pause"}', b'{"do": "pause", "id": -1}', b'{"do": "pause", "id": "x"}']
    after += [b"x" * 100_000, b"\xff", b'{"do": "turn", "id": 1}', b"[" * 60_000]
    after += [bytes([byte]) * 3 for byte in range(256) if byte not in b" \t\r\n"]
    after += [chance.randbytes(chance.randrange(1, 300)).replace(b"\n", b"") + b"?" for _ in range(500)]
    for number, line in enumerate([*lines, *after]):
        with served.raw() as plain:
            try:
                greeting = hello(f"h{number}", served.server.id, served.server.stream.last)
                plain.sendall((greeting if number >= len(lines) else b"") + line + b"\n")
                while plain.recv(1 << 16):
                    pass
            except (ConnectionResetError, BrokenPipeError):
                pass
    assert client.connected
    epoch = client.view().record.epoch
    assert heard(client, client.send(Turn("training.lr", 0.3)))[0].taken
    view = until(client, lambda view: view.record.epoch > epoch)
    assert (view.state, view.record.failed) == ("running", None)
    until(client, lambda view: served.server.clients == 1)


def test_a_socket_that_is_removed_is_made_again(serve: Callable[..., Served]) -> None:
    served = serve(speed=50.0)
    client = served.client()
    served.server.path.unlink()
    served.server.path.parent.rmdir()
    end = time.monotonic() + PATIENCE
    while not served.server.path.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert served.client().view().record.started is not None
    assert heard(client, client.send(Pause()))[0].taken


def test_the_end_of_the_process_is_told_with_the_last_events(serve: Callable[..., Served]) -> None:
    served = serve({"training.epochs": 50})
    client = served.client()
    until(served.worker, lambda view: view.state == "finished")
    assert served.worker.close()
    assert served.server.close()
    view = until(client, lambda view: view.state == "finished" and not client.connected)
    assert len(view.record.finished) == 4
    assert not served.server.path.exists()
    assert len(only(client.news(), Finished)) in (0, 4)


def test_a_run_is_rearranged_from_another_process_and_who_comes_later_sees_it_so(serve: Callable[..., Served]) -> None:
    served = serve(paused=True)
    until(served.worker, lambda view: view.state == "paused")
    client = served.client()
    for _ in range(3):
        client.send(StepEpoch())
    until(client, lambda view: view.record.epoch == 3 and view.state == "paused")
    assert heard(client, client.send(Fork("b", "past", epoch=2)))[0].taken
    until(client, lambda view: "past" in view.record.parked)
    assert heard(client, client.send(AddArm("a", "late", {"regularization.l2": 0.1})))[0].taken
    until(client, lambda view: "late" in view.preset.arm_names and "late" not in view.record.parked)
    assert heard(client, client.send(AddSeeds(1)))[0].taken
    until(client, lambda view: len(view.preset.seeds) == 3)
    assert "no arm" in heard(client, client.send(RemoveArm("nobody")))[0].refused
    later = served.client()
    for viewer in (client, later):
        view = until(viewer, lambda view: len(view.record.last) == 12)
        assert same(view, served.worker.view())
        assert view.record.parked == {"past": Parked(2, 0, waits=True)}
        assert view.record.history is not None
        assert [*view.record.history.series("val_loss", "late", 2)[0]] == [1, 2, 3]
    assert heard(client, client.send(Rewind(1)))[0].taken
    view = until(later, lambda view: view.record.epoch == 1)
    assert view.preset.arm_names == ("a", "b", "late")
    assert same(view, served.worker.view())
