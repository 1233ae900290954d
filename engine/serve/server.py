"""Lets other processes of the same person see and steer a worker's run, over a Unix socket.

The talk is lines of JSON. A client begins with

    {"hello": "regtui 1", "client": NAME, "stream": ID, "after": NUMBER}

the last two as it knows them from an earlier connection, or "" and 0. The answer is

    {"welcome": "regtui 1", "stream": ID, "number": NUMBER, "commands": COUNT, "snapshot": LINES}

Where LINES is not null, the presets follow in one line and then so many events, which make the whole record; where it
is null, the client has missed nothing that does not follow now: each event as `engine.serve.lines` has it, and
`{"status": {...}}` when it changes. The client sends commands as in `engine.control`, each with a whole number as its
id, one more than the last; a command that has arrived already is passed over, so that a client may send again what
it does not know to have arrived.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import threading
from collections import OrderedDict
from pathlib import Path

from engine.commands import Look
from engine.control import LONGEST, Order, read_order
from engine.log import write_log
from engine.serve.connection import BEAT, Connection, read_hello
from engine.serve.place import bind, is_of_this_person, socket_folder, socket_path
from engine.serve.stream import Stream
from engine.view import View
from engine.worker import Worker

# A client has so long to say hello, seconds.
_HELLO = 5.0
# So many connections at once, and so many clients whose commands are remembered.
_CONNECTIONS, _REMEMBERED = 32, 1000
# So many commands wait for the lab before no more are read.
_COMMANDS = 1000
# Whether the socket is still there is seen so often, and clients have so long to read the last events, seconds.
_THERE, _GOODBYE = 1.0, 0.5


class Server:
    """Serves a worker until it is closed.

    Parameters
    ----------
    worker : whose run is shown and steered.
    runs : the folder of runs, beside which sockets may lie (`engine.serve.socket_folders`).
    run : the run's id, by which others find it.

    Attributes
    ----------
    path : of the socket.
    id : of the stream of events: numbers of another one mean nothing.
    stream : the newest events.

    Raises OSError where no socket can be made or another process serves this run, ValueError where the id is none.
    """

    def __init__(self, worker: Worker, runs: Path, run: str) -> None:
        self.id = secrets.token_hex(8)
        self.stream = Stream(worker.view().event_count)
        self._worker, self._runs, self._run_id = worker, runs, run
        self._connections = 0
        self._clients: dict[str, Connection] = {}
        self._received: OrderedDict[str, int] = OrderedDict()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="regtui-server", daemon=True)
        self._inode = 0
        self.path, self._socket = self._bind()
        worker.listen(self.stream.take)

    def start(self) -> None:
        """Begin to serve, in a thread of its own."""
        self._thread.start()

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    def close(self, timeout: float = 2.0) -> bool:
        """Send the last events to the clients, and end; whether that was done within `timeout` seconds."""
        self._closing.set()
        if self._thread.ident is None:
            self._leave()
        else:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    # What the thread does --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:  # training goes on without
            write_log(f"the socket {self.path}")
        self._leave()

    def _bind(self) -> tuple[Path, socket.socket]:
        path = socket_path(socket_folder(self._runs), self._run_id)
        listener = bind(path)
        self._inode = path.stat().st_ino
        return path, listener

    def _leave(self) -> None:
        ours = self._is_there()
        self._socket.close()
        if ours:
            with contextlib.suppress(OSError):
                self.path.unlink()

    async def _serve(self) -> None:
        while True:
            server = await asyncio.start_unix_server(self._handle, sock=self._socket, limit=LONGEST)
            while not self._closing.is_set() and not self._has_moved():
                await self._wait(_THERE)
            server.close()  # to new ones: who is connected stays so
            if self._closing.is_set():
                await self._say_goodbye()
                return

    async def _wait(self, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while not self._closing.is_set() and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(BEAT)

    def _is_there(self) -> bool:
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    def _has_moved(self) -> bool:
        """Whether there is a new socket since the old one was removed, as all of XDG_RUNTIME_DIR is when the person's
        last session ends."""
        if self._is_there():
            return False
        try:
            self.path, self._socket = self._bind()
        except OSError:
            return False
        return True

    async def _say_goodbye(self) -> None:
        end = asyncio.get_running_loop().time() + _GOODBYE
        while asyncio.get_running_loop().time() < end and not all(
            client.is_up_to_date for client in self._clients.values()
        ):
            await asyncio.sleep(BEAT)
        for client in list(self._clients.values()):
            client.leave("the process that trains this run has ended")
        await asyncio.sleep(BEAT)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its last: whatever it does, it harms only itself."""
        client: Connection | None = None
        self._connections += 1
        try:
            if self._connections > _CONNECTIONS or not is_of_this_person(writer.get_extra_info("socket")):
                return
            hello = read_hello(await asyncio.wait_for(reader.readuntil(b"\n"), _HELLO))
            client = Connection(self, hello["client"], reader, writer)
            if before := self._clients.get(client.name):
                before.leave("the same client has come again")
            self._clients[client.name] = client
            await client.talk(hello)
        except (TimeoutError, OSError, ValueError, EOFError, asyncio.LimitOverrunError):
            pass
        except Exception:
            write_log("a client of the run")
        finally:
            self._connections -= 1
            if client is not None and self._clients.get(client.name) is client:
                del self._clients[client.name]
                if client.looks:
                    self._worker.order(Order(Look(()), viewer=client.name))
            writer.close()

    # What the connections ask ----------------------------------------------------------------------------------------

    def view(self, whole: bool = False) -> View:
        """The run at this moment."""
        return self._worker.view(whole)

    @property
    def is_busy(self) -> bool:
        """Whether so many commands wait that no more should be read."""
        return self._worker.waiting >= _COMMANDS

    def received(self, client: str) -> int:
        """How many commands of this client have arrived."""
        return self._received.get(client, 0)

    def pass_on(self, client: str, line: bytes) -> Order:
        """Give a client's command to the worker, once. Raises ValueError where it is none."""
        order = read_order(line)
        if order.refused or not order.id.isdecimal() or len(order.id) > 15:
            raise ValueError(order.refused or "a command without its number")
        number = int(order.id)
        if number > self.received(client):
            self._received[client] = number
            self._received.move_to_end(client)
            while len(self._received) > _REMEMBERED:
                self._received.popitem(last=False)
            self._worker.order(Order(order.command, order.at, f"{client}/{number}", client, order.do))
        return order
