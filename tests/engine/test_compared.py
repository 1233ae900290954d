"""Each arm against the reference: as events, and in the words that tables print."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from scipy import stats

from engine import compared as differences
from engine.compared import compared
from engine.events import VERDICTS, Compared, from_json, to_json
from engine.record import RunRecord
from engine.summary import ArmRow
from tests.epochs import row

FIRST, SECOND = (0.02, -0.05, 0.31, 0.08, 0.12), (0.0, -0.09, 0.26, 0.07, 0.09)


def test_there_is_one_for_each_arm_beside_the_reference_with_scipys_intervals() -> None:
    rows = [row("none", noise=FIRST), row("L2", val=0.4, noise=SECOND), row("dropout", val=0.6, noise=SECOND)]
    l2, dropout = compared(rows)
    before, after = [0.5 + more for more in FIRST], [0.4 + more for more in SECOND]
    low, high = stats.ttest_rel(after, before).confidence_interval()
    welch = stats.ttest_ind(after, before, equal_var=False).confidence_interval()
    assert (l2.arm, l2.reference, l2.metric, l2.n, l2.same_sign) == ("L2", "none", "val_loss", 5, 5)
    assert l2.mean == pytest.approx(-0.13)
    assert (l2.low, l2.high) == pytest.approx((low, high), rel=1e-10)
    assert (l2.unpaired_low, l2.unpaired_high) == pytest.approx(tuple(welch), rel=1e-10)
    assert (l2.verdict, dropout.verdict) == ("better", "worse")
    assert l2.seeds_needed is dropout.seeds_needed is None
    against_l2 = compared(rows, "L2")
    assert [(event.arm, event.reference) for event in against_l2] == [("none", "L2"), ("dropout", "L2")]
    assert against_l2[0].verdict == "worse"
    assert (against_l2[0].low, against_l2[0].high) == pytest.approx((-high, -low), rel=1e-10)
    assert compared(rows, "no such arm") == [l2, dropout]


def second(**fields: Any) -> ArmRow:
    return dataclasses.replace(row("b", val=0.4), **fields)


LATER = {seed + 3: kept for seed, kept in row("b", val=0.4).kept.items()}


@pytest.mark.parametrize(
    ("first", "other", "verdict", "needed", "words"),
    [
        (row("a"), second(), "better", None, "better"),
        (row("a"), row("b", val=0.6), "worse", None, "worse"),
        (row("a"), row("b", noise=(0.01, 0.02, 0.03)), "not_told_apart", 4, "not told apart: 1 more seed"),
        (row("a"), row("b", noise=(0.0, 0.0, 0.03)), "not_told_apart", 15, "not told apart: 12 more seeds"),
        (row("a"), row("b"), "not_told_apart", None, "not told apart"),
        (row("a"), row("b", noise=(1e-8,) * 3), "not_told_apart", None, "not told apart"),
        (row("a", noise=(0.0,)), row("b", val=0.1, noise=(0.0,)), "one_seed", None, "one seed: nothing can be said"),
        (row("a"), second(diverged=1), "diverged", None, "diverged"),
        (row("a", diverged=1), second(), "diverged", None, "diverged"),
        (row("a"), second(diverged=3, kept={}), "diverged", None, "diverged"),
        (row("a"), second(kept=LATER), "no_common_seed", None, "no common seed"),
        (row("a"), second(judged_by=("wine",)), "other_data", None, "other data"),
    ],
)
def test_the_verdict_is_one_of_a_few_words_and_says_how_many_more_seeds_it_takes(
    first: ArmRow, other: ArmRow, verdict: str, needed: int | None, words: str
) -> None:
    (event,) = compared([first, other])
    assert (event.verdict, event.seeds_needed) == (verdict, needed)
    assert event.verdict in VERDICTS
    assert differences.verdict_in_words(event) == words
    again = from_json(to_json(event))
    assert isinstance(again, Compared)
    assert to_json(again) == to_json(event)
    assert math.isnan(again.mean) if math.isnan(event.mean) else again == event


def test_every_verdict_is_tried_here() -> None:
    cases = test_the_verdict_is_one_of_a_few_words_and_says_how_many_more_seeds_it_takes.pytestmark[0].args[1]
    assert {case[2] for case in cases} == set(VERDICTS)


def test_before_every_arm_has_a_number_and_of_one_arm_there_is_nothing() -> None:
    assert compared([]) == compared([row("a")]) == compared([row("a"), ArmRow("b", 3)]) == []


def test_the_words_have_a_sign_and_as_many_decimals_as_the_mean() -> None:
    (lower,) = compared([row("none", noise=FIRST), row("L2", val=0.4, noise=SECOND)])
    words = differences.in_words(lower)
    assert (words.arm, words.mean, words.seeds) == ("L2", "-0.130", "5 of 5")
    assert words.interval == f"{lower.low:.3f} to {lower.high:.3f}"
    assert words.unpaired == f"{lower.unpaired_low:.3f} to {lower.unpaired_high:.3f}"
    (higher,) = compared([row("L2", noise=(0.0,)), row("none", val=0.7, noise=(0.0,))])
    assert dataclasses.astuple(differences.in_words(higher))[1:5] == ("+0.200", "-", "-", "1 of 1")
    (lost,) = compared([row("a"), second(kept=LATER)])
    assert dataclasses.astuple(differences.in_words(lost))[1:5] == ("-", "-", "-", "-")
    assert differences.heading([higher]) == "val loss against 'L2'"


def test_a_record_that_meets_a_comparison_is_the_same_without_it() -> None:
    from engine.preset import load_preset

    record = RunRecord(load_preset("moons"))
    before = dict(vars(record))
    record.take(compared([row("a"), row("b", val=0.4)])[0])
    assert vars(record) == before
