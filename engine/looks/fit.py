"""A lane's output along its one input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.looks.examples import examples
from engine.looks.registry import look

if TYPE_CHECKING:
    from engine.lab import Lab

COUNT, POINTS = 200, 200


@dataclass(frozen=True, slots=True)
class Fit:
    """The lane's curve, and the examples: (x, y, part), the parts as for a surface."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    points: tuple[tuple[float, float, str], ...]


@look("fit", Fit)
def fit(lab: Lab, arm: str, seed: int) -> Fit | None:
    """The lane's curve over its one input, or None where it has several inputs or classifies."""
    import torch

    stack, lane = lab.lane(arm, seed)
    task, group = stack.task, stack.group(lane)
    if task.features != 1 or task.kind != "regression":
        return None
    train_x = task.train_x_SNI[group]
    low, high = train_x.min().item(), train_x.max().item()
    xs = torch.linspace(low, high, COUNT, dtype=train_x.dtype, device=train_x.device)
    ys = stack.outputs(xs.view(1, -1, 1))[lane, :, 0]
    shown = tuple((x, y, part) for part, (x,), y in examples(task, group, POINTS, lab.finished))
    return Fit(tuple(xs.tolist()), tuple(ys.tolist()), shown)
