"""The training batches: each epoch's order, and each step's examples after the lanes' input transforms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from engine.data import Task
from engine.preset import Settings
from engine.stack.input_transforms import InputTransforms
from engine.stack.objective import Targets
from engine.stack.randomness import Streams, batch_order
from engine.stack.settings import LaneSettings


class Batches:
    """The batches of a stack: `arms` lanes for each seed, which share examples, order and noise draws.

    Parameters
    ----------
    settings : of one lane, for what all of them share: batch size and sampling.
    lanes : the live settings of all lanes.
    """

    def __init__(
        self, task: Task, settings: Settings, seeds: Sequence[int], arms: int, lanes: LaneSettings, streams: Streams
    ) -> None:
        self._task, self._seeds, self._arms = task, tuple(seeds), arms
        self._transforms = InputTransforms(task.image_shape, arms, lanes, streams, task.standard)
        self._replacement = settings.training.sampling == "replacement"
        self._examples = task.train_y_SN.shape[1]
        self.size = min(settings.training.batch_size, self._examples)
        self.count = -(-self._examples // self.size)
        self._epoch = 0
        self._order_SN = torch.empty(0, dtype=torch.int64)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the order of the epoch's examples."""
        self._epoch, self._order_SN = epoch, self._order(epoch, self._replacement)

    def _order(self, epoch: int, replacement: bool) -> Tensor:
        """The order of an epoch's examples, as rows of the data's flattened groups: [S, N]."""
        orders = [batch_order(seed, epoch, self._examples, replacement) for seed in self._seeds]
        order_SN = torch.stack(orders)
        if self._task.train_y_SN.shape[0] > 1:
            order_SN += torch.arange(len(self._seeds)).unsqueeze(1) * self._examples
        return order_SN.to(self._task.train_y_SN.device, non_blocking=True)

    def take(self, number: int, step: int) -> tuple[Tensor, Targets]:
        """Batch `number` (from 0) of the epoch as x_LBI and its targets; `step` is the place of its noise."""
        return self._take(self._order_SN, number, step)

    def peek(self, number: int, step: int) -> tuple[Tensor, Targets]:
        """What `take` will give; a number beyond the epoch's last batch means the next epoch's first."""
        if number < self.count:
            return self.take(number, step)
        return self._take(self._order(self._epoch + 1, self._replacement), 0, step)

    def once(self) -> Iterator[tuple[int, Tensor]]:
        """Every example once, as training sees it: the place of each batch's noise, and x_LBI.

        The order and the noise are always the same, and none that training draws: its epochs and steps are from 1 on.
        """
        order_SN = self._order(0, replacement=False)
        for number in range(self.count):
            yield -number, self._take(order_SN, number, -number)[0]

    def _take(self, order_SN: Tensor, number: int, step: int) -> tuple[Tensor, Targets]:
        rows_SB = order_SN[:, number * self.size : (number + 1) * self.size]
        seeds, batch = rows_SB.shape
        lanes = seeds * self._arms
        flat = rows_SB.reshape(-1)
        x_SBI = self._task.train_x_SNI.flatten(0, 1).index_select(0, flat).view(seeds, batch, -1)
        y_SB = self._task.train_y_SN.flatten().index_select(0, flat).view(seeds, batch)
        x_LBI = x_SBI.unsqueeze(1).expand(seeds, self._arms, batch, -1).reshape(lanes, batch, -1)
        y_LB = y_SB.unsqueeze(1).expand(seeds, self._arms, batch).reshape(lanes, batch)
        return self._transforms(x_LBI, y_LB, step)
