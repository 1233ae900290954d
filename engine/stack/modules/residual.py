"""Residual blocks (He et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.regularizers.drop_path import drop_path
from engine.stack.modules.module import Module
from engine.stack.run import Run


@dataclass(frozen=True, slots=True)
class Residual:
    """`shortcut(h) + branch(h)`, the branch dropped at random per example in training. `stream` names its draws."""

    branch: tuple[Module, ...]
    shortcut: tuple[Module, ...]
    stream: str

    def __call__(self, h: Tensor, run: Run) -> Tensor:
        added, kept = h, h
        for module in self.branch:
            added = module(added, run)
        for module in self.shortcut:
            kept = module(kept, run)
        if run.training and run.settings.any("regularization.drop_path"):
            bits_SB = run.bits(self.stream, h.shape[1])
            added = drop_path(run.per_arm(added), bits_SB, run.threshold("regularization.drop_path")).view(added.shape)
        return kept + added
