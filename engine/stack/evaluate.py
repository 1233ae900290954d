"""Honest numbers: loss and accuracy in evaluation mode, at the same weights, without penalties."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from engine.stack.objective import Objective

# Bounds the activations of one chunk: on a CPU they stay in the cache, on a GPU the whole of it is kept busy.
_CHUNK_NUMBERS = {"cpu": 1 << 18}
_CHUNK_NUMBERS_ELSEWHERE = 1 << 24
_FEWEST_ROWS = 8


@torch.no_grad()
def evaluate(
    objective: Objective,
    forward: Callable[[Tensor], Tensor],
    x_GNI: Tensor,
    y_GN: Tensor,
    lanes: int,
    widest: int,
    confusion_LCC: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Mean loss and accuracy of every lane, each [L].

    Parameters
    ----------
    objective : of the task.
    forward : from x_GNI to outputs_LNC.
    x_GNI, y_GN : the examples, one group for all lanes or one for each seed (lanes ordered seed by seed).
    widest : numbers of one example in the widest layer; an image's channels times its pixels.
    confusion_LCC : int64 counts, true class x predicted class, which the same pass adds to.
    """
    loss_L = torch.zeros(lanes, dtype=x_GNI.dtype, device=x_GNI.device)
    right_L = torch.zeros_like(loss_L)
    for outputs_LNC, y_LN in in_chunks(forward, x_GNI, y_GN, lanes, widest):
        loss_LN, right_LN = objective.measure(outputs_LNC, y_LN)
        loss_L += loss_LN.sum(dim=1)
        right_L += right_LN.sum(dim=1)
        if confusion_LCC is not None:
            cell_LN = y_LN.long() * confusion_LCC.shape[2] + predicted(outputs_LNC)
            confusion_LCC.flatten(1).scatter_add_(1, cell_LN, torch.ones_like(cell_LN))
    examples = y_GN.shape[1]
    return loss_L / examples, right_L / examples


def in_chunks(
    forward: Callable[[Tensor], Tensor], x_GNI: Tensor, y_GN: Tensor, lanes: int, widest: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """outputs_LNC and y_LN of so many examples at a time; parameters as for `evaluate`."""
    groups, examples = y_GN.shape
    rows = rows_of_a_chunk(x_GNI.device.type, lanes, widest)
    for start in range(0, examples, rows):
        y_chunk = y_GN[:, start : start + rows]
        count = y_chunk.shape[1]
        y_LN = y_chunk.unsqueeze(1).expand(groups, lanes // groups, count).reshape(lanes, count)
        yield forward(x_GNI[:, start : start + rows]), y_LN


def rows_of_a_chunk(device: str, lanes: int, widest: int) -> int:
    """How many examples are measured at a time."""
    return max(_FEWEST_ROWS, _CHUNK_NUMBERS.get(device, _CHUNK_NUMBERS_ELSEWHERE) // (lanes * widest))


def predicted(outputs_LNC: Tensor) -> Tensor:
    """The class that each example is taken for, int64 [L, N]; a single output is the logit of class 1."""
    return outputs_LNC.argmax(dim=2) if outputs_LNC.shape[2] > 1 else (outputs_LNC[..., 0] > 0).long()
