"""Label smoothing is torch's, in the training loss only."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.events import Epoch
from engine.regularizers.label_smoothing import smoothed_cross_entropy
from tests.engine.reference import batches, network_of, parameters_of, train
from tests.engine.small import lab_of, only, task_of, weights_of

E_L = [0.0, 0.1, 0.5, 0.99]


def test_loss_and_gradient_are_torchs() -> None:
    logits = (3 * torch.randn(4, 20, 7, dtype=torch.float64)).requires_grad_()
    y_LB = torch.randint(7, (4, 20))
    loss = smoothed_cross_entropy(logits.log_softmax(dim=2), y_LB, torch.tensor(E_L, dtype=torch.float64))
    (gradient,) = torch.autograd.grad(loss.sum(), logits)
    for lane, e in enumerate(E_L):
        expected = F.cross_entropy(logits[lane], y_LB[lane], label_smoothing=e)
        (wanted,) = torch.autograd.grad(expected, logits)
        torch.testing.assert_close(loss[lane], expected, rtol=1e-12, atol=0)
        torch.testing.assert_close(gradient[lane], wanted[lane], rtol=0, atol=1e-14)


def test_training_with_smoothing_is_training_on_torchs_smoothed_loss() -> None:
    lab = lab_of({"training.epochs": 9}, {str(e): {"regularization.label_smoothing": e} for e in E_L})
    layout, references = lab._stacks[0].layout, {}
    for e in E_L:
        network = network_of(layout, weights_of(lab, str(e)))
        train(network, torch.optim.SGD(network.parameters(), lr=0.1), batches(task_of(), 0, 16, 8), smoothing=e)
        references[str(e)] = network
    events = [event for _ in range(8) for event in only(lab.run_epoch(), Epoch)][-len(E_L) :]
    task = task_of()
    for event, (arm, network) in zip(events, references.items(), strict=True):
        torch.testing.assert_close(weights_of(lab, arm), parameters_of(network), rtol=0, atol=1e-12)
        unsmoothed = F.cross_entropy(network(task.train_x_SNI[0]), task.train_y_SN[0])
        assert event.train_loss == pytest.approx(unsmoothed.item(), rel=1e-10)


def test_a_lane_without_smoothing_never_meets_the_other_classes() -> None:
    log_p = torch.tensor([[[0.0, -torch.inf]], [[-0.7, -0.7]]])
    loss = smoothed_cross_entropy(log_p, torch.tensor([[0], [0]]), torch.tensor([0.0, 0.1]))
    assert loss[0] == 0.0
    assert loss.isfinite().all()
