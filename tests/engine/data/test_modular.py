"""Addition modulo a prime: every pair once, written out, and split by the seed."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.modular import PRIME
from tests.engine.data.common import PARTS, counts, error, inputs, labels, task

PAIRS = 53 * 53


def test_every_pair_is_there_once_as_two_marked_numbers_and_their_sum_modulo_53():
    loaded = task(source="modular", split="first")
    assert PRIME == 53
    assert (loaded.kind, loaded.classes, loaded.features, loaded.image_shape) == ("classification", 53, 106, None)
    assert loaded.class_names == tuple(str(number) for number in range(53))
    x_NI = np.concatenate([inputs(loaded, part) for part in PARTS])
    y_N = np.concatenate([labels(loaded, part) for part in PARTS])
    expected = [(a, b, (a + b) % 53) for a in range(53) for b in range(53)]
    assert list(zip(x_NI[:, :53].argmax(axis=1), x_NI[:, 53:].argmax(axis=1), y_N, strict=True)) == expected
    assert set(np.unique(x_NI)) == {0, 1}
    assert (x_NI.sum(axis=1) == 2).all()


@pytest.mark.parametrize(
    ("amounts", "sizes"),
    [
        ({"train": 0.6, "validation": 0.3}, (1685, 843, 281)),
        ({"train": 1000, "validation": 500, "test": 300}, (1000, 500, 300)),
        ({"train": 53, "validation": 53}, (53, 53, 2703)),
    ],
)
def test_a_share_or_a_count_is_drawn_by_the_seed_and_no_pair_is_in_two_parts(amounts, sizes):
    loaded = task(source="modular", seeds=(0, 1), **amounts)
    assert counts(loaded) == sizes
    rows = {seed: [{tuple(row) for row in inputs(loaded, part, seed)} for part in PARTS] for seed in (0, 1)}
    for parts in rows.values():
        assert len(set.union(*parts)) == sum(sizes)
    assert rows[0][0] != rows[1][0]
    again = task(source="modular", seeds=(1,), **amounts)
    assert np.array_equal(inputs(again, "train"), inputs(loaded, "train", 1))


def test_every_sum_is_trained_on_as_often_as_any_other():
    y_N = labels(task(source="modular", train=0.6), "train")
    assert set(np.bincount(y_N, minlength=53)) <= {31, 32}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"train": 3000}, "data.train = 3000: the source modular has only 2809 examples"),
        ({"train": 2000, "validation": 809}, "nothing is left of the 2809 examples of modular"),
    ],
)
def test_more_than_there_are_pairs_is_refused_in_one_line(settings, words):
    assert words in error(source="modular", **settings)
    assert counts(task(source="modular", train=PAIRS - 2)) == (PAIRS - 2, 1, 1)


def test_a_sum_is_a_class_and_no_number_to_be_predicted():
    with pytest.raises(ValueError, match=r"'modular' has classes as targets"):
        task(source="modular", task="regression")
