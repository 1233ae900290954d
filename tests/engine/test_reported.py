"""What others report stands beside ours."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import pytest

from engine.events import Epoch, Finished, Reported, from_json, to_json
from engine.lab import Lab
from engine.preset import PresetError, builtin_list, library, read_preset, write_preset
from tests.engine.data.common import write_mnist
from tests.engine.small import epochs_by_lane, load_small, only

TEXT = """
title = "T"
group = "Saitoh 2016"

[model]
hidden = [8]

[training]
epochs = 6
lr = 0.1
seeds = [0, 1]

[early_stopping]
patience = 2

[[arm]]
name = "a"

[[arm]]
name = "b"
regularization.l2 = 0.1

[[reported]]
arm = "a"
metric = "test_acc"
value = 0.2018

[[reported]]
arm = "b"
metric = "best_val_acc"
value = 1
note = "validated on the test set"

[[reported]]
arm = "a"
metric = "train_acc"
text = "near 100 %"
"""


def test_group_and_reported_numbers_are_read_and_written() -> None:
    preset = read_preset(TEXT)
    assert preset.group == "Saitoh 2016"
    assert [(number.arm, number.metric, number.value, number.text) for number in preset.reported] == [
        ("a", "test_acc", 0.2018, ""),
        ("b", "best_val_acc", 1.0, ""),
        ("a", "train_acc", None, "near 100 %"),
    ]
    assert preset.reported[1].note == "validated on the test set"
    assert read_preset(write_preset(preset)) == preset


def test_at_the_end_ours_is_the_mean_over_the_seeds() -> None:
    events = list(Lab(read_preset(TEXT), "cpu", load=load_small).run())
    numbers, ends, curves = only(events, Reported), only(events, Finished), epochs_by_lane(events)
    assert events[-3:] == numbers
    assert [(number.arm, number.metric, number.reported, number.text) for number in numbers] == [
        ("a", "test_acc", 0.2018, ""),
        ("b", "best_val_acc", 1.0, ""),
        ("a", "train_acc", None, "near 100 %"),
    ]
    assert numbers[0].ours == sum(end.test_acc for end in ends if end.arm == "a") / 2

    def best(lane: tuple[str, int]) -> Epoch:
        return min(curves[lane], key=lambda event: event.val_loss)

    assert numbers[1].ours == sum(best(("b", seed)).val_acc for seed in (0, 1)) / 2
    assert numbers[2].ours == sum(curves["a", seed][-1].train_acc for seed in (0, 1)) / 2
    spreads = [
        [end.test_acc for end in ends if end.arm == "a"],
        [best(("b", seed)).val_acc for seed in (0, 1)],
        [curves["a", seed][-1].train_acc for seed in (0, 1)],
    ]
    assert [number.ours_std for number in numbers] == [pytest.approx(statistics.stdev(values)) for values in spreads]
    assert any(number.ours_std for number in numbers)
    assert [from_json(to_json(number)) for number in numbers] == numbers


def test_ours_at_the_best_epoch_is_of_the_epoch_that_early_stopping_counted_as_the_best() -> None:
    overfits = TEXT.replace("hidden = [8]", "hidden = [30, 30]").replace("epochs = 6", "epochs = 50")
    overfits = overfits.replace("lr = 0.1", 'lr = 0.02\noptimizer = "adam"').replace("patience = 2", "patience = 5")
    events = list(Lab(read_preset(overfits), "cpu", load=load_small).run())
    ends = [end for end in only(events, Finished) if end.arm == "b"]
    assert all(0 < end.best_epoch < end.epoch for end in ends)
    curves = epochs_by_lane(events)
    best = [curves["b", end.seed][end.best_epoch - 1].val_acc for end in ends]
    assert only(events, Reported)[1].ours == sum(best) / 2
    assert best != [curves["b", end.seed][-1].val_acc for end in ends]


def test_one_seed_has_no_spread_and_neither_has_what_is_no_number() -> None:
    one_seed = read_preset(TEXT.replace("seeds = [0, 1]", "seeds = [0]"))
    numbers = only(list(Lab(one_seed, "cpu", load=load_small).run()), Reported)
    assert [number.ours_std for number in numbers] == [None] * 3
    numbers = only(Lab(read_preset(TEXT), "cpu", load=load_small).stop(), Reported)
    assert [number.ours_std is None for number in numbers] == [False, True, True]


def test_a_run_ended_before_its_first_epoch_has_no_number_of_its_own() -> None:
    numbers = only(Lab(read_preset(TEXT), "cpu", load=load_small).stop(), Reported)
    assert [math.isnan(number.ours) for number in numbers] == [False, True, True]


def test_a_restored_lab_tells_the_same_best() -> None:
    lab = Lab(read_preset(TEXT), "cpu", load=load_small)
    for _ in range(3):
        lab.run_epoch()
    state, runs = lab.state(), []
    for _ in range(2):
        lab.restore(state)
        events = []
        while not lab.finished:
            events += lab.advance()
        runs.append(only(events, Reported))
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ('arm = "b"', 'arm = "c"', 29, "no arm 'c' (one of: a, b)"),
        ('metric = "test_acc"', 'metric = "tset_acc"', 25, "did you mean 'test_acc'?"),
        ("value = 0.2018", 'value = "high"', 26, "reported.value = 'high': must be a number"),
        ("value = 0.2018", "", 23, 'needs either value = NUMBER or text = "..."'),
        ('metric = "train_acc"', "", 34, "has no metric"),
        ('note = "val', 'remark = "val', 32, "unknown key 'remark'"),
        ('text = "near 100 %"', "text = 3", 37, "must be a text in quotes"),
        ('group = "Saitoh 2016"', "group = 3", 3, "group = 3: must be a text in quotes"),
    ],
)
def test_a_broken_report_is_refused_with_its_line(old: str, new: str, line: int, expected: str) -> None:
    assert old in TEXT
    with pytest.raises(PresetError) as raised:
        read_preset(TEXT.replace(old, new), place="x.toml")
    assert str(raised.value).startswith(f"x.toml:{line}: ")
    assert expected in str(raised.value)


def test_the_list_says_which_presets_need_a_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    texts = {
        "plain": TEXT,
        "base": '[data]\nsource = "MNIST"',
        "arm": '[[arm]]\nname = "x"\n[arm.data]\nsource = "cifar10"',
    }
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path))
    monkeypatch.setattr(library, "builtin_names", lambda: list(texts))
    monkeypatch.setattr(library, "builtin_text", texts.__getitem__)
    listed = builtin_list()
    assert [preset.downloads for preset in listed] == [False, True, True]
    assert [preset.needs_download for preset in listed] == [False, True, True]
    write_mnist(tmp_path / "MNIST" / "raw")
    assert [preset.downloads for preset in builtin_list()] == [False, True, True]
    assert [preset.needs_download for preset in builtin_list()] == [False, False, True]
    assert [preset.group for preset in listed] == ["Saitoh 2016", "", ""]
    assert [preset.source for preset in listed] == ["digits", "mnist", "digits"]
