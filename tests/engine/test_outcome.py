"""What came of a comparison, in words: the outcome first, paired by seed, of the networks that are kept."""

import dataclasses

import pytest

from engine.outcome import in_words, outcome_in_words, table_weights_in_words
from engine.preset import read_preset
from engine.summary import ArmRow, Number, summarize
from tests.epochs import record_of, row
from tests.tui.views import lane, stop

BEST = "with the best epoch's weights"


def test_the_outcome_says_which_arm_is_best_by_how_much_and_under_how_many_seeds():
    rows = [row("none", acc=0.784, val=2.0), row("L2", acc=0.856, val=0.33), row("dropout", acc=0.85, val=0.5)]
    assert outcome_in_words(rows) == (
        f"'L2' is best {BEST}: val loss 0.330 against 2.000 of 'none', lower by 1.670 (95 %: 1.670 to 1.670) in 3 of 3"
        " seeds; test accuracy 85.6 % against 78.4 %"
    )
    assert in_words(rows) == outcome_in_words(rows)


def test_where_the_first_arm_wins_it_is_named_first_and_compared_with_the_next():
    rows = [row("off", acc=0.926, val=0.25), row("on", acc=0.86, val=0.53)]
    words = (
        f"'off' is better than 'on' {BEST}: val loss 0.250 against 0.530, lower by 0.280 (95 %: 0.280 to 0.280)"
        " in 3 of 3 seeds; test accuracy 92.6 % against 86"
    )
    assert outcome_in_words(rows).startswith(words)
    three = outcome_in_words([*rows, row("more", acc=0.9, val=0.4)])
    assert "val loss 0.250 against 0.400 of 'more'" in three


@pytest.mark.parametrize(("winner", "loser"), [("off", "on"), ("on", "off")])
@pytest.mark.parametrize("gap", [0.1, 0.3, 0.9])
def test_a_verdict_never_begins_with_the_loser(winner, loser, gap):
    arms = {winner: row(winner, 0.3, 0.9, val=0.3), loser: row(loser, gap, 0.8, val=0.6)}
    words = in_words([arms["off"], arms["on"]])
    assert words.startswith(f"'{winner}' is better than '{loser}'")
    assert "0.300 against 0.600" in words
    assert words.index(f"'{winner}'") < words.find("gap")


def test_arms_that_the_seeds_cannot_tell_apart_are_called_that_and_nothing_more_is_claimed():
    noisy = row("L2", val=0.33, noise=(-0.1, 0.0, 0.1))
    none, dropout = row("none", val=2.0), row("dropout", val=0.34)
    assert outcome_in_words([none, dropout, noisy]) == (
        f"'L2' is better than 'none' but not told apart from 'dropout' {BEST}: val loss 0.330 against 2.000,"
        " lower by 1.670 (95 %: 1.422 to 1.918) in 3 of 3 seeds"
    )
    words = "not told apart {}: val loss 0.330 against 0.340, lower by 0.010 (95 %: -0.238 to 0.258)"
    needed = "; about 387 seeds would tell them apart"
    assert outcome_in_words([dropout, noisy]) == f"'dropout' and 'L2' are {words.format(BEST)}{needed}"
    assert outcome_in_words([dropout, noisy, none]) == f"no best: 'dropout' and 'L2' are {words.format(BEST)}{needed}"
    tie = outcome_in_words([row("none", val=0.33), noisy])
    assert tie.endswith("val loss 0.330 against 0.330, lower by 0.000 (95 %: -0.248 to 0.248)")
    # A mean of 1.1 deviations, which no three seeds can vouch for.
    near = outcome_in_words([row("off", val=0.5), row("on", val=0.39, noise=(-0.1, 0.0, 0.1))])
    assert near.startswith(f"'off' and 'on' are not told apart {BEST}")
    assert "better" not in near
    assert near.endswith("about 6 seeds would tell them apart")


def test_in_brief_the_outcome_leaves_out_what_the_table_beside_it_says():
    none, good, level = row("none", acc=0.784, val=2.0), row("L2", acc=0.856, val=0.33), row("dropout", val=0.34)
    noisy = dataclasses.replace(level, kept=row("dropout", val=0.34, noise=(0.0, 0.1, -0.1)).kept)
    rest = "val loss 0.330 against 2.000"
    assert outcome_in_words([none, good], brief=True).startswith(
        f"'L2' is better than 'none': {rest}, lower in 3 of 3 seeds; test acc"
    )
    words = outcome_in_words([none, noisy, good], brief=True)
    assert words.startswith(
        f"'L2' is better than 'none' but not told apart from 'dropout': {rest}, lower in 3 of 3 seeds; test acc"
    )


def test_one_seed_names_who_is_ahead_and_says_that_nothing_can_be_said():
    words = outcome_in_words([row("off", noise=(0.0,)), row("on", val=0.1, noise=(0.0,))])
    numbers = "val loss 0.100 against 0.500"
    assert words == f"'on' is ahead {BEST}: {numbers}, but of one seed nothing can be said (--seeds 3)"


def test_seeds_are_counted_pair_by_pair():
    a = row("a", val=0.5, noise=(0.0,) * 8)
    b = row("b", val=0.3, noise=(0.0, 0.01, 0.02, 0.0, 0.01, 0.02, 0.0, 0.21))
    assert "in 7 of 8 seeds" in outcome_in_words([a, b])


@pytest.mark.parametrize(
    ("accuracies", "test"),
    [
        ((0.899, 0.912), "; test accuracy 91.2 % against 89.9 %"),
        ((0.899, 0.88), "; but worse test accuracy 88.0 % against 89.9 %"),
        ((0.9, 0.9), "; test accuracy is the same, 90.0 %"),
    ],
)
def test_the_test_is_added_and_is_a_surprise_where_it_says_otherwise(accuracies, test):
    rows = [row("off", 0.5, accuracies[0], val=0.6), row("on", 0.2, accuracies[1], val=0.3)]
    assert outcome_in_words(rows).endswith(test)


def test_a_regression_is_tested_by_its_loss_and_before_the_test_nothing_is_added():
    assert outcome_in_words([row("off", test_loss=0.42), row("on", val=0.2, test_loss=0.21)]).endswith(
        "; test loss 0.210 against 0.420"
    )
    assert outcome_in_words([row("off"), row("on", val=0.2)]).endswith(" in 3 of 3 seeds")


def test_arms_measured_on_different_data_one_arm_and_arms_without_numbers_have_no_outcome():
    assert outcome_in_words([row("a"), dataclasses.replace(row("b", val=0.1), judged_by=("wine",))]) is None
    assert outcome_in_words([row("a")]) is None
    assert outcome_in_words([]) is None
    assert in_words([ArmRow("a", 1), ArmRow("b", 1)]) is None


def test_arms_that_diverged_are_named_and_are_no_winners():
    lost = row("on", diverged=3, kept={})
    assert outcome_in_words([lost, lost]) == "every arm diverged"
    assert in_words([row("off"), lost]) == "only 'off' did not diverge"
    assert outcome_in_words([row("off"), row("on", val=0.1, diverged=1)]).startswith("only 'off' did not diverge")
    words = outcome_in_words([row("a"), row("b", val=0.1), row("c", val=0.01, diverged=1)])
    assert words.startswith("'b' is best")
    assert words.endswith("; 'c' diverged under 1 of 3 seeds")


# Of two arms: the gap -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.52, 0.2, "'on' closed 62 % of the gap of 'off' (0.520 -> 0.200)"),
        (0.3, -0.01, "'on' closed the whole gap of 'off' (0.300 -> -0.010)"),
        (0.2, 0.3, "'on' widened the gap of 'off' by 50 % (0.200 -> 0.300)"),
        (0.1, 0.5, "'on' made the gap of 'off' 5.0 times as wide (0.100 -> 0.500)"),
        (0.1, 2e30, "'on' made the gap of 'off' 2.0e+31 times as wide (0.100 -> 2.0e+30)"),
        (0.3, 0.301, "'on' left the gap of 'off' as it was (0.300 -> 0.301, not told apart)"),
        (-0.1, 0.2, "'on' opened a gap where 'off' had none (-0.100 -> 0.200)"),
        (0.001, -0.2, "'off' had no gap for 'on' to close (0.0010 -> -0.200)"),
    ],
)
def test_the_words_say_which_way_the_gap_went(before, after, words):
    rows = [row("off", before, val=0.0), row("on", after, val=0.0, noise=(-0.002, 0.0, 0.002))]
    assert in_words(rows).endswith(f"; {words}")


@pytest.mark.parametrize(
    ("gaps", "vals", "surprise"),
    [
        ((0.5, 0.2), (0.6, 0.3), False),
        ((0.5, 0.2), (0.3, 0.6), True),
        ((0.2, 0.5), (0.6, 0.3), True),
        ((0.2, 0.5), (0.3, 0.6), False),
        ((0.2, 0.5), (0.3, 0.3), False),
    ],
)
def test_a_gap_that_went_against_the_outcome_is_said_as_a_surprise(gaps, vals, surprise):
    words = in_words([row("off", gaps[0], val=vals[0]), row("on", gaps[1], val=vals[1])])
    assert words.endswith(" all the same") == surprise


def test_a_gap_that_the_seeds_could_have_made_is_called_that():
    words = in_words([row("off", 0.3), row("on", 0.2, noise=(-0.2, 0.0, 0.2))])
    assert "closed 33 % of the gap of 'off' (0.300 -> 0.200, not told apart)" in words


def test_loss_and_gap_are_of_one_network_and_the_words_say_which():
    preset = read_preset('[training]\nseeds = [0, 1]\n[[arm]]\nname = "off"\n[[arm]]\nname = "on"')
    numbers = {"train_loss": 0.0, "val_loss": 0.9, "gap": 0.9, "best_train_loss": 0.2}
    last = {
        (arm, seed): lane(arm, seed, best_val_loss=best, **numbers)
        for arm, best in (("off", 0.6), ("on", 0.3))
        for seed in (0, 1)
    }
    words = in_words(summarize(record_of(preset, last)))
    assert words.startswith(f"'on' is better than 'off' {BEST}: val loss 0.300 against 0.600")
    assert words.endswith("'on' closed 75 % of the gap of 'off' (0.400 -> 0.100)")
    assert " with the last epoch's weights" in in_words([row("a", best=False), row("b", best=False)])
    assert " with the weights that each lane keeps" in in_words([row("a"), row("b", best=False)])


def test_a_lane_whose_best_epoch_is_its_last_does_not_blur_which_weights_are_kept():
    preset = read_preset(
        'early_stopping.restore_best = false\ntraining.seeds = [0]\n[[arm]]\nname = "a"\n[[arm]]\nname = "b"'
    )
    last = {("a", 0): lane("a", 0, 10, best_epoch=5), ("b", 0): lane("b", 0, 10, best_epoch=10)}
    ends = dict([stop("a", "epochs"), stop("b", "epochs")])
    ends = {place: dataclasses.replace(end, kept_epoch=10) for place, end in ends.items()}
    assert "with the last epoch's weights" in in_words(summarize(record_of(preset, last, ends)))


def test_the_table_says_of_which_weights_its_numbers_are():
    def words(tested: bool, best: bool, last: bool = False) -> str:
        rows = [dataclasses.replace(row("plain", best=best), test_loss=Number(0.5) if tested else None)]
        kept = {seed: dataclasses.replace(one, last=last) for seed, one in rows[0].kept.items()}
        return table_weights_in_words([dataclasses.replace(rows[0], kept=kept)])

    assert words(tested=False, best=True) == "last epoch's weights"
    assert words(tested=True, best=True) == "val last epoch's, test best epoch's weights"
    assert words(tested=True, best=False) == "last epoch's weights"
    assert words(tested=True, best=True, last=True) == "last epoch's weights"  # which is the best one
