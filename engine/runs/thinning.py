"""Which checkpoints are kept: all of the last minutes, then ever fewer, the first and the best always."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.runs.checkpoint import Checkpoint

# All that are younger are kept, seconds; of older ones two lie apart by at least this share of their age.
RECENT, SHARE = 300.0, 0.25


def kept(checkpoints: Sequence[Checkpoint], keep_bytes: int) -> list[Checkpoint]:
    """Those to keep, of all there are in the order of their numbers.

    Together they take at most `keep_bytes`, but that the newest is always kept. Where it is little, those go first that
    lie close together, then the pinned ones and the first, then the best.
    """
    if not checkpoints:
        return []
    newest = checkpoints[-1]
    recent, share = RECENT, SHARE
    while True:
        found = _spread(checkpoints, recent, share)
        if _bytes(found) <= keep_bytes:
            return found
        if share > 64:
            break
        recent, share = recent / 2, share * 1.5
    for always in (_always(checkpoints), [*_best(checkpoints), newest]):
        if _bytes(always := _in_order(always)) <= keep_bytes:
            return always
    return [newest]


def _spread(checkpoints: Sequence[Checkpoint], recent: float, share: float) -> list[Checkpoint]:
    newest = checkpoints[-1]
    found, last = [newest], newest
    for each in reversed(checkpoints[:-1]):
        age = newest.time - each.time
        # Of an attempt that was given up for another only the newest stays.
        if each.attempt != newest.attempt:
            if each.attempt != last.attempt:
                found.append(each)
                last = each
        elif age <= recent or last.time - each.time >= share * age:
            found.append(each)
            last = each
    return _in_order([*found, *_always(checkpoints)])


def _always(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    newest = checkpoints[-1]
    first = next(each for each in checkpoints if each.attempt == newest.attempt)
    return [first, *_best(checkpoints), newest, *(each for each in checkpoints if each.pinned)]


def _best(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    of_attempt = [each for each in checkpoints if each.attempt == checkpoints[-1].attempt]
    best = min(of_attempt, key=lambda each: math.inf if each.val_loss is None else each.val_loss)
    return [] if best.val_loss is None else [best]


def _in_order(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    return sorted({each.number: each for each in checkpoints}.values(), key=lambda each: each.number)


def _bytes(checkpoints: Sequence[Checkpoint]) -> int:
    return sum(each.bytes for each in checkpoints)
