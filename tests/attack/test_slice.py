"""A short slice of `make attack`, so that what it holds against is not lost between two of its runs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_what_is_hostile_is_done_or_refused_in_a_line():
    assert_holds("presets cli data --count 10")


def test_a_dashboard_lives_on_whatever_is_typed():
    assert_holds("keys --count 25")


def assert_holds(words):
    completed = subprocess.run(
        [sys.executable, "-m", "tests.attack", *words.split(), "--seed", "1", "--workers", "1"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert completed.returncode == 0, completed.stdout + completed.stderr


def test_a_failure_is_told_with_the_line_that_repeats_it(monkeypatch, capsys):
    from tests.attack import __main__ as attack
    from tests.attack import resizes
    from tests.attack.judge import Case

    monkeypatch.setattr(resizes, "attack", lambda numbers, *_: (Case(n, "broken" if n == 1 else None) for n in numbers))
    monkeypatch.setattr(sys, "argv", ["attack", "resizes", "--count", "3", "--seed", "9"])
    assert attack.main() == 1
    printed = capsys.readouterr().out
    assert 'FAILED resizes 1: broken\n       again: make attack ARGS="resizes --seed 9 --only 1"' in printed
    assert "| 3 | 1 |" in printed
