"""How much memory stacks will take, estimated before they are built."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.data import Task
from engine.history import POINTS
from engine.memory import free_on, refuse_what_cannot_fit
from engine.metrics import METRICS
from engine.preset import Arm
from engine.stack.evaluate import rows_of_a_chunk
from engine.stack.network import Network, network_of
from engine.stack.optimizers import optimizer_of

_MOVED = ("training.sam", "regularization.weight_noise")  # the weights beside the true ones
_AVERAGED = ("training.ema", "training.swa_start")


def refuse_stacks_that_cannot_fit(
    groups: Sequence[tuple[Sequence[Arm], Task]], seeds: int, device: torch.device, dtype: torch.dtype
) -> None:
    """Raise PresetError where stacks of these arms take more memory than the device has left, or cannot be made.

    Parameters
    ----------
    groups : the arms of each stack, which are of equal structure, and their data.
    seeds : how many.
    """
    need = largest = 0
    for arms, task in groups:
        network = network_of(arms[0].settings, task.features, task.classes, task.image_shape)
        need += bytes_at_least(network, arms, seeds, task, device, dtype)
        largest = max(largest, network.layout.parameters)
    lanes = seeds * sum(len(arms) for arms, _ in groups)
    stacks = f"{lanes:,} lane{'' if lanes == 1 else 's'} of {largest:,} parameters"
    refuse_what_cannot_fit(need, free_on(device), stacks, "fewer seeds or arms, or a smaller network or batch")


def bytes_at_least(
    network: Network, arms: Sequence[Arm], seeds: int, task: Task, device: torch.device, dtype: torch.dtype
) -> int:
    """What the lanes of a stack take while they train, without their data.

    Counted is what is there at the same time in any case: the weights with gradients, best weights and the optimizer's
    state, what a batch leaves for the backward pass or a chunk of an evaluation, and the history that a screen keeps.
    """

    def used(keys: Sequence[str]) -> int:
        return sum(any(arm.settings.get(key) for arm in arms) for key in keys)

    training = arms[0].settings.training
    # Weights, gradients, best weights, and gradients again as autograd hands them over.
    copies = 4 + len(optimizer_of(training.optimizer, torch.empty(0)).state) + used(_AVERAGED) + min(1, used(_MOVED))
    lanes = len(arms) * seeds
    batch = min(training.batch_size, task.train_y_SN.shape[1]) * (task.features + network.units)
    chunk = rows_of_a_chunk(device.type, lanes, network.widest) * network.widest
    numbers = copies * network.layout.parameters + max(batch, chunk)
    history = POINTS * (len(METRICS) + len(network.layout.layers))
    return lanes * (dtype.itemsize * numbers + 8 * history)
