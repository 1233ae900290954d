"""A run steered from stdin: commands as lines of JSON, read in a thread of their own."""

from __future__ import annotations

import dataclasses
import os
import select
import threading
import time

from engine.commands import Restart, Resume
from engine.control import Lines, Order, read_order
from engine.worker import Worker

# So many commands wait for the lab before no more are read, and so long the reader then rests, seconds.
_MOST, _REST = 1000, 0.005
# What is there already is read before training starts, if that takes no longer, seconds.
_PATIENCE = 2.0


class Control:
    """Passes the commands of a file descriptor to a worker, which answers each with a receipt."""

    def __init__(self, worker: Worker, fd: int = 0) -> None:
        self._worker, self._fd = worker, fd
        self._caught_up = threading.Event()
        self._ended = False

    def start(self) -> None:
        """Begin to read. What has been written by now is read before this returns, so that it is not late."""
        threading.Thread(target=self._run, name="regtui-control", daemon=True).start()
        self._caught_up.wait(_PATIENCE)

    def check(self) -> None:
        """Let a paused run go on where nobody is left who could say so."""
        if self._ended and self._worker.waiting == 0 and self._worker.view().paused:
            self._worker.send(Resume())

    def _run(self) -> None:
        lines = Lines()
        try:
            while data := self._read():
                for line in lines.feed(data):
                    self._pass_on(line)
            for line in lines.end():
                self._pass_on(line)
        except OSError:
            pass  # stdin was closed, which is an end as well
        self._ended = True
        self._caught_up.set()

    def _read(self) -> bytes:
        if not select.select([self._fd], [], [], 0)[0]:
            self._caught_up.set()
        return os.read(self._fd, 65_536)

    def _pass_on(self, line: bytes) -> None:
        if not line.strip():
            return
        while self._worker.waiting >= _MOST:
            self._caught_up.set()
            time.sleep(_REST)
        order = read_order(line)
        if isinstance(order.command, Restart):
            why = "a run without a screen ends once: expected any other command, or another regtui run"
            order = Order(None, id=order.id, do=order.do, refused=why)
        self._worker.order(dataclasses.replace(order, viewer="stdin"))
