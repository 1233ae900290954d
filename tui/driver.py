"""Textual's driver for a real terminal, without what ends a program or leaves the terminal in disorder.

Over the LinuxDriver of Textual 8.2.8, whose input thread dies of bytes that are no UTF-8 (see `tui.keys`), whose
output thread dies with the terminal and then blocks whoever writes, and whose handlers of SIGTSTP and SIGCONT stop
and start those threads in the middle of whatever the main thread does.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from textual.app import App, ScreenStackError
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.message_pump import MessagePump

from tui.graphics.terminals import Answers, Cell, measured_cell, question
from tui.keys import Keys
from tui.terminal import Terminal, in_background

# Pasted text whose end does not come for so long has ended, seconds.
_PASTE_PAUSE = 3.0
# The input thread looks so often whether it is to end, seconds.
_BEAT = 0.1
# The rest of an answer that has begun comes within this time, seconds, or it was none.
_ANSWERED = 1.0
_READ = 4096
_ALTERNATE_SCREEN = "\x1b[?1049h"
# So many keys wait to be handled before the next are read.
_BACKLOG = 200


class TerminalDriver(LinuxDriver):
    """Draws on stdout and reads from stdin.

    Attributes
    ----------
    on_gone : called in a thread of the driver's when the terminal is not there any more.
    on_drawn_anew : called before the screen is drawn anew after a stop: the terminal has forgotten it.
    """

    def __init__(self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: Any = None) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.on_gone: Callable[[], None] = lambda: None
        self.on_drawn_anew: Callable[[], None] = lambda: None
        self._terminal = Terminal(_stdout().fileno(), self.fileno, lambda: self.on_gone())
        self._file = _Frames(self._terminal, self._crash)  # type: ignore[assignment]
        self._taken_over = False
        self._sent = self._posted = 0  # keys and the like, by the input thread and the event loop
        self._asked: list[str] | None = None  # what is written while the screen is begun
        self._answers: Answers | None = None  # that are awaited
        self._on_answered: Callable[[Answers], None] = lambda answers: None

    def take_over(self, terminal: Terminal) -> None:
        """Draw on a terminal that shows a screen already, before the application begins."""
        terminal.on_gone = lambda: self.on_gone()
        self._terminal, self._taken_over = terminal, True
        self._file = _Frames(self._terminal, self._crash)  # type: ignore[assignment]

    # Signals, from their thread -------------------------------------------------------------------------------------

    def give_back(self) -> None:
        """Leave the terminal as it was found, from any thread and at any moment."""
        self._terminal.give_back()

    def suspend(self) -> None:
        """Leave the terminal for as long as the program is stopped."""
        self._terminal.suspend()

    def resume(self) -> bool:
        """Show the screen again, all of it, after a stop; False where the program goes on in the background."""
        if not self._terminal.resume():
            return False
        self._loop.call_soon_threadsafe(self._draw_anew)
        return True

    def _draw_anew(self) -> None:
        self.on_drawn_anew()
        size = Size(*self._get_terminal_size())
        self._app.post_message(Resize(size, size))  # it may have changed meanwhile
        self._app.screen.refresh()

    def _sigtstp_application(self, *_: object) -> None:
        """Left to the thread that takes the signals; but only a signal with a handler gets there."""

    def _sigcont_application(self, *_: object) -> None:
        """As above."""

    # The screen ------------------------------------------------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Show the screen."""
        while in_background(self.fileno):  # started with `&`: until `fg`
            os.kill(os.getpid(), signal.SIGSTOP)
        self._terminal.begin()
        asked = self._asked = []
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._asked = None
        self._terminal.begun("".join(asked).encode())

    def stop_application_mode(self) -> None:
        """Leave the screen."""
        self._terminal.leave()
        self.disable_input()
        self._terminal.cook()

    def has(self, size: Size) -> bool:
        """Whether the window has this size now."""
        return size == Size(*self._get_terminal_size())

    def write(self, data: str) -> None:
        """Send to the terminal, in the order of writing."""
        if self._asked is not None:
            self._asked.append(data)
            if data == _ALTERNATE_SCREEN and self._taken_over:
                return  # what it shows would be wiped off, long before the first frame
        super().write(data)

    def _enable_mouse_support(self) -> None:
        """Ask for clicks, wheel and drags, not for every motion: over SSH each one would be sent."""
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1002h\x1b[?1006h")

    def _disable_mouse_support(self) -> None:
        """Done by leaving the terminal."""

    def _query_in_band_window_resize(self) -> None:
        """Not asked for: the size comes from the system. Sizes that come with the keys cannot be checked."""

    # Pictures --------------------------------------------------------------------------------------------------------

    def ask(self, answers: Answers, on_answered: Callable[[Answers], None]) -> None:
        """Ask what the terminal can; `on_answered` is called where the application runs, or never."""
        self._answers, self._on_answered = answers, on_answered
        self.write(question(answers.protocol))
        self.flush()

    def cell(self) -> Cell | None:
        """The size of a cell in pixels, where the system knows it."""
        return measured_cell(self.fileno)

    def take_away_with(self, farewell: bytes) -> None:
        """What is sent before the screen is left."""
        self._terminal.farewell = farewell

    def _without_answers(self, data: bytes) -> bytes:
        """What of the bytes is of keys and the like."""
        if self._answers is not None:
            data = self._answers.take(data)
            if self._answers.complete:
                self._loop.call_soon_threadsafe(self._on_answered, self._answers)
                self._answers = None
        return data

    # The keyboard ----------------------------------------------------------------------------------------------------

    def run_input_thread(self) -> None:
        """Read and pass on what is typed, until the program ends."""
        keys, last = Keys(self._debug), time.monotonic()
        while not self.exit_event.is_set():
            if not select.select([self.fileno], [], [], _BEAT)[0]:
                if self._answers is not None and (held := self._answers.release(time.monotonic() - last > _ANSWERED)):
                    self._pass_on(keys.feed(held))
                self._pass_on(keys.tick())
                if time.monotonic() - last > _PASTE_PAUSE:
                    self._pass_on(keys.end_paste())
                continue
            try:
                data = os.read(self.fileno, _READ)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                self._terminal.is_gone()
                return
            last = time.monotonic()
            self._pass_on(keys.feed(self._without_answers(data)))
            self._pass_on(keys.tick())

    def _pass_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)
        # More than can be handled waits in the terminal, not in memory.
        while self._waiting() > _BACKLOG and not self.exit_event.wait(0.005):
            pass

    def send_message(self, message: Message) -> None:
        """Post to the application, from any thread."""
        self._sent += 1
        self._loop.call_soon_threadsafe(self._post, message)

    def _post(self, message: Message) -> None:
        self._posted += 1
        self._app.post_message(message)

    def _waiting(self) -> int:
        """How many messages are still to be handled by those who handle keys."""
        try:
            pumps: set[MessagePump | None] = {self._app, self._app.screen, self._app.focused}
        except ScreenStackError:
            pumps = {self._app}
        waiting: int = sum(pump.message_queue_size for pump in pumps if pump is not None)
        return self._sent - self._posted + waiting

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._crash(error)

    def _crash(self, error: Exception) -> None:
        """End the program with a thread of the driver: without it nothing could be shown, or ended by a key."""
        self._loop.call_soon_threadsafe(self._app._handle_exception, error)


def _stdout() -> TextIO:
    """The terminal that the program was started in; there is one, or there would be no dashboard."""
    assert sys.__stdout__ is not None
    return sys.__stdout__


class _Frames:
    """The file that Textual's output thread writes to: whole frames to the terminal; it never raises."""

    def __init__(self, terminal: Terminal, crash: Callable[[Exception], None]) -> None:
        self._terminal, self._crash = terminal, crash
        self._encoding = _stdout().encoding
        self._pieces: list[str] = []

    def write(self, text: str) -> None:
        self._pieces.append(text)

    def flush(self) -> None:
        frame = "".join(self._pieces).encode(self._encoding, "replace")
        self._pieces.clear()
        try:
            self._terminal.write(frame)
        except Exception as error:
            self._crash(error)
