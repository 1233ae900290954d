"""Input noise: normal, of the promised size, in training only, one draw for all arms of a seed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.events import Epoch
from engine.regularizers.input_noise import add_input_noise
from engine.stack.stack import Stack
from tests.engine.reference import network_of
from tests.engine.small import lab_of, only, task_of, weights_of


def test_the_noise_is_s_times_the_seeds_draw() -> None:
    x, noise = torch.randn(2, 3, 4, 5), torch.randn(2, 4, 5)
    s_L = torch.tensor([0.0, 0.5, 2.0, 0.0, 1.0, 3.0])
    result = add_input_noise(x, noise, s_L)
    for seed in range(2):
        for arm in range(3):
            torch.testing.assert_close(result[seed, arm], x[seed, arm] + s_L[3 * seed + arm] * noise[seed])
    assert torch.equal(result[:, 0], x[:, 0])


def test_training_sees_normal_noise_of_the_promised_size_and_evaluation_none(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []
    plain = Stack.train_on

    def spy(self: Stack, x_LBI: Tensor, y_LB: Tensor) -> None:
        seen.append(x_LBI.clone())
        plain(self, x_LBI, y_LB)

    monkeypatch.setattr(Stack, "train_on", spy)
    arms = {"0": {}, "0.5": {"regularization.input_noise": 0.5}, "2": {"regularization.input_noise": 2.0}}
    lab = lab_of({"training.epochs": 51}, arms)
    while lab.epoch < 49:
        lab.run_epoch()
    events = only(lab.run_epoch(), Epoch)
    noise = {arm: torch.cat([x[lane] - x[0] for x in seen]).flatten() for lane, arm in enumerate(arms)}
    draw = noise["2"] / 2
    assert abs(draw.mean()) < 4 / draw.numel() ** 0.5
    assert abs(draw.std() - 1) < 4 / (2 * draw.numel()) ** 0.5
    assert abs(draw.pow(4).mean() - 3) < 4 * (96 / draw.numel()) ** 0.5
    torch.testing.assert_close(noise["0.5"], 0.5 * draw, rtol=0, atol=1e-12)
    assert len({tuple(x[2, 0].tolist()) for x in seen}) == len(seen)
    task = task_of()
    for event in events:
        network = network_of(lab._stacks[0].layout, weights_of(lab, event.arm))
        loss = torch.nn.functional.cross_entropy(network(task.val_x_SNI[0]), task.val_y_SN[0])
        assert event.val_loss == pytest.approx(loss.item(), rel=1e-10)
