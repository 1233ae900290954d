"""What is minimized and what is measured: a loss for training, a loss and an accuracy for the honest numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.regularizers.label_smoothing import smoothed_cross_entropy


@dataclass(frozen=True, slots=True)
class Targets:
    """What a batch is to be told: y_LB, and where examples are mixed the other half's y and the share of the first.

    `share_L` is each lane's lambda: 1 where a lane does not mix.
    """

    y_LB: Tensor
    other_LB: Tensor | None = None
    share_L: Tensor | None = None


class Objective(Protocol):
    """The loss of a task. Both functions reduce nothing over lanes."""

    def loss(self, outputs_LBC: Tensor, targets: Targets, smoothing_L: Tensor) -> Tensor:
        """The training loss of each lane, the mean over its batch, [L]."""
        ...

    def measure(self, outputs_LNC: Tensor, y_LN: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and accuracy of every example, each [L, N]."""
        ...


class CrossEntropy:
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

    def measure(self, outputs_LNC: Tensor, y_LN: Tensor) -> tuple[Tensor, Tensor]:
        nll_LN = F.cross_entropy(outputs_LNC.flatten(0, 1), y_LN.flatten(), reduction="none").view(y_LN.shape)
        return nll_LN, outputs_LNC.argmax(dim=2) == y_LN
