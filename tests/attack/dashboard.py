"""The real dashboard in a real pseudo-terminal, as the attacks need it: any bytes in, and whether it still lives."""

from __future__ import annotations

import contextlib
import os
import re
import select
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.small import PRESET
from tests.terminal import REGTUI, Terminal

COLUMNS, LINES = 110, 32
_HELP = "every key and every setting does"
_EPOCH = re.compile(r" (\d+)/\d+ epochs")


class EndedError(AssertionError):
    """The program is gone where it was to live on."""


class Dashboard(Terminal):
    """`regtui small.toml` in a folder of its own, where nothing can be downloaded.

    Its checks raise AssertionError with what is wrong.
    """

    def __init__(self, folder: Path, *arguments: str, columns: int = COLUMNS, lines: int = LINES, **environment: str):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "small.toml").write_text(PRESET, encoding="utf-8")
        variables: Mapping[str, str] = {
            "OMP_NUM_THREADS": "1",
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_DATA_HOME": str(folder / "runs"),
            "REGTUI_DATA": str(folder / "data"),
            **dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9"),
            **environment,
        }
        super().__init__([REGTUI, *(arguments or ("small.toml",))], columns, lines, variables, folder)
        self.columns, self.lines = columns, lines
        self.blanked = 0

    def read(self, seconds: float) -> bool:
        came = super().read(seconds)
        if not came and self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
                while super().read(0):
                    pass
                raise EndedError(f"ended with {self.code}: {self.last_words!r}")
        return came

    def read_raw(self, seconds: float) -> bool:
        """As `read`, and leave it to the caller to ask whether the program lives."""
        return super().read(seconds)

    def blank(self) -> None:
        """Forget what the screen showed: what it shows from here on has been sent again."""
        self.screen.reset()
        self.blanked = len(self.raw)

    @property
    def fd(self) -> int:
        """The terminal's side of the line."""
        return self._fd

    def wait(self, timeout: float = 10.0) -> int:
        """Read until the program has ended; its exit code. Raises AssertionError where it does not end."""
        end = time.monotonic() + timeout
        while self.code is None:
            if time.monotonic() > end:
                raise AssertionError(f"still running after {timeout} s")
            with contextlib.suppress(EndedError):
                self.read(0.02)
        return self.code

    @property
    def epoch(self) -> int:
        found = _EPOCH.search(self.text)
        return int(found[1]) if found else 0

    def trains(self, timeout: float = 30.0) -> None:
        """Wait until it trains."""
        before = self.epoch
        self.wait_for(lambda _: self.epoch > before, timeout)

    def send(self, raw: bytes, timeout: float = 60.0) -> None:
        """Type any bytes, and take in what comes meanwhile: a line that is full in either direction would block."""
        end, rest = time.monotonic() + timeout, memoryview(raw)
        os.set_blocking(self._fd, False)
        try:
            while rest:
                if time.monotonic() > end:
                    raise AssertionError(f"took only {len(raw) - len(rest)} of {len(raw)} bytes within {timeout} s")
                ready, writable, _ = select.select([self._fd], [self._fd], [], 0.5)
                if ready:
                    self.read(0)
                if writable:
                    rest = rest[os.write(self._fd, rest[:4096]) :]
        except (BlockingIOError, OSError) as error:
            raise AssertionError(f"the terminal takes nothing any more: {error}") from None
        finally:
            os.set_blocking(self._fd, True)

    def fit(self) -> None:
        """Give the window its size, and signal it as a terminal does."""
        self.resize(self.columns, self.lines)
        if b"\x1b[?2048h" in self.raw:
            self.send(b"\x1b[48;%d;%d;0;0t" % (self.lines, self.columns))

    def answers(self, timeout: float = 15.0) -> None:
        """Whatever is open is closed, and the help comes when it is asked for, and goes."""
        self.fit()
        self.send(b"\x1b[201~")
        self._until(b"?", lambda shown: _HELP in shown, timeout)
        self._until(b"\x1b", lambda shown: _HELP not in shown, timeout)

    def _until(self, key: bytes, there: Callable[[str], bool], timeout: float) -> None:
        """Press a key until it has its effect: after an ESC that a busy program has not read yet it is another key."""
        end = time.monotonic() + timeout
        while True:
            # What is open takes the key for its own, and it may open only now: in a dialog a dialog.
            for _ in range(3 if key != b"\x1b" else 0):
                self.send(b"\x1b")
                self.watch(0.15)  # or it would be taken for the beginning of a sequence
            self.send(key)
            try:
                self.wait_for(there, 4.0)  # longer than pasted text whose end is lost waits for more
                # Between two dialogs that keys of a burst have opened there is none for a moment; and the next key
                # must not come so soon after an ESC that both are read as one.
                self.watch(0.5)
                assert there(self.text), f"what {key!r} did was undone at once"
                return
            except EndedError:
                raise
            except AssertionError:
                if time.monotonic() > end:
                    raise

    def look_again(self) -> None:
        """Watch the screen from here on: what was sent unwatched is let go, and all of it is drawn anew."""
        self.resize(80, 24)
        while self.read(0.1):
            pass
        self.watching = True

    def goes_on(self) -> None:
        """It trains again when the key is pressed."""
        self.send(b"r")
        self.watch(0.3)
        if "paused" in self.text:
            self.send(b" ")
        self.wait_for(lambda shown: self.epoch > 0 or "diverged" in shown, 20)

    def quits(self, timeout: float = 10.0) -> None:
        """`q` and Enter end it in good order; a finished run is left without a question."""
        with contextlib.suppress(EndedError):
            self.send(b"q")
            self.wait_for("stop and keep", timeout)
            self.send(b"\r")
        if (code := self.wait(timeout)) != 0:
            raise AssertionError(f"exit code {code} after q: {self.last_words!r}")
        if b"Traceback" in self.raw:
            raise AssertionError(f"a traceback: {self.last_words!r}")

    @property
    def last_words(self) -> str:
        """The end of what it sent, as text."""
        plain = re.sub(rb"\x1b\[[0-9;?<>=]*[A-Za-z]", b"", bytes(self.raw[-3000:]))
        return " ".join(plain.decode(errors="replace").split())[-200:]
