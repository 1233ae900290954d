"""The comparison: means over seeds, the best arm, two arms in words, and the table at several widths."""

import dataclasses
import io
import math
import re
import shlex

import pytest
from rich.console import Console

from engine.events import Compared, Finished, Reported, Started, Stopped
from engine.numbers import loss, percent
from engine.preset import load_preset, read_preset, with_value
from engine.summary import (
    ArmRow,
    Kept,
    Number,
    ReportedRow,
    averages_in_words,
    best_in_words,
    reported_rows,
    summarize,
)  # fmt: skip
from tests.epochs import epoch_of, record_of
from tui.cli import parser_of
from tui.report import difference_table, outcome, reported_table, reproduce, table, with_knobs

PAIR = read_preset('[training]\nseeds = [0, 1, 2]\n[[arm]]\nname = "off"\n[[arm]]\nname = "on"')


def epoch(arm="off", seed=0, **more):
    losses = {"train_loss": 0.1, "val_loss": 0.5, "gap": 0.4, "best_train_loss": 0.2, "best_val_loss": 0.4}
    others = {"train_acc": 1.0, "val_acc": 0.9, "weight_norm": 1.0, "grad_norm": 1.0, "lr": 0.1, "wait": 2}
    return epoch_of(arm, seed, **{"epoch": 9, "best_epoch": 7, **losses, **others, **more})


def printed_table(rows, width, **options):
    return printed(table(rows, width, **options), width)


def printed(part, width):
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(part)
    return stream.getvalue()


FULL = [
    ArmRow(
        name, 3, Number(0.0004, 0.0001), Number(0.52, 0.03), Number(0.5196, 0.03), Number(best, 0.02),
        Number(37.0, 4.2), Number(301.0, 0.0), Number(0.45, 0.02), Number(0.899, 0.004), "full length",
        kept={seed: Kept(True, 0.01, best + 0.02 * seed) for seed in (-1, 0, 1)},
    )
    for name, best in (("dropout off", 0.412), ("dropout 0.2", 0.31))
]  # fmt: skip


def test_a_number_is_the_mean_over_the_seeds_with_the_sample_deviation():
    last = {("off", seed): epoch(seed=seed, val_loss=value) for seed, value in enumerate((0.1, 0.2, 0.6))}
    off, on = summarize(record_of(PAIR, last))
    assert off.val_loss.mean == pytest.approx(0.3)
    assert off.val_loss.std == pytest.approx(math.sqrt((0.04 + 0.01 + 0.09) / 2))
    assert (on.arm, on.val_loss, on.reason) == ("on", None, "")


def test_a_lane_keeps_its_best_weights_or_its_last_as_it_was_decided_when_it_stopped():
    measured = epoch(best_epoch=7)
    never = epoch("on", best_epoch=0, best_val_loss=math.nan)
    off, on = summarize(record_of(PAIR, {("off", 0): measured, ("on", 0): never}))
    assert off.kept == {0: Kept(True, 0.2, 0.4, math.nan, math.nan)}
    assert on.kept == {0: Kept(False, 0.1, 0.5, math.nan, math.nan)}
    last = with_value(PAIR, "early_stopping.restore_best", False)
    assert not summarize(record_of(last, {("off", 0): measured}))[0].kept[0].best
    # Turned after the end, the knob says nothing of the weights that were kept.
    stopped = {("off", 0): Stopped("off", 0, 9, "epochs", 7, 0.4, kept_epoch=7)}
    finished = {("off", 0): Finished("off", 0, 9, "epochs", 0.3, 0.9, 7, 0.4, kept_epoch=7)}
    assert summarize(record_of(last, {("off", 0): measured}, stopped, finished))[0].kept == {
        0: Kept(True, 0.2, 0.4, 0.3, 0.9)
    }
    stopped = {("off", 0): Stopped("off", 0, 9, "diverged", 7, 0.4, kept_epoch=7)}
    assert summarize(record_of(PAIR, {("off", 0): measured}, stopped, finished))[0].kept == {}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", None),
        ("min_delta = 0.01", "min_delta 0.01"),
        ("monitor = 'val_acc'\nstart_from_epoch = 5", "monitor val_acc, start_from_epoch 5"),
    ],
)
def test_the_table_says_where_the_best_epoch_need_not_have_the_lowest_loss(rule, words):
    preset = read_preset(f"[early_stopping]\n{rule}")
    words_shown = best_in_words(preset)
    shown = f"best: the last that early stopping counted as better ({words}); its val loss need not be the lowest"
    assert words_shown == (words and shown)
    parts = [printed(part, 160) for part in outcome(record_of(preset), 160)]
    assert any("need not be the lowest" in part for part in parts) == (words is not None)


@pytest.mark.parametrize(("measured", "said"), [(10, True), (39, True), (40, False), (10_000, False)])
def test_the_table_says_on_how_many_examples_the_training_loss_is_measured_where_these_are_not_all(measured, said):
    record = record_of(read_preset(f"[data]\ntrain_eval = {measured}"))
    assert not any("train loss on" in printed(part, 160) for part in outcome(record, 160))  # not known yet
    record.started = Started("mine", ("base",), (0,), "cpu", 100, 40, 30, 20)
    parts = (printed(part, 160).strip() for part in outcome(record, 160))
    shown = [part for part in parts if "train loss on" in part]
    assert shown == ([f"train loss on {measured} of 40 examples (data.train_eval)"] if said else [])


def test_one_seed_has_no_deviation():
    assert summarize(record_of(PAIR, {("off", 1): epoch(seed=1)}))[0].gap == Number(0.4, None)


def test_lanes_that_still_train_are_counted_beside_those_that_have_ended():
    last = {("off", seed): epoch(seed=seed) for seed in range(3)}
    ends = {("off", seed): Stopped("off", seed, 9, "early_stopping", 7, 0.4) for seed in range(3)}
    reasons = [summarize(record_of(PAIR, last, dict([*ends.items()][:count])))[0].reason for count in range(4)]
    assert reasons == ["", "1 stopped early, 2 training", "2 stopped early, 1 training", "stopped early"]


def test_ours_has_as_many_decimals_as_theirs_and_two_at_the_least_but_for_epochs():
    reported = [
        Reported("off", "test_acc", 0.9, 0.87654),
        Reported("off", "test_acc", 0.912, 0.87654),
        Reported("off", "best_epoch", 12.0, 13.4),
        Reported("off", "val_loss", 1.0, 0.5),
    ]
    assert [row.ours for row in reported_rows(reported)] == ["0.88", "0.877", "13", "0.50"]


def test_a_lane_that_diverged_is_counted_and_left_out_of_the_means():
    last = {("off", 0): epoch(), ("off", 1): epoch(seed=1, val_loss=math.nan, gap=math.nan, best_epoch=0)}
    stopped = {
        ("off", 0): Stopped("off", 0, 9, "epochs", 7, 0.4),
        ("off", 1): Stopped("off", 1, 9, "diverged", 0, math.nan),
        ("off", 2): Stopped("off", 2, 9, "epochs", 7, 0.4),
    }
    off = summarize(record_of(PAIR, last, stopped, {}))[0]
    assert (off.val_loss, off.best_val_loss, off.diverged) == (Number(0.5), Number(0.4), 1)
    assert off.reason == "2 full length, 1 diverged"


def test_where_every_lane_diverged_the_mean_is_nan_not_a_missing_number():
    last = {("off", seed): epoch(seed=seed, val_loss=math.inf) for seed in range(3)}
    assert math.isnan(summarize(record_of(PAIR, last))[0].val_loss.mean)


def test_the_test_numbers_come_from_the_end():
    finished = {("on", seed): Finished("on", seed, 9, "epochs", 0.3, 0.9, 7, 0.4) for seed in range(3)}
    on = summarize(record_of(PAIR, {}, {}, finished))[1]
    assert (on.test_loss.mean, on.test_acc.mean) == (pytest.approx(0.3), pytest.approx(0.9))


@pytest.mark.parametrize("width", [160, 120, 80, 60, 44])
def test_no_line_of_the_table_is_wider_than_the_terminal_or_wraps(width):
    text = printed_table(FULL, width)
    assert max(map(len, text.splitlines())) <= width
    for name in ("dropout off", "dropout 0.2", "89.9 %", "± 0.4"):
        assert name in text
    assert "★ dropout 0.2" in text


def test_a_wide_table_is_one_line_an_arm_and_tells_everything():
    text = printed_table(FULL, 160)
    for header in ("train loss", "best val loss", "best epoch", "epochs", "test loss", "test acc", "reason"):
        assert header in text
    assert "0.412 ± 0.020" in text
    assert "★ lowest val loss with the weights kept: better than each other arm, 95 % confidence" in text
    assert len(text.splitlines()) == 5


def test_where_no_arm_is_starred_the_table_says_why():
    one_seed = [dataclasses.replace(row, lanes=1, kept={0: row.kept[0]}) for row in FULL]
    text = printed_table(one_seed, 120)
    assert "★" not in text
    assert "of one seed's difference nothing can be said" in text


def test_eighty_columns_keep_epochs_and_reason_by_folding_them():
    text = printed_table(FULL, 80)
    for expected in ("train", "301 epochs", "full length", "at 37"):
        assert expected in text


def test_ascii_only_means_ascii():
    assert printed_table(FULL, 80, ascii_only=True).isascii()


def test_a_table_without_numbers_and_with_brackets_in_a_name_is_drawn():
    text = printed_table([ArmRow("[red]a[/red]", 1), ArmRow("b", 1)], 80)
    assert "[red]a[/red]" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (0.0, "0.000"), (0.52, "0.520"), (0.0004, "0.0004"), (12.345, "12.35"), (345.6, "345.6"),
     (1e-7, "1.0e-07"), (123456.0, "1.2e+05"), (math.nan, "nan"), (-0.01, "-0.010")],
)  # fmt: skip
def test_losses_of_any_size_stay_readable(value, shown):
    assert loss(value) == shown


def test_the_command_line_survives_a_shell():
    arguments = ["my file.toml", "--arm-set", "dropout 0.2:training.lr=0.1"]
    assert shlex.split(reproduce(arguments)) == ["regtui", "run", *arguments]
    assert reproduce(["dropout"], command="") == "regtui dropout"


ARMS = """
[training]
epochs = 9
[[arm]]
name = "off"
[[arm]]
name = "it's: on"
regularization.dropout = 0.2
"""


@pytest.mark.parametrize(
    ("arguments_given", "turned", "added"),
    [
        ([], [], []),
        ([], [("regularization.dropout", 0.5, "it's: on")], ["--arm-set", "it's: on:regularization.dropout=0.5"]),
        (["--set", "training.lr=0.3"], [("training.lr", 1e-05, None)], ["--set", "training.lr=1e-05"]),
        (["--arm-set", "off:training.lr=0.3"], [("training.lr", 0.2, None)],
         ["--arm-set", "off:training.lr=0.2", "--arm-set", "it's: on:training.lr=0.2"]),
        ([], [("regularization.dropout", 0.2, None)], ["--arm-set", "off:regularization.dropout=0.2"]),
        ([], [("regularization.dropout", 0.4, None)],
         ["--arm-set", "off:regularization.dropout=0.4", "--arm-set", "it's: on:regularization.dropout=0.4"]),
        ([], [("schedule.kind", "cosine", None), ("early_stopping.restore_best", False, "off")],
         ["--set", "schedule.kind=cosine", "--arm-set", "off:early_stopping.restore_best=false"]),
        ([], [("training.lr", 0.5, None), ("training.lr", 0.25, "off")],
         ["--arm-set", "off:training.lr=0.25", "--arm-set", "it's: on:training.lr=0.5"]),
        (["--seeds", "2"], [("training.epochs", 20, None)], ["--set", "training.epochs=20"]),
    ],
)  # fmt: skip
def test_the_command_with_the_knobs_as_they_were_turned_gives_the_same_settings(
    arguments_given, turned, added, tmp_path
):
    (tmp_path / "arms.toml").write_text(ARMS)
    arguments = [str(tmp_path / "arms.toml"), *arguments_given]
    begun = original = parsed(reproduce(arguments, command=""))
    for knob, value, arm in turned:
        begun = with_value(begun, knob, value, arm)
    arguments_now = with_knobs(arguments, original, begun)
    assert arguments_now == [*arguments, *added]
    assert settings(parsed(reproduce(arguments_now, command=""))) == settings(begun)


@pytest.mark.parametrize("arm", [None, "off"])
def test_a_turned_length_takes_the_place_of_the_one_for_all_arms(arm, tmp_path):
    (tmp_path / "arms.toml").write_text(ARMS)
    arguments = [str(tmp_path / "arms.toml"), "--epochs", "7", "--device", "cpu"]
    original = parsed(reproduce(arguments, command=""))
    begun = with_value(original, "training.epochs", 20, arm)
    assert settings(parsed(reproduce(with_knobs(arguments, original, begun), command=""))) == settings(begun)


def test_a_preset_without_arms_is_changed_as_a_whole(tmp_path):
    (tmp_path / "one.toml").write_text('[data]\nsource = "moons"\n')
    original = parsed(f"regtui {tmp_path / 'one.toml'}")
    begun = with_value(original, "training.lr", 0.5, "base")
    arguments = with_knobs([str(tmp_path / "one.toml")], original, begun)
    assert settings(parsed(reproduce(arguments, command=""))) == settings(begun)


def parsed(command):
    """The preset that the command line's own parser makes of it."""
    options = parser_of("").parse(shlex.split(command)[1:])
    return load_preset(options.preset, options.set, options.arm_set, options.seeds, options.epochs)


def settings(preset):
    return {arm.name: arm.settings for arm in preset.arms}


# Regressions ----------------------------------------------------------------------------------------------------------

CURVES = [
    ArmRow(
        name, 3, Number(0.01, 0.001), Number(val, 0.01), Number(val - 0.01, 0.01), Number(0.2, 0.01), Number(7.0, 1.0),
        Number(9.0, 0.0), Number(test, 0.001), Number(math.nan), "full length",
    )
    for name, val, test in (("through every point", 0.4, 0.42), ("smooth", 0.2, 0.21))
]  # fmt: skip


@pytest.mark.parametrize("width", [160, 80])
def test_a_regression_has_no_accuracy_and_a_dash_says_so(width):
    text = printed_table(CURVES, width)
    assert "nan" not in text
    assert "%" not in text
    assert percent(math.nan) == "-"


# What a difference is worth ------------------------------------------------------------------------------------------


COMPARED = [
    Compared("L2", "none", "val_loss", -0.13, -0.2, -0.06, 5, 5, None, "better", -0.41, 0.15),
    Compared("a long name of an arm", "none", "val_loss", -0.1, -0.25, 0.05, 5, 4, 11, "not_told_apart", -0.4, 0.2),
]


@pytest.mark.parametrize(
    ("width", "unpaired", "seeds"), [(160, True, True), (100, True, True), (80, False, True), (60, False, False)]
)
def test_the_table_of_differences_fits_the_terminal_and_always_says_the_interval_and_what_it_comes_to(
    width, unpaired, seeds
):
    text = printed(difference_table(COMPARED, width), width)
    assert all(len(line) <= width for line in text.splitlines())
    assert "val loss against" in text
    for expected in ("'none'", "-0.130", "-0.200 to -0.060", "-0.250 to 0.050", "better", "not told"):
        assert expected in text
    assert "11 more" not in text
    assert "6 more seeds" in " ".join(text.split())
    assert ("-0.410 to 0.150" in text) == unpaired
    assert ("4 of 5" in text) == seeds
    assert printed(difference_table(COMPARED, width, ascii_only=True), width).isascii()


def test_the_outcome_has_the_differences_and_says_what_the_intervals_are():
    last = {("off", seed): epoch(seed=seed, best_val_loss=0.5 + 0.1 * seed) for seed in range(3)}
    last |= {("on", seed): epoch("on", seed, best_val_loss=0.4 + 0.11 * seed) for seed in range(3)}
    text = "".join(printed(part, 160) for part in outcome(record_of(PAIR, last), 160))
    assert re.search(r"on +-0\.090  -0\.115 to -0\.065 ", text)
    assert "unpaired: what it would be if no seed were shared (Welch)" in text
    assert "'on' is better than 'off'" in text
    narrow = "".join(printed(part, 80) for part in outcome(record_of(PAIR, last), 80))
    assert "seed by seed" in narrow
    one_seed = {lane: number for lane, number in last.items() if lane[1] == 0}
    text = "".join(printed(part, 160) for part in outcome(record_of(PAIR, one_seed), 160))
    assert "one seed: nothing can be said" in text


# What others report ---------------------------------------------------------------------------------------------------


def test_a_reported_number_stands_beside_ours_with_its_spread_and_its_note():
    reported = [
        Reported("off", "test_acc", 0.2018, 0.20312, note="validated on the test set", ours_std=0.00201),
        Reported("off", "val_loss", 0.25, 0.6),
        Reported("off", "best_val_loss", None, 0.35, "about a third", ours_std=0.0707),
        Reported("off", "best_epoch", 20.0, 6.5, ours_std=2.12),
        Reported("off", "val_acc", 1.0, math.nan),
        Reported("off", "test_loss", 3.3778, 1.5e30, ours_std=7.1e29),
    ]
    assert reported_rows(reported) == [
        ReportedRow("off", "test acc", "0.2018", "0.2031 ± 0.0020", "validated on the test set"),
        ReportedRow("off", "val loss", "0.25", "0.60", ""),
        ReportedRow("off", "best val loss", "about a third", "0.3500 ± 0.0707", ""),
        ReportedRow("off", "best epoch", "20", "6 ± 2", ""),
        ReportedRow("off", "val acc", "1", "-", ""),
        ReportedRow("off", "test loss", "3.3778", "1.5e+30 ± 7.1e+29", ""),  # a run that has blown up
    ]
    assert reported_rows(reported[:1], sign="+-")[0].ours == "0.2031 +- 0.0020"


@pytest.mark.parametrize("width", [60, 80, 160])
def test_the_table_of_what_others_report_fits_the_terminal(width):
    reported = [
        Reported("a long name of an arm", "test_acc", 0.2018, 0.20312, note="theirs [1] " * 8, ours_std=0.00201)
    ]
    text = printed(reported_table(reported), width)
    assert all(len(line) <= width for line in text.splitlines())
    assert all(part in text for part in ("0.2018", "0.2031 ± 0.0020", "theirs"))
    assert printed(reported_table(reported, ascii_only=True), width).isascii()


def test_an_average_of_the_weights_is_told_beside_the_weights():
    averages = {"ema_val_loss": 0.3, "ema_val_acc": 0.9}
    last = {("off", seed): epoch(seed=seed, val_loss=0.5 + 0.2 * seed, averages=averages) for seed in (0, 1)}
    assert averages_in_words(record_of(PAIR, last)) == [
        "'off': the averaged weights (EMA) have val loss 0.300 ± 0.000, 90.0 %; "
        "the weights themselves val loss 0.600 ± 0.141, 90.0 %"
    ]
    assert averages_in_words(record_of(PAIR, {("off", 0): epoch()})) == []
