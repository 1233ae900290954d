"""A real pseudo-terminal with the installed `regtui` in it, driven and read as a person would."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

KEYS = {"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "enter": "\r", "tab": "\t",
        "escape": "\x1b", "backspace": "\x7f", "space": " "}  # fmt: skip

# What the program was started from; its script lies beside the interpreter that runs the tests.
REGTUI = str(Path(sys.executable).parent / "regtui")


def patient(seconds: float) -> float:
    """So many seconds, and more only where others want the processors too."""
    loads = [os.getloadavg()[0]] if hasattr(os, "getloadavg") else []
    if (now := Path("/proc/loadavg")).exists():  # the mean over the last minute comes late
        loads.append(float(now.read_text().split()[3].partition("/")[0]))
    return seconds * max(1.0, max(loads, default=0.0) / (os.cpu_count() or 1))


class Terminal:
    """`columns` x `lines` cells around a process; `screen` is what it shows now.

    Attributes
    ----------
    received : (time, bytes) of everything the program has sent, seconds on time.perf_counter.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        columns: int = 160,
        lines: int = 45,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.received: list[tuple[float, int]] = []
        self.raw = bytearray()
        self.watching = True
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            for number in (signal.SIGINT, signal.SIGQUIT):  # which a shell ignores for what it runs in the background
                signal.signal(number, signal.SIG_DFL)
            if folder is not None:
                os.chdir(folder)
            variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
            # Of whoever runs the tests; pytest's workers, for instance, have a size of their own.
            for name in {"NO_COLOR", "COLUMNS", "LINES"} - (environment or {}).keys():
                variables.pop(name, None)
            os.execve(arguments[0], list(arguments), variables)
        self._size(columns, lines)
        self.code: int | None = None

    def _size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        """Change the window's size as a terminal emulator does, signal included."""
        self.screen.resize(lines, columns)
        self._size(columns, lines)
        os.kill(self.pid, signal.SIGWINCH)

    def press(self, *keys: str) -> None:
        """Type keys: names as in KEYS, or the characters themselves."""
        for key in keys:
            os.write(self._fd, KEYS.get(key, key).encode())

    def send(self, data: bytes) -> None:
        """Type bytes, and read what comes meanwhile: a terminal does both, and so nothing is stuck."""
        while data:
            _, ready, _ = select.select([], [self._fd], [], 0.01)
            if ready:
                data = data[os.write(self._fd, data[:512]) :]
            self.read(0.0)

    @property
    def modes(self) -> list[object]:
        """How the terminal is set up: echo, lines, signals."""
        return termios.tcgetattr(self._fd)

    def read(self, seconds: float) -> bool:
        """Take in what the program sends, for so long at the most; whether anything came."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, seconds))
        if not ready:
            return False
        try:
            sent = os.read(self._fd, 65536)
        except OSError:  # the program has closed its side
            return False
        if not sent:
            return False
        self.received.append((time.perf_counter(), len(sent)))
        self.raw += sent
        if self.watching:
            self._stream.feed(sent)
        return True

    def watch(self, seconds: float) -> None:
        """Read on for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def wait_for(self, expected: str | Callable[[str], bool], timeout: float = 20.0) -> float:
        """Read until the screen shows a text (or satisfies a test); the seconds it took. Raises AssertionError.

        It waits for `timeout` seconds, or longer on a busy machine; so do `wait` and `wait_unread`.
        """
        timeout = patient(timeout)
        begin = time.perf_counter()
        there = (lambda shown: expected in shown) if isinstance(expected, str) else expected
        while not there(self.text):
            left = begin + timeout - time.perf_counter()
            if left <= 0:
                raise AssertionError(f"not on the screen within {timeout} s: {expected!r}\n{self.text}")
            self.read(min(left, 0.5))
        return time.perf_counter() - begin

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def bytes_between(self, begin: float, end: float) -> int:
        return sum(count for when, count in self.received if begin <= when < end)

    def bursts_between(self, begin: float, end: float, pause: float = 0.05) -> int:
        """How many times the program drew: what it sends without a pause counts as one."""
        times = [when for when, _ in self.received if begin <= when < end]
        return sum(later - earlier > pause for earlier, later in zip([begin - 1, *times], times, strict=False))

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout: float = 10.0) -> int:
        """Read until the program has ended; its exit code. Raises AssertionError where it does not end."""
        timeout = patient(timeout)
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(1.0):  # up to the end, which may come a moment after the program's
                    pass
                self.code = os.waitstatus_to_exitcode(status)
                return self.code
        raise AssertionError(f"still running after {timeout} s\n{self.text}")

    def wait_unread(self, timeout: float = 10.0) -> int:
        """As `wait`, of a terminal that reads nothing meanwhile."""
        timeout = patient(timeout)
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
                return self.code
            time.sleep(0.01)
        raise AssertionError(f"still running after {timeout} s")

    def hang_up(self) -> None:
        """Drop the line: the terminal is gone, the program gets SIGHUP."""
        os.close(self._fd)

    def close(self) -> None:
        if self.code is None:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            os.close(self._fd)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
