"""The stacked forward pass is each lane's own torch.nn network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import engine.stack.evaluate
from engine.preset.schema import Model, Settings
from engine.stack.evaluate import evaluate
from engine.stack.forward_pass import ForwardPass
from engine.stack.init import first_parameters
from engine.stack.modules import ACTIVATIONS
from engine.stack.network import network_of as stacked_network_of
from engine.stack.objective import CrossEntropy
from engine.stack.randomness import Streams
from engine.stack.settings import LaneSettings
from tests.engine.reference import layers_of, layout_of, network_of
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
    settings = Settings(model=Model(hidden=hidden, activation=activation))
    network, lanes = stacked_network_of(settings, 5, 3), LaneSettings([settings] * 6, CPU, torch.float64)
    values = [slot.of(theta_LP) for slot in layout.slots]
    evaluation = ForwardPass(values, torch.zeros(6, 0), lanes, 2)
    torch.testing.assert_close(network(x_GNI, evaluation), expected, rtol=0, atol=1e-12)
    training = ForwardPass(values, torch.zeros(6, 0), lanes, 2, Streams([0, 1], CPU), 1, network.units)
    torch.testing.assert_close(network(x_LNI, training), expected, rtol=0, atol=1e-12)


def test_a_lane_has_as_many_parameters_as_its_network_and_none_lies_on_another() -> None:
    layout = layout_of(Model(hidden=[7, 4]), 5, 3)
    assert layout.parameters == 5 * 7 + 7 + 7 * 4 + 4 + 4 * 3 + 3
    assert list(layout.layers) == ["hidden 1", "hidden 2", "output"]
    touched = torch.zeros(2, layout.parameters)
    for layer in layers_of(layout):
        layer.weight(touched).add_(1)
        layer.bias(touched).add_(1)
        assert layer.weight_at + layer.inputs * layer.outputs <= layout.weights <= layer.bias_at
    assert torch.equal(touched, torch.ones_like(touched))


def test_evaluation_in_chunks_is_the_mean_over_all_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    task, layout = task_of([0, 1]), layout_of(Model(hidden=[7]), 5, 3)
    x_GNI, y_GN = task.train_x_SNI.repeat(1, 20, 1)[:, :613], task.train_y_SN.repeat(1, 20)[:, :613]
    theta_LP = first_parameters(layout, [(Model(), lane // 2) for lane in range(4)], CPU, torch.float64)
    monkeypatch.setitem(engine.stack.evaluate._CHUNK_NUMBERS, "cpu", 1)
    network = stacked_network_of(Settings(model=Model(hidden=[7])), 5, 3)
    evaluation = ForwardPass(
        [slot.of(theta_LP) for slot in layout.slots], theta_LP, LaneSettings([Settings()] * 4, CPU, torch.float64), 2
    )
    loss_L, accuracy_L = evaluate(CrossEntropy(), lambda x: network(x, evaluation), x_GNI, y_GN, 4, network.widest)
    for lane in range(4):
        logits = network_of(layout, theta_LP[lane])(x_GNI[lane // 2])
        y_N = y_GN[lane // 2]
        torch.testing.assert_close(loss_L[lane], F.cross_entropy(logits, y_N), rtol=1e-12, atol=0)
        assert accuracy_L[lane].item() == pytest.approx((logits.argmax(1) == y_N).double().mean().item(), abs=1e-15)
