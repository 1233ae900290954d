"""Activity penalties: autograd of the literal formula over the hidden outputs, measured on the training data."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.events import Epoch
from tests.engine.convolved import image_lab_of
from tests.engine.reference import batches, gradient_of, hidden_outputs, network_of
from tests.engine.small import Settings, lab_of, only, task_of, weights_of

ARMS: dict[str, Settings] = {
    "off": {},
    "l1": {"regularization.activity_l1": 0.05},
    "l2": {"regularization.activity_l2": 0.02},
    "both": {"regularization.activity_l1": 0.01, "regularization.activity_l2": 0.3},
}


def literal(settings: Settings, network: nn.Sequential, x_BI: Tensor, layers: list[int]) -> tuple[Tensor, Tensor]:
    outputs = hidden_outputs(network, x_BI)
    chosen = [outputs[number - 1] for number in layers or range(1, len(outputs) + 1)]
    l1, l2 = (settings.get(f"regularization.activity_{name}", 0.0) for name in ("l1", "l2"))
    sizes, squares = torch.stack([h.abs().sum() for h in chosen]), torch.stack([(h**2).sum() for h in chosen])
    return l1 * sizes.sum() / len(x_BI), l2 * squares.sum() / len(x_BI)


@pytest.mark.parametrize("layers", [[], [1], [2]])
def test_training_and_series_are_those_of_the_literal_formula(layers: list[int]) -> None:
    lab = lab_of({"regularization.activity_layers": layers, "training.seeds": [0, 3]}, ARMS)
    assert len(lab._stacks) == 1
    layout, task = lab._stacks[0].layout, task_of([0, 3])
    start = {(arm, seed): weights_of(lab, arm, seed) for arm in ARMS for seed in (0, 3)}
    events = [lab.run_epoch() for _ in range(4)][-1]
    for event in only(events, Epoch):
        row, settings, theta_P = [0, 3].index(event.seed), ARMS[event.arm], start[event.arm, event.seed]
        for x_BI, y_B in batches(task, event.seed, 16, 4, row):

            def loss(
                network: nn.Sequential, x_BI: Tensor = x_BI, y_B: Tensor = y_B, settings: Settings = settings
            ) -> Tensor:
                return F.cross_entropy(network(x_BI), y_B) + sum(literal(settings, network, x_BI, layers))

            theta_P = theta_P - 0.1 * gradient_of(layout, theta_P, loss)
        torch.testing.assert_close(weights_of(lab, event.arm, event.seed), theta_P, rtol=0, atol=1e-12)
        l1, l2 = literal(settings, network_of(layout, theta_P), task.train_x_SNI[row], layers)
        assert event.penalty == pytest.approx({"activity_l1": l1.item(), "activity_l2": l2.item()}, rel=1e-10)


@pytest.mark.parametrize("kind", ["cnn", "resnet"])
def test_every_hidden_layer_of_images_has_a_number_and_is_the_one_penalized(kind: str) -> None:
    base: Settings = {"model.kind": kind, "training.lr": 1e-9}
    lab = image_lab_of(base)
    taps: list[tuple[str, Tensor]] = []
    lab.stacks[0].outputs(lab.stacks[0].task.train_x_SNI, taps)
    assert lab.stacks[0].network.hidden == tuple(layer for layer, _ in taps)
    for number, (layer, h) in enumerate(taps, start=1):
        penalized = {"regularization.activity_l1": 1.0, "regularization.activity_layers": [number]}
        (event,) = only(image_lab_of({**base, **penalized}).run_epoch(), Epoch)
        assert event.penalty["activity_l1"] == pytest.approx(h[0].abs().sum().item() / h.shape[1], rel=1e-6), layer


def test_the_series_is_of_all_the_training_data_also_when_measured_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    labs = [lab_of({}, ARMS) for _ in range(2)]
    whole = only(labs[0].run_epoch(), Epoch)
    monkeypatch.setattr("engine.stack.evaluate.max", lambda *_: 7, raising=False)
    for one, other in zip(whole, only(labs[1].run_epoch(), Epoch), strict=True):
        assert one.penalty == pytest.approx(other.penalty, rel=1e-12)


def test_activations_are_taken_before_dropout_and_measured_without_it() -> None:
    base = {"regularization.dropout": 0.5, "training.lr": 1e-9, "training.batch_size": 40}
    lab = lab_of(base, {"on": {"regularization.activity_l1": 1.0}})
    theta_P, layout, task = weights_of(lab, "on"), lab._stacks[0].layout, task_of()
    (event,) = only(lab.run_epoch(), Epoch)
    l1, _ = literal({"regularization.activity_l1": 1.0}, network_of(layout, theta_P), task.train_x_SNI[0], [])
    assert event.penalty["activity_l1"] == pytest.approx(l1.item(), rel=1e-6)


def test_without_hidden_layers_there_is_nothing_to_penalize() -> None:
    lab = lab_of({"model.hidden": []}, {"off": {}, "on": {"regularization.activity_l1": 0.5}})
    events = only(lab.run_epoch(), Epoch)
    assert torch.equal(weights_of(lab, "off"), weights_of(lab, "on"))
    assert [event.penalty for event in events] == [{"activity_l1": 0.0}] * 2
