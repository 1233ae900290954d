"""One line of the measured table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured, what was asked for, what came out, and whether it is enough (None: not measured)."""

    name: str
    target: str
    measured: str
    reached: bool | None
