"""CSV with a row for every number: run, arm, seed, epoch, metric, value."""

from __future__ import annotations

import codecs
import csv
import math
from typing import IO

from engine.runs.reader import RunReader

COLUMNS = ("run", "arm", "seed", "epoch", "metric", "value")


def write_csv(reader: RunReader, file: IO[bytes]) -> None:
    """Write every recorded epoch of the newest attempt; a value that is none (NaN) is empty.

    Raises RunError where an epoch is damaged.
    """
    # An arm's name with half of a pair is worth a question mark, and not the export.
    writer = csv.writer(codecs.getwriter("utf-8")(file, "replace"), lineterminator="\n")
    writer.writerow(COLUMNS)
    run = reader.meta.id
    for lanes in reader.epochs():
        for lane in lanes:
            for metric, value in lane.metrics.items():
                told = "" if math.isnan(value) else repr(float(value))
                writer.writerow((run, lane.arm, lane.seed, lane.epoch, metric, told))
