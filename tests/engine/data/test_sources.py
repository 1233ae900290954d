"""The embedded and the synthetic sets."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from engine.data import embedded
from tests.engine.data.common import PARTS, inputs, labels, task


def whole(**settings):
    """All examples in the order of the source."""
    loaded = task(split="first", scale="none", **settings)
    x_NI = np.concatenate([inputs(loaded, part) for part in PARTS])
    return loaded, x_NI, np.concatenate([labels(loaded, part) for part in PARTS])


@pytest.mark.parametrize("source", ["digits", "iris", "wine", "breast_cancer"])
def test_embedded_sets_are_scikit_learns_own(source):
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{source}")()
    loaded, x_NI, y_N = whole(source=source)
    assert np.array_equal(x_NI, bunch.data)
    assert np.array_equal(y_N, bunch.target)
    assert loaded.class_names == tuple(str(name) for name in bunch.target_names)
    assert (loaded.features, loaded.classes) == (bunch.data.shape[1], len(bunch.target_names))
    assert loaded.image_shape == ((1, 8, 8) if source == "digits" else None)


@pytest.mark.parametrize("source", ["digits", "iris", "wine", "breast_cancer"])
def test_a_scikit_learn_that_keeps_its_files_elsewhere_is_asked(source, monkeypatch):
    usual = embedded.load_embedded(source)
    monkeypatch.setitem(embedded._FILES, source, "nowhere.csv")
    asked = embedded.load_embedded(source)
    assert np.array_equal(usual.pool.x_NI, asked.pool.x_NI)
    assert np.array_equal(usual.pool.y_N, asked.pool.y_N)
    assert usual.class_names == asked.class_names


def test_the_default_set_is_there_without_importing_its_library():
    code = (
        "import sys, torch; from engine.data import load_task; from engine.preset.schema import Data\n"
        "load_task(Data(), (0,), torch.device('cpu'), torch.float32)\n"
        "print({'sklearn', 'torchvision', 'textual', 'rich', 'plotext', 'tui'} & set(sys.modules) or 'none')"
    )
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert completed.stdout.strip() == "none"
    assert completed.stderr == ""


@pytest.mark.parametrize("source", ["moons", "circles", "gauss", "xor", "spiral"])
def test_synthetic_sets_have_the_size_asked_for_and_two_even_classes(source):
    loaded, x_NI, y_N = whole(source=source, samples=501)
    assert x_NI.shape == (501, 2)
    assert np.bincount(y_N).tolist() == [251, 250]
    assert (loaded.classes, loaded.class_names) == (2, ("0", "1"))


@pytest.mark.parametrize("source", ["moons", "circles", "gauss", "xor", "spiral"])
def test_synthetic_points_do_not_depend_on_the_seeds_of_lanes(source):
    everything = [
        np.concatenate([inputs(loaded, part) for part in PARTS])
        for loaded in (task(source=source, seeds=(seed,), scale="none") for seed in (0, 5))
    ]
    first, other = (x_NI[np.lexsort(x_NI.T)] for x_NI in everything)
    assert np.array_equal(first, other)


def test_noise_moves_points_by_its_standard_deviation():
    exact, noisy = whole(source="moons", samples=4000, noise=0.0)[1], whole(source="moons", samples=4000, noise=0.3)[1]
    assert abs((noisy - exact).std() - 0.3) < 0.01


def test_without_noise_the_shapes_are_what_they_are_called():
    _, x_NI, y_N = whole(source="circles", noise=0.0)
    np.testing.assert_allclose(np.linalg.norm(x_NI, axis=1), np.where(y_N == 0, 1.0, 0.5))
    _, x_NI, y_N = whole(source="xor", noise=0.0)
    assert np.array_equal(x_NI[:, 0] * x_NI[:, 1] < 0, y_N == 1)
    _, x_NI, y_N = whole(source="moons", noise=0.0)
    np.testing.assert_allclose(np.linalg.norm(x_NI - np.where(y_N, 1.0, 0.0)[:, None] * [1, 0.5], axis=1), 1)
    _, x_NI, y_N = whole(source="spiral", noise=0.0)
    radius = np.linalg.norm(x_NI, axis=1)
    turned = np.arctan2(x_NI[:, 0], x_NI[:, 1]) - 1.75 * 2 * np.pi * radius / 5
    np.testing.assert_allclose(np.cos(turned), np.where(y_N == 0, 1, -1), atol=1e-6)
    _, x_NI, y_N = whole(source="gauss", noise=0.0, samples=4000)
    np.testing.assert_allclose(x_NI[y_N == 1].mean(0), [1, 1], atol=0.05)
