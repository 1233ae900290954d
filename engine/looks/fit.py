"""A lane's output along its one input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.looks.examples import examples
from engine.looks.registry import look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Inputs
    from engine.lab import Lab

COUNT, POINTS = 200, 200


@dataclass(frozen=True, slots=True)
class Fit:
    """The lane's curve, and the examples: (x, y, part), the parts as for a surface."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    points: tuple[tuple[float, float, str], ...]


def _along_a_line(inputs: Inputs, layers: Sequence[str]) -> bool:
    return inputs.features == 1 and inputs.task == "regression"


@look("fit", Fit, of_weights=True, needs="one input and a numeric target", fits=_along_a_line)
def fit(lab: Lab, arm: str, seed: int) -> Fit:
    """The lane's curve over its one input."""
    import torch

    stack, lane = lab.lane(arm, seed)
    task, group = stack.task, stack.group(lane)
    train_x = task.train_x_SNI[group]
    low, high = train_x.min().item(), train_x.max().item()
    xs = torch.linspace(low, high, COUNT, dtype=train_x.dtype, device=train_x.device)
    ys = stack.outputs(xs.view(1, -1, 1))[lane, :, 0]
    shown = tuple((x, y, part) for part, (x,), y in examples(task, group, POINTS, lab.finished))
    return Fit(tuple(xs.tolist()), tuple(ys.tolist()), shown)
