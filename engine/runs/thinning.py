"""Which checkpoints are kept: all of the last minutes, then ever fewer, the first and the best always."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.runs.checkpoint import Checkpoint

# All that are younger are kept, seconds; every second one up to twice that age, every fourth up to four times it, ...
RECENT = 300.0


def thinned(checkpoints: Sequence[Checkpoint], keep_bytes: int) -> list[Checkpoint]:
    """Those to keep, of all there are in the order of their numbers.

    Together they take at most `keep_bytes`, but that the newest is always kept. Where it is little, those go first that
    lie close together, then the pinned ones and the first, then the best.
    """
    if not checkpoints:
        return []
    newest, recent = checkpoints[-1], RECENT
    while recent > 1:
        found = _spread(checkpoints, recent)
        if _bytes(found) <= keep_bytes:
            return found
        recent /= 2
    for few in (_always(checkpoints), [*_best(checkpoints), newest]):
        if _bytes(found := _in_order(few)) <= keep_bytes:
            return found
    return [newest]


def _spread(checkpoints: Sequence[Checkpoint], recent: float) -> list[Checkpoint]:
    newest = checkpoints[-1]
    # How long one is kept depends on its number alone: whatever is let go meanwhile, those that stay are spread evenly.
    found = [
        checkpoint
        for checkpoint in checkpoints
        if checkpoint.attempt == newest.attempt
        and newest.time - checkpoint.time <= recent * (checkpoint.number & -checkpoint.number)
    ]
    # Of an attempt that was given up for another only the newest stays.
    earlier = {checkpoint.attempt: checkpoint for checkpoint in checkpoints if checkpoint.attempt != newest.attempt}
    return _in_order([*found, *earlier.values(), *_always(checkpoints)])


def _always(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    newest = checkpoints[-1]
    first = next(checkpoint for checkpoint in checkpoints if checkpoint.attempt == newest.attempt)
    return [first, *_best(checkpoints), newest, *(checkpoint for checkpoint in checkpoints if checkpoint.pinned)]


def _best(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    of_attempt = [checkpoint for checkpoint in checkpoints if checkpoint.attempt == checkpoints[-1].attempt]
    best = min(of_attempt, key=lambda checkpoint: math.inf if checkpoint.val_loss is None else checkpoint.val_loss)
    return [] if best.val_loss is None else [best]


def _in_order(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    return sorted(
        {checkpoint.number: checkpoint for checkpoint in checkpoints}.values(), key=lambda checkpoint: checkpoint.number
    )


def _bytes(checkpoints: Sequence[Checkpoint]) -> int:
    return sum(checkpoint.bytes for checkpoint in checkpoints)
