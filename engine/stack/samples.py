"""Single examples to look at: a lane's next inputs, and its worst mistakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.stack.evaluate import in_chunks, predicted
from engine.stack.objective import Objective, Targets


@dataclass(frozen=True, slots=True)
class Fed:
    """The first inputs of a lane's next batch as its network will see them; all on the CPU.

    Attributes
    ----------
    x : [N, C, H, W] where examples are images, else [N, I].
    y : [N] their targets.
    other, share : where the batch is mixed, [N] what the rest of the target is, and the share of `y` in it; None and 1
        where it is not.
    """

    x: Tensor
    y: Tensor
    other: Tensor | None = None
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Validation examples that a lane takes for another class, the highest loss first; all on the CPU.

    Attributes
    ----------
    x : [N, C, H, W] where examples are images, else [N, I].
    y, predicted : [N] class numbers.
    loss : [N]
    """

    x: Tensor
    y: Tensor
    predicted: Tensor
    loss: Tensor


def fed(x_LBI: Tensor, targets: Targets, lane: int, count: int, shape: tuple[int, ...]) -> Fed:
    """The first `count` examples of one lane's batch."""
    x_NI, y_N = x_LBI[lane, :count].cpu(), targets.y_LB[lane, :count].cpu()
    if targets.other_LB is None or targets.share_L is None or (share := float(targets.share_L[lane])) == 1:
        return Fed(x_NI.view(-1, *shape), y_N)
    return Fed(x_NI.view(-1, *shape), y_N, targets.other_LB[lane, :count].cpu(), share)


@torch.no_grad()
def mistakes(
    objective: Objective,
    forward: Callable[[Tensor], Tensor],
    x_GNI: Tensor,
    y_GN: Tensor,
    lanes: int,
    widest: int,
    *,
    lane: int,
    count: int,
    shape: tuple[int, ...],
) -> Mistakes:
    """The `count` worst mistakes of one lane, fewer where it makes fewer; the first parameters are `evaluate`'s."""
    losses, classes = [], []
    for outputs_LNC, y_LN in in_chunks(forward, x_GNI, y_GN, lanes, widest):
        losses.append(objective.measure(outputs_LNC, y_LN)[0][lane])
        classes.append(predicted(outputs_LNC)[lane])
    loss_N, predicted_N = torch.cat(losses), torch.cat(classes)
    group = lane * y_GN.shape[0] // lanes
    x_NI, y_N = x_GNI[group], y_GN[group]
    wrong_M = (predicted_N != y_N).nonzero().flatten()
    # A loss of NaN is worse than any number, and torch sorts it so.
    worst_K = wrong_M[loss_N[wrong_M].argsort(descending=True, stable=True)[:count]]
    return Mistakes(
        x_NI[worst_K].cpu().view(-1, *shape), y_N[worst_K].cpu(), predicted_N[worst_K].cpu(), loss_N[worst_K].cpu()
    )
