"""What the arms' difference is worth: two of them compared, and which one is the best, if any.

Everything here is of the networks that the lanes keep, and of the seeds that two arms share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.stopping import ROUNDING
from engine.summary import ArmRow, Kept


@dataclass(frozen=True, slots=True)
class Difference:
    """What a second arm has more than a first, paired by seed: n differences between lanes that share first weights,
    batches and noise.

    before, after : the means of the two arms over the n seeds.
    spread : the sample standard deviation (n - 1) of the differences; None below two.
    lower, higher : under how many of the n seeds the second arm's number is the lower one, and the higher one.
    """

    before: float
    after: float
    spread: float | None
    n: int = 1
    lower: int = 0
    higher: int = 0

    @property
    def mean(self) -> float:
        return self.after - self.before

    @property
    def clear(self) -> bool:
        """Whether the mean difference is larger than the spread of the differences, and than float32 rounding.

        One seed shows no spread: its difference is never clear.
        """
        least = ROUNDING * max(abs(self.before), abs(self.after))
        return self.spread is not None and abs(self.mean) > max(self.spread, least)


def difference(first: ArmRow, second: ArmRow, of: Callable[[Kept], float]) -> Difference | None:
    """The two arms compared under the seeds that both have a finite number for; None where there is none."""
    shared = [(of(kept), of(second.kept[seed])) for seed, kept in first.kept.items() if seed in second.kept]
    pairs = [(a, b) for a, b in shared if math.isfinite(a) and math.isfinite(b)]
    if not pairs:
        return None
    n = len(pairs)
    before, after = math.fsum(a for a, _ in pairs) / n, math.fsum(b for _, b in pairs) / n
    lower, higher = sum(b < a for a, b in pairs), sum(b > a for a, b in pairs)
    if n == 1:
        return Difference(before, after, None, n, lower, higher)
    # By hand: statistics.stdev is exact and slow, and a screen of many arms asks often.
    squares = math.fsum((b - a - (after - before)) ** 2 for a, b in pairs)
    return Difference(before, after, math.sqrt(squares / (n - 1)), n, lower, higher)


@dataclass(frozen=True, slots=True)
class Best:
    """The best arm, None where there is none, and why in words (empty where there is nothing to compare yet)."""

    arm: str | None
    why: str


def best_arm(rows: Sequence[ArmRow]) -> Best:
    """The arm whose kept weights have the lowest validation loss, if that is clear beside each other arm.

    By validation, since choosing by test data would spoil them. Clear is a paired difference larger than its spread
    over the seeds (`Difference.clear`): so there is none on ties, and none under one seed. An arm that diverged under
    any seed is out of the running, and of arms that are measured on different data none is the best.
    """
    if len(rows) < 2 or not all(row.kept or row.diverged for row in rows):
        return Best(None, "")
    if len({row.judged_by for row in rows}) > 1:
        return Best(None, "none is starred: the arms are measured on different data")
    ranked = by_validation(rows)
    if not ranked:
        return Best(None, "")
    leader, *others = ranked
    if not others:
        return Best(leader.arm, "the only arm that did not diverge under any seed")
    for other in others:
        between = difference(leader, other, lambda kept: kept.val_loss)
        if between is None or between.spread is None:
            return Best(None, "none is starred: one seed shows no spread to judge a difference by (--seeds 3)")
        if not between.clear:
            names = f"'{leader.arm}' and '{other.arm}'"
            return Best(None, f"none is starred: {names} differ by no more than the spread over the seeds")
    return Best(leader.arm, "lowest val loss with the weights kept, by more than the spread over the seeds")


def by_validation(rows: Sequence[ArmRow]) -> list[ArmRow]:
    """The arms that diverged under no seed, by the mean validation loss of the weights they keep, the lowest first."""
    sound = [row for row in rows if not row.diverged]
    return sorted(sound, key=lambda row: math.fsum(kept.val_loss for kept in row.kept.values()) / len(row.kept))
