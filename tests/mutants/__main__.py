"""`make mutants`: puts single faults into copies of the program, and counts how many the tests notice.

Prints each fault that no test noticed, and the rate; exit code 1 below 97 %. Arguments choose among the files by a part
of their path: `make mutants ARGS=engine/stack`.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.lists import MUTANTS
from tests.mutants.mutant import ROOT, Mutant

LEAST = 0.97
# A fault may make the program wait for ever: that is noticed too, after so many seconds.
LONGEST = 120
# pytest's exit codes: all passed; some failed; the tests could not even be read.
PASSED, NOTICED = 0, (1, 2)


class Worker:
    """A copy of the tree in `folder`, and a process that runs tests in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("engine", "tui", "presets", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("pyproject.toml", "README.md", "Makefile"):
            shutil.copy(ROOT / file, folder)
        variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("warm.py"))],
            cwd=folder, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def notice(self, tests: Sequence[str], seconds: float = LONGEST) -> str | None:
        """What the tests say where one of them fails, None where all pass.

        Raises RuntimeError where there are no such tests.
        """
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([str(self._folder), list(tests), seconds]) + "\n")
        process.stdin.flush()
        code, output = json.loads(process.stdout.readline())
        if code is None:
            return f"not done after {seconds} s\n{output}"
        # Below 0 it was ended by a signal.
        if code >= 0 and code not in (PASSED, *NOTICED):
            raise RuntimeError(f"pytest {' '.join(tests)} ended with {code}:\n{output}")
        return None if code == PASSED else output

    def survives(self, mutant: Mutant) -> bool:
        """Whether no test notices the fault."""
        file = self._folder / mutant.file
        whole = file.read_text(encoding="utf-8")
        try:
            file.write_text(mutant.mutated(self._folder), encoding="utf-8")
            return self.notice(mutant.tests) is None
        finally:
            file.write_text(whole, encoding="utf-8")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("parts", nargs="*", help="parts of the paths of the files to break; all of them unless named")
    parser.add_argument("--workers", type=int, default=2, help="how many tests run at the same time")
    options = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if any(part in mutant.file for part in options.parts or [""])]
    if not chosen:
        parser.error(f"no file has {' or '.join(options.parts)} in its path")
    with tempfile.TemporaryDirectory(prefix="regtui-mutants-") as folder:
        workers = [Worker(Path(folder) / str(number)) for number in range(options.workers)]
        try:
            return _try(chosen, workers)
        finally:
            for worker in workers:
                worker.close()


def _try(mutants: Sequence[Mutant], workers: Sequence[Worker]) -> int:
    """Print what comes of each, and the rate; the exit code."""
    began, survived = time.monotonic(), 0
    free: queue.Queue[Worker] = queue.Queue()
    for worker in workers:
        free.put(worker)

    def sound(tests: Sequence[str]) -> str | None:
        worker = free.get()
        try:
            return worker.notice(tests, seconds=20 * LONGEST)
        finally:
            free.put(worker)

    def survives(mutant: Mutant) -> bool:
        worker = free.get()
        try:
            return worker.survives(mutant)
        finally:
            free.put(worker)

    with ThreadPoolExecutor(len(workers)) as pool:
        # What fails without a fault would notice any.
        tests = sorted({test for mutant in mutants for test in mutant.tests})
        shares = [share for number in range(len(workers)) if (share := tests[number :: len(workers)])]
        for output in pool.map(sound, shares):
            if output is not None:
                print(f"a test fails without any fault:\n{output}")
                return 1
        for mutant, alive in zip(mutants, pool.map(survives, mutants), strict=True):
            survived += alive
            print(f"{'SURVIVED' if alive else 'killed  '} {mutant}", flush=True)
    rate = 1 - survived / len(mutants)
    print(
        f"{len(mutants) - survived} of {len(mutants)} mutants killed: {rate:.1%}, in {time.monotonic() - began:.0f} s"
    )
    return 0 if rate >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
