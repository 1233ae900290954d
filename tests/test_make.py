"""`make test` fails where it tests nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
NONE_COLLECTED = 5  # pytest's exit code


def make_test(folder: Path, python: str, *arguments: str) -> int:
    """The exit code of `make test` without its lint, where this shell script stands for Python."""
    stand_in = folder / "python"
    stand_in.write_text(f"#!/bin/sh\n{python}\n")
    stand_in.chmod(0o755)
    # `-o lint`: as if it had just been done.
    command = ["make", "-s", "-o", "lint", "test", f"BIN={folder}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode


def test_where_nothing_is_collected_it_fails(tmp_path: Path) -> None:
    assert make_test(tmp_path, f"exit {NONE_COLLECTED}") != 0


def test_a_failed_test_fails_and_all_that_passed_pass(tmp_path: Path) -> None:
    for arguments in ((), ("ARGS=tests/test_make.py",)):
        assert make_test(tmp_path, "exit 0", *arguments) == 0
        assert make_test(tmp_path, "exit 1", *arguments) != 0
