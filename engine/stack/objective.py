"""What is minimized and what is measured: a loss for training, a loss and an accuracy for evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.regularizers.label_smoothing import smoothed_cross_entropy


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of a batch: y_LB; where examples are mixed also the partner's y, and the share of the first.

    `share_L` is each lane's lambda: 1 where a lane does not mix.
    """

    y_LB: Tensor
    other_LB: Tensor | None = None
    share_L: Tensor | None = None


class Objective(Protocol):
    """The loss of a task. Both functions reduce nothing over lanes. `smoothing_L` is for tasks with classes."""

    def loss(self, outputs_LBC: Tensor, targets: Targets, smoothing_L: Tensor) -> Tensor:
        """The training loss of each lane, the mean over its batch, [L]."""
        ...

    def differentiate(self, outputs_LBC: Tensor, targets: Targets, smoothing_L: Tensor | None) -> tuple[Tensor, Tensor]:
        """The training loss of each lane, [L], and its gradient by the outputs, [L, B, C].

        Without `smoothing_L` no lane smooths its targets.
        """
        ...

    def measure(self, outputs_LNC: Tensor, y_LN: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and accuracy of every example, each [L, N]; accuracy is NaN where a task has none."""
        ...


class _ByAutograd:
    """An objective whose gradient nobody has written out."""

    def loss(self, outputs_LBC: Tensor, targets: Targets, smoothing_L: Tensor) -> Tensor:
        raise NotImplementedError

    def differentiate(self, outputs_LBC: Tensor, targets: Targets, smoothing_L: Tensor | None) -> tuple[Tensor, Tensor]:
        if smoothing_L is None:
            smoothing_L = outputs_LBC.new_zeros(len(outputs_LBC))
        with torch.enable_grad():
            leaf_LBC = outputs_LBC.detach().requires_grad_()
            loss_L = self.loss(leaf_LBC, targets, smoothing_L)
            (gradient_LBC,) = torch.autograd.grad(loss_L.sum(), leaf_LBC)
        return loss_L.detach(), gradient_LBC


class CrossEntropy(_ByAutograd):
    """Classification: mean cross-entropy over the classes."""

    def loss(self, outputs_LBC: Tensor, targets: Targets, smoothing_L: Tensor) -> Tensor:
        log_p_LBC = outputs_LBC.log_softmax(dim=2)
        loss_L = smoothed_cross_entropy(log_p_LBC, targets.y_LB, smoothing_L)
        if targets.other_LB is None or targets.share_L is None:
            return loss_L
        # Cross-entropy is linear in the target: the loss of the mixed targets is the mixed loss.
        other_L = smoothed_cross_entropy(log_p_LBC, targets.other_LB, smoothing_L)
        mixed_L = targets.share_L * loss_L + (1 - targets.share_L) * other_L
        # 0 * inf is NaN: a lane that does not mix must not meet the other targets.
        return torch.where(targets.share_L < 1, mixed_L, loss_L)

    def differentiate(self, outputs_LBC: Tensor, targets: Targets, smoothing_L: Tensor | None) -> tuple[Tensor, Tensor]:
        if smoothing_L is not None or targets.other_LB is not None:
            return super().differentiate(outputs_LBC, targets, smoothing_L)
        # The plain case, written out: with p the softmax, (p - [y = c]) / B.
        log_p_LBC, y_LB1 = outputs_LBC.log_softmax(dim=2), targets.y_LB.unsqueeze(2)
        loss_L = -log_p_LBC.gather(2, y_LB1).squeeze(2).mean(dim=1)
        by_log_p_LBC = torch.zeros_like(log_p_LBC).scatter_(2, y_LB1, -1 / y_LB1.shape[1])
        return loss_L, torch._log_softmax_backward_data(by_log_p_LBC, log_p_LBC, 2, log_p_LBC.dtype)

    def measure(self, outputs_LNC: Tensor, y_LN: Tensor) -> tuple[Tensor, Tensor]:
        nll_LN = F.cross_entropy(outputs_LNC.flatten(0, 1), y_LN.flatten(), reduction="none").view(y_LN.shape)
        return nll_LN, outputs_LNC.argmax(dim=2) == y_LN


class Binary(_ByAutograd):
    """Two classes on one output: mean binary cross-entropy with p = sigmoid(output), right where p > 0.5 as y is.

    For the one parameter of model "bernoulli" this is the negative mean log-likelihood of the tosses,
    `-(k log p + (n - k) log(1 - p)) / n`, least at p = k / n. Smoothed targets are `y (1 - e) + e / 2`.
    """

    def loss(self, outputs_LBC: Tensor, targets: Targets, smoothing_L: Tensor) -> Tensor:
        y_LB = _mixed(targets, outputs_LBC.dtype)
        e_L1 = smoothing_L.unsqueeze(1)
        smooth_LB = y_LB * (1 - e_L1) + e_L1 / 2
        return F.binary_cross_entropy_with_logits(outputs_LBC.squeeze(2), smooth_LB, reduction="none").mean(dim=1)

    def measure(self, outputs_LNC: Tensor, y_LN: Tensor) -> tuple[Tensor, Tensor]:
        outputs_LN = outputs_LNC.squeeze(2)
        loss_LN = F.binary_cross_entropy_with_logits(outputs_LN, y_LN.to(outputs_LN.dtype), reduction="none")
        return loss_LN, (outputs_LN > 0) == (y_LN > 0)


class SquaredError(_ByAutograd):
    """Regression: mean squared error / 2 over the outputs. It has no accuracy, and nothing to smooth."""

    def loss(self, outputs_LBC: Tensor, targets: Targets, smoothing_L: Tensor) -> Tensor:
        y_LB1 = _mixed(targets, outputs_LBC.dtype).unsqueeze(2)
        return 0.5 * (outputs_LBC - y_LB1).square().mean(dim=(1, 2))

    def measure(self, outputs_LNC: Tensor, y_LN: Tensor) -> tuple[Tensor, Tensor]:
        loss_LN = 0.5 * (outputs_LNC - y_LN.unsqueeze(2)).square().mean(dim=2)
        return loss_LN, torch.full_like(loss_LN, torch.nan)


def _mixed(targets: Targets, dtype: torch.dtype) -> Tensor:
    """Targets as numbers, mixed with the other half's where examples are."""
    y_LB = targets.y_LB.to(dtype)
    if targets.other_LB is None or targets.share_L is None:
        return y_LB
    share_L1 = targets.share_L.unsqueeze(1)
    return share_L1 * y_LB + (1 - share_L1) * targets.other_LB.to(dtype)


def objective_of(kind: str) -> Objective:
    """The objective of a task's kind."""
    match kind:
        case "classification":
            return CrossEntropy()
        case "binary":
            return Binary()
        case "regression":
            return SquaredError()
    raise ValueError(f"unknown kind of task {kind!r}")
