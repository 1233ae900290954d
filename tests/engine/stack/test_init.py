"""First weights: the scale that is promised, biases 0, and one draw for all arms of a seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from engine.preset.schema import Model
from engine.stack.init import first_parameters
from engine.stack.randomness import stream_key
from tests.engine.reference import layers_of, layout_of
from tests.engine.small import CPU

WIDE = [400, 300]
LAYOUT = layout_of(Model(hidden=WIDE), 200, 100)


@pytest.mark.parametrize(
    ("model", "variance"),
    [
        (Model(init="normal"), lambda i, o: 1.0),
        (Model(init="normal", init_std=0.05), lambda i, o: 0.05**2),
        (Model(init="xavier"), lambda i, o: 1 / i),
        (Model(init="glorot"), lambda i, o: 2 / (i + o)),
        (Model(init="he"), lambda i, o: 2 / i),
        (Model(init="lecun"), lambda i, o: 1 / i),
    ],
    ids=["normal", "normal 0.05", "xavier", "glorot", "he", "lecun"],
)
def test_weights_are_normal_with_the_promised_variance_and_biases_are_zero(model: Model, variance: object) -> None:
    theta_LP = first_parameters(LAYOUT, [(model, 5)], CPU, torch.float64)
    for layer in layers_of(LAYOUT):
        drawn = layer.weight(theta_LP) / math.sqrt(variance(layer.inputs, layer.outputs))  # type: ignore[operator]
        count = drawn.numel()
        assert abs(drawn.mean()) < 4 / math.sqrt(count)
        assert abs(drawn.var() - 1) < 4 * math.sqrt(2 / count)
        assert abs(drawn.pow(4).mean() - 3) < 4 * math.sqrt(96 / count)
    assert not theta_LP[:, LAYOUT.weights :].any()


def test_arms_of_a_seed_scale_one_draw_and_seeds_differ() -> None:
    lanes = [(Model(init="he"), 0), (Model(init="xavier"), 0), (Model(init="he"), 1)]
    theta_LP = first_parameters(LAYOUT, lanes, CPU, torch.float64)
    torch.testing.assert_close(theta_LP[0], theta_LP[1] * math.sqrt(2), rtol=1e-14, atol=0)
    correlation = torch.corrcoef(theta_LP[[0, 2], : LAYOUT.weights])[0, 1]
    assert abs(correlation) < 0.02


def test_layers_of_one_shape_start_from_different_draws() -> None:
    layout = layout_of(Model(hidden=[20, 20, 20]), 20, 20)
    theta_LP = first_parameters(layout, [(Model(), 0)], CPU, torch.float64)
    first, second = (layer.weight(theta_LP) for layer in layers_of(layout)[1:3])
    assert not torch.equal(first, second)


def test_a_lane_starts_the_same_whatever_lanes_are_beside_it_and_in_every_precision() -> None:
    alone = first_parameters(LAYOUT, [(Model(), 1)], CPU, torch.float64)
    among = first_parameters(LAYOUT, [(Model(), 0), (Model(init="normal"), 1), (Model(), 1)], CPU, torch.float64)
    assert torch.equal(alone[0], among[2])
    assert torch.equal(first_parameters(LAYOUT, [(Model(), 1)], CPU, torch.float32), alone.float())


@pytest.mark.parametrize(
    ("init", "limit"),
    [
        ("glorot_uniform", lambda i, o: math.sqrt(6 / (i + o))),
        ("he_uniform", lambda i, o: math.sqrt(6 / i)),
        ("lecun_uniform", lambda i, o: math.sqrt(3 / i)),
    ],
)
def test_uniform_forms_fill_the_promised_range_evenly(init: Any, limit: Callable[[int, int], float]) -> None:
    theta_LP = first_parameters(LAYOUT, [(Model(init=init), 5)], CPU, torch.float64)
    for layer in layers_of(LAYOUT):
        drawn, _ = (layer.weight(theta_LP) / limit(layer.inputs, layer.outputs)).flatten().sort()
        assert -1 <= drawn[0] < -0.999
        assert 0.999 < drawn[-1] <= 1
        # Kolmogorov-Smirnov: far from even would be 1.63 / sqrt(n) off, at one in a hundred.
        even = torch.linspace(-1, 1, drawn.numel(), dtype=torch.float64)
        assert (drawn - even).abs().max() / 2 < 1.63 / math.sqrt(drawn.numel())
    assert not theta_LP[:, LAYOUT.weights :].any()


def test_uniform_arms_of_a_seed_scale_one_draw_which_is_not_the_normal_ones() -> None:
    lanes = [(Model(init="he_uniform"), 0), (Model(init="lecun_uniform"), 0), (Model(init="he"), 0)]
    theta_LP = first_parameters(LAYOUT, lanes, CPU, torch.float64)
    torch.testing.assert_close(theta_LP[0], theta_LP[1] * math.sqrt(2), rtol=1e-14, atol=0)
    assert abs(torch.corrcoef(theta_LP[[0, 2], : LAYOUT.weights])[0, 1]) < 0.02


def test_orthogonal_weights_are_torchs_of_the_seeds_normal_draw() -> None:
    layout = layout_of(Model(hidden=[30, 50, 20]), 40, 20)
    lanes = [(Model(init="orthogonal"), 3), (Model(init="orthogonal"), 4)]
    theta_LP = first_parameters(layout, lanes, CPU, torch.float64)
    for number, layer in enumerate(layers_of(layout)):
        for lane, (_, seed) in enumerate(lanes):
            generator = torch.Generator().manual_seed(stream_key(seed, "init", number))
            expected = torch.empty(layer.inputs, layer.outputs, dtype=torch.float64)
            torch.nn.init.orthogonal_(expected, generator=generator)
            W_IO = layer.weight(theta_LP)[lane]
            torch.testing.assert_close(W_IO, expected, rtol=0, atol=1e-12)
            small = W_IO @ W_IO.T if layer.inputs < layer.outputs else W_IO.T @ W_IO
            torch.testing.assert_close(small, torch.eye(len(small), dtype=torch.float64), rtol=0, atol=1e-12)


def test_zeros_are_zeros_also_beside_lanes_that_draw() -> None:
    theta_LP = first_parameters(LAYOUT, [(Model(), 0), (Model(init="zeros"), 0)], CPU, torch.float64)
    assert not theta_LP[1].any()
    assert theta_LP[0].any()


@pytest.mark.parametrize("norm", ["batch", "layer", "group"])
def test_a_norm_starts_with_gains_of_1_and_shifts_of_0_in_every_lane(norm: Any) -> None:
    model = Model(hidden=[8, 6], norm=norm, norm_groups=2)
    layout = layout_of(model, 5, 3)
    theta_LP = first_parameters(layout, [(model, 0), (model, 7)], CPU, torch.float64)
    kinds = {slot.kind for slot in layout.slots}
    assert "gain" in kinds
    for slot in layout.slots:
        if slot not in layout.matrices:
            assert (slot.of(theta_LP) == (1.0 if slot.kind == "gain" else 0.0)).all()
