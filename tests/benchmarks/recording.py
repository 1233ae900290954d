"""What recording a run costs: processor time beside training, bytes, and the time to open it again."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from engine.events import Epoch
from engine.lab import Lab
from engine.preset import Preset, load_preset, with_value
from engine.runs.reader import RunReader
from engine.runs.recorder import Recorder
from engine.runs.writer import RunWriter
from tests.benchmarks.result import Result

RATE, EPOCHS, SECONDS, EVERY = 500, 50_000, 10.0, 30.0


class Timed(RunWriter):
    """Counts the processor time of the thread that writes."""

    seconds = 0.0

    def flush(self) -> bool:
        began = time.thread_time()
        whole = super().flush()
        self.seconds += time.thread_time() - began
        return whole


def eight_lanes(name: str) -> Preset:
    """Two arms of a preset under four seeds."""
    preset = with_value(load_preset(name, epochs=1_000_000), "training.seeds", [0, 1, 2, 3])
    return preset.model_copy(update={"arms": preset.arms[:2]})


def recording() -> list[Result]:
    """Recording beside eight small lanes, a checkpoint of eight usual ones, and a long file."""
    with tempfile.TemporaryDirectory() as folder:
        return [beside_training(Path(folder)), checkpoint(Path(folder)), *long_file(Path(folder))]


def beside_training(folder: Path) -> Result:
    """Processor time of both threads while a lab trains: its steps push all else out of the caches."""
    lab = Lab(with_value(eight_lanes("moons"), "training.batch_size", 1000), "cpu")
    writer = Timed(folder / "beside.regtui", lab.preset)
    recorder = Recorder(writer)
    recorder.take([lab.started])
    taken, ends = 0.0, time.perf_counter() + SECONDS
    while time.perf_counter() < ends:
        events = lab.run_epoch()
        began = time.thread_time()
        recorder.take(events)
        taken += time.thread_time() - began
    recorder.close()
    seconds = (taken + writer.seconds) / lab.epoch
    return Result(
        f"recording {RATE} epochs/s of 8 lanes, share of one core",
        "at most 2 %",
        f"{100 * seconds * RATE:.1f} % ({1e6 * seconds:.0f} us an epoch,"
        f" {1e6 * taken / lab.epoch:.0f} in training's thread)",
        seconds * RATE <= 0.02,
    )


def checkpoint(folder: Path) -> Result:
    """What one takes of both threads, over the time between two."""
    lab = Lab(eight_lanes("dropout"), "cpu")
    lab.run_epoch()
    writer = RunWriter(folder / "checkpoint.regtui", lab.preset)
    writer.flush()
    began = time.thread_time()
    writer.checkpoint(lab.state())
    writer.flush()
    seconds = time.thread_time() - began
    with RunReader(writer.path) as reader:
        size = reader.checkpoints()[0].bytes
    writer.close()
    return Result(
        f"a checkpoint of 8 lanes every {EVERY:.0f} s, share of one core",
        "at most 2 %",
        f"{100 * seconds / EVERY:.2f} % ({1e3 * seconds:.0f} ms, {size / 1e6:.1f} MB)",
        seconds / EVERY <= 0.02,
    )


def long_file(folder: Path) -> list[Result]:
    """Bytes a number and the time to open, of real epochs written again and again."""
    lab = Lab(eight_lanes("moons"), "cpu")
    trained = [[event for event in lab.run_epoch() if isinstance(event, Epoch)] for _ in range(20)]
    numbers = EPOCHS * sum(len(lane.metrics) for lane in trained[0])
    writer = RunWriter(folder / "long.regtui", lab.preset)
    writer.take([lab.started])
    for epoch in range(1, EPOCHS + 1):
        writer.take([Epoch(lane.arm, lane.seed, epoch, lane.metrics) for lane in trained[epoch % 20]])
        if epoch % RATE == 0:
            writer.flush()
    writer.close("finished")
    size = writer.path.stat().st_size / numbers
    began = time.perf_counter()
    RunReader(writer.path).close()
    opened = time.perf_counter() - began
    return [
        Result("bytes a recorded number", "at most 9", f"{size:.2f}", size <= 9),
        Result(f"opening a run of {EPOCHS:,} epochs of 8 lanes", "under 1 s", f"{opened:.2f} s", opened < 1),
    ]
