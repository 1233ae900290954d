"""Who trains, validates and tests."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.split import Sizes, _shares, first, measured, sizes
from engine.preset.errors import PresetError
from engine.preset.schema import Data
from tests.engine.data.common import PARTS, counts, error, inputs, labels, task

DIGITS = 1797


def rows(loaded, part, seed=0):
    return {row.tobytes() for row in inputs(loaded, part, seed)}


@pytest.mark.parametrize("split", ["random", "first"])
def test_the_test_set_never_meets_training(split):
    loaded = task(source="gauss", samples=300, split=split, scale="none", train=100, seeds=(0, 1))
    for seed in range(loaded.train_x_SNI.shape[0]):
        train, val, test = (rows(loaded, part, seed) for part in PARTS)
        assert len(train | val | test) == 300
        assert len(train) + len(val) + len(test) == 300


@pytest.mark.parametrize("source", ["digits", "iris", "wine", "breast_cancer", "moons"])
@pytest.mark.parametrize("amounts", [{}, {"train": 50}, {"train": 31, "validation": 17, "test": 19}, {"train": 0.6}])
def test_each_part_holds_each_class_in_its_share(source, amounts):
    loaded = task(source=source, seeds=(3,), **amounts)
    everything = task(source=source, split="first")
    pool_y_N = np.concatenate([labels(everything, part) for part in PARTS])
    share_C = np.bincount(pool_y_N) / len(pool_y_N)
    for part in PARTS:
        y_N = labels(loaded, part)
        off_C = np.bincount(y_N, minlength=loaded.classes) - share_C * len(y_N)
        assert np.abs(off_C).max() <= 1


def test_first_takes_the_test_rows_from_the_beginning_of_an_official_test_part():
    split = first(Sizes(train=30, validation=20, test=10), official=40)
    assert (split.train_N.tolist(), split.val_N.tolist()) == ([*range(30)], [*range(30, 50)])
    assert split.test_N.tolist() == [*range(10)]
    split = first(Sizes(train=30, validation=20, test=10), official=None)
    assert split.test_N.tolist() == [*range(50, 60)]


def test_shares_keep_every_sum_and_round_up_or_down_only():
    rng = np.random.default_rng(0)
    for _ in range(300):
        counts_C = rng.integers(1, 40, rng.integers(1, 12))
        cuts = np.sort(rng.integers(0, counts_C.sum() + 1, 3))
        sizes_P = np.diff([0, *cuts, counts_C.sum()])
        shares_PC = _shares(sizes_P, counts_C)
        assert (shares_PC.sum(0) == counts_C).all()
        assert (shares_PC.sum(1) == sizes_P).all()
        assert (shares_PC >= 0).all()
        assert np.abs(shares_PC - np.outer(sizes_P, counts_C) / counts_C.sum()).max() <= 1


def test_a_seed_draws_the_same_split_alone_and_beside_others():
    alone, beside = task(seeds=(7,), train=300), task(seeds=(2, 7), train=300)
    for part in PARTS:
        assert np.array_equal(inputs(alone, part), inputs(beside, part, 1))
        assert np.array_equal(labels(alone, part), labels(beside, part, 1))


def test_different_seeds_draw_different_splits_of_the_same_sizes():
    loaded = task(seeds=(0, 1), train=300)
    assert rows(loaded, "train", 0) != rows(loaded, "train", 1)
    assert loaded.train_x_SNI.shape == (2, 300, 64)


def test_first_takes_the_order_of_the_source_and_is_shared_by_all_seeds():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    loaded = task(seeds=(0, 1, 2), split="first", scale="none", train=300, validation=100, test=50)
    assert loaded.train_x_SNI.shape == (1, 300, 64)
    assert np.array_equal(inputs(loaded, "train"), bunch.data[:300])
    assert np.array_equal(inputs(loaded, "val"), bunch.data[300:400])
    assert np.array_equal(labels(loaded, "test"), bunch.target[400:450])


def test_a_drawn_part_is_not_in_the_order_of_its_classes():
    y_N = labels(task(source="iris"), "train")
    assert (np.diff(y_N) < 0).any()


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({}, (1079, 359, 359)),
        ({"train": 300}, (300, 749, 748)),
        ({"train": 300, "validation": 97}, (300, 97, 1400)),
        ({"train": 300, "test": 97}, (300, 1400, 97)),
        ({"validation": 100}, (1338, 100, 359)),
        ({"test": 100}, (1338, 359, 100)),
        ({"validation": 100, "test": 200}, (1497, 100, 200)),
        ({"train": 300, "validation": 1400, "test": 9700}, (300, 1400, 97)),
        ({"train": 0.8, "validation": 0.1, "test": 0.1}, (1438, 180, 179)),
        ({"train": 0.5}, (898, 450, 449)),
        ({"train": 1}, (1, 898, 898)),
    ],
)
def test_amounts_are_resolved_as_told(amounts, expected):
    assert counts(task(**amounts)) == expected


def test_training_is_exact_or_refused():
    assert error(train=5000) == "data.train = 5000: the source digits has only 1797 examples"


@pytest.mark.parametrize(
    ("amounts", "start"),
    [
        ({"train": DIGITS}, "data.validation: nothing is left of the 1797 examples of digits after train = 1797"),
        ({"train": 797, "validation": 1000}, "data.test: nothing is left of the 1797 examples of digits after"),
        ({"train": 797, "test": 5000}, "data.validation: nothing is left"),
        ({"validation": 5000}, "data.train: nothing is left of the 1797 examples of digits after validation = 5000: "),
    ],
)
def test_a_part_without_examples_is_refused_by_name(amounts, start):
    assert error(**amounts).startswith(start)


@pytest.mark.parametrize(
    ("amounts", "taken"),
    [
        ({"validation": 100}, "validation = 100"),
        ({"validation": 100, "test": 10}, "validation = 100"),
        ({"validation": 99}, "validation = 99 and 1 for test"),
        ({"validation": 80}, "validation = 80 and 20 for test"),
        ({"validation": 0.999}, "validation = 0.999 (100)"),
        ({"validation": 0.5, "test": 0.6}, "validation = 0.5 (50) and test = 0.6 (60)"),
        ({"validation": 50, "test": 50}, "validation = 50 and test = 50"),
        ({"test": 500}, "20 for validation and test = 500"),
    ],
)
def test_parts_that_leave_nothing_to_train_on_are_refused_in_the_words_of_the_preset(amounts, taken):
    assert (
        error(source="moons", samples=100, **amounts)
        == f"data.train: nothing is left of the 100 examples of moons after {taken}: ask for less"
    )


@pytest.mark.parametrize("amounts", [{"validation": 100}, {"validation": 0.999}, {"validation": 500, "test": 5}])
def test_a_validation_part_that_swallows_the_pool_is_refused_beside_an_official_test_part_too(amounts):
    with pytest.raises(
        PresetError, match=r"^data\.train: nothing is left of the 100 training examples of \w+ after val"
    ):
        sizes(Data(**amounts), 100, 50)


@pytest.mark.parametrize("official", [None, 50])
@pytest.mark.parametrize("train", [None, 1, 0.5, 100])
@pytest.mark.parametrize("validation", [None, 1, 0.3, 0.999, 99, 100, 101])
@pytest.mark.parametrize("test", [None, 1, 0.3, 0.999, 99, 100, 101])
def test_every_part_has_an_example_and_none_is_in_two_or_it_is_refused(official, train, validation, test):
    try:
        parts = sizes(Data(train=train, validation=validation, test=test), 100, official)
    except PresetError:
        return
    assert min(parts.train, parts.validation, parts.test) >= 1
    assert parts.train + parts.validation + (parts.test if official is None else 0) <= 100
    assert train is None or parts.train == (train if isinstance(train, int) else 50)


def test_a_set_of_fewer_examples_than_parts_is_refused_with_what_can_be_done():
    message = 'training, validation and test need one each (data.split = "all" gives every part all of them)'
    for count, counted in ((1, "1 example"), (2, "2 examples")):
        with pytest.raises(PresetError) as refused:
            sizes(Data(), count, None)
        assert str(refused.value) == f"the source digits has only {counted}: {message}"
    assert sizes(Data(), 3, None) == Sizes(1, 1, 1)
    with pytest.raises(PresetError, match="only 1 training example: training and validation need one each"):
        sizes(Data(), 1, 50)
    assert sizes(Data(), 2, 50) == Sizes(1, 1, 50)


# What is measured of the training part -------------------------------------------------------------------------------


def test_no_more_than_the_most_are_measured_of_each_class_its_share_and_the_same_under_a_seed():
    y_N = np.random.default_rng(0).choice(3, size=1000, p=[0.7, 0.25, 0.05])
    places = measured(y_N, 100, seed=4)
    assert len(places) == len(set(places.tolist())) == 100
    assert np.array_equal(places, np.sort(places))
    shares = np.bincount(y_N, minlength=3) / 10
    assert np.all(np.abs(np.bincount(y_N[places], minlength=3) - shares) < 1)
    assert np.array_equal(places, measured(y_N, 100, seed=4))
    assert not np.array_equal(places, measured(y_N, 100, seed=5))


def test_all_are_measured_where_there_are_no_more_than_the_most():
    assert measured(np.zeros(100, dtype=np.int64), 100, seed=0) is None
    assert task(train=300).measured_SM is None


@pytest.mark.parametrize("split", ["random", "first"])
def test_each_seed_measures_examples_of_its_own_split(split):
    loaded = task(seeds=(2, 7), train=300, train_eval=50, split=split)
    assert loaded.measured_SM.shape == (loaded.train_x_SNI.shape[0], 50)
    assert task(seeds=(7,), train=300, train_eval=50, split=split).measured_SM[-1].equal(loaded.measured_SM[-1])
