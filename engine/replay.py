"""Trains a recorded run again, from its preset and its commands, and says whether it comes out the same."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.commands import FindLr, Look, Pause, Predict, Restart, Resume, SetSpeed, StepEpoch, Stop, Turn
from engine.data import Load, load_task
from engine.data.fingerprint import fingerprints
from engine.events import Epoch, Event, Finished, Loading
from engine.lab import Lab
from engine.runs.errors import RunError
from engine.runs.meta import Environment
from engine.runs.reader import RunReader
from engine.runs.results import Answered
from engine.runs.resume import refuse_other_data
from engine.state import LabState, Lane

# Commands that change no number of the training.
_WITHOUT_EFFECT = (Pause, Resume, StepEpoch, SetSpeed, FindLr, Look, Predict, Restart)
_OF_THE_END = ("test_loss", "test_acc", "epoch", "best_val_loss", "best_epoch", "kept_epoch")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay is not the recorded run: after which epoch, in which lane, and in what.

    `what` is a metric's name, a tensor's, or the name of what was measured at the end.
    """

    epoch: int
    arm: str
    seed: int
    what: str
    recorded: float
    replayed: float

    @property
    def apart(self) -> float:
        """How far the two are apart; of tensors, where they are furthest."""
        return abs(self.recorded - self.replayed)


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it.

    Attributes
    ----------
    run, epochs, lanes : the run's id, and how much of it was trained again.
    numbers, checkpoints, commands : how many of them were compared, or carried out once more.
    missing : epochs that the file does not hold.
    first : the first difference, None where there is none.
    furthest : how far validation losses are apart at the most.
    environment : what is not as it was when the run was recorded, in words.
    """

    run: str
    epochs: int
    lanes: int
    numbers: int
    checkpoints: int
    commands: int
    missing: int
    first: Difference | None
    furthest: float
    environment: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return self.first is None


def replay(
    path: Path,
    device: str = "auto",
    *,
    report: Callable[[Loading], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    load: Load = load_task,
) -> Replay:
    """Train the newest start of a run again, as far as its file has it, and compare every number and checkpoint.

    Parameters
    ----------
    device, report, load : as for `Lab`.
    progress : called after every epoch with its number and that of the last.

    Raises
    ------
    RunError
        The file cannot be read, or holds commands that cannot be carried out once more; the data are not those of the
        run.
    PresetError
        The data or the device are not there.
    """
    with RunReader(path) as reader:
        attempt = reader.meta.progress.attempt
        if attempt in reader.meta.branches:
            raise RunError(f"{path}: a run that was rewound cannot be replayed yet")
        commands = [one for one in reader.commands() if one.attempt == attempt and one.receipt.taken]
        for one in commands:
            if not isinstance(one.command, (Turn, Stop, *_WITHOUT_EFFECT)):
                raise RunError(f"{path}: a run with the command {one.command.kind!r} cannot be replayed yet")
        lab = Lab(reader.begun, device, report=report or (lambda _: None), load=load)
        refuse_other_data(reader.meta, fingerprints(lab.stacks))
        acting = [one for one in commands if isinstance(one.command, Turn | Stop)]
        return _Replaying(reader, lab, acting, progress or (lambda epoch, last: None)).run()


class _Replaying:
    """One replay under way."""

    def __init__(
        self, reader: RunReader, lab: Lab, commands: Sequence[Answered], progress: Callable[[int, int], None]
    ) -> None:
        self._reader, self._lab, self._progress = reader, lab, progress
        self._commands, self._count = deque(commands), len(commands)
        self._last = reader.meta.progress.epoch
        self._recorded = self._epochs()
        attempt = reader.meta.progress.attempt
        self._checkpoints = {
            (saved.epoch, saved.batch): saved.number for saved in reader.checkpoints() if saved.attempt == attempt
        }
        self._first: Difference | None = None
        self._furthest, self._numbers, self._compared, self._missing = 0.0, 0, 0, 0

    def _epochs(self) -> Iterator[tuple[int, dict[Lane, Epoch]]]:
        for lanes in self._reader.epochs():
            if lanes:
                yield lanes[0].epoch, {(epoch.arm, epoch.seed): epoch for epoch in lanes}

    def run(self) -> Replay:
        """Train to where the file ends."""
        lab, reader = self._lab, self._reader
        lab.act()
        furthest = max([(self._last, 0), *self._checkpoints])
        awaited = next(self._recorded, None)
        while True:
            ends = self._turn()
            self._compare_checkpoint()
            if lab.finished or (lab.epoch, lab.batch) >= furthest:
                break
            events = [*ends, *lab.advance()]
            epochs = {(event.arm, event.seed): event for event in events if isinstance(event, Epoch)}
            if epochs:
                if awaited is not None and awaited[0] == lab.epoch:
                    self._compare(awaited[1], epochs)
                    awaited = next(self._recorded, None)
                elif lab.epoch <= self._last:
                    self._missing += 1
                self._progress(lab.epoch, self._last)
            self._compare_ends(events)
            if lab.finished:
                self._compare_checkpoint()
        self._compare_ends(ends)
        there = Environment.here(str(lab.device))
        differences = dict.fromkeys(line for then in reader.meta.environments for line in then.differences(there))
        return Replay(
            run=reader.meta.id, epochs=min(lab.epoch, self._last), lanes=len(lab.preset.arms) * len(lab.preset.seeds),
            numbers=self._numbers, checkpoints=self._compared, commands=self._count - len(self._commands),
            missing=self._missing, first=self._first, furthest=self._furthest, environment=tuple(differences),
        )  # fmt: skip

    def _turn(self) -> list[Event]:
        """Carry out the commands that are due here; what a stop has given."""
        lab, events = self._lab, list[Event]()
        while self._commands and (self._place(self._commands[0]) <= (lab.epoch, lab.batch)) and not lab.finished:
            command = self._commands.popleft().command
            if isinstance(command, Turn):
                lab.turn(command.knob, command.value, command.arm)
            else:
                self._compare_checkpoint()  # which was taken before the stop
                events += lab.stop()
        return events

    @staticmethod
    def _place(answered: Answered) -> tuple[int, int]:
        return answered.receipt.epoch, answered.receipt.batch

    # Comparing -------------------------------------------------------------------------------------------------------

    def _differs(self, lane: Lane, what: str, recorded: float, replayed: float) -> None:
        if self._first is None:
            self._first = Difference(self._lab.epoch, *lane, what, recorded, replayed)

    def _compare(self, recorded: dict[Lane, Epoch], replayed: dict[Lane, Epoch]) -> None:
        for lane in recorded | replayed:
            then, now = (dict(lanes[lane].metrics) if lane in lanes else {} for lanes in (recorded, replayed))
            for name in then | now:
                one, other = (float(metrics.get(name, math.nan)) for metrics in (then, now))
                self._numbers += 1
                if not _equal(one, other):
                    self._differs(lane, name, one, other)
                    if name == "val_loss":
                        self._furthest = max(self._furthest, abs(one - other))

    def _compare_ends(self, events: Sequence[Event]) -> None:
        for event in events:
            then = self._reader.record.finished.get((event.arm, event.seed)) if isinstance(event, Finished) else None
            if then is None:
                continue
            for name in _OF_THE_END:
                one, other = float(getattr(then, name)), float(getattr(event, name))
                self._numbers += 1
                if not _equal(one, other):
                    self._differs((then.arm, then.seed), name, one, other)

    def _compare_checkpoint(self) -> None:
        """The weights and all other tensors, where the file has a checkpoint of this place."""
        number = self._checkpoints.get((self._lab.epoch, self._lab.batch))
        loaded = None if number is None else self._reader.load_checkpoint(number)
        if loaded is None or loaded.state.finished != self._lab.finished:
            return
        del self._checkpoints[self._lab.epoch, self._lab.batch]
        self._compared += 1
        self._compare_tensors(loaded.state, self._lab.state())

    def _compare_tensors(self, recorded: LabState, replayed: LabState) -> None:
        import torch

        for lane, then in recorded.lanes.items():
            now = replayed.lanes.get(lane)
            if now is None:
                self._differs(lane, "weights", math.nan, math.nan)
                continue
            for name, tensor in then.tensors.items():
                other = now.tensors.get(name, tensor[..., None]).cpu()
                if other.shape != tensor.shape:
                    self._differs(lane, name, math.nan, math.nan)
                elif not bool(((tensor == other) | ((tensor != tensor) & (other != other))).all()):
                    apart = (tensor.double() - other.double()).abs().nan_to_num(math.inf)
                    place = int(torch.argmax(apart))
                    one, another = tensor.flatten()[place].item(), other.flatten()[place].item()
                    self._differs(lane, name, float(one), float(another))


def _equal(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
