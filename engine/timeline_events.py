"""What a preset's timeline gives to whoever looks on; `engine.events` has these events among all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.event import Event


@dataclass(frozen=True, slots=True)
class Said(Event):
    """A text of the preset's timeline, after so many whole epochs and batches; `arm` is whom it is about, if any."""

    kind: ClassVar[str] = "said"
    epoch: int
    text: str
    batch: int = 0
    arm: str | None = None


@dataclass(frozen=True, slots=True)
class Asked(Event):
    """A question of the timeline: what will happen from here on? `number` is its place in the timeline, from 0.

    A dashboard waits for a prediction; nothing else does.
    """

    kind: ClassVar[str] = "asked"
    number: int
    epoch: int
    question: str
    choices: tuple[str, ...]
    batch: int = 0
    arm: str | None = None


@dataclass(frozen=True, slots=True)
class Predicted(Event):
    """Which choice of a question somebody has predicted, counted from 0."""

    kind: ClassVar[str] = "predicted"
    number: int
    choice: int


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an arm between a question and its answer: means over its seeds.

    An accuracy is NaN where there is none, a loss where nothing had been measured.
    """

    arm: str
    val_loss_then: float
    val_loss_now: float
    val_acc_then: float
    val_acc_now: float


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """What happened after a question, and what its author had found: `answer` is one of its choices, or empty."""

    kind: ClassVar[str] = "answered"
    number: int
    epoch: int
    answer: str
    reveal: str
    happened: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Halted(Event):
    """The timeline says `pause`: a dashboard stands still here; nothing else does."""

    kind: ClassVar[str] = "halted"
    epoch: int
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Pointed(Event):
    """The timeline opens a closer look, by its name, at an arm or at what is selected."""

    kind: ClassVar[str] = "pointed"
    epoch: int
    look: str
    batch: int = 0
    arm: str | None = None
