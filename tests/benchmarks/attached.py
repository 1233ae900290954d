"""What two attached dashboards cost the run that they show, in real pseudo-terminals of 160x45."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.result import Result
from tests.small import trains
from tests.terminal import REGTUI, Terminal

CLIENTS, ROUNDS, SECONDS = 2, 3, 8.0

# Trains and serves a run as fast as it goes; says for each line on stdin where it is.
_TRAINING = """
import sys, threading, time
from engine.preset import load_preset
from engine.runs.library import runs_folder
from engine.serve import Server
from engine.worker import Worker
worker = Worker(load_preset(sys.argv[1], epochs=1_000_000), "cpu")
server = Server(worker, runs_folder(), sys.argv[2])
server.start()
worker.start()
(thread,) = (found.ident for found in threading.enumerate() if found.name == "regtui-server")
clock = time.pthread_getcpuclockid(thread)
for _ in sys.stdin:
    print(time.perf_counter(), worker.view().record.epoch, time.clock_gettime(clock), flush=True)
"""


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds, epochs, and processor time of the thread that serves."""

    seconds: float = 0.0
    epochs: float = 0.0
    serving: float = 0.0

    def __add__(self, other: _Spent) -> _Spent:
        return _Spent(self.seconds + other.seconds, self.epochs + other.epochs, self.serving + other.serving)

    def __sub__(self, other: _Spent) -> _Spent:
        return _Spent(self.seconds - other.seconds, self.epochs - other.epochs, self.serving - other.serving)

    @property
    def rate(self) -> float:
        return self.epochs / self.seconds


class _Training:
    """A process that trains and serves a run."""

    def __init__(self, preset: str) -> None:
        self.id = f"bench-{preset}"
        command = [sys.executable, "-c", _TRAINING, preset, self.id]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        while self.now().epochs < 10:
            time.sleep(0.1)

    def now(self) -> _Spent:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return _Spent(*map(float, self._process.stdout.readline().split()))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def _attached(run: str, count: int) -> Iterator[list[Terminal]]:
    with contextlib.ExitStack() as stack:
        terminals = [stack.enter_context(Terminal([REGTUI, "attach", run])) for _ in range(count)]
        for terminal in terminals:
            terminal.wait_for(trains, 60)
            terminal.watching = False  # the emulator, written in Python, would take turns with what is measured
        yield terminals


def _spent(training: _Training, count: int) -> _Spent:
    """In some seconds, with so many dashboards at it."""
    with _attached(training.id, count) as terminals:
        begin = training.now()
        end = time.perf_counter() + SECONDS
        while (left := end - time.perf_counter()) > 0:
            for terminal in terminals:
                terminal.read(min(left, 0.05))
            if not terminals:
                time.sleep(left)
        return training.now() - begin


def attached() -> list[Result]:
    """The default preset, and one whose epochs are short; alone and watched in turns, both summed up."""
    return [result for preset in ("dropout", "moons") for result in _of(preset)]


def _of(preset: str) -> list[Result]:
    training = _Training(preset)
    alone = watched = _Spent()
    try:
        for _ in range(ROUNDS):
            alone += _spent(training, 0)
            watched += _spent(training, CLIENTS)
    finally:
        training.close()
    return [
        Result(
            f"epochs a second of {preset} with {CLIENTS} attached dashboards against none",
            "-",
            f"{watched.rate / alone.rate:.2f} ({watched.rate:.0f} against {alone.rate:.0f})",
            None,
        ),
        Result(
            f"serving {CLIENTS} attached dashboards of {preset}, share of one core",
            "-",
            f"{100 * watched.serving / watched.seconds:.1f} % ({100 * alone.serving / alone.seconds:.1f} % with none)",
            None,
        ),
    ]
