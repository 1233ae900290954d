"""The weights of every layer, and how far the last step moved them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.looks.registry import look

if TYPE_CHECKING:
    from engine.lab import Lab

# A weight nearer to zero than this does next to nothing.
NEAR_ZERO = 1e-3


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """One layer's weights: their norm, the last step's change against it, and the share of weights near zero.

    `update_ratio` is NaN before a watched step, and once the lane has stopped.
    """

    layer: str
    norm: float
    update_ratio: float
    near_zero: float


@look("weights", tuple[LayerWeights, ...], updates=True, of_weights=True)
def weights(lab: Lab, arm: str, seed: int) -> tuple[LayerWeights, ...]:
    """Of each layer, in order."""
    stack, lane = lab.lane(arm, seed)
    layers = []
    for slot in stack.layout.matrices:
        w_P = stack.theta_LP[lane, slot.columns]
        ratio = float("nan")
        if stack.before_LP is not None and not stack.has_stopped(lane):
            before_P = stack.before_LP[lane, slot.columns]
            ratio = ((w_P - before_P).norm() / before_P.norm().clamp(min=1e-30)).item()
        layers.append(LayerWeights(slot.layer, w_P.norm().item(), ratio, (w_P.abs() < NEAR_ZERO).float().mean().item()))
    return tuple(layers)
