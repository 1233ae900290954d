"""What an experiment is and how it runs, without any screen."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.data import Load
    from engine.events import Event
    from engine.preset import Preset
    from engine.record import RunRecord

# Torch's OpenMP threads spin while they wait for one another: by default so long that a step is ten times slower where
# another process or the screen takes one of the cores. Never spinning costs half the speed of a machine that is idle.
# A short spin is nearly the best of both (epoch of the default preset on 2 cores, idle and with one core taken:
# 20 and 210 ms at 20,000 turns, 21 and 50 ms at 1,000, 34 and 31 ms at none). Read when torch is first imported.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def run(
    preset: Preset | str,
    device: str = "auto",
    *,
    load: Load | None = None,
    tell: Callable[[Event], None] | None = None,
) -> RunRecord:
    """Run an experiment to its end, in the calling thread: `record = engine.run("moons")`.

    Parameters
    ----------
    preset : a preset, or the name or file of one.
    device, load : as for `engine.lab.Lab`.
    tell : called with every event.

    Raises
    ------
    PresetError : there is no such preset, or its data or the device are not there.
    """
    from engine.data import load_task
    from engine.lab import Lab
    from engine.preset import load_preset
    from engine.record import RunRecord

    if isinstance(preset, str):
        preset = load_preset(preset)
    record = RunRecord(preset)
    for event in Lab(preset, device, load=load or load_task).run():
        record.take(event)
        if tell is not None:
            tell(event)
    return record
