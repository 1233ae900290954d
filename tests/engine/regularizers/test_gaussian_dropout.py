"""Gaussian dropout: `h * N(1, sqrt(p / (1 - p)))` in training, nothing in evaluation."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.events import Epoch
from engine.regularizers.gaussian_dropout import gaussian_dropout
from engine.stack.randomness import Streams
from tests.engine.reference import batches, gradient_of, network_of
from tests.engine.small import CPU, Settings, lab_of, only, task_of, weights_of


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_factor_has_mean_1_and_dropouts_variance(p: float) -> None:
    noise_SBU = Streams([0], CPU).normal("gaussian_dropout", 1, 500, 400, dtype=torch.float64)
    factor = gaussian_dropout(torch.ones(1, 1, 500, 400, dtype=torch.float64), noise_SBU, torch.tensor([p]).double())
    variance = p / (1 - p)
    assert abs(factor.mean().item() - 1) < 4 * (variance / factor.numel()) ** 0.5
    assert factor.var().item() == pytest.approx(variance, rel=4 * (2 / factor.numel()) ** 0.5)
    assert ((factor - 1) / variance**0.5).pow(4).mean().item() == pytest.approx(3, abs=0.1)


def test_arms_of_a_seed_scale_one_draw_and_p_0_is_bit_identical() -> None:
    h_SABU = torch.randn(2, 3, 20, 10)
    noise_SBU = Streams([0, 1], CPU).normal("gaussian_dropout", 1, 20, 10, dtype=torch.float32)
    result = gaussian_dropout(h_SABU, noise_SBU, torch.tensor([0.0, 0.2, 0.5] * 2))
    assert torch.equal(result[:, 0], h_SABU[:, 0])
    weak, strong = (result[:, arm] / h_SABU[:, arm] - 1 for arm in (1, 2))
    torch.testing.assert_close(strong, weak * 2, rtol=1e-3, atol=1e-4)  # sqrt(1) beside sqrt(1/4)
    assert not torch.allclose(strong[0], strong[1])


def test_training_is_the_literal_formula_after_each_activation_and_evaluation_is_untouched() -> None:
    arms: dict[str, Settings] = {str(p): {"regularization.gaussian_dropout": p} for p in (0.0, 0.1, 0.6)}
    lab = lab_of({"training.batch_size": 16}, arms)
    layout, task = lab._stacks[0].layout, task_of()
    start = {arm: weights_of(lab, arm) for arm in arms}
    events = [lab.run_epoch() for _ in range(3)][-1]
    for event in only(events, Epoch):
        p, theta_P = float(event.arm), start[event.arm]
        for step, (x_BI, y_B) in enumerate(batches(task, 0, 16, 3), start=1):

            def loss(network: nn.Sequential, x: Tensor = x_BI, y: Tensor = y_B, p: float = p, t: int = step) -> Tensor:
                h, number, streams = x, 0, Streams([0], CPU)
                for part in network:
                    h = part(h)
                    if isinstance(part, nn.ReLU):
                        number += 1
                        name = f"gaussian_dropout hidden {number}"
                        h = h * (1 + (p / (1 - p)) ** 0.5 * streams.normal(name, t, *h.shape, dtype=h.dtype)[0])
                return F.cross_entropy(h, y)

            theta_P = theta_P - 0.1 * gradient_of(layout, theta_P, loss)
        torch.testing.assert_close(weights_of(lab, event.arm), theta_P, rtol=0, atol=1e-12)
        logits = network_of(layout, theta_P)(task.val_x_SNI[0])
        assert event.val_loss == pytest.approx(F.cross_entropy(logits, task.val_y_SN[0]).item(), rel=1e-10)
