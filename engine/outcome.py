"""What came of a comparison, in one sentence that begins with the outcome: which arm is best, and by how much.

Everything here is of the networks that the lanes keep, and paired by seed. Arms are ranked by validation loss, since
choosing by test data would spoil them; what the test says is added.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from engine.numbers import fixed, loss, percent
from engine.summary import ArmRow, Kept, arms_in_words
from engine.verdict import Difference, by_validation, difference

# Gaps and losses are shown to three decimals: a smaller difference would not be seen in the numbers beside it.
_SMALL = 0.005
_MOST_DIVERGED = 3  # that are named


def in_words(rows: Sequence[ArmRow]) -> str | None:
    """The outcome, and of two arms also what the second did to the first one's gap.

    None for a single arm, before every arm has a number, and for arms that are measured on different data.
    """
    outcome = outcome_in_words(rows)
    if outcome is None or len(rows) != 2:
        return outcome
    base, other = rows
    gap = difference(base, other, lambda kept: kept.gap)
    return outcome if gap is None else f"{outcome}; {_gap_in_words(base, other, gap)}"


def outcome_in_words(rows: Sequence[ArmRow], brief: bool = False) -> str | None:
    """Which arm is the best, by how much and under how many seeds; or that none is, and why.

    One is called better than another only where the 95 % confidence interval of their difference excludes zero.
    With `brief` neither with which weights nor with that interval: the table beside it says so.
    """
    if len(rows) < 2 or not all(row.kept or row.diverged for row in rows) or len({row.judged_by for row in rows}) > 1:
        return None
    ranked = by_validation(rows)
    if not ranked:
        return "every arm diverged" if all(row.diverged == row.lanes for row in rows) else f"no best{_diverged(rows)}"
    leader, *others = ranked
    if not others:
        return f"only '{leader.arm}' did not diverge{_diverged(rows, partly=True)}"
    # The first arm is what the others are compared with; where it leads itself, the next one.
    base = rows[0] if rows[0] in others else others[0]
    between = difference(base, leader, lambda kept: kept.val_loss)
    if between is None:
        return None
    level = [other for other in others if not _is_ahead(leader, other)]
    numbers = f"val loss {loss(between.after)} against {loss(between.before)}"
    of_base = "" if len(rows) == 2 else f" of '{base.arm}'"
    weights = "" if brief else f" with the {weights_in_words(rows)}"
    if between.spread is None:
        words = f"'{leader.arm}' is ahead{weights}: {numbers}{of_base}"
        return f"{words}, but of one seed nothing can be said (--seeds 3){_diverged(rows)}"
    if base in level:
        best = "" if len(rows) == 2 else "no best: "
        who = f"{best}{arms_in_words([base.arm, leader.arm])} are not told apart{weights}:"
        by = "" if brief else f", lower by {_interval_in_words(between)}"
        return f"{who} {numbers}{by}{_needed_in_words(between)}{_diverged(rows)}"
    if level:
        rest = arms_in_words([row.arm for row in level])
        who, of_base = f"'{leader.arm}' is better than '{base.arm}' but not told apart from {rest}{weights}:", ""
    elif len(rows) == 2:
        who = f"'{leader.arm}' is better than '{base.arm}'{weights}:"
    else:
        who = f"'{leader.arm}' is best{weights}:"
    by = "" if brief else f" by {_interval_in_words(between)}"
    seeds = f"lower{by} in {between.lower} of {between.n} seeds"
    return f"{who} {numbers}{of_base}, {seeds}{_test_in_words(base, leader)}{_diverged(rows)}"


def _interval_in_words(between: Difference) -> str:
    """`1.662 (95 %: 0.031 to 3.293)`: how much lower the second one is."""
    low, high = between.interval or (math.nan, math.nan)
    lower, least, most = (loss(0.0 - value, like=between.mean) for value in (between.mean, high, low))
    return f"{lower} (95 %: {least} to {most})"


def _needed_in_words(between: Difference) -> str:
    needed = between.needed
    return "" if needed is None else f"; about {needed:,} seeds would tell them apart"


def _is_ahead(leader: ArmRow, other: ArmRow) -> bool:
    between = difference(leader, other, lambda kept: kept.val_loss)
    return between is not None and between.clear


def weights_in_words(rows: Sequence[ArmRow]) -> str:
    """Which weights the lanes keep, and are tested with."""
    lanes = [kept for row in rows for kept in row.kept.values()]
    if all(kept.best for kept in lanes):
        return "best epoch's weights"
    # A lane whose best epoch is its last one keeps both.
    return (
        "last epoch's weights" if all(kept.last or not kept.best for kept in lanes) else "weights that each lane keeps"
    )


def table_weights_in_words(rows: Sequence[ArmRow]) -> str:
    """Of which weights the table's numbers are: validation is of the last epoch, the test of what is kept."""
    if all(row.test_loss is None for row in rows) or all(
        kept.last or not kept.best for row in rows for kept in row.kept.values()
    ):
        return "last epoch's weights"
    return f"val last epoch's, test {weights_in_words(rows)}"


def _test_in_words(base: ArmRow, leader: ArmRow) -> str:
    """What the test says of the leader: its accuracy, or the loss where there is none, as in a regression."""
    measures: tuple[tuple[str, Callable[[Kept], float], int, Callable[[float], str]], ...] = (
        ("test accuracy", lambda kept: kept.test_acc, 1, percent),
        ("test loss", lambda kept: kept.test_loss, -1, loss),
    )
    found = ((difference(base, leader, of), name, better, shown) for name, of, better, shown in measures)
    test, name, better, shown = next((measure for measure in found if measure[0] is not None), (None, "", 1, loss))
    if test is None:
        return ""
    if shown(test.before) == shown(test.after):
        return f"; {name} is the same, {shown(test.before)}"
    but = "but worse " if test.mean * better < 0 else ""
    return f"; {but}{name} {shown(test.after)} against {shown(test.before)}{_if_not_clear(test)}"


def _gap_in_words(base: ArmRow, other: ArmRow, gap: Difference) -> str:
    """What became of the gap; worded as a surprise where it went against the outcome."""
    verdict, closed = _course_of_gap(base, other, gap)
    losses = difference(base, other, lambda kept: kept.val_loss)
    against = closed is not None and losses is not None and losses.clear and closed != (losses.mean < 0)
    return f"{verdict} all the same" if against else verdict


def _course_of_gap(base: ArmRow, other: ArmRow, gap: Difference) -> tuple[str, bool | None]:
    """The sentence, and whether the gap got narrower (None: neither narrower nor wider)."""
    a, b = gap.before, gap.after
    numbers = f"({loss(a)} -> {loss(b)}{_if_not_clear(gap)})"
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


def _if_not_clear(between: Difference) -> str:
    return ", not told apart" if between.spread is not None and not between.clear else ""


def _diverged(rows: Sequence[ArmRow], partly: bool = False) -> str:
    """Which arms diverged, under how many of their seeds; with `partly` not those that did so under all."""
    lost = [row for row in rows if row.diverged and not (partly and row.diverged == row.lanes)]
    return "".join(f"; '{row.arm}' diverged under {row.diverged} of {row.lanes} seeds" for row in lost[:_MOST_DIVERGED])
