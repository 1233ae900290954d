"""What a fork costs a run that trains, and what keeping states to go back to does."""

from __future__ import annotations

import statistics
import time

from engine.commands import Fork
from engine.lab import Lab
from engine.moments import Moments
from engine.preset import load_preset
from engine.time_machine import TimeMachine
from tests.benchmarks.result import Result

# The share of the time that keeping states may take, as `engine.moments` has it.
SHARE = 0.01


def forking() -> list[Result]:
    """A fork at the present epoch, and a state kept in memory, of the lanes of two presets."""
    results = []
    for name in ("dropout", "clouds"):
        lab = Lab(load_preset(name), "cpu")
        for _ in range(3):
            lab.run_epoch()
        lanes = sum(len(stack.lanes) for stack in lab.stacks)
        times, kept = [], []
        for _ in range(9):
            began = time.perf_counter()
            TimeMachine().carry_out(lab, Fork(lab.preset.arm_names[0]))  # gives another lab: this one stays as it is
            times.append(time.perf_counter() - began)
            began = time.perf_counter()
            Moments().take(lab)
            kept.append(time.perf_counter() - began)
        seconds, state = statistics.median(times), statistics.median(kept)
        fork = f"a fork of an arm of `{name}` ({lanes} lanes) as it is now"
        keeping = f"a state of `{name}` kept in memory, once a second at most"
        results += [
            Result(fork, "under 0.3 s", f"{seconds:.3f} s", seconds < 0.3),
            Result(keeping, f"under {SHARE:.0%} of the time", f"{state * 1e3:.1f} ms", state < SHARE),
        ]
    return results
