"""`make attack`: everything hostile that was thought of, thrown at the program; prints what was tried and what failed.

Arguments choose categories by name, how many cases of each, and the seed they are drawn from. A case is a number under
a seed: `--only` tries it again, and `--keep` leaves its files to be looked at.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.attack.judge import Case

CATEGORIES = ("presets", "cli", "data", "keys", "resizes", "signals", "tmux")
_MODULES = {"cli": "command_line", "data": "data_files"}


def main() -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory(prefix="regtui-attack-runs-") as runs:
        os.environ["REGTUI_RUNS"] = runs
        return _chosen()


def _chosen() -> int:
    parser = argparse.ArgumentParser(prog="make attack", description=__doc__)
    parser.add_argument("categories", nargs="*", choices=[*CATEGORIES, []], help="all of them unless named")
    parser.add_argument("--count", type=int, help="cases of each category (each has a number of its own)")
    parser.add_argument("--seed", type=int, default=0, help="what the cases are drawn from (0)")
    parser.add_argument("--only", type=int, metavar="N", help="this case alone")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the files of the cases there")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes at a time")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        options.keep, options.workers = options.keep.resolve(), 1

    rows, failed = [], 0
    with tempfile.TemporaryDirectory(prefix="regtui-attack-state-") as state:
        os.environ["XDG_STATE_HOME"] = state  # a person's own log is none of ours
        for name in options.categories or CATEGORIES:
            row, faults = _attack(name, options)
            rows.append(row)
            failed += faults
    print("\n| category | what | tried | failed | seconds |\n| --- | --- | --- | --- | --- |")
    print("\n".join(rows))
    return 1 if failed else 0


def _attack(name: str, options: argparse.Namespace) -> tuple[str, int]:
    """The table's row of a category, and how many of its cases failed."""
    module = importlib.import_module(f"tests.attack.{_MODULES.get(name, name)}")
    numbers = [options.only] if options.only is not None else range(options.count or module.COUNT)
    began, tried, failed = time.monotonic(), 0, 0
    cases: Iterator[Case] = module.attack(numbers, options.seed, options.workers, options.keep)
    for case in cases:
        tried += 1
        if case.fault:
            failed += 1
            print(f"FAILED {name} {case.number}: {case.fault}")
            print(f'       again: make attack ARGS="{name} --seed {options.seed} --only {case.number}"', flush=True)
        if sys.stderr.isatty():
            print(f"\r{name}: {tried} of {len(numbers)}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return f"| {name} | {module.ABOUT} | {tried:,} | {failed:,} | {time.monotonic() - began:.0f} |", failed


if __name__ == "__main__":
    sys.exit(main())
