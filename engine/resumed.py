"""A run that was left, brought back: its lab at the place where it goes on, and the commands that it met after that."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.commands import Command, Turn
from engine.data import Load, load_task
from engine.data.fingerprint import fingerprints
from engine.events import Event, Loading, Receipt
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
    lab = Lab(found.preset, device, report=report or (lambda _: None), load=load)
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
    again : the knobs that were turned after that.
    """

    lab: Lab
    record: RunRecord
    again: Again


def taken_up(found: Resumable, lab: Lab, writer: RunWriter) -> TakenUp:
    """A run whose file goes on with `writer`. Raises RunError where that file cannot be read."""
    with RunReader(writer.path) as reader:
        return TakenUp(lab, reader.record.snapshot(whole=True), Again(found.later))


class Again:
    """The knobs that were turned after the checkpoint, to be turned again where they were."""

    def __init__(self, later: Sequence[Answered]) -> None:
        self._later = deque(answered for answered in later if isinstance(answered.command, Turn))

    def __bool__(self) -> bool:
        return bool(self._later)

    def turn(self, lab: Lab) -> tuple[list[Event], list[tuple[Command, Receipt]]]:
        """Turn those that are due before the lab's next step: what came of it, and the commands with their answers."""
        events: list[Event] = []
        turned: list[tuple[Command, Receipt]] = []
        while self._later and (self._later[0].receipt.epoch, self._later[0].receipt.batch) <= (lab.epoch, lab.batch):
            answered = self._later.popleft()
            assert isinstance(answered.command, Turn)
            events += lab.turn(answered.command.knob, answered.command.value, answered.command.arm)
            turned.append((answered.command, answered.receipt))
        return events, turned
