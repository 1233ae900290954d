"""Event files for TensorBoard, a folder for each lane, written by TensorBoard's own writer.

It is imported where it is used: it need not be there.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from engine.files import file_name
from engine.preset import write_preset
from engine.runs.reader import RunReader


def write(reader: RunReader, folder: Path) -> None:
    """Write every recorded epoch of the newest attempt into `folder`. Raises RunError where one is damaged.

    Its scalars have the epoch as their step, and the time at which the run began: the file keeps none for an epoch.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    lanes = [(arm, seed) for arm in reader.meta.identity.arms for seed in reader.meta.identity.seeds]
    arms = {arm: file_name(f"{place + 1}-{arm}") for place, arm in enumerate(reader.meta.identity.arms)}
    writers: dict[tuple[str, int], Any] = {}
    try:
        for arm, seed in lanes:
            writers[arm, seed] = EventFileWriter(str(folder / arms[arm] / f"seed-{seed}"))
        (folder / "preset.toml").write_text(write_preset(reader.preset), encoding="utf-8", errors="replace")
        began = reader.meta.identity.began
        for epochs in reader.epochs():
            for lane in epochs:
                values = [
                    Summary.Value(tag=metric.replace(".", "/"), simple_value=value)
                    for metric, value in lane.metrics.items()
                    if math.isfinite(value)
                ]
                event = Event(wall_time=began, step=lane.epoch, summary=Summary(value=values))
                writers[lane.arm, lane.seed].add_event(event)
    finally:
        for writer in writers.values():
            writer.close()
