"""That a run is not being recorded, for whoever looks at it."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """That a run is not being recorded: since when (seconds since 1970), from which epoch on, and why."""

    since: float
    epoch: int
    why: str

    def __str__(self) -> str:
        clock = time.strftime("%H:%M", time.localtime(self.since))
        return f"not recorded since {clock} (epoch {self.epoch:,}): {self.why}"
