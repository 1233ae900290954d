"""Modules that act on a hidden layer's outputs in training, every arm of a seed by the same draw.

`ON_ACTIVATIONS` is the one place where the network names them: a technique of that kind is its formula in
`engine.regularizers`, its setting in `engine.preset.regularization`, and a module that calls the formula, listed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from engine.regularizers.dropout import dropout, dropout_evaluation
from engine.regularizers.gaussian_dropout import gaussian_dropout
from engine.regularizers.spatial_dropout import spatial_dropout
from engine.stack.forward_pass import ForwardPass
from engine.stack.modules.module import Module


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the network such a module stands: after the activation of the hidden layer `name`.

    Attributes
    ----------
    shape : of one example's outputs: (units,), or (height, width, channels).
    first_unit : its place in dropout's draw, which the network shares.
    drops : whether dropout and Gaussian dropout act on this layer (`dropout_layers`).
    inverted : dropout's style.
    """

    name: str
    shape: tuple[int, ...]
    first_unit: int
    drops: bool
    inverted: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """Dropout of a hidden layer's units; `first_unit` is its place in the draw that the network shares."""

    first_unit: int
    inverted: bool

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        settings = forward.settings
        if not settings.any("regularization.dropout"):
            return h
        if not forward.training:
            if self.inverted:
                return h
            # In place, unless someone looks at the activations as they were.
            return dropout_evaluation(h if forward.taps is None else h.clone(), settings["regularization.dropout"])
        h_SABU = forward.per_arm(h).flatten(3)
        bits_SBU = forward.dropout_bits(self.first_unit, h_SABU.shape[3], h_SABU.shape[2])
        p = forward.threshold("regularization.dropout")
        return dropout(h_SABU, bits_SBU, p, self.inverted).view(h.shape)


@dataclass(frozen=True, slots=True)
class GaussianDrop:
    """Gaussian dropout of the units of the hidden layer `name`, which has a draw of its own."""

    name: str

    @property
    def stream(self) -> str:
        """The stream of its draws."""
        return f"gaussian_dropout {self.name}"

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        if not forward.training or not forward.settings.any("regularization.gaussian_dropout"):
            return h
        h_SABU = forward.per_arm(h).flatten(3)
        noise_SBU = forward.normal(self.stream, *h_SABU.shape[2:])
        return gaussian_dropout(h_SABU, noise_SBU, forward.settings["regularization.gaussian_dropout"]).view(h.shape)


@dataclass(frozen=True, slots=True)
class DropChannels:
    """Spatial dropout of a convolutional layer's channels; `stream` names its draws."""

    stream: str

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        if not forward.training or not forward.settings.any("regularization.spatial_dropout"):
            return h
        bits_SBC = forward.bits(self.stream, h.shape[1], h.shape[-1])
        p = forward.threshold("regularization.spatial_dropout")
        return spatial_dropout(forward.per_arm(h), bits_SBC, p).view(h.shape)


# In the order in which they act. Each gives a module for a place, or None where it does not apply.
ON_ACTIVATIONS: list[Callable[[Place], Module | None]] = [
    lambda place: Drop(place.first_unit, place.inverted) if place.drops else None,
    lambda place: GaussianDrop(place.name) if place.drops else None,
    lambda place: DropChannels(f"spatial_dropout {place.name}") if len(place.shape) > 1 else None,
]


def on_activations(place: Place) -> list[Module]:
    """The modules that act on a hidden layer's outputs, in their order."""
    return [module for make in ON_ACTIVATIONS if (module := make(place)) is not None]
