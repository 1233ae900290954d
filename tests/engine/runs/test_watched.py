"""Many may look at a run while it is written: none sees half an epoch, and none holds the writer up."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.runs.writer import RunWriter
from tests.engine.runs.synthetic import epoch_events, started_of, wide_preset

ROOT = Path(__file__).parents[3]


def written_and_watched(folder: Path, seconds: float, readers: int = 2) -> list[int]:
    """Write a run for so long with so many readers at it; how often each of them saw something new."""
    preset = wide_preset(3, 2)
    path = folder / "run.regtui"
    writer = RunWriter(path, preset)
    writer.take([started_of(preset), *epoch_events(preset, 1, 5)])
    assert writer.flush()
    last = int(400 * seconds)
    command = [sys.executable, "-m", "tests.engine.runs.watched", str(path), str(last)]
    watchers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(readers)]
    for watcher in watchers:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "open\n"
    # In so many transactions that both sides are always at it.
    for begin in range(2, last + 1, 10):
        for epoch in range(begin, min(last + 1, begin + 10)):
            writer.take(epoch_events(preset, epoch, 5))
        assert writer.flush(), writer.trouble
        time.sleep(10 * seconds / last)
    seen = []
    for watcher in watchers:
        output, _ = watcher.communicate(timeout=120)
        assert watcher.returncode == 0
        seen.append(int(output))
    assert writer.close("finished")
    return seen


@pytest.mark.parametrize("shared", [False, True])
def test_two_readers_see_whole_epochs_and_stop_nobody(
    shared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.runs.opening.is_shared", lambda folder: shared)
    seen = written_and_watched(tmp_path, 2)
    assert all(count > 3 for count in seen)
