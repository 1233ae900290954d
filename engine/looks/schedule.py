"""An arm's learning rate over its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.looks.registry import look

if TYPE_CHECKING:
    from engine.lab import Lab

Points = tuple[tuple[float, float], ...]


@look("schedule", Points)
def schedule(lab: Lab, arm: str, seed: int) -> Points:
    """(epoch, learning rate), as `Lab.schedule` has it."""
    return tuple(lab.schedule(arm))
