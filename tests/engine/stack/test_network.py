"""The stacked forward pass is each lane's own torch.nn network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.preset.schema import Model
from engine.stack.evaluate import evaluate
from engine.stack.init import first_parameters
from engine.stack.layout import layout_of
from engine.stack.network import ACTIVATIONS, forward_evaluation, forward_training
from tests.engine.reference import network_of
from tests.engine.small import CPU, task_of


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [[], [7], [7, 4, 9]])
@pytest.mark.parametrize("groups", [1, 2])
def test_every_lane_gives_the_logits_of_its_own_network(activation: str, hidden: list[int], groups: int) -> None:
    layout = layout_of(Model(hidden=hidden), 5, 3)
    theta_LP = torch.randn(6, layout.parameters, dtype=torch.float64)
    x_GNI = torch.randn(groups, 11, 5, dtype=torch.float64)
    x_LNI = x_GNI.repeat_interleave(6 // groups, dim=0)
    expected = torch.stack(
        [network_of(layout, theta_P, activation)(x_NI) for theta_P, x_NI in zip(theta_LP, x_LNI, strict=True)]
    )
    act = ACTIVATIONS[activation]
    torch.testing.assert_close(forward_evaluation(x_GNI, theta_LP, layout, act, None), expected, rtol=0, atol=1e-12)
    weights = [layer.weight(theta_LP) for layer in layout.layers]
    biases = [layer.bias(theta_LP) for layer in layout.layers]
    trained = forward_training(x_LNI, weights, biases, layout, act, 2, None)
    torch.testing.assert_close(trained, expected, rtol=0, atol=1e-12)


def test_a_lane_has_as_many_parameters_as_its_network_and_none_lies_on_another() -> None:
    layout = layout_of(Model(hidden=[7, 4]), 5, 3)
    assert layout.parameters == 5 * 7 + 7 + 7 * 4 + 4 + 4 * 3 + 3
    assert layout.hidden_units == 11
    assert [layer.name for layer in layout.layers] == ["hidden 1", "hidden 2", "output"]
    touched = torch.zeros(2, layout.parameters)
    for layer in layout.layers:
        layer.weight(touched).add_(1)
        layer.bias(touched).add_(1)
        assert layer.weight_at + layer.inputs * layer.outputs <= layout.weights <= layer.bias_at
    assert torch.equal(touched, torch.ones_like(touched))


def test_evaluation_in_chunks_is_the_mean_over_all_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    task, layout = task_of([0, 1]), layout_of(Model(hidden=[7]), 5, 3)
    x_GNI, y_GN = task.train_x_SNI.repeat(1, 20, 1)[:, :613], task.train_y_SN.repeat(1, 20)[:, :613]
    theta_LP = first_parameters(layout, [(Model(), lane // 2) for lane in range(4)], CPU, torch.float64)
    monkeypatch.setattr("engine.stack.evaluate._CHUNK_NUMBERS", 1)
    loss_L, accuracy_L = evaluate(x_GNI, y_GN, theta_LP, layout, torch.relu, None)
    for lane in range(4):
        logits = network_of(layout, theta_LP[lane])(x_GNI[lane // 2])
        y_N = y_GN[lane // 2]
        torch.testing.assert_close(loss_L[lane], F.cross_entropy(logits, y_N), rtol=1e-12, atol=0)
        assert accuracy_L[lane].item() == pytest.approx((logits.argmax(1) == y_N).double().mean().item(), abs=1e-15)
