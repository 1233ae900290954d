"""A process in which all that the program needs is imported: each request is a copy of it, for some tests.

Reads lines of JSON: the tree's folder, the tests, and for how many seconds they may run. Answers each with a line of
JSON: pytest's exit code (null where the time was over), and what it printed.

Nothing of the program itself is imported here, so that a copy of the process takes it from the folder that it is given.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback

WARM = (
    "pytest", "numpy", "torch", "torchvision", "sklearn.datasets", "pydantic", "textual.app",
    "textual.pilot", "textual.widgets", "plotext",
)  # fmt: skip
OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]


def run(folder: str, tests: list[str], log: int) -> None:
    """Run the tests in this process, which ends with pytest's exit code."""
    os.setsid()  # so that what the tests start can be ended with them
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(folder)
    sys.path.insert(0, folder)
    os.environ["PYTHONPATH"] = folder  # and of the processes that the tests start
    import pytest

    code = 3  # pytest's own word for an error that is no test's
    try:
        code = int(pytest.main([*OPTIONS, *tests]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def answer(folder: str, tests: list[str], seconds: float) -> tuple[int | None, str]:
    with tempfile.TemporaryFile() as log:
        child = os.fork()
        if child == 0:
            run(folder, tests, log.fileno())
        end, code = time.monotonic() + seconds, None
        while time.monotonic() < end:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                break
            time.sleep(0.02)
        else:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
        log.seek(0)
        return code, log.read().decode(errors="replace")


def main() -> None:
    for name in WARM:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
