"""What is added to the loss for the sake of the weights: gradients in the step, values after the epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from engine.regularizers.l1 import add_l1_gradient, l1_penalty
from engine.regularizers.l2 import add_l2_gradient, l2_penalty
from engine.stack.layout import Layout
from engine.stack.settings import LaneSettings


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty on some columns of the buffer. `name` is its series, `key` the setting that holds its strength."""

    name: str
    key: str
    columns: tuple[slice, ...]
    value: Callable[[Tensor, Tensor], Tensor]
    add_gradient: Callable[[Tensor, Tensor, Tensor], None]


def penalties_of(layout: Layout) -> tuple[Penalty, ...]:
    """The penalties of a network, each on the columns that it speaks of."""
    weights = (slice(0, layout.weights),)
    return (
        Penalty("l2", "regularization.l2", weights, l2_penalty, add_l2_gradient),
        Penalty("l1", "regularization.l1", weights, l1_penalty, add_l1_gradient),
    )


def add_gradients(penalties: tuple[Penalty, ...], grad_LP: Tensor, theta_LP: Tensor, settings: LaneSettings) -> None:
    """Add every active penalty's gradient to the buffer of gradients."""
    for penalty in penalties:
        if settings.any(penalty.key):
            for columns in penalty.columns:
                penalty.add_gradient(grad_LP[:, columns], theta_LP[:, columns], settings[penalty.key])


def values(penalties: tuple[Penalty, ...], theta_LP: Tensor, settings: LaneSettings) -> dict[str, Tensor]:
    """What each active penalty adds to every lane's loss, [L] by name."""
    told: dict[str, Tensor] = {}
    for penalty in penalties:
        if settings.any(penalty.key):
            parts = [penalty.value(theta_LP[:, columns], settings[penalty.key]) for columns in penalty.columns]
            told[penalty.name] = sum(parts[1:], start=parts[0])
    return told
