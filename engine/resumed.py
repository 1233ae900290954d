"""A run that was left, brought back: its lab at the place where it goes on, and the commands that it met after that."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.commands import Rearrangement, Turn
from engine.data import Load, load_task
from engine.data.fingerprint import fingerprints
from engine.events import Loading
from engine.lab import Lab
from engine.record import RunRecord
from engine.runs.checkpoint import restore
from engine.runs.meta import DataPrint
from engine.runs.reader import RunReader
from engine.runs.results import Answered
from engine.runs.resume import Resumable, refuse_other_data
from engine.runs.writer import RunWriter


def resumed_lab(
    found: Resumable,
    device: str = "auto",
    report: Callable[[Loading], None] | None = None,
    load: Load = load_task,
) -> tuple[Lab, tuple[DataPrint, ...]]:
    """The lab of a run, as it stood at the checkpoint, and the fingerprints of its data. Nothing is written.

    Parameters
    ----------
    device, report, load : as for `Lab`.

    Raises
    ------
    RunError
        The data are not those of the run, or the checkpoint does not go with its preset.
    PresetError
        The data or the device are not there.
    """
    parked = found.state.parked if found.state is not None else {}
    lab = Lab(found.preset, device, report=report or (lambda _: None), load=load, parked=parked)
    data = fingerprints(lab.stacks)
    refuse_other_data(found.meta, data)
    if found.state is not None:
        restore(lab, found.state)
    return lab, data


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A run that was left, for the worker that goes on with it.

    Attributes
    ----------
    lab : as it stood at the checkpoint.
    record : all that was known of the run there.
    again : what was done after that.
    """

    lab: Lab
    record: RunRecord
    again: Again


def taken_up(found: Resumable, lab: Lab, writer: RunWriter) -> TakenUp:
    """A run whose file goes on with `writer`. Raises RunError where that file cannot be read."""
    with RunReader(writer.path, grows=True) as reader:
        return TakenUp(lab, reader.record.snapshot(whole=True), Again(found.later))


class Again:
    """What was done after the checkpoint, to be done again where it was: turned knobs, forks, rewinds and so on."""

    def __init__(self, later: Sequence[Answered]) -> None:
        self._later = deque(answered for answered in later if isinstance(answered.command, Turn | Rearrangement))

    def __bool__(self) -> bool:
        return bool(self._later)

    def due(self, epoch: int, batch: int) -> Answered | None:
        """The next that is due before the lab's next step, which is then no longer here; None where there is none."""
        if self._later and (self._later[0].receipt.epoch, self._later[0].receipt.batch) <= (epoch, batch):
            return self._later.popleft()
        return None
