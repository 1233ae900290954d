"""`make bench`: every measured claim of docs/benchmarks.md, printed as the tables that stand there.

Arguments choose among the groups by name: saitoh, resident, lanes, sizes, convolutions, techniques, start, dashboard,
keys, arms, drawing, recording, attached, ending, memory, forking, peers. Without any it is all of them but peers, where
Keras or Lightning is not installed.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path


def machine() -> str:
    """The processor, its cores, torch and Python."""
    import torch

    info = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (
        f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} cores{gpu}, "
        f"torch {torch.__version__}, Python {platform.python_version()}"
    )


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="regtui-bench-runs-") as runs:
        os.environ["REGTUI_RUNS"] = runs
        return _measure()


def _measure() -> int:
    from tests.benchmarks import (
        arms,
        attached,
        convolutions,
        drawing,
        ending,
        engine,
        forking,
        lanes,
        memory,
        peers,
        recording,
        techniques,
        terminal,
    )  # fmt: skip

    groups = {
        "saitoh": engine.saitoh_pair,
        "resident": lanes.resident,
        "lanes": lanes.lane_cost,
        "sizes": lanes.sizes,
        "convolutions": convolutions.convolutions,
        "techniques": techniques.techniques,
        "start": terminal.start,
        "dashboard": terminal.dashboard,
        "keys": terminal.keys,
        "arms": arms.many_arms,
        "drawing": drawing.drawing,
        "recording": recording.recording,
        "attached": attached.attached,
        "ending": ending.ending,
        "memory": memory.memory,
        "forking": forking.forking,
        "peers": peers.peers,
    }
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "groups", nargs="*", choices=[*groups, []], help="all of them unless named; peers where they are installed"
    )
    chosen = parser.parse_args().groups or [name for name in groups if name != "peers" or peers.all_installed()]
    print(f"Measured on: {machine()}\n")
    print("| what | asked for | measured |\n| --- | --- | --- |")
    for name in chosen:
        for result in groups[name]():
            verdict = " (missed)" if result.reached is False else ""
            print(f"| {result.name} | {result.target} | {result.measured}{verdict} |")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
