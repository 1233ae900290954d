"""`make mutants`: puts single faults into copies of the program, and counts how many the tests notice.

Prints each fault that no test noticed, and the rate; exit code 1 below 97 %. Arguments choose among the files by a part
of their path: `make mutants ARGS=engine/stack`.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.mutants.lists import MUTANTS
from tests.mutants.mutant import ROOT, Mutant

LEAST = 0.97
# A fault may make the program wait for ever: that is noticed too, after so many seconds.
LONGEST = 120
# pytest's exit codes: all passed; some failed; the tests could not even be read.
PASSED, NOTICED = 0, (1, 2)


@contextmanager
def copies(count: int) -> Iterator[queue.Queue[Path]]:
    """Copies of the tree, to be broken one fault at a time."""
    with tempfile.TemporaryDirectory(prefix="regtui-mutants-") as folder:
        free: queue.Queue[Path] = queue.Queue()
        for number in range(count):
            copy = Path(folder) / str(number)
            for name in ("engine", "tui", "presets", "tests"):
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            for file in ("pyproject.toml", "README.md", "Makefile"):
                shutil.copy(ROOT / file, copy)
            free.put(copy)
        yield free


def notice(copy: Path, tests: Sequence[str], seconds: float = LONGEST) -> str | None:
    """What the tests say where one of them fails in this copy, None where all pass.

    Raises RuntimeError where there are no such tests.
    """
    # Before all else on the path: the program that is installed may be the one in the source's own folder.
    told = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    try:
        done = subprocess.run(command, cwd=copy, env=told, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return f"not done after {seconds} s"
    if done.returncode not in (PASSED, *NOTICED):
        raise RuntimeError(f"pytest {' '.join(tests)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return None if done.returncode == PASSED else done.stdout


def sound(tests: Sequence[str], free: queue.Queue[Path]) -> str | None:
    """As `notice`, of the program without any fault."""
    copy = free.get()
    try:
        return notice(copy, tests, seconds=20 * LONGEST)
    finally:
        free.put(copy)


def survives(mutant: Mutant, free: queue.Queue[Path]) -> bool:
    """Whether no test notices the fault."""
    copy = free.get()
    file = copy / mutant.file
    whole = file.read_text(encoding="utf-8")
    try:
        file.write_text(mutant.mutated(copy), encoding="utf-8")
        return notice(copy, mutant.tests) is None
    finally:
        file.write_text(whole, encoding="utf-8")
        free.put(copy)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("parts", nargs="*", help="parts of the paths of the files to break; all of them unless named")
    parser.add_argument("--workers", type=int, default=2, help="how many tests run at the same time")
    options = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if any(part in mutant.file for part in options.parts or [""])]
    if not chosen:
        parser.error(f"no file has {' or '.join(options.parts)} in its path")
    began = time.monotonic()
    survived = 0
    with copies(options.workers) as free, ThreadPoolExecutor(options.workers) as pool:
        # What fails without a fault would notice any.
        tests = sorted({test for mutant in chosen for test in mutant.tests})
        shares = [share for number in range(options.workers) if (share := tests[number :: options.workers])]
        for said in pool.map(lambda share: sound(share, free), shares):
            if said is not None:
                print(f"a test fails without any fault:\n{said}")
                return 1
        for mutant, alive in zip(chosen, pool.map(lambda each: survives(each, free), chosen), strict=True):
            survived += alive
            print(f"{'SURVIVED' if alive else 'killed  '} {mutant}", flush=True)
    rate = 1 - survived / len(chosen)
    print(f"{len(chosen) - survived} of {len(chosen)} mutants killed: {rate:.1%}, in {time.monotonic() - began:.0f} s")
    return 0 if rate >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
