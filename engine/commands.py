"""What a lab can be asked to do while it runs: frozen dataclasses that turn into JSON and back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.plain import from_plain


@dataclass(frozen=True, slots=True)
class Command:
    """The base of all commands; `kind` is the word under "do" in JSON."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Pause(Command):
    kind: ClassVar[str] = "pause"


@dataclass(frozen=True, slots=True)
class Resume(Command):
    kind: ClassVar[str] = "resume"


@dataclass(frozen=True, slots=True)
class StepEpoch(Command):
    """Train to the end of the epoch, then pause."""

    kind: ClassVar[str] = "step_epoch"


@dataclass(frozen=True, slots=True)
class SetSpeed(Command):
    """Epochs per second, or None for as fast as it goes."""

    kind: ClassVar[str] = "set_speed"
    speed: float | None


@dataclass(frozen=True, slots=True)
class Turn(Command):
    """Set a knob of one arm, or of all arms where `arm` is None. It acts at the next step."""

    kind: ClassVar[str] = "turn"
    knob: str
    value: Any
    arm: str | None = None


@dataclass(frozen=True, slots=True)
class FindLr(Command):
    """Sweep the learning rate from `low` to `high` on copies of the lanes; the run itself is not changed."""

    kind: ClassVar[str] = "find_lr"
    low: float = 1e-6
    high: float = 10.0
    steps: int = 100


@dataclass(frozen=True, slots=True)
class Look(Command):
    """Which closer looks are wanted from now on: (look, arm, seed). Answered by `Seen` events, once an epoch at most,
    as often as the looks' share of the time allows."""

    kind: ClassVar[str] = "look"
    wanted: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Predict(Command):
    """Answer a question of the timeline (`Asked.number`) by one of its choices, from 0; a run that waits goes on."""

    kind: ClassVar[str] = "predict"
    number: int
    choice: int


@dataclass(frozen=True, slots=True)
class Restart(Command):
    """Train again from the first epoch with the knobs as they stand."""

    kind: ClassVar[str] = "restart"


@dataclass(frozen=True, slots=True)
class Stop(Command):
    """End training now; each lane ends with the reason `user` and is measured on the test data."""

    kind: ClassVar[str] = "stop"


@dataclass(frozen=True, slots=True)
class Fork(Command):
    """Copy an arm as it is now, or as it was after so many whole epochs. The copy meets the same batches and noise.

    Attributes
    ----------
    name : of the copy; made from its parent's and the place where it is empty.
    epoch : None for now. A copy from the past waits there for its first turned knob, unless `set` is given.
    set : knobs and values, turned in the copy where it begins. At epoch 0 they may shape the network.
    """

    kind: ClassVar[str] = "fork"
    arm: str
    name: str = ""
    epoch: int | None = None
    set: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AddArm(Command):
    """Copy an arm's settings as they stand, with those of `set`, and train the copy from the first epoch on until it
    stands where the others do."""

    kind: ClassVar[str] = "add_arm"
    source: str
    name: str = ""
    set: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoveArm(Command):
    """Take an arm out of training and out of the view; it can be brought back."""

    kind: ClassVar[str] = "remove_arm"
    arm: str


@dataclass(frozen=True, slots=True)
class BringBack(Command):
    """Train an arm that was taken out, or a fork that waits, until it stands where the others do."""

    kind: ClassVar[str] = "bring_back"
    arm: str


@dataclass(frozen=True, slots=True)
class AddSeeds(Command):
    """Train every arm under so many seeds more, from the first epoch on until they stand where the others do."""

    kind: ClassVar[str] = "add_seeds"
    count: int = 1


@dataclass(frozen=True, slots=True)
class Rewind(Command):
    """Take the whole lab back to the place after so many whole epochs. The future that is left stays in the file."""

    kind: ClassVar[str] = "rewind"
    epoch: int


# What changes which lanes there are, or where they stand.
Rearrangement = Fork | AddArm | RemoveArm | BringBack | AddSeeds | Rewind

KINDS: dict[str, type[Command]] = {
    command.kind: command
    for command in (
        Pause, Resume, StepEpoch, SetSpeed, Turn, FindLr, Look, Predict, Fork, AddArm, RemoveArm, BringBack, AddSeeds,
        Rewind, Restart, Stop,
    )
}  # fmt: skip
# JSON's words for fields whose names Python keeps for itself.
_FIELDS = {"from": "source"}


def with_field_names(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A line's fields under the names that the commands have for them."""
    return {_FIELDS.get(key, key): value for key, value in fields.items()}


def to_json(command: Command) -> str:
    """One line of JSON."""
    return json.dumps({"do": command.kind, **dataclasses.asdict(command)})


def from_json(line: str) -> Command:
    """The command of one line. Raises ValueError on anything else."""
    return from_fields(json.loads(line))


def from_fields(fields: Any) -> Command:
    """The command of such a line's fields. Raises ValueError on anything else."""
    name = fields.get("do") if isinstance(fields, dict) else None
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"not a command: {str(fields)[:80]}")
    try:
        return from_plain(kind, with_field_names({key: value for key, value in fields.items() if key != "do"}))
    except ValueError as error:
        raise ValueError(f"not a command: {error}") from None
