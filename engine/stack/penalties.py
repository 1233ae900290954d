"""What is added to the loss for the sake of weights and activations: in the step, and as values after the epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.preset import Settings
from engine.regularizers.activity import activity_penalty, sum_of_sizes, sum_of_squares
from engine.regularizers.l1 import add_l1_gradient, l1_penalty
from engine.regularizers.l2 import add_l2_gradient, l2_penalty
from engine.regularizers.orthogonal import add_orthogonal_gradient, orthogonal_penalty
from engine.stack.layout import Layout, refuse_missing_layers
from engine.stack.settings import LaneSettings

Taps = list[tuple[str, Tensor]]


@dataclass(frozen=True, slots=True)
class Part:
    """Some columns of the buffer, and the shape in which a penalty sees them."""

    columns: slice
    shape: tuple[int, ...]

    def of(self, buffer_LP: Tensor) -> Tensor:
        """A view of the buffer, [L, *shape]."""
        return buffer_LP[:, self.columns].view(len(buffer_LP), *self.shape)


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty on some parts of the buffer. `name` is its series, `key` the setting that holds its strength."""

    name: str
    key: str
    parts: tuple[Part, ...]
    value: Callable[[Tensor, Tensor], Tensor]
    add_gradient: Callable[[Tensor, Tensor, Tensor], None]


@dataclass(frozen=True, slots=True)
class Activity:
    """A penalty on the outputs of the hidden layers named, or of all of them; `total` sums over a batch, [L]."""

    name: str
    key: str
    layers: frozenset[str] | None
    total: Callable[[Tensor], Tensor]

    def of(self, taps: Taps) -> Tensor | None:
        """The sum over its layers; None where the network has none of them."""
        totals = [self.total(h) for layer, h in taps if self.layers is None or layer in self.layers]
        return sum(totals[1:], start=totals[0]) if totals else None


def penalties_of(layout: Layout, settings: Settings) -> tuple[Penalty, ...]:
    """The penalties of a network, each on the parts that it is about.

    Raises PresetError where a layer is named that the network does not have.
    """
    regularization = settings.regularization
    l2 = _weights(layout, "l2_layers", regularization.l2_layers)
    l1 = _weights(layout, "l1_layers", regularization.l1_layers)
    biases = _flat([slice(layout.weights, layout.weights + layout.biases)])
    # Keras' formula is of matrices: convolutions have none.
    matrices = tuple(Part(slot.columns, slot.shape) for slot in layout.matrices if len(slot.shape) == 2)
    return (
        Penalty("l2", "regularization.l2", l2, l2_penalty, add_l2_gradient),
        Penalty("l1", "regularization.l1", l1, l1_penalty, add_l1_gradient),
        Penalty("bias_l2", "regularization.bias_l2", biases, l2_penalty, add_l2_gradient),
        Penalty("bias_l1", "regularization.bias_l1", biases, l1_penalty, add_l1_gradient),
        Penalty("orthogonal", "regularization.orthogonal", matrices, orthogonal_penalty, add_orthogonal_gradient),
    )


def _weights(layout: Layout, name: str, layers: Sequence[int]) -> tuple[Part, ...]:
    refuse_missing_layers(name, layers, len(layout.layers), "layer", " with weights")
    return _flat(layout.weight_columns(sorted(set(layers))))


def _flat(ranges: Sequence[slice]) -> tuple[Part, ...]:
    return tuple(Part(columns, (columns.stop - columns.start,)) for columns in ranges)


def activities_of(hidden: Sequence[str], settings: Settings) -> tuple[Activity, ...]:
    """The penalties on the activations of the `hidden` layers; they need a pass whose taps are on.

    Raises PresetError where a hidden layer is named that the network does not have.
    """
    chosen = settings.regularization.activity_layers
    refuse_missing_layers("activity_layers", chosen, len(hidden), "hidden layer")
    layers = frozenset(hidden[number - 1] for number in chosen) if chosen else None
    return (
        Activity("activity_l1", "regularization.activity_l1", layers, sum_of_sizes),
        Activity("activity_l2", "regularization.activity_l2", layers, sum_of_squares),
    )


def add_gradients(penalties: tuple[Penalty, ...], grad_LP: Tensor, theta_LP: Tensor, settings: LaneSettings) -> None:
    """Add every active penalty's gradient to the buffer of gradients."""
    for penalty in penalties:
        if settings.any(penalty.key):
            for part in penalty.parts:
                penalty.add_gradient(part.of(grad_LP), part.of(theta_LP), settings[penalty.key])


def values(penalties: tuple[Penalty, ...], theta_LP: Tensor, settings: LaneSettings) -> dict[str, Tensor]:
    """What each active penalty adds to every lane's loss, [L] by name."""
    added: dict[str, Tensor] = {}
    for penalty in penalties:
        if settings.any(penalty.key):
            added[penalty.name] = torch.zeros_like(theta_LP[:, 0])
            for part in penalty.parts:
                added[penalty.name] += penalty.value(part.of(theta_LP), settings[penalty.key])
    return added


class ActivityMeter:
    """What the active ones of some activity penalties add to the loss, over the passes whose taps it was shown."""

    def __init__(self, activities: tuple[Activity, ...], settings: LaneSettings) -> None:
        self._active = [activity for activity in activities if settings.any(activity.key)]
        self._settings = settings
        self._totals: dict[str, Tensor] = {}
        self.taps: Taps | None = [] if self._active else None

    def collect(self, examples: int | None = None) -> None:
        """Take in what a pass has left in the taps, of its first `examples` (None: of all), and empty them."""
        if self.taps is None:
            return
        if examples is not None:
            self.taps[:] = [(layer, h[:, :examples]) for layer, h in self.taps]
        for activity in self._active:
            total_L = activity.of(self.taps)
            if total_L is not None:
                held = self._totals.get(activity.name)
                self._totals[activity.name] = total_L if held is None else held + total_L
        self.taps.clear()

    def values(self, examples: int) -> dict[str, Tensor]:
        """By name, [L], of so many examples seen; 0 where there was no such layer."""
        return {
            activity.name: activity_penalty(
                self._totals.get(activity.name, torch.zeros_like(self._settings[activity.key])),
                examples,
                self._settings[activity.key],
            )
            for activity in self._active
        }
