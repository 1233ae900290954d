"""CSV with a row for every number: run, arm, seed, epoch, metric, value."""

from __future__ import annotations

import codecs
import csv
import math
from collections.abc import Iterable, Sequence
from typing import IO

from engine.events import Epoch
from engine.runs.reader import RunReader

COLUMNS = ("run", "arm", "seed", "epoch", "metric", "value")


def write_csv(reader: RunReader, file: IO[bytes]) -> None:
    """Write every recorded epoch of the newest attempt. Raises RunError where one is damaged."""
    write_runs([(reader.meta.id, reader.epochs())], file)


def write_runs(runs: Iterable[tuple[str, Iterable[Sequence[Epoch]]]], file: IO[bytes]) -> None:
    """Write runs below one another, each by its word and its epochs; a value that is none (NaN) is empty."""
    # An arm's name with half of a pair is worth a question mark, and not the export.
    writer = csv.writer(codecs.getwriter("utf-8")(file, "replace"), lineterminator="\n")
    writer.writerow(COLUMNS)
    for run, epochs in runs:
        for lanes in epochs:
            for lane in lanes:
                for metric, value in lane.metrics.items():
                    number = "" if math.isnan(value) else repr(float(value))
                    writer.writerow((run, lane.arm, lane.seed, lane.epoch, metric, number))
