"""The weights at which a gradient is taken where they are not the true ones: weight noise, and the ascent of SAM."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.regularizers.weight_noise import add_weight_noise
from engine.stack.layout import Layout
from engine.stack.randomness import Streams
from engine.stack.settings import LaneSettings

_NOISE = "regularization.weight_noise"


class PerturbedWeights:
    """The parameters of all lanes at which the next gradient is taken: the true ones where nothing perturbs them.

    Parameters
    ----------
    theta_LP : the true parameters.
    leaves : what autograd sees of them, in the order of the layout's slots.
    """

    def __init__(
        self, layout: Layout, theta_LP: Tensor, leaves: Sequence[Tensor], settings: LaneSettings, streams: Streams
    ) -> None:
        self._layout, self._theta_LP, self._true = layout, theta_LP, leaves
        self._settings, self._streams = settings, streams
        self._perturbed_LP: Tensor | None = None
        self._leaves: list[Tensor] = []

    @torch.no_grad()
    def leaves(self, step: int, up_LP: Tensor | None = None) -> Sequence[Tensor]:
        """The leaves to differentiate by in this step, `up_LP` away from the true parameters where it is given.

        Weight noise is a function of the step: asked twice in one step it is the same.
        """
        noisy = self._settings.any(_NOISE)
        if up_LP is None and not noisy:
            return self._true
        if self._perturbed_LP is None:
            self._perturbed_LP = torch.empty_like(self._theta_LP)
            self._leaves = [slot.of(self._perturbed_LP).detach().requires_grad_() for slot in self._layout.slots]
        self._perturbed_LP.copy_(self._theta_LP)
        if up_LP is not None:
            self._perturbed_LP.add_(up_LP)
        if noisy:
            weights = self._layout.weights
            noise_SP = self._streams.normal("weight_noise", step, weights, dtype=self._perturbed_LP.dtype)
            add_weight_noise(self._perturbed_LP[:, :weights], noise_SP, self._settings[_NOISE])
        return self._leaves
