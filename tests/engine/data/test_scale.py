"""What a network sees of a value."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.data import load_task
from engine.data.scale import fit, scaled
from engine.preset.schema import Data
from tests.engine.data.common import PARTS, inputs, task

SOURCES = ["digits", "iris", "wine", "breast_cancer", "moons", "circles", "gauss", "xor", "spiral"]


@pytest.mark.parametrize("split", ["random", "first"])
@pytest.mark.parametrize(
    ("source", "scale"),
    [(source, scale) for source in SOURCES for scale in ("unit", "standard") if (source, scale) != ("digits", "unit")],
)
def test_scaling_is_fitted_on_the_training_examples_alone(source, split, scale):
    stored = task(source=source, split=split, scale="none", seeds=(0, 4))
    loaded = task(source=source, split=split, scale=scale, seeds=(0, 4))
    for seed in range(loaded.train_x_SNI.shape[0]):
        train_NI = inputs(stored, "train", seed)
        low, spread = (
            (train_NI.min(0), np.ptp(train_NI, axis=0)) if scale == "unit" else (train_NI.mean(0), train_NI.std(0))
        )
        varies = np.ptp(train_NI, axis=0) > 0
        for part in PARTS:
            expected = np.where(varies, (inputs(stored, part, seed) - low) / np.where(varies, spread, 1), 0)
            np.testing.assert_allclose(inputs(loaded, part, seed), expected, rtol=1e-9, atol=1e-9)


def test_digits_are_divided_by_their_range():
    stored, loaded = task(scale="none"), task(scale="unit")
    assert inputs(stored, "train").max() == 16
    assert np.array_equal(inputs(loaded, "test"), inputs(stored, "test") / 16)


@pytest.mark.parametrize("scale", ["unit", "standard"])
@pytest.mark.parametrize("constant", [0.0, 0.1, 1e9 + 0.1, -1e30])
def test_a_feature_that_is_constant_in_training_becomes_0_everywhere(scale, constant):
    x_NI = np.array([[constant, 1.0], [constant, 2.0], [constant, 3.0], [7.0, 4.0]])
    out_NI = torch.empty(4, 2)
    scaled(fit(scale, x_NI, np.arange(3), None), x_NI, np.arange(4), out_NI)
    assert (out_NI[:, 0] == 0).all()
    assert out_NI.isfinite().all()
    assert out_NI[2, 1] > 0


def test_a_small_change_far_from_0_is_not_lost():
    x_NI = 1e6 + np.random.default_rng(0).standard_normal((5000, 1)) * 1e-2
    out_NI = torch.empty(5000, 1, dtype=torch.float64)
    scaled(fit("standard", x_NI, np.arange(5000), None), x_NI, np.arange(5000), out_NI)
    assert abs(out_NI.mean()) < 1e-6
    assert abs(out_NI.std(correction=0) - 1) < 1e-6


def test_more_rows_than_are_scaled_at_once_all_arrive():
    loaded = task(source="moons", samples=9001, train=8000, scale="none", split="first")
    again = task(source="moons", samples=9001, train=8000, scale="unit", split="first")
    low, high = inputs(loaded, "train").min(0), inputs(loaded, "train").max(0)
    np.testing.assert_allclose(inputs(again, "train"), (inputs(loaded, "train") - low) / (high - low))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_inputs_have_the_dtype_asked_for_and_labels_are_int64(dtype):
    loaded = load_task(Data(source="iris"), (0,), torch.device("cpu"), dtype)
    assert loaded.train_x_SNI.dtype == loaded.val_x_SNI.dtype == loaded.test_x_SNI.dtype == dtype
    assert loaded.train_y_SN.dtype == loaded.val_y_SN.dtype == loaded.test_y_SN.dtype == torch.int64


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("scale", ["none", "unit", "standard"])
def test_no_source_and_scale_give_a_number_that_is_none(source, scale):
    loaded = task(source=source, scale=scale, seeds=(0, 1), train=5)
    assert all(np.isfinite(inputs(loaded, part, seed)).all() for part in PARTS for seed in (0, 1))
