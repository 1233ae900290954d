"""Honest numbers: loss and accuracy in evaluation mode, at the same weights, without penalties."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.stack.objective import Objective

# Bounds the activations of one chunk; measured flat between 500 and 8,000 rows on a CPU, so memory decides.
_CHUNK_NUMBERS = 1 << 24
_FEWEST_ROWS = 8


@torch.no_grad()
def evaluate(
    objective: Objective, forward: Callable[[Tensor], Tensor], x_GNI: Tensor, y_GN: Tensor, lanes: int, widest: int
) -> tuple[Tensor, Tensor]:
    """Mean loss and accuracy of every lane, each [L].

    Parameters
    ----------
    objective : of the task.
    forward : from x_GNI to outputs_LNC.
    x_GNI, y_GN : the examples, one group for all lanes or one for each seed (lanes ordered seed by seed).
    widest : numbers of one example in the widest layer; an image's channels times its pixels.
    """
    groups, examples = y_GN.shape
    rows = max(_FEWEST_ROWS, _CHUNK_NUMBERS // (lanes * widest))
    loss_L = torch.zeros(lanes, dtype=x_GNI.dtype, device=x_GNI.device)
    right_L = torch.zeros_like(loss_L)
    for start in range(0, examples, rows):
        y_chunk = y_GN[:, start : start + rows]
        outputs_LNC = forward(x_GNI[:, start : start + rows])
        count = y_chunk.shape[1]
        y_LN = y_chunk.unsqueeze(1).expand(groups, lanes // groups, count).reshape(lanes, count)
        loss_LN, right_LN = objective.measure(outputs_LNC, y_LN)
        loss_L += loss_LN.sum(dim=1)
        right_L += right_LN.sum(dim=1)
    return loss_L / examples, right_L / examples
