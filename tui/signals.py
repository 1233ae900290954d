"""How a run without a screen ends when it is told to: Ctrl-C, SIGTERM, and SIGHUP when the SSH line drops.

Python calls its signal handlers between two bytecodes of the main thread, which may be seconds away (a matrix
product, a network that does not answer). So the signal's number is also written to a pipe, and a thread reads it there.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any

# The main thread has so long to end in its own time (and to remove its half files) before it is ended, seconds.
GRACE = 0.7
_SHOW_CURSOR = b"\x1b[?25h\r\n"


class Ended(BaseException):
    """The program has been told to end; `code` is its exit code, 128 + the number of the signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.code = 128 + signum


class Signals:
    """While entered, the signals that end a program are turned into `interrupted`, `Ended`, or the end within GRACE.

    Attributes
    ----------
    graceful : the next Ctrl-C only sets `interrupted`, and whoever trains ends in good order. Another ends at once.
    interrupted : Ctrl-C was pressed while `graceful`.
    """

    def __init__(self) -> None:
        self.graceful = False
        self.interrupted = False
        self._ended: int | None = None
        self._over = threading.Event()
        self._before: dict[int, Any] = {}
        self._pipe: tuple[int, int] | None = None
        self._wakeup_before = -1

    def __enter__(self) -> Signals:
        if threading.current_thread() is not threading.main_thread():
            return self  # signals belong to the main thread; whoever runs this elsewhere keeps its own
        self._pipe = os.pipe()
        os.set_blocking(self._pipe[1], False)
        self._wakeup_before = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            signum = getattr(signal, name, None)
            # A hang-up that is ignored was meant to be: that is what nohup does.
            if signum is not None and not (name == "SIGHUP" and signal.getsignal(signum) == signal.SIG_IGN):
                self._before[signum] = signal.signal(signum, _left_to_the_thread)
        threading.Thread(target=self._listen, args=(self._pipe[0],), name="regtui-signals", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._over.set()
        if self._pipe is None:
            return
        for signum, handler in self._before.items():
            signal.signal(signum, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._pipe[1])  # the thread reads the end of the pipe, and closes its own side

    def check(self) -> None:
        """Raise Ended where the program has been told to end."""
        if self._ended is not None:
            raise Ended(self._ended)

    def _listen(self, pipe: int) -> None:
        while got := os.read(pipe, 1):
            signum = got[0]
            if signum not in self._before:
                continue
            if signum == signal.SIGINT and self.graceful and not self.interrupted:
                self.interrupted = True
                continue
            self._ended = signum
            if not self._over.wait(GRACE):
                _end(signum)
        os.close(pipe)


def _left_to_the_thread(signum: int, frame: FrameType | None) -> None:
    """A signal reaches the pipe only if it has a handler."""


def _end(signum: int) -> None:
    """Leave without unwinding: an exception inside an import or a destructor would end as a traceback on the screen."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), _SHOW_CURSOR)
    os._exit(128 + signum)
