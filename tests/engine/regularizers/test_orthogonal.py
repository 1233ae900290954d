"""The orthogonal penalty is Keras' OrthogonalRegularizer, its gradient autograd's of the literal formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.events import Epoch
from engine.regularizers.orthogonal import add_orthogonal_gradient, orthogonal_penalty
from tests.engine.reference import batches, gradient_of, layers_of, weight_matrices
from tests.engine.small import Settings, lab_of, only, task_of, weights_of

STRENGTHS = [0.0, 0.01, 3.0]


def keras(W_IO: np.ndarray, factor: float) -> float:
    """keras.regularizers.OrthogonalRegularizer(factor, mode="rows"), written out in NumPy."""
    rows = W_IO / np.maximum(np.linalg.norm(W_IO, axis=1, keepdims=True), 1e-7)
    product = rows @ rows.T
    size = W_IO.shape[0]
    product_no_diagonal = product * (1.0 - np.eye(size))
    num_pairs = size * (size - 1.0) / 2.0
    return float(factor * 0.5 * np.sum(np.abs(product_no_diagonal)) / num_pairs)


def literal(W_IO: Tensor, factor: float) -> Tensor:
    rows = W_IO / W_IO.norm(dim=1, keepdim=True).clamp(min=1e-7)
    product = rows @ rows.T
    return factor * 0.5 * (product - torch.diag(product.diag())).abs().sum() / (len(W_IO) * (len(W_IO) - 1) / 2)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (2, 1)])
def test_value_and_gradient_of_every_lane(shape: tuple[int, int]) -> None:
    W_LIO = torch.randn(3, *shape, dtype=torch.float64)
    W_LIO[1, 0] *= 1e-9  # shorter than epsilon
    c_L = torch.tensor(STRENGTHS, dtype=torch.float64)
    start_LIO = torch.randn_like(W_LIO)
    grad_LIO = start_LIO.clone()
    add_orthogonal_gradient(grad_LIO, W_LIO, c_L)
    for lane, factor in enumerate(STRENGTHS):
        W_IO = W_LIO[lane].clone().requires_grad_()
        penalty = literal(W_IO, factor)
        (expected,) = torch.autograd.grad(penalty, W_IO)
        added = grad_LIO[lane] - start_LIO[lane]
        torch.testing.assert_close(added, expected, rtol=1e-9, atol=1e-9 * max(1.0, expected.abs().max().item()))
        assert orthogonal_penalty(W_LIO, c_L)[lane].item() == pytest.approx(keras(W_LIO[lane].numpy(), factor))
    assert torch.equal(grad_LIO[0], start_LIO[0])


def test_training_every_lane_is_training_with_the_literal_formula_in_the_loss() -> None:
    arms: dict[str, Settings] = {
        "off": {},
        "weak": {"regularization.orthogonal": 0.05},
        "strong": {"regularization.orthogonal": 2.0, "training.lr": 0.03},
        "with l2": {"regularization.orthogonal": 0.5, "regularization.l2": 0.1},
    }
    lab = lab_of({"training.seeds": [0, 3]}, arms)
    (stack,) = lab.stacks
    start = {lane: weights_of(lab, *lane) for lane in stack.lanes}
    for _ in range(4):
        lab.run_epoch()
    for (arm, seed), theta_P in start.items():
        settings, row = arms[arm], [0, 3].index(seed)
        orthogonal, l2 = (settings.get(f"regularization.{name}", 0.0) for name in ("orthogonal", "l2"))
        for x_BI, y_B in batches(task_of([0, 3]), seed, 16, 4, row):

            def loss(
                network: nn.Sequential, x: Tensor = x_BI, y: Tensor = y_B, c: float = orthogonal, l2: float = l2
            ) -> Tensor:
                # torch holds a matrix as (out, in), Keras as (in, out).
                added = [literal(W_OI.T, c) + 0.5 * l2 * (W_OI**2).sum() for W_OI in weight_matrices(network)]
                return F.cross_entropy(network(x), y) + torch.stack(added).sum()

            theta_P = theta_P - settings.get("training.lr", 0.1) * gradient_of(stack.layout, theta_P, loss)
        torch.testing.assert_close(weights_of(lab, arm, seed), theta_P, rtol=0, atol=1e-12)


def test_rows_of_zeros_and_a_single_row_cost_nothing_and_do_no_harm() -> None:
    for W_LIO in (torch.zeros(1, 3, 2), torch.ones(1, 1, 5)):
        grad_LIO = torch.zeros_like(W_LIO)
        add_orthogonal_gradient(grad_LIO, W_LIO, torch.ones(1))
        assert not grad_LIO.any()
        assert orthogonal_penalty(W_LIO, torch.ones(1)).item() == 0


def test_the_series_sums_over_the_weight_matrices_and_training_brings_it_down() -> None:
    arms = {"off": {}, "on": {"regularization.orthogonal": 5.0}}
    lab = lab_of({"training.epochs": 20, "early_stopping.restore_best": False}, arms)
    events = [only(lab.run_epoch(), Epoch) for _ in range(20)]
    layers = layers_of(lab._stacks[0].layout)

    def expected(arm: str) -> float:
        theta_LP = weights_of(lab, arm).unsqueeze(0)
        return sum(keras(layer.weight(theta_LP)[0].numpy(), 5.0) for layer in layers)

    off, on = events[-1]
    assert off.penalty == {"orthogonal": 0.0}
    assert on.penalty["orthogonal"] == pytest.approx(expected("on"), rel=1e-10)
    assert on.penalty["orthogonal"] < 0.8 * expected("off")
