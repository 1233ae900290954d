"""How soon the program answers that needs no screen, and how soon it has ended after a signal."""

from __future__ import annotations

import resource
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.benchmarks.result import Result
from tests.small import PRESET, opening
from tests.states import STATES, loading, write_large
from tests.terminal import REGTUI

_ENDED = 2.0  # seconds


def ending() -> list[Result]:
    """`--help` and the list of runs, best of three; the end after SIGTERM in each state of the dashboard."""
    answered, listed = [], []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run([REGTUI, "--help"], capture_output=True, check=True)
        answered.append(time.perf_counter() - began)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([REGTUI, "runs"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        listed.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    took = _ended_in()
    return [
        Result("`regtui --help`", "under 0.3 s", f"{min(answered):.2f} s", min(answered) < 0.3),
        Result("`regtui runs`, of the processor", "under 0.5 s", f"{min(listed):.2f} s", min(listed) < 0.5),
        Result(
            "from SIGTERM to the end of the dashboard, the slowest state",
            f"under {_ENDED:.0f} s",
            "; ".join(f"{state} {seconds:.2f} s" for state, seconds in took.items()),
            max(took.values()) < _ENDED,
        ),
    ]


def _ended_in() -> dict[str, float]:
    """Seconds from SIGTERM to the end, by the state that it met."""
    took = {}
    with tempfile.TemporaryDirectory(prefix="regtui-bench-") as name:
        folder = Path(name)
        (folder / "small.toml").write_text(PRESET)
        write_large(folder)
        with opening(folder) as start:
            for state in STATES:
                terminal = start("large.toml" if state is loading else "small.toml")
                state(terminal)
                began = time.perf_counter()
                terminal.signal(signal.SIGTERM)
                terminal.wait()
                took[state.__name__] = time.perf_counter() - began
    return took
