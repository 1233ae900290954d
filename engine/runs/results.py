"""What a reader gives of a run's commands and checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.commands import Command
from engine.events import Receipt
from engine.runs.checkpoint import Checkpoint

if TYPE_CHECKING:
    from engine.state import LabState


@dataclass(frozen=True, slots=True)
class Answered:
    """A command with its answer, as the file has it; `attempt` counts the starts of the run, `time` is since 1970."""

    number: int
    attempt: int
    time: float
    command: Command
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checkpoint that is whole, and a line for each newer one that was passed over because it is damaged."""

    checkpoint: Checkpoint
    state: LabState
    skipped: tuple[str, ...]
