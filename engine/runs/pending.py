"""What of a run is not yet in its file: packed into rows, bounded in memory. It knows no thread."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.commands import Command
from engine.events import (
    Epoch,
    Event,
    Failed,
    Finished,
    Intervention,
    Loading,
    Rearranged,
    Receipt,
    Seen,
    Started,
    Stopped,
    Travelled,
)  # fmt: skip
from engine.preset import Preset
from engine.runs import schema
from engine.runs.levels import Levels
from engine.runs.meta import Best, Progress
from engine.runs.packing import Packer
from engine.state import LabState, Lane

# Beside the epochs so many rare events and commands wait at most.
_MOST_TEXTS = 100_000


@dataclass(slots=True)
class Waiting:
    """A checkpoint that is to be written: the state, and from the first try on its bytes."""

    state: LabState
    fields: dict[str, Any]
    written: tuple[bytes, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """An attempt that goes on with the epochs of another one up to an epoch."""

    attempt: int
    parent: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Late:
    """Numbers of lanes that caught up with the others, for the rows of an attempt that are there already.

    rows : by epoch, the number of the layout and the packed numbers.
    """

    attempt: int
    rows: dict[int, tuple[int, bytes]]


@dataclass(slots=True)
class Batch:
    """Rows by table and key, as they are to stand in the file.

    Attributes
    ----------
    meta : facts about the run as a whole, by name.
    missing : ranges of epochs of which some were let go.
    device : that a lab has reported and the file does not have yet.
    pitch : of the epochs only every such one is kept.
    changes : what changes the preset, in order: turned knobs, the preset as a whole, or an attempt that begins with it;
        and what changes rows that are there already.
    """

    epochs: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    levels: dict[int, bytes] = field(default_factory=dict)
    texts: dict[str, dict[int, str]] = field(
        default_factory=lambda: {name: {} for name in ("columns", "layouts", "events", "commands")}
    )
    meta: dict[str, Any] = field(default_factory=dict)
    changes: list[Intervention | Preset | int | Branch | Late] = field(default_factory=list)
    checkpoint: Waiting | None = None
    missing: list[tuple[int, int]] = field(default_factory=list)
    pitch: int = 1
    device: str = ""
    progress: Progress = field(default_factory=Progress)

    def __bool__(self) -> bool:
        return bool(
            self.epochs
            or self.levels
            or any(self.texts.values())
            or self.meta
            or self.changes
            or self.checkpoint
            or self.device
        )


class Pending:
    """Takes events, commands and checkpoints; `swap` gives what has come since, `give_back` lays it in front again.

    Parameters
    ----------
    progress : where the file stands.
    packer, levels : of the file.
    begun : whether the file holds the present attempt's start; a lab that goes on with it tells it once more.
    bound : bytes of epochs that wait at most. Where there are more only every second is kept, then every fourth.

    Attributes
    ----------
    now : the time of the events that are taken next, seconds since 1970.
    """

    def __init__(self, progress: Progress, packer: Packer, levels: Levels, bound: int, begun: bool = False) -> None:
        self.now = time.time()
        self._packer, self._levels, self._bound = packer, levels, bound
        self._progress = progress
        self._batch = Batch(progress=progress)
        self._bytes = 0
        self._epoch, self._best = progress.epoch, progress.best
        self._newest: list[Epoch] = []  # the lanes of the newest epoch
        self._row: tuple[int, Any, bytes] | None = None  # as packed, not yet in the levels
        self._starts = 0
        self._goes_on = begun
        self._left: set[Lane] = set()  # lanes that are not yet tested
        self._interrupted = False

    def take(self, events: Iterable[Event]) -> None:
        """Take in events in their order; what one call gives is seen together."""
        epochs: list[Epoch] = []
        for event in events:
            if type(event) is Epoch:
                if epochs and epochs[0].epoch != event.epoch:
                    self._take_epoch(epochs)
                    epochs = []
                epochs.append(event)
            elif not isinstance(event, Loading | Seen | Receipt | Travelled):
                self._take_event(event)
        if epochs:
            self._take_epoch(epochs)
        self._stay_bounded()

    def _take_epoch(self, lanes: list[Epoch]) -> None:
        epoch = lanes[0].epoch
        if epoch == self._epoch and self._newest:  # further lanes of it
            lanes = [*self._newest, *lanes]
        elif self._row is not None:
            self._raise_levels()
        self._newest = lanes
        layout, packed = self._packer.pack(lanes)
        self._row = (epoch, layout, packed)
        key = schema.epoch_key(self._progress.attempt, epoch)
        sealed = schema.sealed(key, layout.number, packed)
        if key not in self._batch.epochs:
            if self._batch.pitch > 1 and self._batch.epochs:  # the newest stays until there is a newer one
                newest = next(reversed(self._batch.epochs))
                self._drop([newest] if (newest & schema.MOST_EPOCHS) % self._batch.pitch else [])
            self._bytes += len(sealed)
        self._batch.epochs[key] = (layout.number, sealed)
        self._tell_layouts(self._batch)
        for lane in lanes:
            loss = lane.metrics.get("val_loss", math.nan)
            if math.isfinite(loss) and (self._best is None or loss < self._best.val_loss):
                self._best = Best(loss, lane.arm, lane.seed, epoch)
        self._epoch = epoch

    def _tell_layouts(self, batch: Batch) -> None:
        """Have the columns and layouts written that are new with a row of this batch."""
        packer, texts = self._packer, batch.texts
        if packer.fresh_layouts:
            texts["columns"] |= {number: schema.to_text(column) for number, column in packer.fresh_columns.items()}
            texts["layouts"] |= {
                number: schema.to_text(layout.columns) for number, layout in packer.fresh_layouts.items()
            }
            packer.fresh_columns.clear()
            packer.fresh_layouts.clear()

    def merged(self, batch: Batch, old: tuple[int, bytes], late: tuple[int, bytes]) -> tuple[int, bytes]:
        """A row with the numbers of further lanes: layout and packed numbers. What it is of is written with `batch`."""
        number, packed = self._packer.merged(old, late)
        self._tell_layouts(batch)
        return number, packed

    def rearranged(self, events: Sequence[Event], state: LabState) -> None:
        """Other lanes, or lanes at another place: what made them so, and a state to go on from."""
        late: dict[int, list[Epoch]] = {}
        for event in events:
            if isinstance(event, Rearranged) and event.what == "rewind":
                self._go_back(event.epoch, state)
            if isinstance(event, Epoch) and (event.epoch < self._epoch or not self._newest):
                late.setdefault(event.epoch, []).append(event)
            else:
                self.take([event])
        rows = {epoch: self._packer.pack(lanes) for epoch, lanes in late.items()}
        self._tell_layouts(self._batch)
        attempt = self._progress.attempt
        if rows:
            packed = {epoch: (layout.number, numbers) for epoch, (layout, numbers) in rows.items()}
            self._batch.changes.append(Late(attempt, packed))
        self._left = {lane for lane in state.lanes if lane[0] not in state.parked} - set(state.tested)
        if self._left:
            self._moved(outcome="")
        self._moved(generation=self._progress.generation + 1)
        self.checkpoint(state, pinned=False)

    def _go_back(self, epoch: int, state: LabState) -> None:
        """The run goes on behind an epoch in an attempt of its own; the one that it leaves stays."""
        parent = self._progress.attempt
        self._newest, self._row, self._epoch, self._levels = [], None, epoch, Levels()
        self._interrupted = False
        if self._best is not None and self._best.epoch > epoch:
            self._best = best_of(state)
        self._moved(attempt=parent + 1, outcome="")
        self._batch.changes.append(Branch(parent + 1, parent, epoch))

    def _raise_levels(self) -> None:
        assert self._row is not None
        for level, block, packed in self._levels.take(*self._row):
            key = schema.level_key(self._progress.attempt, level, block)
            self._batch.levels[key] = schema.sealed(key, level, packed)
            self._bytes += len(packed)

    def _take_event(self, event: Event) -> None:
        self._follow_outcome(event)
        if isinstance(event, Started):
            self._batch.device = event.device
            self._starts += 1
            if self._starts == 1 and self._goes_on:
                return
            if self._starts > 1:
                self._begin_again()
        if isinstance(event, Intervention):
            self._batch.changes.append(event)
        if isinstance(event, Rearranged):
            self._batch.changes.append(Preset.model_validate_json(json.dumps(event.preset)))
        number = self._progress.events + 1
        fields = {"attempt": self._progress.attempt, "time": self.now, "event": event_fields(event)}
        self._batch.texts["events"][number] = schema.to_text(fields)
        self._moved(events=number)

    def _follow_outcome(self, event: Event) -> None:
        """A run is over once every lane is tested; until it is closed only this tells so."""
        if isinstance(event, Started):
            self._left = {(arm, seed) for arm in event.arms for seed in event.seeds}
            self._interrupted = False
            self._moved(outcome="")
        elif isinstance(event, Stopped):
            self._interrupted |= event.reason == "user"
        elif isinstance(event, Finished):
            self._left.discard((event.arm, event.seed))
            if not self._left:
                self._moved(outcome="stopped" if self._interrupted else "finished")
        elif isinstance(event, Failed):
            self._moved(outcome="failed")

    def _begin_again(self) -> None:
        """The run is started again: its epochs count from 1, in an attempt of their own."""
        self._newest, self._row, self._epoch, self._best, self._levels = [], None, 0, None, Levels()
        progress = self._progress
        self._moved(attempt=progress.attempt + 1, generation=progress.generation + 1)
        self._batch.changes.append(self._progress.attempt)

    def command(self, command: Command, receipt: Receipt) -> None:
        """A command with its answer."""
        number = self._progress.commands + 1
        fields = {
            "attempt": self._progress.attempt,
            "time": self.now,
            "command": {"do": command.kind, **dataclasses.asdict(command)},
            "receipt": {"event": receipt.kind, **dataclasses.asdict(receipt)},
        }
        self._batch.texts["commands"][number] = schema.to_text(fields)
        self._moved(commands=number)

    def checkpoint(self, state: LabState, pinned: bool) -> None:
        """A state to be written; one that waits still is let go for it."""
        self._moved(checkpoints=self._progress.checkpoints + 1)
        progress = self._progress
        fields = {
            "number": progress.checkpoints,
            "attempt": progress.attempt,
            "epoch": state.epoch,
            "batch": state.batch,
            "time": self.now,
            "events": progress.events,
            "commands": progress.commands,
            "pinned": pinned,
        }
        self._batch.checkpoint = Waiting(state, fields)

    def describe(self, fields: Mapping[str, Any]) -> None:
        """Write facts about the run as a whole, by name."""
        self._batch.meta |= fields

    def stands(self, preset: Preset) -> None:
        """The experiment as it stands now, where no event tells of it."""
        self._batch.changes.append(preset)
        self._moved(epochs=preset.epochs)

    def _moved(self, **fields: Any) -> None:
        self._progress = dataclasses.replace(self._progress, **fields)

    def _stay_bounded(self) -> None:
        """Let epochs go that are too many, at an even pitch over all the time that nothing could be written."""
        epochs = self._batch.epochs
        while self._bytes > self._bound and len(epochs) > 2:
            self._batch.pitch *= 2
            self._drop([key for key in [*epochs][:-1] if (key & schema.MOST_EPOCHS) % self._batch.pitch])
        for name in ("events", "commands"):
            texts = self._batch.texts[name]
            while len(texts) > _MOST_TEXTS:
                del texts[next(iter(texts))]

    def _drop(self, keys: list[int]) -> None:
        if not keys:
            return
        for key in keys:
            self._bytes -= len(self._batch.epochs.pop(key)[1])
        # From one that is kept to another, so that what is let go later continues the range.
        epochs, pitch = [key & schema.MOST_EPOCHS for key in keys], self._batch.pitch
        gap = (max(1, min(epochs) // pitch * pitch), -(-max(epochs) // pitch) * pitch)
        self._batch.missing = merged([*self._batch.missing, gap])

    @property
    def progress(self) -> Progress:
        """Where the run stands."""
        return dataclasses.replace(self._progress, epoch=self._epoch, best=self._best)

    def swap(self) -> Batch:
        """All that waits; from now on it is the caller's."""
        batch = self._batch
        batch.progress = dataclasses.replace(self.progress, time=time.time())
        self._batch, self._bytes = Batch(), 0
        return batch

    def give_back(self, batch: Batch) -> None:
        """What could not be written, to be written before what has come since."""
        newer = self._batch
        batch.epochs |= newer.epochs
        batch.levels |= newer.levels
        for name, texts in newer.texts.items():
            batch.texts[name] |= texts
        batch.meta |= newer.meta
        batch.changes += newer.changes
        batch.checkpoint = newer.checkpoint or batch.checkpoint
        batch.missing = merged([*batch.missing, *newer.missing])
        batch.device = newer.device or batch.device
        batch.pitch = max(batch.pitch, newer.pitch)
        self._batch = batch
        self._bytes = sum(len(row) for _, row in batch.epochs.values()) + sum(map(len, batch.levels.values()))
        self._stay_bounded()


def best_of(state: LabState) -> Best | None:
    """The lowest validation loss that a lane of a state has had."""
    found: list[Best] = []
    for (arm, seed), lane in state.lanes.items():
        fields = lane.values.get("best") or {}
        loss, epoch = fields.get("val_loss"), fields.get("epoch")
        if isinstance(loss, float) and math.isfinite(loss) and isinstance(epoch, int):
            found.append(Best(loss, arm, seed, epoch))
    return min(found, key=lambda best: best.val_loss, default=None)


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges of epochs in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def event_fields(event: Event) -> dict[str, Any]:
    """An event as JSON has it, its numbers exact."""
    return {"event": event.kind, **dataclasses.asdict(event)}
