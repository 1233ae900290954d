"""Weight noise: the training pass sees `W + s n`, the gradient lands on W, evaluation sees W."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.events import Epoch
from engine.regularizers.weight_noise import add_weight_noise
from engine.stack.randomness import Streams
from tests.engine.reference import batches, gradient_of, network_of
from tests.engine.small import CPU, Settings, lab_of, only, task_of, weights_of

STRENGTHS = [0.0, 0.05, 0.4]


def test_the_step_takes_the_gradient_at_the_noisy_weights_in_every_lane() -> None:
    arms: dict[str, Settings] = {str(s): {"regularization.weight_noise": s} for s in STRENGTHS}
    lab = lab_of({"training.seeds": [0, 3], "regularization.l2": 0.1}, arms)
    layout, task = lab._stacks[0].layout, task_of([0, 3])
    start = {(arm, seed): weights_of(lab, arm, seed) for arm in arms for seed in (0, 3)}
    events = [lab.run_epoch() for _ in range(4)][-1]
    for event in only(events, Epoch):
        row, s, theta_P = [0, 3].index(event.seed), float(event.arm), start[event.arm, event.seed]
        for step, (x_BI, y_B) in enumerate(batches(task, event.seed, 16, 4, row), start=1):
            noise_P = Streams([event.seed], CPU).normal("weight_noise", step, layout.weights, dtype=torch.float64)[0]
            seen_P = theta_P.clone()
            seen_P[: layout.weights] += s * noise_P

            def loss(network: nn.Sequential, x_BI: Tensor = x_BI, y_B: Tensor = y_B) -> Tensor:
                return F.cross_entropy(network(x_BI), y_B)

            grad_P = gradient_of(layout, seen_P, loss)
            grad_P[: layout.weights] += 0.1 * theta_P[: layout.weights]
            theta_P = theta_P - 0.1 * grad_P
        torch.testing.assert_close(weights_of(lab, event.arm, event.seed), theta_P, rtol=0, atol=1e-12)
        logits = network_of(layout, theta_P)(task.val_x_SNI[row])
        assert event.val_loss == pytest.approx(F.cross_entropy(logits, task.val_y_SN[row]).item(), rel=1e-10)


def test_arms_of_a_seed_scale_one_draw() -> None:
    noise_SP = Streams([0, 1], CPU).normal("weight_noise", 1, 50, dtype=torch.float64)
    W_LP = torch.zeros(6, 50, dtype=torch.float64)
    add_weight_noise(W_LP, noise_SP, torch.tensor(STRENGTHS * 2, dtype=torch.float64))
    assert not W_LP[[0, 3]].any()
    torch.testing.assert_close(W_LP[2], W_LP[1] * 8)
    torch.testing.assert_close(W_LP[5], W_LP[4] * 8)
    assert not torch.allclose(W_LP[2], W_LP[5])
