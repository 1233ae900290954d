"""What the data of an experiment are known again by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Protocol

import torch

from engine.data.task import Task
from engine.preset import Arm
from engine.runs.meta import DataPrint

_CHUNK = 1 << 24  # numbers hashed at a time, so that no second copy of all data is made


class Trained(Protocol):
    """A stack, as far as it is needed here."""

    @property
    def task(self) -> Task: ...

    @property
    def arms(self) -> tuple[Arm, ...]: ...

    @property
    def seeds(self) -> tuple[int, ...]: ...


def fingerprints(stacks: Iterable[Trained]) -> tuple[DataPrint, ...]:
    """The fingerprint of each task that is trained on; of a lab: `fingerprints(lab.stacks)`."""
    tasks: dict[int, Task] = {}
    arms: dict[int, list[Arm]] = {}
    seeds: dict[int, tuple[int, ...]] = {}
    for stack in stacks:
        seeds[id(stack.task)] = stack.seeds
        tasks[id(stack.task)] = stack.task
        arms.setdefault(id(stack.task), []).extend(stack.arms)
    return tuple(
        DataPrint(
            source=arms[key][0].settings.data.source,
            arms=tuple(arm.name for arm in arms[key]),
            train=task.train_y_SN.shape[1],
            validation=task.val_y_SN.shape[1],
            test=task.test_y_SN.shape[1],
            features=task.features,
            sha256=sha256_of(task),
            seeds=seeds[key],
        )
        for key, task in tasks.items()
    )


def sha256_of(task: Task) -> str:
    """A hash over all inputs and targets as they are trained on, their types and shapes; the same on every device."""
    digest = hashlib.sha256()
    for part in ("train_x_SNI", "train_y_SN", "val_x_SNI", "val_y_SN", "test_x_SNI", "test_y_SN"):
        tensor = getattr(task, part)
        digest.update(f"{part} {tensor.dtype} {[*tensor.shape]}\n".encode())
        for piece in tensor.reshape(-1).split(_CHUNK):
            digest.update(piece.contiguous().view(torch.uint8).cpu().numpy())
    digest.update("\n".join(task.class_names).encode("utf-8", "replace"))
    return digest.hexdigest()
