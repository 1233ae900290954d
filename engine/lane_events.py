"""Which lanes a run consists of, and when that changes; `engine.events` has these events among all others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.event import Event
from engine.state import Parked


@dataclass(frozen=True, slots=True)
class Loading(Event):
    """What is being waited for before training can start, e.g. a download; `share` is 0 to 1 where known."""

    kind: ClassVar[str] = "loading"
    text: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an arm is trained on: how many numbers an example has, whether these are an image, and the task
    (classification, binary or regression)."""

    features: int
    task: str
    images: bool


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The lab is ready. Counts are of the first arm; `parameters_by_arm` shows where arms differ; `warnings` are about
    the data, a line each. `inputs_by_arm` is empty in runs that were recorded before there was such a field."""

    kind: ClassVar[str] = "started"
    preset: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    device: str
    parameters: int
    train: int
    validation: int
    test: int
    parameters_by_arm: dict[str, int] = field(default_factory=dict)
    layers_by_arm: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inputs_by_arm: dict[str, Inputs] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rearranged(Event):
    """Other lanes are there, or they stand at another place.

    Attributes
    ----------
    what : `fork`, `add_arm`, `remove_arm`, `bring_back`, `add_seeds` or `rewind`, as the command; `joined` where lanes
        that caught up train with the others from now on.
    epoch, batch : where it holds: of a fork where the copy begins, of a rewind the place that was gone back to.
    preset : the experiment from now on, as JSON has it.
    started : what the run consists of from now on.
    parked : the arms that are not trained now.
    arm, parent : that it is about, and that it was copied from.
    seeds : those that were added.
    """

    kind: ClassVar[str] = "rearranged"
    what: str
    epoch: int
    batch: int
    preset: dict[str, Any]
    started: Started
    parked: dict[str, Parked] = field(default_factory=dict)
    arm: str | None = None
    parent: str | None = None
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Travelled(Event):
    """How far lanes are on their way to another place: those of `arm`, or of all arms where it is None.

    `epoch` is where they stand and `until` where they go; `what` is the command that asked for it.
    """

    kind: ClassVar[str] = "travelled"
    what: str
    epoch: int
    until: int
    arm: str | None = None
