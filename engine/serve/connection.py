"""One client of a run: what it is sent, at its own pace, and what it asks for."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from engine.commands import Look
from engine.serve import snapshot
from engine.serve.lines import write_event
from engine.view import View

if TYPE_CHECKING:
    from engine.serve.server import Server

# What both sides begin with: another number, and they do not understand each other.
NAME = "regtui 1"
# News is sent so often, and the rate of epochs so often, seconds.
BEAT, _STATUS = 0.02, 0.25
# So many lines are written at once, and so many bytes wait for a client that does not read, before the rest waits.
_LINES, _BYTES = 1000, 1 << 18


class Connection:
    """One who is connected.

    Attributes
    ----------
    name : the client's own, the same when it comes again.
    looks : it has asked for closer looks.
    """

    def __init__(self, server: Server, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.name, self.looks = name, False
        self._server, self._reader, self._writer = server, reader, writer
        self._sent = 0
        self._status: dict[str, Any] = {}
        self._status_due = 0.0
        writer.transport.set_write_buffer_limits(_BYTES)

    @property
    def is_up_to_date(self) -> bool:
        """Whether all that has happened has been written to it."""
        return self._sent >= self._server.stream.last and not self._writer.transport.get_write_buffer_size()

    def leave(self, why: str) -> None:
        """Say so as the last line, and end the connection."""
        if not self._writer.is_closing():
            self._writer.write(f"{json.dumps({'bye': why})}\n".encode())
            self._writer.close()

    async def talk(self, hello: dict[str, Any]) -> None:
        """Until one side ends it. Raises OSError, ValueError or EOFError, whatever ended it."""
        if hello["stream"] == self._server.id and self._server.stream.has(hello["after"]):
            self._sent = hello["after"]
            await self._welcome(None)
        else:
            await self._send_all()
        talking = {asyncio.create_task(self._listen()), asyncio.create_task(self._send_news())}
        try:
            done, _ = await asyncio.wait(talking, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)
        for task in done:
            task.result()

    async def _listen(self) -> None:
        while True:
            line = await self._reader.readuntil(b"\n")
            while self._server.is_busy:
                await asyncio.sleep(BEAT)
            order = self._server.pass_on(self.name, line)
            self.looks = self.looks or isinstance(order.command, Look)

    async def _send_news(self) -> None:
        """Send what is new, at the client's own pace: one that has fallen far behind gets a snapshot."""
        while True:
            # Taken before the events are read, so that its state is not shown before the events that led to it.
            view = self._server.view() if self._sent < self._server.stream.last or self._is_status_due() else None
            while self._sent < self._server.stream.last:
                new = self._server.stream.lines(self._sent, _LINES)
                if new is None:
                    await self._send_all()
                    continue
                text, self._sent = new
                await self._write(text)
            if view is not None and view.event_count <= self._sent:
                await self._send_status(view)
            await asyncio.sleep(BEAT)

    def _is_status_due(self) -> bool:
        return asyncio.get_running_loop().time() >= self._status_due

    async def _send_status(self, view: View) -> None:
        status = {
            "state": view.state,
            "rate": round(view.rate, 3),
            "speed": view.speed,
            "paused": view.paused,
            "files": [str(path) for path in view.files],
        }
        changed = {key for key, value in status.items() if self._status.get(key, self) != value}
        if changed - {"rate"} or (changed and self._is_status_due()):
            self._status = status
            self._status_due = asyncio.get_running_loop().time() + _STATUS
            await self._write(f"{json.dumps({'status': status})}\n")

    async def _send_all(self) -> None:
        view = self._server.view(whole=True)
        events = list(snapshot.as_events(view.record))
        self._sent, self._status = view.event_count, {}
        await self._welcome(len(events))
        await self._write(f"{snapshot.header(view.record)}\n")
        for begin in range(0, len(events), 100):
            await self._write("".join(map(write_event, events[begin : begin + 100])))
        await self._send_status(view)

    async def _welcome(self, lines: int | None) -> None:
        received = self._server.received(self.name)
        welcome = {
            "welcome": NAME,
            "stream": self._server.id,
            "number": self._sent,
            "commands": received,
            "snapshot": lines,
        }
        await self._write(f"{json.dumps(welcome)}\n")

    async def _write(self, text: str) -> None:
        self._writer.write(text.encode())
        await self._writer.drain()


def read_hello(line: bytes) -> dict[str, Any]:
    """What a client says first. Raises ValueError where it is anything else."""
    try:
        hello = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(hello, dict) or hello.keys() != {"hello", "client", "stream", "after"} or hello["hello"] != NAME:
        raise ValueError("no hello")
    name, after = hello["client"], hello["after"]
    if not isinstance(name, str) or not name.isalnum() or len(name) > 40 or type(after) is not int:
        raise ValueError("no name, or no number")
    return hello
