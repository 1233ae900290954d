"""Residual blocks (He et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.regularizers.drop_path import drop_path
from engine.stack.forward_pass import ForwardPass
from engine.stack.modules.module import Module


@dataclass(frozen=True, slots=True)
class Residual:
    """`shortcut(h) + branch(h)`, the branch dropped at random per example in training. `stream` names its draws."""

    branch: tuple[Module, ...]
    shortcut: tuple[Module, ...]
    stream: str

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        added, transformed = h, h
        for module in self.branch:
            added = module(added, forward)
        for module in self.shortcut:
            transformed = module(transformed, forward)
        if forward.training and forward.settings.any("regularization.drop_path"):
            bits_SB = forward.bits(self.stream, h.shape[1])
            p = forward.threshold("regularization.drop_path")
            added = drop_path(forward.per_arm(added), bits_SB, p).view(added.shape)
        return transformed + added
