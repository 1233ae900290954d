"""The best arm, if any, and two arms in words: of the networks that are kept, paired by seed."""

import dataclasses
import math
import statistics

import pytest

from engine.preset import read_preset
from tests.tui.views import lane
from tui.comparison import ArmRow, Kept, summarize
from tui.verdict import Best, best_arm, difference, in_words

SEEDS = (0, 1, 2)


def row(arm, gap=0.3, acc=math.nan, *, val=0.5, test_loss=math.nan, best=True, noise=(0.0, 0.0, 0.0), **told):
    """An arm whose seeds differ by `noise` in gap and validation loss; `kept` of all three seeds."""
    kept = {seed: Kept(best, val - gap, val + more, test_loss, acc) for seed, more in zip(SEEDS, noise, strict=False)}
    return ArmRow(arm, len(noise), **{"kept": kept, **told})


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
        ((0.01, 0.02, 0.03), True),  # mean 0.02, spread 0.01
        ((0.0, 0.0, 0.03), False),  # mean 0.01, spread 0.017
        ((0.01,), False),
    ],
)
def test_a_difference_is_clear_beyond_its_spread_and_beyond_rounding(noise, clear):
    assert difference(row("a"), row("b", noise=noise), value).clear == clear


# The best arm ---------------------------------------------------------------------------------------------------------


def test_the_best_arm_is_ahead_of_every_other_by_more_than_the_spread():
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
    assert "one seed shows no spread" in best.why


def test_an_arm_that_diverged_under_a_seed_is_not_the_best():
    lost = dataclasses.replace(row("lost", val=0.1), diverged=1)
    assert best_arm([row("a"), row("b", val=0.4), lost]).arm == "b"
    assert best_arm([row("a"), lost]) == Best("a", "the only arm that did not diverge under any seed")
    assert best_arm([lost, lost]).arm is None


def test_arms_measured_on_different_data_have_no_best_among_them():
    arms = '[[arm]]\nname = "off"\n[[arm]]\nname = "on"\n'
    last = {
        (arm, seed): lane(arm, seed, best_val_loss=0.4 - 0.2 * (arm == "on"))
        for arm in ("off", "on")
        for seed in (0, 1)
    }
    for tail, best in (("", "on"), ("data.scale = 'standard'", "on"), ("data.source = 'wine'", None)):
        preset = read_preset(f"[training]\nseeds = [0, 1]\n{arms}{tail}")
        assert best_arm(summarize(preset, last, {}, {})).arm == best


def test_the_best_arm_is_the_best_of_the_weights_that_are_kept():
    arms = '[[arm]]\nname = "off"\n[[arm]]\nname = "on"\nearly_stopping.restore_best = false\n'
    preset = read_preset(f"[training]\nseeds = [0, 1]\n{arms}")
    last = {
        **{("off", seed): lane("off", seed, best_val_loss=0.4, val_loss=0.9) for seed in (0, 1)},
        **{("on", seed): lane("on", seed, best_val_loss=0.1, val_loss=0.5) for seed in (0, 1)},
    }
    assert best_arm(summarize(preset, last, {}, {})).arm == "off"


def test_one_arm_alone_and_arms_without_numbers_have_no_best():
    assert best_arm([row("a")]) == Best(None, "")
    assert best_arm([ArmRow("a", 1), ArmRow("b", 1)]) == Best(None, "")


# The sentence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.52, 0.2, "'on' closed 62 % of the gap of 'off' (0.520 -> 0.200)"),
        (0.3, -0.01, "'on' closed the whole gap of 'off' (0.300 -> -0.010)"),
        (0.2, 0.3, "'on' widened the gap of 'off' by 50 % (0.200 -> 0.300)"),
        (0.1, 0.5, "'on' made the gap of 'off' 5.0 times as wide (0.100 -> 0.500)"),
        (0.1, 2e30, "'on' made the gap of 'off' 2.0e+31 times as wide (0.100 -> 2.0e+30)"),
        (0.3, 0.301, "'on' left the gap of 'off' as it was (0.300 -> 0.301, within the spread of the seeds)"),
        (-0.1, 0.2, "'on' opened a gap where 'off' had none (-0.100 -> 0.200)"),
        (0.001, -0.2, "'off' had no gap for 'on' to close (0.0010 -> -0.200)"),
    ],
)
def test_the_words_say_which_way_the_gap_went(before, after, words):
    noise = (-0.002, 0.0, 0.002)
    told = in_words([row("off", before, val=0.0), row("on", after, val=0.0, noise=noise)])
    assert told.startswith(f"with the best epoch's weights, {words}; ")


@pytest.mark.parametrize(
    ("gaps", "accuracies", "price"),
    [
        ((0.5, 0.2), (0.899, 0.912), "; test accuracy 91.2 % against 89.9 %"),
        ((0.5, 0.2), (0.899, 0.88), "; but worse test accuracy 88.0 % against 89.9 %"),
        ((0.2, 0.5), (0.9, 0.88), "; test accuracy 88.0 % against 90.0 %"),
        ((0.2, 0.5), (0.88, 0.9), "; but better test accuracy 90.0 % against 88.0 %"),
        ((0.5, 0.2), (0.9, 0.9), "; test accuracy is the same, 90.0 %"),
    ],
)
def test_the_words_say_at_what_price(gaps, accuracies, price):
    words = in_words([row("off", gaps[0], accuracies[0]), row("on", gaps[1], accuracies[1])])
    assert words.endswith(price)


def test_before_the_test_data_are_touched_the_price_is_in_validation_loss():
    words = in_words([row("off", 0.5, val=0.6), row("on", 0.2, val=0.8)])
    assert words.endswith("; but worse validation loss 0.800 against 0.600")


def test_a_regression_is_compared_by_its_losses():
    words = in_words([row("off", 0.5, test_loss=0.42), row("on", 0.2, test_loss=0.21)])
    assert words.endswith("; test loss 0.210 against 0.420")


def test_a_difference_that_the_seeds_could_have_made_is_called_that():
    words = in_words([row("off", 0.3), row("on", 0.2, noise=(-0.2, 0.0, 0.2))])
    assert "closed 33 % of the gap of 'off' (0.300 -> 0.200, within the spread of the seeds)" in words


def test_gap_and_test_are_of_one_network_and_the_words_say_which():
    preset = read_preset('[training]\nseeds = [0]\n[[arm]]\nname = "off"\n[[arm]]\nname = "on"')
    numbers = {"train_loss": 0.0, "val_loss": 0.9, "gap": 0.9, "best_train_loss": 0.2}
    last = {
        ("off", 0): lane("off", best_val_loss=0.6, **numbers),
        ("on", 0): lane("on", best_val_loss=0.3, **numbers),
    }
    words = in_words(summarize(preset, last, {}, {}))
    assert words.startswith("with the best epoch's weights, 'on' closed 75 % of the gap of 'off' (0.400 -> 0.100)")
    assert words.endswith("validation loss 0.300 against 0.600")
    assert in_words([row("a", best=False), row("b", best=False)]).startswith("with the last epoch's weights, ")
    assert in_words([row("a"), row("b", best=False)]).startswith("with the weights that each lane keeps, ")


def test_an_arm_that_diverged_has_no_gap_and_a_seed_that_did_is_told():
    lost = row("on", diverged=3, kept={})
    assert in_words([row("off"), lost]) == "'on' diverged: there is no gap to compare"
    assert in_words([lost, lost]) == "both arms diverged: there is no gap to compare"
    assert in_words([row("off"), row("on", 0.1, diverged=1)]).endswith("; 'on' diverged under 1 of 3 seeds")


def test_there_are_no_words_before_the_first_epoch_or_for_another_number_of_arms():
    assert in_words([ArmRow("a", 1), ArmRow("b", 1)]) is None
    assert in_words([row("a"), row("b"), row("c")]) is None
    assert in_words([]) is None
