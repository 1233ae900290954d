"""A run that another process trains, with the face of the worker there: a screen need not know the difference.

It talks with `engine.serve` over a Unix socket, and comes back by itself when the line drops. No torch is imported.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.commands import Command, Look, Turn, to_json
from engine.events import Epoch, Event, Failed, Loading, Receipt, Seen
from engine.log import write_log
from engine.preset import Preset
from engine.record import RunRecord
from engine.serve.connection import NAME
from engine.serve.lines import event_of, is_event, read_line
from engine.serve.place import is_of_this_person
from engine.serve.snapshot import revive
from engine.view import State, View

# The longest line that is read, bytes: a look's pictures are some hundred thousand.
_LONGEST = 1 << 24
# So often a connection is tried, and after so long without one the run is given up for dead, seconds.
_RETRY, _PATIENCE = 0.2, 10.0
# How many rare events wait for a reader before the oldest are let go.
_NEWS = 1000
_NO_NEWS = (Epoch, Seen, Loading)
_GONE = "the process that trained this run is gone"


class RemoteWorker:
    """Shows and steers a run in another process; it has the methods of `engine.worker.Worker` that a screen calls.

    Parameters
    ----------
    where : gives the run's socket, or None while there is none. It is asked again for each connection.
    """

    def __init__(self, where: Callable[[], Path | None]) -> None:
        self._where = where
        self._name, self._stream, self._number = secrets.token_hex(8), "", 0
        self._lock = threading.Lock()
        self._record: RunRecord | None = None
        self._state: State = "loading"
        self._status: dict[str, Any] = {}
        self._news: deque[Event] = deque(maxlen=_NEWS)
        self._version = self._sent = 0
        self._unconfirmed: deque[tuple[int, str]] = deque()  # sent, and perhaps not arrived
        self._pending: dict[int, Command] = {}  # sent, and not answered
        self._wanted = Look()  # asked for again with each connection
        self._came = threading.Event()
        self._closing = False
        self._connected = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="regtui-client", daemon=True)

    @classmethod
    def connect(cls, where: Callable[[], Path | None] | Path, timeout: float = 5.0) -> RemoteWorker:
        """A worker that knows its run. Raises ConnectionError where nobody answers within `timeout` seconds."""
        path = where
        worker = cls(path if callable(path) else lambda: path)
        worker.start()
        if not worker._came.wait(timeout):
            worker.close(timeout=0)
            raise ConnectionError(f"no process that trains this run answers within {timeout:g} s")
        return worker

    # What a screen calls ---------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether there is a line at this moment; without one the view stands still and commands wait."""
        return self._connected

    def start(self) -> None:
        """Begin to talk; once begun, this does nothing."""
        if self._thread.ident is None:
            self._thread.start()

    @property
    def begun(self) -> Preset:
        """The experiment as it began. Only after `connect`."""
        view = self.view()
        return view.record.begun or view.preset

    def send(self, command: Command) -> int:
        """Pass a command on; its `Receipt` has this number. Those of other clients have the number 0."""
        with self._lock:
            self._sent += 1
            number = self._sent
            fields = json.loads(to_json(command))
            self._unconfirmed.append((number, f"{json.dumps({**fields, 'id': number})}\n"))
            self._pending[number] = command
            if isinstance(command, Look):
                self._wanted = command
            self._version += 1
        self._wake_up()
        return number

    def view(self) -> View:
        """The run as it was last known. Only after `connect`."""
        with self._lock:
            assert self._record is not None
            return View(
                state=self._state,
                record=self._record.snapshot(),
                rate=self._status.get("rate", 0.0) if self._connected else 0.0,
                speed=self._status.get("speed"),
                paused=self._status.get("paused", False),
                pending=tuple(command for command in self._pending.values() if isinstance(command, Turn)),
                version=self._version,
                event_count=self._number,
                attached=True,
                files=tuple(map(Path, self._status.get("files", ()))),
            )

    def news(self) -> list[Event]:
        """The rare events since the last call, as `Worker.news` has them."""
        with self._lock:
            news = list(self._news)
            self._news.clear()
        return news

    def close(self, timeout: float = 2.0) -> bool:
        """Leave; the run goes on. Whether that was done within `timeout` seconds."""
        self._closing = True
        self._wake_up()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    # What the thread does --------------------------------------------------------------------------------------------

    def _wake_up(self) -> None:
        loop, wake = self._loop, self._wake
        if loop is not None and wake is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(wake.set)

    def _run(self) -> None:
        asyncio.run(self._stay_connected())

    async def _stay_connected(self) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        lost = time.monotonic()
        while not self._closing:
            try:
                if (path := self._where()) is not None:
                    await self._talk(path)
            except (OSError, EOFError):
                pass
            except Exception as error:
                self._give_up(Failed(f"{type(error).__name__}: {error}", str(write_log("the run of another process"))))
                return
            if self._connected:
                lost = time.monotonic()
                with self._lock:
                    self._connected = False
                    self._version += 1
            elif time.monotonic() - lost > _PATIENCE:
                self._give_up(Failed(_GONE))
            if not self._closing:
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _RETRY)

    def _give_up(self, failed: Failed) -> None:
        with self._lock:
            if self._record is not None and not self._record.over and self._state != "failed":
                self._record.take(failed)
                self._news.append(failed)
                self._state, self._number = "failed", -1  # should it come back, it starts again from the whole run
                self._version += 1

    async def _talk(self, path: Path) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 18)
        talking: set[asyncio.Task[None]] = set()
        try:
            if not is_of_this_person(writer.get_extra_info("socket")):
                raise ConnectionError(f"{path}: another person's")
            hello = {"hello": NAME, "client": self._name, "stream": self._stream, "after": self._number}
            writer.write(f"{json.dumps(hello)}\n".encode())
            arrived = asyncio.Event()
            talking = {
                asyncio.create_task(self._listen(reader, arrived)),
                asyncio.create_task(self._send_commands(writer, arrived)),
            }
            done, _ = await asyncio.wait(talking, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, arrived: asyncio.Event) -> None:
        """Take in what comes; `arrived` once it is known which commands have been heard."""
        welcome: dict[str, Any] = {}
        snapshot: list[dict[str, Any]] = []
        rest = b""
        while data := await reader.read(1 << 16):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > _LONGEST:
                raise ValueError("too long a line")
            messages = [read_line(line) for line in lines]
            while messages:
                if missing := (welcome.get("snapshot", -1) + 1) - len(snapshot):
                    snapshot += messages[:missing]
                    del messages[:missing]
                    if len(snapshot) == welcome["snapshot"] + 1:
                        self._begin_with(welcome, snapshot)
                        welcome, snapshot = {}, []
                elif "welcome" in messages[0]:
                    welcome = messages.pop(0)
                    self._take_welcome(welcome)
                    arrived.set()
                    if welcome["snapshot"] is None:
                        welcome = {}
                else:
                    count = next(
                        (place for place, message in enumerate(messages) if "welcome" in message), len(messages)
                    )
                    self._take_lines(messages[:count])
                    del messages[:count]
        raise EOFError

    def _take_welcome(self, welcome: dict[str, Any]) -> None:
        if welcome["welcome"] != NAME:
            raise ValueError("another program answers")
        with self._lock:
            if self._stream not in ("", welcome["stream"]):
                # Another process has taken the run up: what was meant for the one before is not for it.
                for number, command in self._pending.items():
                    self._news.append(Receipt(command.kind, False, refused=_GONE, number=number))
                self._unconfirmed.clear()
                self._pending.clear()
            while self._unconfirmed and self._unconfirmed[0][0] <= welcome["commands"]:
                self._unconfirmed.popleft()
            again, self._connected = not self._connected, True
            self._version += 1
        if again and self._wanted.wanted:  # which were forgotten with the connection before
            self.send(self._wanted)

    def _begin_with(self, welcome: dict[str, Any], snapshot: list[dict[str, Any]]) -> None:
        """A record of its own, in place of what was missed."""
        presets, *events = snapshot
        record = revive(presets["begun"], presets["preset"], [event_of(fields)[1] for fields in events])
        with self._lock:
            if record.started is not None and self._record is None:
                self._news.append(record.started)
            unconfirmed = {number for number, _ in self._unconfirmed}
            # Those that have arrived are answered in the snapshot, or soon.
            self._pending = {number: command for number, command in self._pending.items() if number in unconfirmed}
            self._record, self._stream, self._number = record, welcome["stream"], welcome["number"]
            self._version += 1

    def _take_lines(self, messages: list[dict[str, Any]]) -> None:
        events = [event_of(fields) for fields in messages if is_event(fields)]
        with self._lock:
            for number, event in events:
                self._take(number, event)
            for status in (fields["status"] for fields in messages if "status" in fields):
                self._status, self._state = status, status["state"]
                self._came.set()
            self._version += 1

    def _take(self, number: int, event: Event) -> None:
        assert self._record is not None
        self._number = number
        self._record.take(event)
        if isinstance(event, Receipt):
            client, _, number_there = event.id.partition("/")
            mine = int(number_there) if client == self._name else 0
            event = dataclasses.replace(event, number=mine)
            self._pending.pop(mine, None)
            while self._unconfirmed and self._unconfirmed[0][0] <= mine:
                self._unconfirmed.popleft()
        if not isinstance(event, _NO_NEWS):
            self._news.append(event)

    async def _send_commands(self, writer: asyncio.StreamWriter, arrived: asyncio.Event) -> None:
        assert self._wake is not None
        await arrived.wait()
        sent = 0
        while not self._closing:
            self._wake.clear()
            with self._lock:
                fresh = [(number, line) for number, line in self._unconfirmed if number > sent]
            for number, line in fresh:
                writer.write(line.encode())
                sent = number
            await writer.drain()
            await self._wake.wait()
