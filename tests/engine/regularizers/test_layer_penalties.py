"""Penalties on biases and on named layers: the loss plus the literal formula, and nothing elsewhere."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.events import Epoch
from engine.lab import Lab
from engine.preset import PresetError
from tests.engine.reference import batches, gradient_of, network_of
from tests.engine.small import Settings, lab_of, only, preset_of, task_of, weights_of


def literal(settings: Settings, network: nn.Sequential) -> Tensor:
    """The penalties of an arm, written out."""
    linears = [part for part in network if isinstance(part, nn.Linear)]

    def of(name: str) -> float:
        return float(settings.get(f"regularization.{name}", 0.0))

    def chosen(name: str) -> list[nn.Linear]:
        numbers = settings.get(f"regularization.{name}") or range(1, len(linears) + 1)
        return [linears[number - 1] for number in numbers]

    total = torch.zeros((), dtype=torch.float64)
    for linear in linears:
        total = total + 0.5 * of("bias_l2") * (linear.bias**2).sum() + of("bias_l1") * linear.bias.abs().sum()
    for linear in chosen("l2_layers"):
        total = total + 0.5 * of("l2") * (linear.weight**2).sum()
    for linear in chosen("l1_layers"):
        total = total + of("l1") * linear.weight.abs().sum()
    return total


def check(arms: dict[str, Settings], stacks: int) -> None:
    lab = lab_of({}, arms)
    assert len(lab._stacks) == stacks
    layout = lab._stacks[0].layout
    theta = {arm: weights_of(lab, arm) for arm in arms}
    last_events = [lab.run_epoch() for _ in range(4)][-1]
    for arm, settings in arms.items():
        for x_BI, y_B in batches(task_of(), 0, 16, 4):

            def loss(
                network: nn.Sequential, x_BI: Tensor = x_BI, y_B: Tensor = y_B, settings: Settings = settings
            ) -> Tensor:
                return F.cross_entropy(network(x_BI), y_B) + literal(settings, network)

            theta[arm] = theta[arm] - 0.1 * gradient_of(layout, theta[arm], loss)
        torch.testing.assert_close(weights_of(lab, arm), theta[arm], rtol=0, atol=1e-12)
    events = {event.arm: event for event in only(last_events, Epoch)}
    for arm, settings in arms.items():
        expected = literal(settings, network_of(layout, theta[arm])).item()
        assert sum(events[arm].penalty.values()) == pytest.approx(expected, rel=1e-10)


def test_bias_penalties_are_the_formulas_on_biases_in_every_lane_of_one_stack() -> None:
    check(
        {
            "off": {},
            "l2": {"regularization.bias_l2": 0.5},
            "l1": {"regularization.bias_l1": 0.03},
            "both": {"regularization.bias_l2": 0.2, "regularization.bias_l1": 0.01, "regularization.l2": 0.1},
        },
        stacks=1,
    )


def test_penalties_limited_to_layers_leave_the_other_layers_alone() -> None:
    check(
        {
            "first": {"regularization.l2": 0.5, "regularization.l2_layers": [1]},
            "ends": {"regularization.l2": 0.3, "regularization.l2_layers": [3, 1]},
            "mixed": {"regularization.l2": 0.3, "regularization.l1": 0.02, "regularization.l1_layers": [2]},
        },
        stacks=3,
    )


def test_a_layer_named_twice_counts_once() -> None:
    arms: dict[str, Settings] = {
        name: {"regularization.l2": 0.3, "regularization.l2_layers": layers}
        for name, layers in (("once", [2]), ("twice", [2, 2]))
    }
    lab = lab_of({}, arms)
    list(lab.run())
    assert torch.equal(weights_of(lab, "once"), weights_of(lab, "twice"))


def test_a_series_of_its_own_for_each() -> None:
    events = lab_of(
        {"regularization.bias_l1": 0.1, "regularization.bias_l2": 0.2, "regularization.l1": 0.1}
    ).run_epoch()
    assert set(only(events, Epoch)[0].penalty) == {"l1", "bias_l1", "bias_l2"}


@pytest.mark.parametrize("name", ["l2_layers", "l1_layers"])
def test_a_layer_that_is_not_there_is_refused_with_the_count_of_layers(name: str) -> None:
    with pytest.raises(PresetError, match=rf"{name} = \[1, 4\]: there is no layer 4, the network has 3 layers"):
        lab_of({f"regularization.{name}": [1, 4]})
    with pytest.raises(PresetError, match="numbered from 1"):
        lab_of({f"regularization.{name}": [0]})


def test_a_hidden_layer_that_is_not_there_is_refused_with_the_count_of_hidden_layers() -> None:
    with pytest.raises(PresetError, match="there is no layer 3, the network has 2 hidden layers"):
        lab_of({"regularization.activity_layers": [3]})
    with pytest.raises(PresetError, match="the network has 0 hidden layers"):
        lab_of({"regularization.activity_layers": [1], "model.hidden": []})


@pytest.mark.parametrize(
    ("name", "hidden", "message"),
    [
        ("l2_layers", [], "the network has 1 layer with weights"),
        ("l1_layers", [8], "the network has 2 layers with weights, numbered from 1 to 2"),
        ("activity_layers", [8], "the network has 1 hidden layer"),
        ("activity_layers", [], "the network has 0 hidden layers"),
    ],
)
def test_one_layer_is_counted_in_the_singular(name: str, hidden: list[int], message: str) -> None:
    with pytest.raises(PresetError) as refused:
        lab_of({f"regularization.{name}": [3], "model.hidden": hidden})
    assert str(refused.value) == f"regularization.{name} = [3]: there is no layer 3, {message}"


def test_a_network_without_biases_has_no_penalty_on_them() -> None:
    base: Settings = {"data.source": "thumbtack", "data.samples": 60, "model.kind": "bernoulli", "training.epochs": 3}
    events = {
        name: only(list(Lab(preset_of(base, {name: arm}), "cpu").run()), Epoch)
        for name, arm in {"none": {}, "both": {"regularization.bias_l2": 0.1, "regularization.bias_l1": 0.1}}.items()
    }
    assert [event.val_loss for event in events["both"]] == [event.val_loss for event in events["none"]]
    assert events["both"][-1].penalty == {"bias_l2": 0.0, "bias_l1": 0.0}
