"""The examples that are drawn with a network's outputs. Not a look itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.data import Task


def examples(task: Task, group: int, most: int, ended: bool) -> Iterator[tuple[str, list[float], float]]:
    """Part, inputs and target of some training examples and some held out; test data are shown when the run is over."""
    held = (
        ("test", task.test_x_SNI, task.test_y_SN) if ended else ("validation", task.val_x_SNI, task.val_y_SN)
    )  # fmt: skip
    for part, x_SNI, y_SN in (("train", task.train_x_SNI, task.train_y_SN), held):
        for x, y in zip(x_SNI[group, :most].tolist(), y_SN[group, :most].tolist(), strict=True):
            yield part, x, y
