"""Clipping is torch.nn.utils.clip_grad_norm_ on each lane alone, penalties included."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from engine.events import Epoch
from engine.regularizers.gradient_clipping import clip_gradients
from tests.engine.reference import batches, network_of, parameters_of, weight_matrices
from tests.engine.small import Settings, lab_of, only, task_of, weights_of


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_training_is_torchs_with_clip_grad_norm_before_the_step(optimizer: str) -> None:
    arms: dict[str, Settings] = {
        "off": {"regularization.l2": 0.5},
        "tight": {"training.clip_norm": 0.05},
        "with l2": {"training.clip_norm": 0.3, "regularization.l2": 0.5},
        "loose": {"training.clip_norm": 1e5},
    }
    lab = lab_of({"training.optimizer": optimizer, "training.epochs": 9}, arms)
    assert len(lab._stacks) == 1
    layout, start = lab._stacks[0].layout, {arm: weights_of(lab, arm) for arm in arms}
    events = {event.arm: event for event in [only(lab.run_epoch(), Epoch) for _ in range(5)][-1]}
    for arm, settings in arms.items():
        network = network_of(layout, start[arm])
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer]
        rule = kind(network.parameters(), lr=0.1)
        limit, norm = settings.get("training.clip_norm", 0.0), torch.zeros(())
        for x_BI, y_B in batches(task_of(), 0, 16, 5):
            rule.zero_grad()
            l2 = settings.get("regularization.l2", 0.0)
            penalty = 0.5 * l2 * torch.stack([W.square().sum() for W in weight_matrices(network)]).sum()
            (F.cross_entropy(network(x_BI), y_B) + penalty).backward()
            norm = nn.utils.clip_grad_norm_(network.parameters(), limit or torch.inf)
            rule.step()
        torch.testing.assert_close(weights_of(lab, arm), parameters_of(network), rtol=0, atol=1e-9)
        assert events[arm].grad_norm == pytest.approx(norm.item(), rel=1e-6)


def test_a_lane_without_clipping_keeps_its_gradient_bit_for_bit_also_where_it_is_not_finite() -> None:
    grad_LP = torch.randn(4, 30)
    grad_LP[2, 3], grad_LP[3, 5] = torch.inf, torch.nan
    before = grad_LP.clone()
    norm_L = clip_gradients(grad_LP, torch.tensor([0.0, 0.5, 0.0, 0.0]))
    assert torch.equal(grad_LP[[0, 2]], before[[0, 2]])
    assert torch.equal(grad_LP[3].nan_to_num(7), before[3].nan_to_num(7))
    assert grad_LP[1].norm().item() == pytest.approx(0.5, rel=1e-5)
    assert norm_L[1].item() == pytest.approx(before[1].norm().item())
