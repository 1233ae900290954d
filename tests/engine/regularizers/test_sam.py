"""Sharpness-aware steps are a literal implementation's: up along the gradient, the gradient there, then the rule."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.events import Epoch
from engine.regularizers.sam import ascent
from engine.stack.layout import Layout
from tests.engine.reference import (
    batches,
    gradient_of,
    hidden_outputs,
    network_of,
    parameters_of,
    weight_matrices,
)
from tests.engine.small import Settings, lab_of, only, task_of, weights_of

RULES = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1),
    "nesterov": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.1),
    "rmsprop": lambda parameters: torch.optim.RMSprop(parameters, lr=0.1),
}


def literal_step(network: nn.Sequential, rule: torch.optim.Optimizer, x_BI: Tensor, y_B: Tensor, rho: float) -> None:
    parameters = list(network.parameters())
    gradients = torch.autograd.grad(F.cross_entropy(network(x_BI), y_B), parameters)
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    held = [parameter.detach().clone() for parameter in parameters]
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.add_(rho * gradient / norm)
    rule.zero_grad()
    F.cross_entropy(network(x_BI), y_B).backward()
    with torch.no_grad():
        for parameter, old in zip(parameters, held, strict=True):
            parameter.copy_(old)
    rule.step()


@pytest.mark.parametrize("optimizer", RULES)
def test_every_lane_steps_as_the_literal_implementation(optimizer: str) -> None:
    arms: dict[str, Settings] = {str(rho): {"training.sam": rho} for rho in (0.0, 0.05, 0.7)}
    lab = lab_of({"training.optimizer": optimizer, "training.seeds": [0, 3], "training.epochs": 9}, arms)
    assert len(lab._stacks) == 1
    layout, task = lab._stacks[0].layout, task_of([0, 3])
    networks = {
        (arm, row): network_of(layout, weights_of(lab, arm, seed)) for arm in arms for row, seed in enumerate((0, 3))
    }
    for _ in range(4):
        lab.run_epoch()
    for (arm, row), network in networks.items():
        seed, rule = (0, 3)[row], RULES[optimizer](network.parameters())
        for x_BI, y_B in batches(task, seed, 16, 4, row):
            literal_step(network, rule, x_BI, y_B, float(arm))
        torch.testing.assert_close(weights_of(lab, arm, seed), parameters_of(network), rtol=0, atol=1e-9)


COMBINED: dict[str, Settings] = {
    "off": {},
    "sam": {"training.sam": 0.3},
    "others": {"training.clip_norm": 0.4, "regularization.l2": 0.2, "regularization.activity_l1": 0.02},
    "clipped": {"training.sam": 0.5, "training.clip_norm": 0.2},
    "penalized": {"training.sam": 0.2, "regularization.l2": 0.5, "regularization.activity_l2": 0.05},
    "all": {
        "training.sam": 0.4, "training.clip_norm": 0.6, "regularization.l2": 0.1, "regularization.activity_l1": 0.01,
        "regularization.activity_l2": 0.02,
    },
}  # fmt: skip


def combined_gradient(layout: Layout, theta_P: Tensor, x_BI: Tensor, y_B: Tensor, arm: Settings) -> Tensor:
    """What a lane steps along before it is clipped.

    The gradient of the loss with the activity penalty, at the neighbour that this same gradient leads up to; and that
    of l2 at the weights themselves, where torch's optimizers add their `weight_decay` with SAM around them.
    """
    rho, l1, l2 = (arm.get(key, 0.0) for key in ("training.sam", *(f"regularization.activity_l{n}" for n in (1, 2))))

    def loss(network: nn.Sequential) -> Tensor:
        hidden = hidden_outputs(network, x_BI)
        sizes, squares = torch.stack([h.abs().sum() for h in hidden]), torch.stack([(h**2).sum() for h in hidden])
        return F.cross_entropy(network(x_BI), y_B) + (l1 * sizes.sum() + l2 * squares.sum()) / len(x_BI)

    def penalty(network: nn.Sequential) -> Tensor:
        squares = torch.stack([(W**2).sum() for W in weight_matrices(network)])
        return 0.5 * arm.get("regularization.l2", 0.0) * squares.sum()

    grad_P = gradient_of(layout, theta_P, loss)
    if rho:
        grad_P = gradient_of(layout, theta_P + rho * grad_P / grad_P.norm(), loss)
    return grad_P + gradient_of(layout, theta_P, penalty)


def test_clipping_l2_and_the_activity_penalty_have_their_places_in_the_literal_step_of_every_lane() -> None:
    lab = lab_of({"training.seeds": [0, 3], "training.epochs": 9}, COMBINED)
    (stack,) = lab.stacks
    start = {lane: weights_of(lab, *lane) for lane in stack.lanes}
    events = {(event.arm, event.seed): event for event in [only(lab.run_epoch(), Epoch) for _ in range(4)][-1]}
    for (arm, seed), theta_P in start.items():
        clip, norm = COMBINED[arm].get("training.clip_norm", 0.0), torch.zeros(())
        clipped = 0
        for x_BI, y_B in batches(task_of([0, 3]), seed, 16, 4, (0, 3).index(seed)):
            grad_P = combined_gradient(stack.layout, theta_P, x_BI, y_B, COMBINED[arm])
            norm = grad_P.norm()
            if clip:
                grad_P = grad_P * min(1.0, clip / (norm.item() + 1e-6))
                clipped += norm.item() > clip
            theta_P = theta_P - 0.1 * grad_P
        assert bool(clipped) == bool(clip)
        torch.testing.assert_close(weights_of(lab, arm, seed), theta_P, rtol=0, atol=1e-10)
        assert events[arm, seed].grad_norm == pytest.approx(norm.item(), rel=1e-9)


def test_both_passes_of_a_step_meet_the_same_noise_and_the_next_step_meets_other_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Tensor] = []
    from engine.stack.dense_gradient import gaussian_factor, kept_share
    from engine.stack.perturbed_weights import add_weight_noise

    def spy(bits: Tensor, *rest: object, out: Tensor) -> Tensor:
        seen.append(bits.double().clone())
        return kept_share(bits, *rest, out=out)  # type: ignore[arg-type]

    def gaussian_spy(noise: Tensor, std: Tensor) -> Tensor:
        seen.append(noise.clone())
        return gaussian_factor(noise, std)

    def weight_spy(W_LP: Tensor, noise: Tensor, s_L: Tensor) -> None:
        seen.append(noise.clone())
        add_weight_noise(W_LP, noise, s_L)

    monkeypatch.setattr("engine.stack.dense_gradient.kept_share", spy)
    monkeypatch.setattr("engine.stack.dense_gradient.gaussian_factor", gaussian_spy)
    monkeypatch.setattr("engine.stack.perturbed_weights.add_weight_noise", weight_spy)
    noises = {f"regularization.{name}": 0.3 for name in ("dropout", "gaussian_dropout", "weight_noise")}
    lab = lab_of({"model.hidden": [6], "training.batch_size": 20, "training.sam": 0.1, **noises})
    lab.run_epoch()
    assert len(seen) == 3 * 2 * 2
    for first, second, later in zip(seen[:3], seen[3:6], seen[6:9], strict=True):
        assert torch.equal(first, second)
        assert not torch.equal(first, later)


def test_the_way_up_has_the_length_rho_and_is_none_where_sam_is_off_or_the_gradient_is_0() -> None:
    grad_LP = torch.randn(4, 20, dtype=torch.float64)
    grad_LP[2], grad_LP[3, 0] = 0, torch.inf
    up_LP = ascent(grad_LP, torch.tensor([0.3, 2.0, 0.5, 0.0], dtype=torch.float64))
    torch.testing.assert_close(up_LP.norm(dim=1), torch.tensor([0.3, 2.0, 0.0, 0.0], dtype=torch.float64))
    assert up_LP.isfinite().all()


def test_only_the_first_pass_of_a_step_moves_running_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.stack.forward_pass import ForwardPass

    moves: list[bool] = []

    def spy(*args: Any, moves_statistics: bool, **more: Any) -> ForwardPass:
        forward = ForwardPass(*args, moves_statistics=moves_statistics, **more)
        if forward.training:
            moves.append(moves_statistics)
        return forward

    monkeypatch.setattr("engine.stack.trainer.ForwardPass", spy)
    lab_of({"training.sam": 0.1}).run_epoch()
    assert moves == [True, False] * 3


def test_a_lane_without_sam_keeps_its_gradient_whatever_the_second_pass_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    arms: dict[str, Settings] = {"off": {}, "on": {"training.sam": 0.1}}
    plain, moved = lab_of({}, arms), lab_of({}, arms)
    list(plain.run())
    monkeypatch.setattr("engine.stack.trainer.ascent", lambda grad_LP, rho_L: torch.full_like(grad_LP, 0.3))
    list(moved.run())
    assert torch.equal(weights_of(plain, "off"), weights_of(moved, "off"))
    assert not torch.equal(weights_of(plain, "on"), weights_of(moved, "on"))
