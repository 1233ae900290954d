"""What the writer of a run must know of the file that it goes on with."""

from __future__ import annotations

from dataclasses import dataclass

from engine.preset import Preset
from engine.runs.checkpoint import Checkpoint
from engine.runs.levels import Levels
from engine.runs.meta import Environment, Identity, Progress
from engine.runs.packing import Packer


@dataclass(slots=True)
class Resumed:
    """Made by `engine.runs.resume.go_on`.

    Attributes
    ----------
    progress : the place from which it goes on.
    packer, levels : as they stand there.
    checkpoints, missing : that the file has.
    preset : the experiment with the knobs as they stand there.
    begun : whether the file has the start of the present attempt.
    """

    identity: Identity
    progress: Progress
    environments: tuple[Environment, ...]
    packer: Packer
    levels: Levels
    checkpoints: list[Checkpoint]
    missing: list[tuple[int, int]]
    preset: Preset
    begun: bool
