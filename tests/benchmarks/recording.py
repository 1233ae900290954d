"""What recording a run costs: processor time beside training, bytes, and the time to open it again."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from engine.events import Epoch
from engine.lab import Lab
from engine.preset import load_preset, with_value
from engine.runs.reader import RunReader
from engine.runs.writer import RunWriter
from tests.benchmarks.result import Result

RATE, EPOCHS, EVERY = 500, 20_000, 30.0


def recording() -> list[Result]:
    """Eight lanes of the default experiment, recorded once a second as at 500 epochs a second, and a checkpoint."""
    preset = with_value(load_preset("dropout", epochs=EPOCHS), "training.seeds", [0, 1, 2, 3])
    lab = Lab(preset.model_copy(update={"arms": preset.arms[:2]}), "cpu")
    trained = [[each for each in lab.run_epoch() if isinstance(each, Epoch)] for _ in range(20)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.regtui"
        writer = RunWriter(path, lab.preset)
        writer.take([lab.started])
        seconds, numbers = 0.0, 0
        for epoch in range(1, EPOCHS + 1):
            lanes = [
                type(each)(each.arm, each.seed, epoch, each.metrics)
                for each in trained[epoch % 20]
                if each.kind == "epoch"
            ]
            numbers += sum(len(each.metrics) for each in lanes)
            began = time.thread_time()
            writer.take(lanes)
            if epoch % RATE == 0:
                writer.flush()
            seconds += time.thread_time() - began
        began = time.thread_time()
        writer.checkpoint(lab.state())
        writer.flush()
        taken = time.thread_time() - began
        writer.close("finished")
        state = 0.0
        with RunReader(path) as reader:
            state = sum(each.bytes for each in reader.checkpoints())
        size = (path.stat().st_size - state) / numbers
        began = time.perf_counter()
        RunReader(path).close()
        opened = time.perf_counter() - began
    share = 100 * seconds / EPOCHS * RATE
    return [
        Result(
            f"recording {RATE} epochs/s of {len(trained[0])} lanes, share of one core",
            "at most 2 %",
            f"{share:.1f} % ({1e6 * seconds / EPOCHS:.0f} us an epoch of {numbers // EPOCHS} numbers)",
            share <= 2,
        ),
        Result(
            f"a checkpoint every {EVERY:.0f} s, share of one core",
            "at most 2 %",
            f"{100 * taken / EVERY:.2f} % ({1e3 * taken:.0f} ms, {state / 1e6:.1f} MB)",
            taken / EVERY <= 0.02,
        ),
        Result("bytes a recorded number", "at most 9", f"{size:.2f}", size <= 9),
        Result(f"opening a run of {EPOCHS:,} epochs", "under 1 s", f"{opened:.2f} s", opened < 1),
    ]
