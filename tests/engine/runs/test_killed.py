"""A run whose process was killed goes on as the run that was never killed: every tensor and every epoch."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from engine.runs.reader import RunReader
from tests.engine.runs.small import assert_same_run
from tests.engine.runs.trained import train

ROOT = Path(__file__).parents[3]


def killed_and_resumed(folder: Path, kills: int, chance: random.Random) -> None:
    """Train once without a break and once killed so often at random moments; both must be the same run."""
    train(folder / "whole.regtui")
    path = folder / "killed.regtui"
    killed = 0
    while killed < kills:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.runs.trained", str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(chance.randrange(1, 3)):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        killed += 1
        if path.exists():
            with RunReader(path) as reader:
                assert reader.damage == []
                if reader.meta.state == "finished":
                    break
                assert reader.meta.state == "dead"
    train(path)
    assert_same_run(folder / "whole.regtui", path)


def test_killed_it_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, 1, random.Random(1))
