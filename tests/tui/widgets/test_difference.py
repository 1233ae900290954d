"""The difference pane: the selected arm minus the reference arm, its interval, zero, and the words below it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from engine.arranged import arranged_preset, arranged_view
from engine.view import View
from tests.tui.views import lane, moment
from tui.charts.plot import Plot
from tui.looks import LOOKS, Moment

LOOK = LOOKS["difference"]
SEEDS = (0, 1, 2)
NOISE = (0.02, -0.05, 0.3)
GAINS = {"plain": (0.0, 0.0, 0.0), "dropped": (-0.1, -0.12, -0.15), "third": (0.01, -0.02, 0.04)}
ARMS: dict[str, dict[str, Any]] = {arm: {} for arm in GAINS}


def view_of(seeds: tuple[int, ...] = SEEDS, arms: tuple[str, ...] = tuple(GAINS), **numbers: float) -> View:
    """Two epochs; in the second each arm gains on the first as GAINS says."""
    lanes = [
        lane(
            arm, seed, epoch,
            val_loss=0.5 + NOISE[seed] + (epoch == 2) * GAINS[arm][seed],
            **{"val_acc": 0.8 - (epoch == 2) * GAINS[arm][seed], **numbers},
        )
        for epoch in (1, 2) for arm in arms for seed in seeds
    ]  # fmt: skip
    return moment(*lanes, base={"training.seeds": seeds}, arms={arm: ARMS[arm] for arm in arms})


def at(view: View, selected: str | None = "dropped", width: int = 120, **fields: Any) -> Moment:
    return Moment(view, selected, width, 12, **fields)


def plot_of(view: Moment) -> Plot:
    plot = LOOK.draw(view)
    assert isinstance(plot, Plot)
    return plot


def test_the_selected_arm_is_drawn_seed_by_seed_with_its_mean_in_its_interval_and_zero() -> None:
    plot = plot_of(at(view_of()))
    zero, *seeds, mean = plot.series
    assert (zero.label, list(zero.y)) == ("plain", [0.0, 0.0])
    assert [seed.y[-1] for seed in seeds] == pytest.approx(GAINS["dropped"])
    assert all(seed.faint and seed.low is None for seed in seeds)
    assert (mean.label, mean.colour) == ("dropped", 1)
    assert mean.y == pytest.approx([0.0, np.mean(GAINS["dropped"])], abs=1e-12)
    assert mean.low is not None
    assert mean.high is not None
    low, high = stats.ttest_1samp(GAINS["dropped"], 0).confidence_interval()
    assert (mean.low[-1], mean.high[-1]) == pytest.approx((low, high))
    assert LOOK.heading(at(view_of())) == "difference in val loss: dropped - plain"


def test_accuracy_is_in_percentage_points_and_more_of_it_is_better() -> None:
    view = at(view_of(), metric="val_acc")
    plot = plot_of(view)
    assert plot.y_label == "percentage points"
    assert plot.series[-1].y[-1] == pytest.approx(-100 * np.mean(GAINS["dropped"]))
    assert LOOK.heading(view) == "difference in val acc: dropped - plain"
    assert "+12.33 points (95 %: 6.08 to 18.58; unpaired" in str(LOOK.subtitle(view))
    assert "3 of 3 above 0, better" in str(LOOK.subtitle(view))
    none = view_of(val_acc=float("nan"))
    assert plot_of(at(none, metric="val_acc")).series == ()


def test_the_words_below_say_what_it_comes_to_in_as_many_as_fit() -> None:
    low, high = stats.ttest_1samp(GAINS["dropped"], 0).confidence_interval()
    after = [0.5 + noise + gain for noise, gain in zip(NOISE, GAINS["dropped"], strict=True)]
    welch = stats.ttest_ind(after, [0.5 + noise for noise in NOISE], equal_var=False).confidence_interval()
    interval, unpaired = f"{low:.3f} to {high:.3f}", f"{welch.low:.3f} to {welch.high:.3f}"
    told = "3 of 3 below 0, better"
    keys = "g loss, accuracy  D reference"
    for width, words in (
        (140, f"-0.123 (95 %: {interval}; unpaired {unpaired})  {told}  {keys}"),
        (90, f"-0.123 (95 %: {interval}; unpaired {unpaired})  {told}"),
        (70, f"-0.123 (95 %: {interval})  {told}"),
        (45, f"-0.123 ({interval}) better"),
        (20, "-0.123, better"),
    ):
        assert LOOK.subtitle(at(view_of(), width=width)) == words
    third = str(LOOK.subtitle(at(view_of(), "third")))
    assert "2 of 3 above 0, not told apart: " in third
    assert "more seeds" in third
    assert LOOK.subtitle(at(view_of((0,)), width=60)) == "-0.100, of one seed nothing can be said"
    assert plot_of(at(view_of((0,)))).series[-1].low is None


def test_the_reference_is_the_first_arm_or_the_chosen_one_while_it_is_in_sight() -> None:
    view = view_of()
    assert LOOK.heading(at(view, "plain", reference="dropped")) == "difference in val loss: plain - dropped"
    assert plot_of(at(view, "plain", reference="dropped")).series[-1].y[-1] == pytest.approx(0.123, abs=1e-3)
    assert LOOK.heading(at(view, reference="gone")) == "difference in val loss: dropped - plain"
    names = {"plain": "base", "third": "x"}
    hidden = arranged_view(view, names, arranged_preset(view.preset, names), arranged_preset(view.preset, names))
    assert LOOK.heading(at(hidden, "x", reference="dropped")) == "difference in val loss: x - base"
    assert plot_of(at(hidden, "x")).series[-1].y[-1] == pytest.approx(0.01)


@pytest.mark.parametrize(("selected", "reference", "labels"), [
    (None, None, ["plain", "dropped", "third"]),
    ("plain", None, ["plain", "dropped", "third"]),
    ("third", "third", ["third", "plain", "dropped"]),
])  # fmt: skip
def test_with_all_arms_selected_or_the_reference_itself_all_others_are_compared_with_it(
    selected: str | None, reference: str | None, labels: list[str]
) -> None:
    view = at(view_of(), selected, reference=reference)
    plot = plot_of(view)
    assert [series.label for series in plot.series] == labels
    assert all(series.low is not None for series in plot.series[1:])
    assert LOOK.heading(view) == f"difference in val loss: each arm - {labels[0]}"
    assert [words.strip() for words, _ in LOOK.subtitle(view)] == [*labels[1:], "g loss, accuracy  D reference"]


def test_the_scale_holds_zero_and_the_means_and_no_interval_of_two_seeds_presses_them_together() -> None:
    plot = plot_of(at(view_of((0, 2))))
    low, high = plot.y_limits or (0.0, 0.0)
    assert low < -0.125
    assert high > 0
    assert plot.series[-1].low is not None
    assert plot.series[-1].low[-1] < low  # nine times as wide as the two lie apart
    equal = plot_of(at(moment(*(lane(arm, 0, 1) for arm in ("plain", "dropped")))))
    assert equal.y_limits is None


def test_one_arm_alone_has_nothing_to_be_compared_with_and_before_the_first_epoch_there_is_nothing() -> None:
    alone = at(view_of(arms=("plain",)), "plain")
    assert LOOK.why_not(alone) == "Needs a second arm to compare with."
    assert [line.plain for line in LOOK.draw(alone)] == ["Needs a second arm to compare with."]
    assert not LOOK.why_not(at(view_of()))
    before = at(moment(arms=ARMS))
    assert plot_of(before).empty == "training the first epoch ..."
    assert LOOK.subtitle(before) == "g loss, accuracy  D reference"
