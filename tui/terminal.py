"""The terminal under a full screen: frames are sent to it, and it is given back, without ever waiting for it.

Whoever ends a program cannot know whether its terminal still reads, or is still there. So everything goes through an
open file of its own that does not block; the flags of the shell's own file stay as they are.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

# Everything that a full screen asks of a terminal, taken back: frames held together, pasted text in brackets, lines
# that are cut, sizes among the keys, the mouse in all its ways, the focus, keys by kitty's protocol, colours, the
# alternate screen, the hidden cursor.
LEAVE = (
    b"\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    b"\x1b[?1004l\x1b[<u\x1b[0m\x1b[?1049l\x1b[?25h"
)
SHOW_CURSOR = b"\x1b[?25h\r\n"
# Ends whatever sequence the terminal is in the middle of.
_CANCEL = b"\x18"
# A terminal that takes nothing is tried for so long, seconds.
_PATIENCE = 0.1
# Nor for longer than this on one that reads slowly, for the last words: without them it stays as the screen had it.
_PATIENCE_AT_LAST = 0.4


class Terminal:
    """A terminal in which a full screen is shown, or was.

    Parameters
    ----------
    output, keyboard : its open files, such as 1 and 0.
    on_gone : called once, in the thread that finds that the terminal is not there any more.

    Attributes
    ----------
    farewell : sent before the screen is left; it may be replaced in any thread.
    on_gone : as above; it too may be replaced.
    """

    def __init__(self, output: int, keyboard: int, on_gone: Callable[[], None] = lambda: None) -> None:
        self._output, self._keyboard, self.on_gone = reopen(output), keyboard, on_gone
        self._lock = threading.Lock()
        self._shown = False
        self._turn = 0  # frames of an earlier turn are not sent any more
        self._halfway = False  # a frame is
        self._stopped = False
        self._before: list[Any] | None = None
        self._raw: list[Any] | None = None
        self._asked = b""
        self._gone = False
        self.farewell = b""

    def begin(self) -> None:
        """A screen is about to be shown: the terminal's settings are those to be given back, unless one is shown."""
        if not self._shown:
            with contextlib.suppress(termios.error):
                self._before = termios.tcgetattr(self._keyboard)
        self._shown, self._turn = True, self._turn + 1

    def begun(self, asked: bytes) -> None:
        """The screen is shown; what was `asked` of the terminal for it is asked again after a stop."""
        self._asked = asked
        with contextlib.suppress(termios.error):
            self._raw = termios.tcgetattr(self._keyboard)

    def write(self, frame: bytes) -> None:
        """Send a frame as fast as the terminal takes it; what is left of it when the screen is left is dropped."""
        turn = self._turn
        while frame:
            with self._lock:
                if not self._shown or self._turn != turn:
                    return
                try:
                    frame = frame[os.write(self._output, frame) :]
                except BlockingIOError:
                    pass
                except OSError:
                    break
                self._halfway = bool(frame)
            if frame:
                select.select([], [self._output], [], _PATIENCE)
        else:
            return
        self.is_gone()

    def is_gone(self) -> None:
        """The terminal has gone: write nothing more, and say so once (`on_gone`)."""
        gone, self._gone, self._shown = self._gone, True, False
        if not gone:
            self.on_gone()

    def leave(self) -> None:
        """Take the screen away; a second time does nothing."""
        with self._locked():
            if self._shown:
                self._shown = False
                send(self._output, (_CANCEL if self._halfway else b"") + self.farewell + LEAVE)
                self._halfway, self.farewell = False, b""

    def cook(self) -> None:
        """Give the keyboard back as it was, without what was typed meanwhile; a second time does nothing."""
        # The keyboard of a program in the background is the shell's, which has set it up for itself.
        if self._before is None or in_background(self._keyboard):
            return
        with contextlib.suppress(termios.error), _without_stopping():
            termios.tcflush(self._keyboard, termios.TCIFLUSH)
            termios.tcsetattr(self._keyboard, termios.TCSANOW, self._before)
            self._before = None

    def give_back(self) -> None:
        """Leave the terminal as it was found, from any thread and at any moment."""
        self.leave()
        self.cook()

    def suspend(self) -> None:
        """Leave the terminal for as long as the program is stopped."""
        if self._shown and self._asked:
            before, self._stopped = self._before, True
            self.give_back()
            self._before = before

    def resume(self) -> bool:
        """Ask for the screen again after a stop; False where the program goes on in the background."""
        if in_background(self._keyboard):
            return False
        if self._raw is None or not (self._shown or self._stopped):
            return True
        with contextlib.suppress(termios.error), _without_stopping():
            termios.tcsetattr(self._keyboard, termios.TCSANOW, self._raw)
        with self._locked():
            # SIGSTOP comes without a warning: then the screen was not left, and is asked for twice.
            again = self.farewell + LEAVE if self._shown else b""
            self.farewell = b""
            self._shown, self._stopped, self._turn = True, False, self._turn + 1
            send(self._output, again + self._asked)
        return True

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Held for no longer than a write takes, which may be forever only where `reopen` could not."""
        held = self._lock.acquire(timeout=2 * _PATIENCE)
        try:
            yield
        finally:
            if held:
                self._lock.release()


def reopen(fd: int) -> int:
    """An open file of its own on the same terminal that does not block; `fd` itself where there can be none."""
    names: tuple[Callable[[], str], ...] = (lambda: os.ttyname(fd), lambda: "/dev/tty")
    for name in names:
        with contextlib.suppress(OSError):
            return os.open(name(), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    return fd


def send(fd: int, data: bytes) -> None:
    """Send the last words to a terminal at once, before all that it has not read yet if need be, or not at all."""
    end = time.monotonic() + _PATIENCE_AT_LAST
    with contextlib.suppress(OSError, termios.error), _without_stopping():
        while data:
            try:
                data = data[os.write(fd, data) :]
            except BlockingIOError:
                # Asked only now: while torch is imported another thread may hold Python's lock for longer than that,
                # and a terminal that takes the words at once is to have them all the same.
                if time.monotonic() > end:
                    return
                termios.tcflush(fd, termios.TCOFLUSH)
                time.sleep(0.005)


def in_background(fd: int) -> bool:
    """Whether the terminal belongs to another job of its shell at the moment."""
    try:
        return os.tcgetpgrp(fd) != os.getpgrp()
    except OSError:
        return False


@contextlib.contextmanager
def _without_stopping() -> Iterator[None]:
    """A program in the background that touches its terminal would be stopped."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
