"""What others report of an arm, beside what came out here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

from engine.events import Epoch, Finished, Reported
from engine.lane import LaneMemory
from engine.preset import ReportedNumber


def beside_ours(theirs: ReportedNumber, ends: Iterable[Finished], memories: Iterable[LaneMemory]) -> Reported:
    """A reported number beside the mean over the arm's seeds: of the last epoch, the best one, or the test."""
    name = theirs.metric.removeprefix("best_")
    source: list[Epoch | Finished | None] = []
    if theirs.metric in ("test_loss", "test_acc", "epoch", "best_epoch"):
        name, source = theirs.metric, [end for end in ends if end.arm == theirs.arm]
    else:
        lanes = [lane for lane in memories if lane.arm == theirs.arm]
        source = [lane.last if name == theirs.metric else lane.best for lane in lanes]
    ours = [math.nan if measured is None else float(getattr(measured, name)) for measured in source]
    std = statistics.stdev(ours) if len(ours) > 1 and all(map(math.isfinite, ours)) else None
    return Reported(theirs.arm, theirs.metric, theirs.value, sum(ours) / len(ours), theirs.text, theirs.note, std)
