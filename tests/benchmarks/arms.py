"""What a key costs the interface's thread where a preset has many arms, in a real pseudo-terminal of 160x45."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from tests.benchmarks.result import Result
from tests.terminal import REGTUI, Terminal

ARMS, SEEDS = 60, 5
TABS = 20
_BASE = """
title = "Many arms"
summary = "Dropout in small steps."
[data]
source = "moons"
samples = 200
[model]
kind = "mlp"
hidden = [8]
[training]
epochs = 60
seeds = [0, 1, 2, 3, 4]
"""
_ARM = '\n[[arm]]\nname = "dropout {0:02}"\nregularization.dropout = 0.{0:02}\n'


def many_arms() -> list[Result]:
    """The processor time of a `tab`, which draws the whole screen, with two arms and with many; the median of some."""
    few, many = _tab(2), _tab(ARMS)
    name = f"a tab with {ARMS} arms of {SEEDS} seeds, processor time of the interface"
    if few is None or many is None:
        return [Result(name, "at most 60 ms", "not measured: this system does not tell", None)]
    return [Result(name, "at most 60 ms", f"{many:.0f} ms ({few:.0f} ms with two arms)", many <= 60)]


def _tab(arms: int) -> float | None:
    """Milliseconds; None where the system does not say what a thread has used."""
    with tempfile.TemporaryDirectory() as folder:
        preset = Path(folder) / "many.toml"
        preset.write_text(_BASE + "".join(map(_ARM.format, range(arms))), encoding="utf-8")
        with Terminal([REGTUI, str(preset), "--device", "cpu"], environment={"OMP_NUM_THREADS": "1"}) as terminal:
            if _used(terminal.pid) is None:
                return None
            terminal.wait_for("finished", 120)
            terminal.watching = False  # the emulator, written in Python, would take turns with what is measured
            terminal.watch(2.0)
            costs = []
            for _ in range(TABS):
                before = _used(terminal.pid) or 0.0
                terminal.press("tab")
                terminal.watch(0.4)
                costs.append(((_used(terminal.pid) or 0.0) - before) * 1e3)
    return statistics.median(costs)


def _used(pid: int) -> float | None:
    """Seconds of a processor that the first thread of a process has used."""
    statistics = Path(f"/proc/{pid}/task/{pid}/schedstat")
    return int(statistics.read_text().split()[0]) / 1e9 if statistics.exists() else None
