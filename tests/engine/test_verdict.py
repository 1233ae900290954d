"""Two arms compared and the best arm, if any: of the networks that are kept, paired by seed."""

import dataclasses
import math
import statistics

import pytest
from scipy import stats

from engine.preset import read_preset
from engine.summary import ArmRow, summarize
from engine.verdict import Best, best_arm, difference, paired
from tests.epochs import record_of, row
from tests.tui.views import lane


def value(kept):
    return kept.val_loss


# The difference -------------------------------------------------------------------------------------------------------


def test_a_difference_is_paired_by_seed_with_the_sample_deviation_of_the_pairs():
    a = row("a", val=0.5, noise=(0.0, 0.2, 0.4))
    b = row("b", val=0.4, noise=(0.01, 0.2, 0.39))
    between = difference(a, b, value)
    pairs = [0.41 - 0.5, 0.6 - 0.7, 0.79 - 0.9]
    assert between.mean == pytest.approx(-0.1)
    assert between.spread == pytest.approx(statistics.stdev(pairs))
    assert between.spread == pytest.approx(0.01)
    assert between.clear  # though each arm's own spread is 0.2
    assert (between.n, between.lower, between.higher) == (3, 3, 0)
    assert (lambda d: (d.lower, d.higher))(difference(a, row("c", val=0.5, noise=(0.1, 0.2, 0.3)), value)) == (1, 1)


A_S = (0.42, 0.35, 0.71, 0.48, 0.52)
B_S = (0.40, 0.31, 0.66, 0.47, 0.49)


def test_both_intervals_are_scipys_and_pairing_takes_out_what_a_seed_does_to_both_arms():
    between = paired([*zip(A_S, B_S, strict=True)])
    assert between.interval == pytest.approx(tuple(stats.ttest_rel(B_S, A_S).confidence_interval()), rel=1e-12)
    welch = stats.ttest_ind(B_S, A_S, equal_var=False).confidence_interval()
    assert between.unpaired == pytest.approx(tuple(welch), rel=1e-12)
    assert between.clear
    assert between.unpaired[0] < 0 < between.unpaired[1]
    assert (between.same_sign, between.n, between.needed) == (5, 5, None)
    back = paired([*zip(B_S, A_S, strict=True)])
    assert back.interval == pytest.approx((-between.interval[1], -between.interval[0]))
    assert back.same_sign == 5


def test_of_a_difference_that_is_not_clear_it_is_known_how_many_seeds_would_make_it_so():
    between = paired([(0.5, 0.5 + more) for more in (0.01, 0.02, 0.03)])
    needed = between.needed
    assert needed == 4
    assert stats.t.ppf(0.975, needed - 1) * 0.01 / math.sqrt(needed) < 0.02
    assert stats.t.ppf(0.975, needed - 2) * 0.01 / math.sqrt(needed - 1) > 0.02
    assert paired([(0.5, 0.5 + 1e-8)] * 3).needed is None  # rounding: no number of seeds makes it more
    assert paired([(0.5, 0.4)]).needed is paired([(0.5, 0.4)]).interval is paired([(0.5, 0.4)]).unpaired is None
    assert (paired([(0.5, 0.5)] * 2).same_sign, paired([])) == (0, None)


def test_seeds_that_only_one_arm_has_are_left_out():
    a, b = row("a", noise=(0.0, 5.0)), row("b", val=0.4, noise=(0.0,))
    between = difference(a, b, value)
    assert (between.before, between.after, between.spread) == (0.5, 0.4, None)
    assert difference(a, row("b", val=math.nan), value) is None


@pytest.mark.parametrize(
    ("noise", "clear"),
    [
        ((0.0, 0.0, 0.0), False),  # a tie
        ((1e-8, 1e-8, 1e-8), False),  # float32 rounding, the same under all seeds
        ((0.01, 0.01, 0.01), True),
        ((0.01, 0.02, 0.03), False),  # mean 0.02, spread 0.01: 0.02 +- 0.0248
        ((0.02, 0.03, 0.04), True),  # 0.03 +- 0.0248
        ((-0.02, -0.03, -0.04), True),
        ((0.01, 0.03), False),  # of two seeds the interval is nine spreads wide to either side
        ((0.01,), False),
    ],
)
def test_a_difference_is_clear_where_its_interval_excludes_zero_and_beyond_rounding(noise, clear):
    assert difference(row("a"), row("b", noise=noise), value).clear == clear


# The best arm ---------------------------------------------------------------------------------------------------------


def test_the_best_arm_is_told_apart_from_every_other():
    rows = [row("a"), row("b", val=0.4), row("c", val=0.45)]
    assert best_arm(rows).arm == "b"
    close = [*rows, row("d", val=0.39, noise=(0.0, 0.0, 0.04))]
    best = best_arm(close)
    assert best.arm is None
    assert "'b' and 'd'" in best.why or "'d' and 'b'" in best.why


@pytest.mark.parametrize("val", [0.5, 0.5 + 1e-8])
def test_equal_arms_have_no_best_among_them(val):
    assert best_arm([row("a"), row("b", val=val)]).arm is None


def test_one_seed_stars_nobody_and_says_so():
    best = best_arm([row("a", noise=(0.0,)), row("b", val=0.1, noise=(0.0,))])
    assert best.arm is None
    assert "of one seed's difference nothing can be said" in best.why


def test_an_arm_that_diverged_under_a_seed_is_not_the_best():
    lost = dataclasses.replace(row("lost", val=0.1), diverged=1)
    assert best_arm([row("a"), row("b", val=0.4), lost]).arm == "b"
    assert best_arm([row("a"), lost]) == Best("a", "the only arm that did not diverge under any seed")
    assert best_arm([lost, lost]).arm is None


def test_arms_without_a_seed_in_common_have_no_best_among_them():
    other = row("b", val=0.1)
    other = dataclasses.replace(other, kept={seed + 3: kept for seed, kept in other.kept.items()})
    best = best_arm([row("a"), other])
    assert best == Best(None, "none is starred: 'b' and 'a' have no seed in common")


def test_arms_measured_on_different_data_have_no_best_among_them():
    arms = '[[arm]]\nname = "off"\n[[arm]]\nname = "on"\n'
    last = {
        (arm, seed): lane(arm, seed, best_val_loss=0.4 - 0.2 * (arm == "on"))
        for arm in ("off", "on")
        for seed in (0, 1)
    }
    for tail, best in (("", "on"), ("data.scale = 'standard'", "on"), ("data.source = 'wine'", None)):
        preset = read_preset(f"[training]\nseeds = [0, 1]\n{arms}{tail}")
        assert best_arm(summarize(record_of(preset, last))).arm == best


def test_the_best_arm_is_the_best_of_the_weights_that_are_kept():
    arms = '[[arm]]\nname = "off"\n[[arm]]\nname = "on"\nearly_stopping.restore_best = false\n'
    preset = read_preset(f"[training]\nseeds = [0, 1]\n{arms}")
    last = {
        **{("off", seed): lane("off", seed, best_val_loss=0.4, val_loss=0.9) for seed in (0, 1)},
        **{("on", seed): lane("on", seed, best_val_loss=0.1, val_loss=0.5) for seed in (0, 1)},
    }
    assert best_arm(summarize(record_of(preset, last))).arm == "off"


def test_one_arm_alone_and_arms_without_numbers_have_no_best():
    assert best_arm([row("a")]) == Best(None, "")
    assert best_arm([ArmRow("a", 1), ArmRow("b", 1)]) == Best(None, "")
