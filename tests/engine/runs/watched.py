"""A program that looks at a run while it is written, and fails where it sees half of anything."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from pathlib import Path

from engine.runs.reader import RunReader


def watch(path: Path, last: int) -> int:
    """Follow a run of `epoch_events` to that epoch; how often something new was seen."""
    seen = 0
    with RunReader(path) as reader:
        print("open", flush=True)
        while True:
            if reader.poll():
                seen += 1
                check(reader)
            check_rows(path)
            if reader.record.epoch >= last:
                return seen


def check_rows(path: Path) -> None:
    """As any other program sees it: epochs and the facts about them come together."""
    with contextlib.closing(sqlite3.connect(path, timeout=20)) as db:
        rows = "SELECT (SELECT value FROM meta WHERE id = 'progress'), (SELECT max(id) FROM epochs)"
        progress, newest = db.execute(rows).fetchone()
        assert json.loads(progress)["epoch"] == newest


def check(reader: RunReader) -> None:
    record = reader.record
    assert reader.damage == [], reader.damage
    lanes = [(arm, seed) for arm in reader.preset.arm_names for seed in reader.preset.seeds]
    assert set(record.last) == set(lanes), record.last.keys()
    assert {lane.epoch for lane in record.last.values()} == {record.epoch}
    assert record.history is not None
    for arm, seed in lanes:
        epochs, values = record.history.series("penalty.0", arm, seed)
        assert epochs[-1] == record.epoch
        assert (values == epochs + 0.1 * seed).all()
    for lanes_of_epoch in reader.epochs(max(1, record.epoch - 3)):
        assert len(lanes_of_epoch) == len(lanes)


if __name__ == "__main__":
    print(watch(Path(sys.argv[1]), int(sys.argv[2])))
