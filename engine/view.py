"""A run and the worker that trains it at one moment, for whoever looks at it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from engine.commands import Command, Turn
from engine.events import Event
from engine.preset import Preset, PresetError, with_value
from engine.record import RunRecord
from engine.state import Lane

State = Literal["loading", "running", "paused", "finished", "failed"]
Held = TypeVar("Held")


@dataclass(frozen=True, slots=True)
class Lens:
    """Through what a screen looks at a run.

    Attributes
    ----------
    cursor : the epoch as of which it is shown; None for now.
    zoom : how often the span of epochs has been halved, around the cursor or at the newest.
    smoothing : the share of the past in the exponential mean of each curve, from 0 (as measured) to below 1.
    """

    cursor: int | None = None
    zoom: int = 0
    smoothing: float = 0.0


# The run as it is now, whole and as measured.
PLAIN = Lens()


@dataclass(frozen=True)
class View:
    """All that a screen needs at one moment.

    Attributes
    ----------
    state : what the worker does.
    record : the run; a snapshot, but for its history, which is shared (unless asked for whole) and locks itself.
    rate : epochs per second, measured.
    speed : epochs per second, asked for; None for as fast as it goes.
    paused : whether it stands still, or will when the present epoch of a single step is done.
    pending : turned knobs that the lab has not yet taken, the oldest first.
    version : another one for each change.
    opened : of a run that is only looked at, in its file: how it stands by its own word (`engine.runs.meta.State`), or
        `compared` for several in one view. Empty for one that obeys.
    attached : whether another process trains it, which goes on when this one has let go.
    recorded : whether it is being kept in a file.
    files : that hold it: one, or of compared runs one each; empty where there is none, or it is not known yet.
    resumed : whether it was left before and has been gone on with.
    trouble : what of the run is not being recorded, since when and why; empty while all is well.
    original : the preset as the screen loaded it; None where that is unknown.
    hidden : the arms that the screen does not show.
    all_arms : every arm, the hidden ones too, in the preset's order and called as on the screen; empty where all of the
        record's are shown.
    event_count : how many events there have been, those before a restart included.
    lens : through what it is looked at.
    now : of a view as of an earlier epoch (`engine.as_of`): the one that it was made of, with the whole curves.
    """

    state: State
    record: RunRecord
    rate: float = 0.0
    speed: float | None = None
    paused: bool = False
    pending: tuple[Turn, ...] = ()
    version: int = 0
    event_count: int = 0
    opened: str = ""
    attached: bool = False
    recorded: bool = False
    files: tuple[Path, ...] = ()
    resumed: bool = False
    trouble: str = ""
    original: Preset | None = None
    hidden: tuple[str, ...] = ()
    all_arms: tuple[str, ...] = ()
    lens: Lens = PLAIN
    now: View | None = None

    @property
    def whole(self) -> View:
        """The run up to now, whatever epoch is shown."""
        return self.now or self

    @property
    def preset(self) -> Preset:
        """The experiment, with the knobs as they stand in the lab."""
        return self.record.preset

    @functools.cached_property
    def places(self) -> dict[str, int]:
        """Where each arm stands in the whole preset, from 0: its colour and its number, whichever arms are hidden."""
        return {arm: place for place, arm in enumerate(self.all_arms or self.preset.arm_names)}

    @functools.cached_property
    def turned(self) -> Preset:
        """The experiment as it will stand when the lab has taken the pending turns that it will not refuse."""
        preset = self.record.preset
        last = {(turn.knob, turn.arm): number for number, turn in enumerate(self.pending)}
        for number, turn in enumerate(self.pending):
            if last[turn.knob, turn.arm] != number:
                continue  # a burst of turns of one knob: the last one counts
            try:
                preset = with_value(preset, turn.knob, turn.value, turn.arm)
            except PresetError:
                continue  # the lab will refuse it, and say why
        return preset

    def seeds_of(self, arm: str) -> tuple[int, ...]:
        """The seeds that an arm trains under; of compared runs each has its own."""
        history = self.record.history
        if self.opened != "compared" or history is None:
            return self.preset.seeds
        return tuple(seed for name, seed in history.lanes if name == arm) or self.preset.seeds

    def of_arm(self, held: Mapping[Lane, Held], arm: str) -> list[Held]:
        """What one of the record's dicts by lane holds of an arm, in the order of its seeds."""
        return [held[arm, seed] for seed in self.preset.seeds if (arm, seed) in held]


class AnyWorker(Protocol):
    """What a screen asks of a run's worker, be it in this process (`engine.worker`) or another (`engine.client`)."""

    def start(self) -> None:
        """Begin; once begun, this does nothing."""

    def send(self, command: Command) -> int:
        """Pass a command on; its `Receipt` has this number."""

    def view(self) -> View:
        """The run at this moment."""

    def news(self) -> list[Event]:
        """The rare events since the last call."""

    def close(self, timeout: float = 2.0) -> bool:
        """Let go of the run; whether that was done within `timeout` seconds."""
