"""Runs as files, for minutes: `make soak ARGS=tests/soak/soak_runs.py`."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from engine.events import Epoch, Event
from engine.runs.writer import RunWriter
from tests.engine.runs.damage import Truth, harmed, refuted, truth
from tests.engine.runs.made import made_epochs, started_of, wide_preset
from tests.engine.runs.test_killed import killed_and_resumed
from tests.engine.runs.test_watched import written_and_watched

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return truth(tmp_path_factory.mktemp("whole") / "run.regtui")


@pytest.mark.parametrize("part", range(10))
def test_of_thousands_of_damages_none_gives_a_wrong_number(part: int, whole: Truth, tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    for number in range(1000 + 200 * part, 1200 + 200 * part):
        data = harmed(whole.data, random.Random(number))
        path.write_bytes(data)
        assert refuted(path, whole) == "", f"damage {number}"
        assert path.read_bytes() == data


@pytest.mark.parametrize("shared", [False, True])
def test_two_readers_and_a_writer_for_a_minute(shared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.runs.opening.is_shared", lambda folder: shared)
    seen = written_and_watched(tmp_path, 60)
    assert all(count > 100 for count in seen)


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_thirty_moments_it_ends_as_if_it_had_not_been(seed: int, tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, 5, random.Random(seed))


OPENED = """
import sys, time
from pathlib import Path
from engine.runs.reader import RunReader
began = time.perf_counter()
reader = RunReader(Path(sys.argv[1]))
took = time.perf_counter() - began
assert reader.damage == [] and reader.record.epoch == 1_000_000
began = time.perf_counter()
first, low, high = reader.envelope("penalty.0", "arm 0", 0)
print(took, time.perf_counter() - began)
assert low.min() <= 1.2 and high.max() >= 1_000_000
"""


def test_a_million_epochs_of_thirty_numbers_in_flat_memory_and_300_mb_open_in_a_second(tmp_path: Path) -> None:
    preset = wide_preset(2, 1)
    writer = RunWriter(tmp_path / "run.regtui", preset)
    writer.take([started_of(preset)])
    early = 0
    for epoch in range(1, 1_000_001):
        events: list[Event] = []
        for event in made_epochs(preset, epoch, 15):
            assert isinstance(event, Epoch)
            events.append(event)
        writer.take(events)
        if epoch % 1000 == 0:
            assert writer.flush()
        if epoch == 100_000:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early) / 1000
    assert writer.close("finished")
    size = writer.path.stat().st_size
    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(writer.path)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    opened, drawn = map(float, done.stdout.split())
    print(f"\n{size / 1e6:.0f} MB, {size / 30e6:.2f} bytes a number, memory grown by {grown:.1f} MB")
    print(f"opened in {opened:.2f} s, the bounds of a metric in {drawn:.2f} s")
    assert size < 300e6
    assert size / 30e6 <= 9
    assert grown < 20
    assert opened < 1
