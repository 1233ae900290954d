"""Each penalty's value is its formula and its gradient is autograd's, per lane, on weight matrices only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engine.events import Epoch
from engine.regularizers.l1 import add_l1_gradient, l1_penalty
from engine.regularizers.l2 import add_l2_gradient, l2_penalty
from tests.engine.reference import batches, network_of, parameters_of, train
from tests.engine.small import lab_of, only, task_of, weights_of

Formula = Callable[[Tensor, float], Tensor]
FORMULAS: dict[str, Formula] = {
    "l2": lambda W, strength: 0.5 * strength * (W**2).sum(),
    "l1": lambda W, strength: strength * W.abs().sum(),
}
STRENGTHS = [0.0, 0.003, 0.7]


@pytest.mark.parametrize(
    ("name", "value", "add_gradient"),
    [("l2", l2_penalty, add_l2_gradient), ("l1", l1_penalty, add_l1_gradient)],
)
def test_the_gradient_is_autograd_of_the_literal_formula(
    name: str, value: Callable[[Tensor, Tensor], Tensor], add_gradient: Callable[[Tensor, Tensor, Tensor], None]
) -> None:
    W_LP = torch.randn(3, 50, dtype=torch.float64)
    W_LP[:, ::7] = 0.0
    strength_L = torch.tensor(STRENGTHS, dtype=torch.float64)
    start = torch.randn_like(W_LP)
    grad_LP = start.clone()
    add_gradient(grad_LP, W_LP, strength_L)
    for lane, strength in enumerate(STRENGTHS):
        W_P = W_LP[lane].clone().requires_grad_()
        penalty = FORMULAS[name](W_P, strength)
        (expected,) = torch.autograd.grad(penalty, W_P)
        torch.testing.assert_close(grad_LP[lane], start[lane] + expected, rtol=0, atol=1e-14)
        assert value(W_LP, strength_L)[lane].item() == pytest.approx(penalty.item(), rel=1e-14)
    assert torch.equal(grad_LP[0], start[0])
    if name == "l1":
        assert torch.equal(grad_LP[:, ::7], start[:, ::7])


@pytest.mark.parametrize("name", FORMULAS)
def test_training_with_a_penalty_is_training_on_the_loss_plus_the_formula(name: str) -> None:
    arms = {f"{strength}": {f"regularization.{name}": strength} for strength in STRENGTHS}
    lab = lab_of({"training.lr": 0.1, "training.epochs": 9}, arms)
    layout, references = lab._stacks[0].layout, {}
    for strength in STRENGTHS:
        network = network_of(layout, weights_of(lab, str(strength)))
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)

        def literal(matrices: list[Tensor], strength: float = strength) -> Tensor:
            return torch.stack([FORMULAS[name](W, strength) for W in matrices]).sum()

        train(network, optimizer, batches(task_of(), 0, 16, 8), penalty=literal)
        references[str(strength)] = parameters_of(network)
    events = [event for _ in range(8) for event in only(lab.run_epoch(), Epoch)][-3:]
    for arm, expected in references.items():
        torch.testing.assert_close(weights_of(lab, arm), expected, rtol=0, atol=1e-12)
    for strength, event in zip(STRENGTHS, events, strict=True):
        W_P = references[str(strength)][: layout.weights]
        assert event.penalty[name] == pytest.approx(FORMULAS[name](W_P, strength).item(), rel=1e-10)


def test_decoupled_decay_shrinks_the_weights_by_lr_times_decay_and_leaves_the_biases() -> None:
    lab = lab_of({"training.lr": 0.1}, {"off": {}, "on": {"regularization.weight_decay": 0.5}})
    before = weights_of(lab, "on")
    lab.advance()
    off, on = weights_of(lab, "off"), weights_of(lab, "on")
    weights = lab._stacks[0].layout.weights
    torch.testing.assert_close(on[:weights], off[:weights] - 0.05 * before[:weights], rtol=0, atol=1e-14)
    assert torch.equal(on[weights:], off[weights:])


def test_under_adam_l2_and_decoupled_decay_are_different_things() -> None:
    lab = lab_of(
        {"training.optimizer": "adam", "training.lr": 0.01},
        {"l2": {"regularization.l2": 0.1}, "decay": {"regularization.weight_decay": 0.1}},
    )
    list(lab.run())
    assert (weights_of(lab, "l2") - weights_of(lab, "decay")).norm() > 0.01


def test_a_penalty_that_no_lane_uses_is_not_reported_and_one_that_is_off_here_is_zero() -> None:
    plain = lab_of({}, {"a": {}, "b": {}})
    assert all(event.penalty == {} for event in only(plain.run_epoch(), Epoch))
    lab = lab_of({}, {"a": {}, "b": {"regularization.l2": 0.1}})
    a, b = only(lab.run_epoch(), Epoch)
    assert a.penalty == {"l2": 0.0}
    assert b.penalty["l2"] == pytest.approx(0.05 * b.weight_norm**2)
