"""What the arms' difference is worth: two of them compared, and which one is the best, if any.

Everything here is of the networks that the lanes keep, and of the seeds that two arms share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.statistics import half_width, interval, seeds_needed, unpaired_interval
from engine.stopping import ROUNDING
from engine.summary import ArmRow, Kept


@dataclass(frozen=True, slots=True)
class Difference:
    """What a second arm has more than a first, paired by seed: n differences between lanes that share first weights,
    batches and noise.

    before, after : the means of the two arms over the n seeds.
    spread : the sample standard deviation (n - 1) of the differences; None below two.
    lower, higher : under how many of the n seeds the second arm's number is the lower one, and the higher one.
    spreads : the sample standard deviations of the two arms' numbers, each by itself; None below two.
    """

    before: float
    after: float
    spread: float | None
    n: int = 1
    lower: int = 0
    higher: int = 0
    spreads: tuple[float, float] | None = None

    @property
    def mean(self) -> float:
        return self.after - self.before

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % confidence interval of the mean difference; None under one seed."""
        return interval(self.mean, self.spread, self.n)

    @property
    def unpaired(self) -> tuple[float, float] | None:
        """The interval that would be all there is if each arm had trained under seeds of its own."""
        return None if self.spreads is None else unpaired_interval(self.mean, self.spreads, self.n)

    @property
    def same_sign(self) -> int:
        """Under how many seeds the difference has the sign of its mean."""
        return self.lower if self.mean < 0 else self.higher if self.mean > 0 else 0

    @property
    def rounded(self) -> bool:
        """Whether it is no more than float32 rounding makes of equal numbers."""
        return abs(self.mean) <= ROUNDING * max(abs(self.before), abs(self.after))

    @property
    def clear(self) -> bool:
        """Whether the interval excludes zero, and the mean is more than rounding.

        One seed has no interval: its difference is never clear.
        """
        return self.spread is not None and not self.rounded and half_width(self.n) * self.spread < abs(self.mean)

    @property
    def needed(self) -> int | None:
        """How many seeds in all would make it clear if mean and spread stayed as they are; None where it is clear, or
        no number that can be trained would."""
        if self.spread is None or self.rounded or self.clear:
            return None
        return seeds_needed(self.mean, self.spread, self.n)


def difference(first: ArmRow, second: ArmRow, of: Callable[[Kept], float]) -> Difference | None:
    """The two arms compared under the seeds that both have a finite number for; None where there is none."""
    shared = [(of(kept), of(second.kept[seed])) for seed, kept in first.kept.items() if seed in second.kept]
    return paired([(a, b) for a, b in shared if math.isfinite(a) and math.isfinite(b)])


def paired(pairs: Sequence[tuple[float, float]]) -> Difference | None:
    """What the second number of each pair has more than the first; None of no pairs. All are finite."""
    if not pairs:
        return None
    n = len(pairs)
    before, after = math.fsum(a for a, _ in pairs) / n, math.fsum(b for _, b in pairs) / n
    lower, higher = sum(b < a for a, b in pairs), sum(b > a for a, b in pairs)
    if n == 1:
        return Difference(before, after, None, n, lower, higher)
    spread = _deviation([b - a for a, b in pairs], after - before)
    spreads = _deviation([a for a, _ in pairs], before), _deviation([b for _, b in pairs], after)
    return Difference(before, after, spread, n, lower, higher, spreads)


def _deviation(values: Sequence[float], mean: float) -> float:
    """By hand: statistics.stdev is exact and slow, and a screen of many arms asks often."""
    return math.hypot(*(value - mean for value in values)) / math.sqrt(len(values) - 1)


@dataclass(frozen=True, slots=True)
class Best:
    """The best arm, None where there is none, and why in words (empty where there is nothing to compare yet)."""

    arm: str | None
    why: str


def best_arm(rows: Sequence[ArmRow]) -> Best:
    """The arm whose kept weights have the lowest validation loss, if that is clear beside each other arm.

    By validation, since choosing by test data would spoil them. Clear is a paired difference whose 95 % confidence
    interval excludes zero (`Difference.clear`): so there is none on ties, and none under one seed. An arm that diverged
    under any seed is out of the running, and of arms that are measured on different data none is the best.
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
        if between is None:
            return Best(None, f"none is starred: '{leader.arm}' and '{other.arm}' have no seed in common")
        if between.spread is None:
            return Best(None, "none is starred: of one seed's difference nothing can be said (--seeds 3)")
        if not between.clear:
            names = f"'{leader.arm}' and '{other.arm}'"
            return Best(None, f"none is starred: {names} are not told apart by the seeds")
    return Best(leader.arm, "lowest val loss with the weights kept: better than each other arm, 95 % confidence")


def by_validation(rows: Sequence[ArmRow]) -> list[ArmRow]:
    """The arms that diverged under no seed, by the mean validation loss of the weights they keep, the lowest first."""
    sound = [row for row in rows if not row.diverged]
    return sorted(sound, key=lambda row: math.fsum(kept.val_loss for kept in row.kept.values()) / len(row.kept))
