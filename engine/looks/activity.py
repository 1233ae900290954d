"""The outputs of every hidden layer on some training examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.looks.registry import look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from engine.events import Inputs
    from engine.lab import Lab

EXAMPLES = 256
BINS = 24


@dataclass(frozen=True, slots=True)
class LayerActivity:
    """The outputs of one hidden layer on some training examples, in evaluation mode.

    `counts` are of `low` to `high` in equal bins. `dead` is the share of units that give 0 for every example (relu);
    `saturated` the share of outputs within 1 % of the activation's ends (tanh, sigmoid).
    """

    layer: str
    low: float
    high: float
    counts: tuple[int, ...]
    mean: float
    std: float
    dead: float
    saturated: float


def _has_hidden_layers(inputs: Inputs, layers: Sequence[str]) -> bool:
    return len(layers) > 1


@look("activity", tuple[LayerActivity, ...], of_weights=True, needs="a hidden layer", fits=_has_hidden_layers)
def activity(lab: Lab, arm: str, seed: int) -> tuple[LayerActivity, ...]:
    """Of each hidden layer, in order."""
    stack, lane = lab.lane(arm, seed)
    group = stack.group(lane)
    taps: list[tuple[str, Tensor]] = []
    stack.outputs(stack.task.train_x_SNI[group : group + 1, :EXAMPLES].expand(1, -1, -1), taps)
    kind = stack.arms[0].settings.model.activation
    return tuple(_of_layer(layer, h_LB[lane].float().flatten(1), kind) for layer, h_LB in taps)


def _of_layer(layer: str, h_BU: Tensor, kind: str) -> LayerActivity:
    low, high = h_BU.min().item(), h_BU.max().item()
    finite = low > float("-inf") and high < float("inf")
    counts = h_BU.cpu().histc(BINS, low, max(high, low + 1e-6)).tolist() if finite else [0.0] * BINS
    ends = {"tanh": (-0.99, 0.99), "sigmoid": (0.01, 0.99)}.get(kind)
    return LayerActivity(
        layer=layer,
        low=low,
        high=high,
        counts=tuple(int(count) for count in counts),
        mean=h_BU.mean().item(),
        std=h_BU.std().item(),
        dead=(h_BU == 0).all(dim=0).float().mean().item() if kind == "relu" else 0.0,
        saturated=((h_BU < ends[0]) | (h_BU > ends[1])).float().mean().item() if ends else 0.0,
    )
