"""The program itself, killed at a moment, and what of its run is in its file then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.terminal import REGTUI

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


class Program:
    """`regtui` with its events as JSON lines on stdout.

    Attributes
    ----------
    epochs : when each epoch was first heard of, seconds on time.monotonic.
    """

    def __init__(self, arguments: Sequence[str], commands: Sequence[dict[str, Any]] = ()) -> None:
        self.epochs: dict[int, float] = {}
        self._count = 0
        self._changed = threading.Condition()
        self._over = False
        self._process = subprocess.Popen(
            [REGTUI, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
        )
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{json.dumps(command)}\n" for command in commands).encode())
        self._process.stdin.close()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith(b"\n"):  # the last may be cut off
                event = json.loads(line)
                with self._changed:
                    if event["event"] == "epoch":
                        self.epochs.setdefault(event["epoch"], time.monotonic())
                    self._count += event["event"] == "intervention"
                    self._changed.notify()
        with self._changed:
            self._over = True
            self._changed.notify()

    def wait_for(self, epochs: int = 0, turns: int = 0, timeout: float = 120.0) -> None:
        """Until so many epochs have been heard of, and so many turned knobs, or the program has ended."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: self._over or (len(self.epochs) >= epochs and self._count >= turns), timeout
            ), self.epochs

    def kill(self, seconds: float) -> float | None:
        """Kill it with SIGKILL after so long; when that was, or None where it had ended by itself."""
        with self._changed:
            self._changed.wait_for(lambda: self._over, seconds)
        began = time.monotonic()
        self._process.send_signal(signal.SIGKILL)
        errors = self._end()
        if self._process.returncode == -signal.SIGKILL:
            return began
        assert self._process.returncode == 0, errors
        return None

    def end(self, timeout: float = 300.0) -> None:
        """Wait for its end, which is a good one."""
        self._process.wait(timeout)
        assert self._end() == "", self._process.returncode
        assert self._process.returncode == 0

    def _end(self) -> str:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._process.wait()
        self._reader.join()
        errors = self._process.stderr.read().decode()
        self._process.stdout.close()
        self._process.stderr.close()
        return errors


def lost(epochs: dict[int, float], newest: int, killed: float) -> float:
    """For how many seconds before the kill nothing is in a file whose last epoch is `newest`."""
    missing = [when for epoch, when in epochs.items() if epoch > newest]
    return killed - min(missing) if missing else 0.0


def arguments(path: Path, preset: Path) -> list[str]:
    """Of a run that begins, or goes on where there is a file of it."""
    if path.exists():
        return ["resume", str(path), "--json", "--checkpoint-every", "1"]
    return ["run", str(preset), "--record", str(path), "--control", "--checkpoint-every", "1"]
