"""Evaluation: loss and accuracy in evaluation mode, at the same weights, without penalties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.stack.objective import Objective

# Bounds the activations of one chunk: on a CPU they stay in the cache, on a GPU the whole of it is kept busy.
_CHUNK_NUMBERS = {"cpu": 1 << 19}
_CHUNK_NUMBERS_ELSEWHERE = 1 << 24
# A chunk's rows are a multiple of this, so that every lane's activations begin at a multiple of 64 bytes: what a matrix
# product does at the edges depends on that, and with it the last bit.
ALIGNED_ROWS = 16
# Where a chunk would have fewer rows than this, fewer lanes are measured at a time: a product of a few rows reads all
# weights for little work.
_FEW_ROWS = 256


@torch.no_grad()
def evaluate(
    objective: Objective,
    forward: Callable[[Tensor], Tensor],
    x_GNI: Tensor,
    y_GN: Tensor,
    lanes: int,
    widest: int,
    confusion_LCC: Tensor | None = None,
    outputs: list[Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Mean loss and accuracy of every lane, each [L].

    Parameters
    ----------
    objective : of the task.
    forward : from x_GNI to outputs_LNC.
    x_GNI, y_GN : the examples, one group for all lanes or one for each seed (lanes ordered seed by seed).
    widest : numbers of one example in the widest layer; an image's channels times its pixels.
    confusion_LCC : int64 counts, true class x predicted class, which the same pass adds to.
    outputs : where given, the outputs of each chunk of examples are appended to it, [L, N, C].
    """
    examples = y_GN.shape[1]
    # Held until the end and added up at once: the chunks are shorter among many lanes, and would be sums of their own.
    loss_LN = torch.empty(lanes, examples, dtype=x_GNI.dtype, device=x_GNI.device)
    right_LN = torch.empty_like(loss_LN)
    start = 0
    for outputs_LNC, y_LN in in_chunks(forward, x_GNI, y_GN, lanes, widest):
        end = start + y_LN.shape[1]
        loss_LN[:, start:end], right_LN[:, start:end] = objective.measure(outputs_LNC, y_LN)
        start = end
        if outputs is not None:
            outputs.append(outputs_LNC)
        if confusion_LCC is not None:
            cell_LN = y_LN.long() * confusion_LCC.shape[2] + predicted(outputs_LNC)
            confusion_LCC.flatten(1).scatter_add_(1, cell_LN, torch.ones_like(cell_LN))
    return loss_LN.sum(dim=1) / examples, right_LN.sum(dim=1) / examples


def in_chunks(
    forward: Callable[[Tensor], Tensor], x_GNI: Tensor, y_GN: Tensor, lanes: int, widest: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """outputs_LNC and y_LN of so many examples at a time; parameters as for `evaluate`."""
    examples = y_GN.shape[1]
    rows = rows_of_a_chunk(x_GNI.device.type, lanes, widest)
    y_LN = of_each_lane(y_GN, lanes)
    for start in range(0, examples, rows):
        yield forward(x_GNI[:, start : start + rows]), y_LN[:, start : start + rows]


def of_each_lane(y_GN: Tensor, lanes: int) -> Tensor:
    """y_LN of groups of lanes that share it; lanes are ordered seed by seed."""
    groups, examples = y_GN.shape
    return y_GN.unsqueeze(1).expand(groups, lanes // groups, examples).reshape(lanes, examples)


def rows_of_a_chunk(device: str, lanes: int, widest: int) -> int:
    """How many examples are measured at a time, a multiple of `ALIGNED_ROWS`."""
    most = _CHUNK_NUMBERS.get(device, _CHUNK_NUMBERS_ELSEWHERE) // (lanes * widest)
    return max(ALIGNED_ROWS, most - most % ALIGNED_ROWS)


def lane_groups(device: str, seeds: int, arms: int, widest: int) -> list[slice]:
    """The lanes to measure at a time, ordered seed by seed: of one seed, or of several whole ones.

    On a CPU as many as leave a chunk enough rows, from the sizes alone, so that a resumed run measures as it did; all
    at once elsewhere.
    """
    lanes = seeds * arms
    most = max(2, _CHUNK_NUMBERS.get(device, lanes * _FEW_ROWS * widest) // (_FEW_ROWS * widest))
    if lanes <= most:
        return [slice(0, lanes)]
    if arms <= most:
        return [slice(first * arms, end * arms) for first, end in _pieces(seeds, most // arms)]
    starts = range(0, lanes, arms)
    return [slice(start + first, start + end) for start in starts for first, end in _pieces(arms, most)]


def _pieces(count: int, most: int) -> list[tuple[int, int]]:
    """The first and the last (excluded) of each of the fewest pieces of about equal length, none longer than `most`."""
    pieces = -(-count // most)
    bounds = [count * piece // pieces for piece in range(pieces + 1)]
    return list(pairwise(bounds))


def aligned(x_GNI: Tensor) -> Tensor:
    """The examples, with rows of zeros after them up to a multiple of `ALIGNED_ROWS`."""
    missing = -x_GNI.shape[1] % ALIGNED_ROWS
    return F.pad(x_GNI, (0, 0, 0, missing)) if missing else x_GNI


def predicted(outputs_LNC: Tensor) -> Tensor:
    """The class that each example is taken for, int64 [L, N]; a single output is the logit of class 1."""
    return outputs_LNC.argmax(dim=2) if outputs_LNC.shape[2] > 1 else (outputs_LNC[..., 0] > 0).long()
