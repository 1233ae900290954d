"""The small sets that each teach one thing, and what can be asked of any set: fewer features, numbers as targets."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.engine.data.common import PARTS, counts, error, inputs, labels, task


@pytest.mark.parametrize(("source", "rule"), [("and", np.logical_and), ("or", np.logical_or), ("xor4", np.logical_xor)])
def test_a_truth_table_is_whole_in_every_part(source, rule):
    loaded = task(source=source, split="all", seeds=(0, 1))
    assert (counts(loaded), loaded.features, loaded.classes, loaded.kind) == ((4, 4, 4), 2, 1, "binary")
    for part in PARTS:
        x_NI, y_N = inputs(loaded, part), labels(loaded, part)
        assert {tuple(row) for row in x_NI} == {(0, 0), (0, 1), (1, 0), (1, 1)}
        assert (rule(x_NI[:, 0], x_NI[:, 1]) == y_N).all()


def test_split_all_gives_every_part_the_whole_of_any_set():
    loaded = task(source="iris", split="all", seeds=(0, 1))
    assert counts(loaded) == (150, 150, 150)
    assert np.array_equal(inputs(loaded, "train"), inputs(loaded, "test"))


def test_a_curve_is_a_sine_and_its_noise():
    still, noisy = (task(source="curve", samples=400, noise=noise, scale="none", split="first") for noise in (0.0, 0.3))
    x_N = inputs(still, "train")[:, 0]
    assert np.allclose(labels(still, "train"), np.sin(np.pi * x_N))
    assert np.array_equal(inputs(noisy, "train")[:, 0], x_N)
    assert np.std(labels(noisy, "train") - np.sin(np.pi * x_N)) == pytest.approx(0.3, rel=0.15)
    assert (still.features, still.classes, still.class_names, still.kind) == (1, 1, (), "regression")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numbers_as_targets_have_the_dtype_of_the_inputs(dtype):
    from engine.data import load_task
    from engine.preset.schema import Data

    loaded = load_task(Data(source="exam", samples=50), (0,), torch.device("cpu"), dtype)
    assert loaded.train_y_SN.dtype == loaded.train_x_SNI.dtype == dtype


def test_exam_scores_have_very_different_scales_and_count_the_same():
    loaded = task(source="exam", samples=4000, scale="none", noise=0.0)
    x_NI, y_N = inputs(loaded, "train"), labels(loaded, "train")
    assert x_NI.std(axis=0) == pytest.approx([2, 15, 120], rel=0.05)
    z_NI = (x_NI - [5, 60, 700]) / [2, 15, 120]
    assert y_N == pytest.approx(z_NI.mean(axis=1))
    assert np.corrcoef(z_NI.T)[0, 1] == pytest.approx(0.64, abs=0.04)


def test_a_random_split_of_numbers_is_not_a_split_by_size():
    loaded = task(source="curve", samples=600, seeds=(0, 1), noise=0.0)
    means = [labels(loaded, part, seed).mean() for part in PARTS for seed in (0, 1)]
    assert max(map(abs, means)) < 0.2
    assert not np.array_equal(labels(loaded, "train", 0), labels(loaded, "train", 1))


@pytest.mark.parametrize("p_up", [0.0, 0.3, 1.0])
def test_a_thumbtack_lands_up_as_often_as_it_should(p_up):
    loaded = task(source="thumbtack", samples=5000, p_up=p_up, split="all")
    assert labels(loaded, "train").mean() == pytest.approx(p_up, abs=0.02)
    assert loaded.class_names == ("down", "up")


def test_fewer_features_are_the_first_ones():
    whole, fewer = task(source="wine", scale="none"), task(source="wine", scale="none", features=4)
    assert (whole.features, fewer.features) == (13, 4)
    for part in PARTS:
        assert np.array_equal(inputs(fewer, part), inputs(whole, part)[:, :4])
        assert np.array_equal(labels(fewer, part), labels(whole, part))
    assert task(source="digits", features=64).image_shape == (1, 8, 8)
    assert task(source="digits", features=63).image_shape is None
    assert "iris has only 4 features" in error(source="iris", features=5)


def write(tmp_path, lines):
    path = tmp_path / "wine.csv"
    path.write_text("\n".join(lines))
    return str(path)


def test_a_csv_can_have_numbers_as_targets(tmp_path):
    path = write(tmp_path, ["a;b;quality", *(f"{n};{n * n};{n / 10}" for n in range(30))])
    loaded = task(source="csv", path=path, target="quality", task="regression", scale="none", split="first")
    assert (loaded.features, loaded.classes, loaded.kind, loaded.class_names) == (2, 1, "regression", ())
    assert np.allclose(labels(loaded, "train"), inputs(loaded, "train")[:, 0] / 10)
    classes = task(source="csv", path=write(tmp_path, ["a,y", *(f"{n},{n % 2}" for n in range(30))]), target="y")
    assert (classes.classes, classes.kind) == (2, "classification")


@pytest.mark.parametrize(("cell", "expected"), [("good", "must be a number"), ("", "is empty"), ("nan", "must be")])
def test_a_target_that_is_no_number_is_refused_with_its_line(tmp_path, cell, expected):
    path = write(tmp_path, ["a,y", "1,2.5", f"2,{cell}", *["3,4"] * 10])
    message = error(source="csv", path=path, target="y", task="regression")
    assert "line 3" in message
    assert "'y'" in message
    assert expected in message
