"""Each arm against the reference arm, as an event and in words: the validation loss of the weights that are kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.events import Compared
from engine.numbers import loss
from engine.summary import ArmRow
from engine.verdict import Difference, difference

METRIC = "val_loss"


def compared(rows: Sequence[ArmRow], reference: str | None = None) -> list[Compared]:
    """One for each arm beside the reference, in the rows' order, once every arm has a number.

    The reference is the first arm, unless another one of the rows is named.
    """
    if len(rows) < 2 or not all(row.kept or row.diverged for row in rows):
        return []
    base = next((row for row in rows if row.arm == reference), rows[0])
    return [_compared(base, row) for row in rows if row is not base]


def _compared(base: ArmRow, row: ArmRow) -> Compared:
    between = difference(base, row, lambda kept: kept.val_loss)
    verdict = _verdict(base, row, between)
    if between is None:
        return Compared(row.arm, base.arm, METRIC, math.nan, None, None, 0, 0, None, verdict)
    low, high = between.interval or (None, None)
    unpaired_low, unpaired_high = between.unpaired or (None, None)
    needed = between.needed if verdict == "not_told_apart" else None
    return Compared(
        row.arm, base.arm, METRIC, between.mean, low, high, between.n, between.same_sign, needed, verdict,
        unpaired_low, unpaired_high,
    )  # fmt: skip


def _verdict(base: ArmRow, row: ArmRow, between: Difference | None) -> str:
    if base.judged_by != row.judged_by:
        return "other_data"
    if base.diverged or row.diverged:  # the seeds that are left would speak for those that are lost
        return "diverged"
    if between is None:
        return "no_common_seed"
    if between.spread is None:
        return "one_seed"
    if not between.clear:
        return "not_told_apart"
    return "better" if between.mean < 0 else "worse"


@dataclass(frozen=True, slots=True)
class Words:
    """A comparison as it is printed: a text for each column."""

    arm: str
    mean: str
    interval: str
    unpaired: str
    seeds: str
    verdict: str


def in_words(event: Compared) -> Words:
    """The texts of one comparison."""
    return Words(
        event.arm,
        signed(event.mean),
        interval_in_words(event.mean, event.low, event.high),
        interval_in_words(event.mean, event.unpaired_low, event.unpaired_high),
        f"{event.same_sign} of {event.n}" if event.n else "-",
        verdict_in_words(event),
    )


def verdict_in_words(event: Compared) -> str:
    """What the difference comes to, and how many more seeds would tell it where it is not told."""
    match event.verdict:
        case "not_told_apart" if event.seeds_needed is not None:
            more = event.seeds_needed - event.n
            return f"not told apart: {more:,} more seed{'' if more == 1 else 's'}"
        case "one_seed":
            return "one seed: nothing can be said"
        case verdict:
            return verdict.replace("_", " ")


def in_brief(event: Compared) -> str:
    """The same for a column that asks whether they are told apart: `better, 5 of 5`, `no, 4 of 5: 6 more seeds`."""
    count = f", {event.same_sign} of {event.n}"
    match event.verdict:
        case "better" | "worse":
            return f"{event.verdict}{count}"
        case "not_told_apart":
            return f"no{count}{verdict_in_words(event).removeprefix('not told apart')}"
        case "one_seed":
            return "one seed: unknown"
        case verdict:
            return verdict.replace("_", " ")


def signed(mean: float) -> str:
    """A difference with its sign, `-` where there is none."""
    text = loss(mean)
    return "-" if math.isnan(mean) else text if text.startswith("-") else f"+{text}"


def interval_in_words(mean: float, low: float | None, high: float | None) -> str:
    """`-3.293 to -0.031`, to as many decimals as the mean has; `-` where there is none."""
    return "-" if low is None or high is None else f"{loss(low, like=mean)} to {loss(high, like=mean)}"


def heading(events: Sequence[Compared], most: int = 24) -> str:
    """What the numbers are: `val loss against 'none'`."""
    name = events[0].reference
    return f"{events[0].metric.replace('_', ' ')} against '{name if len(name) <= most else name[: most - 3] + '...'}'"


def note(unpaired: bool = False) -> str:
    """What must be known to read the numbers; `unpaired`: whether those intervals are among them."""
    paired = "with the weights kept: means of the differences seed by seed, 95 % confidence (Student's t)"
    return f"{paired}; unpaired: what it would be if no seed were shared (Welch)" if unpaired else paired


def brief_note(events: Sequence[Compared]) -> str:
    """The same in a line of a table on the screen."""
    what = f"against '{events[0].reference}': val loss with the weights kept"
    if max(event.n for event in events) < 2:
        return f"{what}; of one seed nothing can be said (--seeds 3)"
    return f"{what}; 95 % confidence, paired by seed"
