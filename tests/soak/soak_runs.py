"""Runs as files, for minutes: `make soak ARGS=tests/soak/soak_runs.py`."""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.events import Epoch, Event
from engine.preset import Preset
from engine.runs.errors import RunError
from engine.runs.reader import RunReader
from engine.runs.resume import go_on, resumable
from engine.runs.writer import RunWriter
from tests.engine.runs.damage import Truth, harmed, refuted, truth
from tests.engine.runs.small import same_state
from tests.engine.runs.synthetic import epoch_events, started_of, wide_preset
from tests.engine.runs.test_killed import killed_and_resumed
from tests.engine.runs.test_watched import written_and_watched
from tests.epochs import NUMBERS
from tests.terminal import REGTUI, Terminal
from tests.tui.recorded import preset_of, recorded
from tui.cli import main

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


@pytest.mark.parametrize("part", range(5))
def test_the_commands_say_a_line_about_damage_or_give_the_right_numbers(
    part: int, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.log.log_path", lambda: tmp_path / "log")
    path, table = recorded(tmp_path, preset_of(300)), tmp_path / "run.csv"
    data = path.read_bytes()
    export, show = ["export", str(path), "--csv", "--force", "-o", str(table)], ["open", str(path)]
    assert (main(export), main(show)) == (0, 0)
    numbers, shown, taken = set(table.read_text().splitlines()), capfd.readouterr().out, 0
    for number in range(100 * part, 100 * part + 100):
        path.write_bytes(harmed(data, random.Random(number)))
        table.unlink()
        table.touch()
        codes = main(export), main(show)
        printed = capfd.readouterr()
        lines = [line for line in printed.err.splitlines() if "no terminal on stdout" not in line]
        assert set(codes) <= {0, 2}, f"damage {number}: {printed}"
        assert not (tmp_path / "log").exists(), f"damage {number}: {printed}"
        assert all(line.startswith("regtui: ") and len(line) < 400 for line in lines), f"damage {number}: {lines}"
        assert lines or (codes == (0, 0) and printed.out == shown), f"damage {number}: other numbers without a word"
        found = set(table.read_text().splitlines())
        assert found <= numbers, f"damage {number}: another number"
        assert found == (numbers if codes[0] == 0 else set()), f"damage {number}: numbers are missing"
        taken += codes == (0, 0)
    assert 5 < taken < 95


@pytest.mark.parametrize("part", range(5))
def test_of_damaged_files_runs_go_on_with_what_is_whole(part: int, whole: Truth, tmp_path: Path) -> None:
    taken, lines = 0, list[str]()
    for number in range(100 * part, 100 * part + 100):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "run.regtui"
        path.write_bytes(harmed(whole.data, random.Random(number)))
        try:
            found = resumable(path)
            writer = go_on(found)
        except RunError as error:
            lines.append(str(error))
            continue
        taken += 1
        epoch = found.checkpoint.epoch if found.checkpoint else 0
        assert epoch == max(whole.states) or found.passed_over, f"damage {number}: an older checkpoint without a word"
        assert found.state is None or same_state(found.state, whole.states[epoch]), f"damage {number}: another state"
        writer.take([started_of(found.preset), *epoch_events(found.preset, epoch + 1, 6)])
        assert writer.close("stopped"), f"damage {number}"
        with RunReader(writer.path) as reader:
            assert (reader.damage, reader.record.epoch) == ([], epoch + 1), f"damage {number}"
            missing = {lost for first, last in reader.meta.missing for lost in range(first, last + 1)}
            texts = [repr(lanes) for lanes in reader.epochs()][:-1]
        assert texts == [
            text for counted, text in enumerate(whole.epochs, 1) if counted <= epoch and counted not in missing
        ]
    assert 5 < taken < 95
    assert all("\n" not in line and len(line) < 400 for line in lines)


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


def thirty_numbers(preset: Preset, epoch: int) -> list[Event]:
    """An epoch of two lanes, fifteen numbers each, with losses to draw."""
    events: list[Event] = []
    for event in epoch_events(preset, epoch, 15 - len(NUMBERS)):
        assert isinstance(event, Epoch)
        losses = {"train_loss": epoch**-0.3, "val_loss": epoch**-0.2}
        events.append(Epoch(event.arm, event.seed, epoch, {**NUMBERS, **losses, **event.metrics}))
    return events


def written(path: Path, epochs: int) -> tuple[RunWriter, float]:
    """A run of so many epochs, and by how much memory grew after the first tenth of them, MB."""
    preset = wide_preset(2, 1)
    writer = RunWriter(path, preset)
    writer.take([started_of(preset)])
    early = 0
    for epoch in range(1, epochs + 1):
        writer.take(thirty_numbers(preset, epoch))
        if epoch % 1000 == 0:
            assert writer.flush()
        if epoch == epochs // 10:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early) / 1000
    assert writer.close("finished")
    return writer, grown


@dataclass
class Shown:
    """What `regtui open` took: seconds up to the curves, and of the processor for all; ms for a key; MB."""

    first: float
    processor: float
    key: float
    memory: float


def shown(path: Path) -> Shown:
    """Open the run in a real terminal and switch its scale twenty times."""
    keys = []
    with Terminal([REGTUI, "open", str(path)], 160, 45) as terminal:
        terminal.wait_for(
            lambda text: "opened, read-only" in text and any(0x2800 < ord(sign) <= 0x28FF for sign in text)
        )
        first = time.perf_counter() - terminal.started
        for _ in range(20):
            sent, pressed = len(terminal.raw), time.perf_counter()
            terminal.press("l")
            while len(terminal.raw) == sent:
                terminal.read(1.0)
            keys.append(time.perf_counter() - pressed)
            terminal.watch(0.2)  # the rest of the frame
        status, times = (Path(f"/proc/{terminal.pid}/{name}").read_text() for name in ("status", "stat"))
    memory = next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS"))
    fields = times.rpartition(")")[2].split()
    processor = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return Shown(first, processor, 1000 * statistics.median(keys), memory)


def test_a_million_epochs_of_thirty_numbers_in_flat_memory_and_300_mb_open_in_a_second(tmp_path: Path) -> None:
    writer, grown = written(tmp_path / "run.regtui", 1_000_000)
    size = writer.path.stat().st_size
    completed = subprocess.run(
        [sys.executable, "-c", OPENED, str(writer.path)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    opened, draw_seconds = map(float, completed.stdout.split())
    print(f"\n{size / 1e6:.0f} MB, {size / 30e6:.2f} bytes a number, memory grown by {grown:.1f} MB")
    print(f"opened in {opened:.2f} s, the bounds of a metric in {draw_seconds:.2f} s")
    assert size < 300e6
    assert size / 30e6 <= 9
    assert grown < 20
    assert opened < 1
    short, _ = written(tmp_path / "short.regtui", 300)
    few, many = shown(short.path), shown(writer.path)
    for epochs, took in (("300", few), ("1,000,000", many)):
        print(
            f"`regtui open` of {epochs} epochs: curves after {took.first:.2f} s, a key {took.key:.0f} ms,"
            f" {took.processor:.2f} s of the processor, {took.memory:.0f} MB"
        )
    assert many.first < few.first + 1  # behind what the program's start takes
    assert many.processor < few.processor + 1
    assert many.key < 1.5 * few.key + 20
    assert many.memory < few.memory + 30
