"""A dashboard under tmux: resized, attached, detached, quitting, and its server killed; nothing may be left running."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tests.attack.judge import Case, soon
from tests.small import PRESET
from tests.terminal import REGTUI

COUNT = 10 if shutil.which("tmux") else 0
ABOUT = "tmux: resizes, attach, detach, q, Enter, resize, kill-server" + ("" if COUNT else " (not installed)")


def attack(numbers: Sequence[int], seed: int, workers: int, keep: Path | None) -> Iterator[Case]:
    """Play the sequence once for each number, at another pace each time; every other one does not quit by itself."""
    for number in numbers:
        with tempfile.TemporaryDirectory(prefix="regtui-attack-") as scratch:
            yield Case(number, _left_running(Random(f"{seed}/tmux/{number}"), Path(scratch), quits=number % 2 == 0))


def _left_running(rng: Random, folder: Path, quits: bool) -> str | None:
    """What is wrong with what is left, or None."""
    (folder / "small.toml").write_text(PRESET, encoding="utf-8")
    server = _Server(folder)
    server("new-session", "-d", "-x", "120", "-y", "36", f"exec {shlex.quote(REGTUI)} small.toml --on-hangup stop")
    pid = int(server("list-panes", "-F", "#{pane_pid}"))
    try:
        if not _shown(server, "epochs", 60):
            return "no epoch on the screen"
        for _ in range(rng.randint(2, 8)):
            server("resize-window", "-x", str(rng.randint(1, 250)), "-y", str(rng.randint(1, 80)))
            time.sleep(rng.choice((0, 0, 0.05, 0.3)))
        client = _Client(server)
        time.sleep(rng.choice((0.1, 0.5, 1.0)))
        client.resize(rng.randint(20, 200), rng.randint(5, 60))
        server("detach-client")
        client.close()
        if quits:
            server("resize-window", "-x", "120", "-y", "36")
            server("send-keys", "q")
            time.sleep(rng.choice((0, 0.2, 1.0)))
            server("send-keys", "Enter")
            time.sleep(rng.choice((0, 0.05, 0.2)))
            server("resize-window", "-x", "90", "-y", "30")
        server("kill-server")
        began = time.monotonic()
        while _runs(pid):
            if (took := time.monotonic() - began) > 10:
                return f"still running {took:.0f} s after its server was killed"
            time.sleep(0.02)
        took = time.monotonic() - began
        late = took > (allowed := soon())
        return f"gone only {took:.1f} s after its server was killed (allowed: {allowed:.1f})" if late else None
    finally:
        server("kill-server")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class _Server:
    """A tmux of its own, apart from anybody's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command = ["tmux", "-S", str(folder / "socket"), "-f", os.devnull]
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1", "TERM": "xterm-256color"}
        self.environment.pop("TMUX", None)

    def __call__(self, *words: str) -> str:
        """Give it an order; what it says. A server that is gone says nothing."""
        completed = subprocess.run(
            [*self.command, *words], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=30
        )
        return completed.stdout.strip()


class _Client:
    """A terminal that is attached."""

    def __init__(self, server: _Server) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("tmux", [*server.command, "attach"], server.environment)
        self.resize(120, 36)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        time.sleep(0.1)

    def close(self) -> None:
        os.close(self.fd)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _shown(server: _Server, text: str, timeout: float) -> bool:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if text in server("capture-pane", "-p"):
            return True
        time.sleep(0.1)
    return False


def _runs(pid: int) -> bool:
    """Whether a process that is nobody's child of ours is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
