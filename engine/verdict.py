"""What the arms' difference is worth: which one is the best, if any, and two of them compared in words.

Everything here is of the networks that the lanes keep, and of the seeds that two arms share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.numbers import fixed, loss, percent
from engine.stopping import ROUNDING
from engine.summary import ArmRow, Kept

# Gaps and losses are shown to three decimals: a smaller difference would not be seen in the numbers beside it.
_SMALL = 0.005


@dataclass(frozen=True, slots=True)
class Difference:
    """What a second arm has more than a first, paired by seed: n differences between lanes that share first weights,
    batches and noise.

    before, after : the means of the two arms over the n seeds.
    spread : the sample standard deviation (n - 1) of the differences; None below two.
    """

    before: float
    after: float
    spread: float | None

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
    if n == 1:
        return Difference(before, after, None)
    # By hand: statistics.stdev is exact and slow, and a screen of many arms asks often.
    squares = math.fsum((b - a - (after - before)) ** 2 for a, b in pairs)
    return Difference(before, after, math.sqrt(squares / (n - 1)))


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
    sound = [row for row in rows if not row.diverged]
    ranked = sorted(sound, key=lambda row: math.fsum(kept.val_loss for kept in row.kept.values()) / len(row.kept))
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


def in_words(rows: Sequence[ArmRow]) -> str | None:
    """For two arms, what the second did to the first one's gap, and at what price: of the networks they keep.

    None for another number of arms, and before the first epoch.
    """
    if len(rows) != 2:
        return None
    base, other = rows
    lost = [row for row in rows if row.diverged and row.diverged == row.lanes]
    if lost:
        who = "both arms" if len(lost) == 2 else f"'{lost[0].arm}'"
        return f"{who} diverged: there is no gap to compare"
    gap = difference(base, other, lambda kept: kept.gap)
    if gap is None:
        return None
    verdict, closed = _gap_in_words(base, other, gap)
    price = _price_in_words(base, other, closed)
    partly = "".join(
        f"; '{row.arm}' diverged under {row.diverged} of {row.lanes} seeds" for row in rows if row.diverged
    )
    return f"with the {_weights(rows)}, {verdict}" + (f"; {price}" if price else "") + partly


def _weights(rows: Sequence[ArmRow]) -> str:
    """Which weights the lanes keep."""
    best = {kept.best for row in rows for kept in row.kept.values()}
    if len(best) > 1:
        return "weights that each lane keeps"
    return "best epoch's weights" if best == {True} else "last epoch's weights"


def _gap_in_words(base: ArmRow, other: ArmRow, gap: Difference) -> tuple[str, bool | None]:
    """The sentence, and whether the gap got narrower (None: neither narrower nor wider)."""
    a, b = gap.before, gap.after
    numbers = f"({loss(a)} -> {loss(b)}{_within_spread(gap)})"
    if abs(b - a) < max(_SMALL, 0.02 * abs(a)):
        return f"'{other.arm}' left the gap of '{base.arm}' as it was {numbers}", None
    if b < a:
        if a < _SMALL:
            return f"'{base.arm}' had no gap for '{other.arm}' to close {numbers}", None
        share = "the whole gap" if b <= 0 else f"{100 * (a - b) / a:.0f} % of the gap"
        return f"'{other.arm}' closed {share} of '{base.arm}' {numbers}", True
    if a < _SMALL:
        return f"'{other.arm}' opened a gap where '{base.arm}' had none {numbers}", False
    if b / a >= 3:
        return f"'{other.arm}' made the gap of '{base.arm}' {fixed(b / a, 1)} times as wide {numbers}", False
    return f"'{other.arm}' widened the gap of '{base.arm}' by {100 * (b - a) / a:.0f} % {numbers}", False


def _price_in_words(base: ArmRow, other: ArmRow, closed: bool | None) -> str:
    """What the test says, or validation before it: said as a surprise where it went against the gap.

    Accuracy, or the loss where there is none, as in a regression.
    """
    measures: tuple[tuple[str, Callable[[Kept], float], int, Callable[[float], str]], ...] = (
        ("test accuracy", lambda kept: kept.test_acc, 1, percent),
        ("test loss", lambda kept: kept.test_loss, -1, loss),
        ("validation loss", lambda kept: kept.val_loss, -1, loss),
    )
    prices = ((difference(base, other, of), name, better, shown) for name, of, better, shown in measures)
    price, name, better, shown = next((one for one in prices if one[0] is not None), (None, "", 1, loss))
    if price is None:
        return ""
    if shown(price.before) == shown(price.after):
        return f"{name} is the same, {shown(price.before)}"
    gain = price.mean * better
    numbers = f"{name} {shown(price.after)} against {shown(price.before)}{_within_spread(price)}"
    if closed is not None and closed != (gain > 0):
        return f"but {'better' if gain > 0 else 'worse'} {numbers}"
    return numbers


def _within_spread(between: Difference) -> str:
    return ", within the spread of the seeds" if between.spread is not None and not between.clear else ""
