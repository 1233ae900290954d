"""A lane's predicted classes over the plane of its two inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.looks.examples import examples
from engine.looks.registry import look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Inputs
    from engine.lab import Lab

# The grid in cells: drawn in half-blocks, two to a line.
COLUMNS, ROWS, POINTS = 96, 48, 100


@dataclass(frozen=True, slots=True)
class Surface:
    """The class of each cell, rows from the top, and the probability that the lane gives it.

    `points` are (x, y, class, part) with part "train" and "validation", once the run has ended "train" and "test"
    (which is not looked at before), in the scale in which the network sees them.
    """

    left: float
    right: float
    bottom: float
    top: float
    classes: tuple[tuple[int, ...], ...]
    confidence: tuple[tuple[float, ...], ...]
    points: tuple[tuple[float, float, int, str], ...]


def _in_the_plane(inputs: Inputs, layers: Sequence[str]) -> bool:
    return inputs.features == 2 and inputs.task != "regression"


@look("surface", Surface, of_weights=True, needs="two inputs and classes", fits=_in_the_plane)
def surface(lab: Lab, arm: str, seed: int) -> Surface:
    """The lane's classes over the plane."""
    import torch

    stack, lane = lab.lane(arm, seed)
    task, group = stack.task, stack.group(lane)
    both = torch.cat([task.train_x_SNI[group], task.val_x_SNI[group]])
    low, high = both.min(dim=0).values, both.max(dim=0).values
    margin = 0.08 * (high - low).clamp(min=1e-6)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    xs = torch.linspace(left, right, COLUMNS, dtype=both.dtype, device=both.device)
    ys = torch.linspace(top, bottom, ROWS, dtype=both.dtype, device=both.device)
    grid_NI = torch.stack([xs.repeat(ROWS), ys.repeat_interleave(COLUMNS)], dim=1)
    outputs_NC = stack.outputs(grid_NI.unsqueeze(0))[lane]
    if outputs_NC.shape[1] == 1:
        p_N = outputs_NC[:, 0].sigmoid()
        classes, confidence = (p_N > 0.5).long(), torch.maximum(p_N, 1 - p_N)
    else:
        confidence, classes = outputs_NC.softmax(dim=1).max(dim=1)
    return Surface(
        left, right, bottom, top,
        tuple(tuple(row) for row in classes.view(ROWS, COLUMNS).tolist()),
        tuple(tuple(row) for row in confidence.view(ROWS, COLUMNS).tolist()),
        tuple((x, y, int(label), part) for part, (x, y), label in examples(task, group, POINTS, lab.finished)),
    )  # fmt: skip
