"""How the program ends on signals: Ctrl-C, SIGTERM, SIGHUP when the SSH line drops; and how it is stopped.

Python calls its signal handlers between two bytecodes of the main thread, which may be seconds away (a matrix
product, a network that does not answer, a terminal that does not read). So the signal's number is also written to a
pipe, and a thread reads it there.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Protocol

# The main thread has so long to end in its own time (and to remove its half files) before it is ended, seconds; or
# so long where a table is to be shown first.
GRACE, GRACE_WITH_TABLE = 1.4, 1.6
# Every signal that ends a program unless it is taken.
_DEADLY = (
    "HUP", "INT", "QUIT", "ABRT", "TERM", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "XCPU", "IO", "PWR", "STKFLT",
)  # fmt: skip


def left_to_the_thread(signum: int, frame: FrameType | None) -> None:
    """A handler that does nothing: only a signal that has one reaches the pipe, and with it the thread."""


class Ended(BaseException):
    """A signal has asked the program to end; `code` is its exit code, 128 + the number of the signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.code = 128 + signum


class FullScreen(Protocol):
    """What a full screen does about signals. All of this is called in the thread that takes them."""

    def give_back(self) -> None:
        """Leave the terminal as it was found, and wait for nothing."""

    def suspend(self) -> None:
        """Leave the terminal for as long as the program is stopped."""

    def resume(self) -> bool:
        """Show the screen again after a stop; False where the program goes on in the background."""


class Signals:
    """While entered, the signals that end a program are turned into `interrupted`, `Ended`, or the end within GRACE.

    Attributes
    ----------
    graceful : the next Ctrl-C only sets `interrupted`, and whoever trains ends in good order. Another ends at once.
    interrupted : Ctrl-C was pressed while `graceful`.
    on_end : called with the signal's number where the program is to end in good order, in the signals' thread.
    on_hang_up : called when the terminal goes away, in any thread; whether the program goes on without one.
    screen : what is shown in the terminal, if it is a full screen.
    """

    def __init__(self) -> None:
        self.graceful = False
        self.interrupted = False
        self.on_end: Callable[[int], None] | None = None
        self.on_hang_up: Callable[[], bool] = lambda: False
        self.screen: FullScreen | None = None
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
        for name in _DEADLY:
            signum = getattr(signal, f"SIG{name}", None)
            if signum is not None and (signum == signal.SIGINT or signal.getsignal(signum) == signal.SIG_DFL):
                # Others who have a handler keep it, and what is ignored was meant to be: that is what nohup does.
                self._before[signum] = signal.signal(signum, left_to_the_thread)
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
        """Raise Ended where a signal has asked the program to end."""
        if self._ended is not None:
            raise Ended(self._ended)

    def hang_up(self) -> None:
        """The terminal has gone away; from any thread."""
        if self._ended is not None or not self.on_hang_up():
            self.end(signal.SIGHUP)

    def end(self, signum: int) -> None:
        """End the program as this signal does; from any thread."""
        again, self._ended = self._ended is not None, self._ended or signum
        if again:
            if signum == signal.SIGINT:
                self._end(128 + signum)
            return
        with_table = signum == signal.SIGINT and self.on_end is not None
        last_words = "regtui: interrupted\n" if signum == signal.SIGINT else ""
        self.end_within(GRACE_WITH_TABLE if with_table else GRACE, 128 + signum, last_words)
        if self.on_end is not None:
            self.on_end(signum)

    def end_within(self, seconds: float, code: int, last_words: str = "") -> None:
        """End the program with this exit code, by force if it has not ended by itself within so long."""
        last = threading.Timer(seconds, self._end, (code, last_words))
        last.daemon = True
        last.start()

    def _listen(self, pipe: int) -> None:
        while got := os.read(pipe, 1):
            self._take(got[0])
        os.close(pipe)

    def _take(self, signum: int) -> None:
        if signum in self._before:
            if signum == signal.SIGINT and self.graceful and not self.interrupted:
                self.interrupted = True
            elif signum == getattr(signal, "SIGHUP", None):
                self.hang_up()
            else:
                self.end(signum)
        elif self.screen is not None and self._ended is None:
            # With a screen those two have handlers, and so come here.
            if signum == getattr(signal, "SIGTSTP", None):
                self.screen.suspend()
                _stop()
            elif signum == getattr(signal, "SIGCONT", None) and not self.screen.resume():
                _stop()

    def _end(self, code: int, last_words: str = "") -> None:
        """The last resort, which needs no other thread to act.

        Nothing is unwound: an exception inside an import or a destructor would end as a traceback on the screen.
        """
        if self._over.is_set():
            return
        with contextlib.suppress(Exception):
            self._give_terminal_back()
            if last_words and select.select([], [2], [], 0)[1]:
                os.write(2, last_words.encode(errors="replace"))
        os._exit(code)

    def _give_terminal_back(self) -> None:
        if self.screen is not None:
            self.screen.give_back()
        elif sys.stderr.isatty():
            from tui.terminal import SHOW_CURSOR, reopen, send

            send(reopen(sys.stderr.fileno()), SHOW_CURSOR)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
