"""What happens in a lab: frozen dataclasses that turn into JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.event import Event as Event
from engine.lane_events import Inputs as Inputs
from engine.lane_events import Loading as Loading
from engine.lane_events import Rearranged as Rearranged
from engine.lane_events import Started as Started
from engine.lane_events import Travelled as Travelled
from engine.metrics import LACKING, average_of
from engine.plain import from_plain, plain
from engine.text import quoted
from engine.timeline_events import Answered as Answered
from engine.timeline_events import Asked as Asked
from engine.timeline_events import Change as Change
from engine.timeline_events import Halted as Halted
from engine.timeline_events import Pointed as Pointed
from engine.timeline_events import Predicted as Predicted
from engine.timeline_events import Said as Said

# What `Intervention.by` says of a knob that the preset's timeline has turned.
BY_TIMELINE, BY_RAMP = "timeline", "ramp"

Reason = str  # "early_stopping" | "diverged" | "epochs" | "user"
# What a difference between two arms comes to (`Compared.verdict`), and nothing else.
VERDICTS = ("better", "worse", "not_told_apart", "one_seed", "diverged", "no_common_seed", "other_data")


@dataclass(frozen=True, slots=True)
class Epoch(Event):
    """One lane after one epoch: `metrics` by their names in `engine.metrics.METRICS`, readable as attributes too.

    Losses and accuracies are measured in evaluation mode, at the same weights, without penalties. In JSON the metrics
    lie flat beside arm, seed and epoch, but for the families: `penalty` and `averages` are objects, `weight_norms` a
    list, layer by layer.
    """

    kind: ClassVar[str] = "epoch"
    arm: str
    seed: int
    epoch: int
    metrics: Mapping[str, float]

    def __getattr__(self, name: str) -> float:
        if not name.startswith("_") and name != "metrics":
            if name in self.metrics:
                return self.metrics[name]
            if name in LACKING:
                return LACKING[name]
        raise AttributeError(f"an epoch has no {name!r}")

    @property
    def penalty(self) -> dict[str, float]:
        """What each active penalty adds to the loss, by its name."""
        return {name.partition(".")[2]: value for name, value in self.metrics.items() if name.startswith("penalty.")}

    @property
    def weight_norms(self) -> tuple[float, ...]:
        """The norm of each layer's weights."""
        return tuple(value for name, value in self.metrics.items() if name.startswith("weight_norm."))

    @property
    def averages(self) -> dict[str, float]:
        """`ema_val_loss`, `ema_val_acc`, `swa_val_loss` and `swa_val_acc` where the lane keeps that average of its
        weights, measured with the lane's own running statistics."""
        return {name: value for name, value in self.metrics.items() if average_of(name)}

    def as_fields(self) -> dict[str, Any]:
        """What stands in its line of JSON."""
        fields: dict[str, Any] = {"arm": self.arm, "seed": self.seed, "epoch": self.epoch}
        penalty: dict[str, float] = {}
        norms: list[float] = []
        averages: dict[str, float] = {}
        for name, value in self.metrics.items():
            family, _, member = name.partition(".")
            if member:
                if family == "penalty":
                    penalty[member] = value
                elif family == "weight_norm":
                    norms.append(value)
            elif average_of(name):
                averages[name] = value
            else:
                fields[name] = value
        return {**fields, "penalty": penalty, "weight_norms": norms, "averages": averages}

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Epoch:
        """The epoch of such a line. Raises ValueError where it is none."""
        fields = dict(fields)
        own: dict[str, Any] = {name: fields.pop(name) for name in ("arm", "seed", "epoch") if name in fields}
        penalty, norms, averages = (fields.pop(name, None) for name in ("penalty", "weight_norms", "averages"))
        fields |= {f"weight_norm.{number}": norm for number, norm in enumerate(norms or (), start=1)}
        fields |= {f"penalty.{name}": value for name, value in (penalty or {}).items()}
        return from_plain(cls, {**own, "metrics": {**fields, **(averages or {})}})


@dataclass(frozen=True, slots=True)
class Intervention(Event):
    """A turned knob, and the exact place from which it acts.

    Attributes
    ----------
    step : of the arm's stack: it acts from the step after so many.
    epoch, batch : it acts after so many whole epochs and so many batches of the next one, counted for the arm's stack.
    of_all : it was turned for all arms at once, in one of as many events as there are arms that it changed.
    by : who turned it: empty for a command, `timeline` for the preset's own, `ramp` for a step of such a ramp.
    """

    kind: ClassVar[str] = "intervention"
    step: int
    epoch: int
    batch: int
    arm: str
    knob: str
    old: Any
    new: Any
    of_all: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class Adjusted(Event):
    """A knob set while nothing trains, after the run's end or a failure: it counts from the next start on.

    `arm` is None for all arms.
    """

    kind: ClassVar[str] = "adjusted"
    knob: str
    value: Any
    arm: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt(Event):
    """The answer to a command: taken, at which place of the run, or refused and why.

    Attributes
    ----------
    do : the command's kind.
    epoch, batch : where it acts: after so many whole epochs and so many batches of the next one.
    number : the command's, counted by the worker that took it.
    id : what its sender calls it.
    """

    kind: ClassVar[str] = "receipt"
    do: str
    taken: bool
    epoch: int = 0
    batch: int = 0
    refused: str = ""
    number: int = 0
    id: str = ""


@dataclass(frozen=True, slots=True)
class Seen(Event):
    """What a closer look saw of a lane at the end of an epoch. `data` are the look's own plain fields (see
    `engine.looks`), bounded in size; None where the look has no meaning for the lane, see `engine.looks.lacking`."""

    kind: ClassVar[str] = "seen"
    look: str
    arm: str
    seed: int
    epoch: int
    data: Any


@dataclass(frozen=True, slots=True)
class WouldStop(Event):
    """Under `action = "watch"`: where early stopping would have ended the lane, and with what."""

    kind: ClassVar[str] = "would_stop"
    arm: str
    seed: int
    epoch: int
    best_epoch: int
    best_val_loss: float


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """A lane has stopped training. `reason`: early_stopping, diverged, epochs or user.

    `kept_epoch` is the epoch whose weights it keeps: the best one under `restore_best`, else the last, as where no
    epoch counted as the best. A diverged lane keeps its best in any case, its first weights (0) where there are none.
    """

    kind: ClassVar[str] = "stopped"
    arm: str
    seed: int
    epoch: int
    reason: Reason
    best_epoch: int
    best_val_loss: float
    kept_epoch: int = 0


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """A lane's end: what the weights of `kept_epoch` (see `Stopped`) give on the test data, touched this once.

    `epoch` and `reason` say when and why training ended, `best_*` what early stopping counted as the best until then.
    """

    kind: ClassVar[str] = "finished"
    arm: str
    seed: int
    epoch: int
    reason: Reason
    test_loss: float
    test_acc: float
    best_epoch: int
    best_val_loss: float
    kept_epoch: int = 0


@dataclass(frozen=True, slots=True)
class Reported(Event):
    """A number that others report of an arm, with ours: the mean over the seeds, at the end of the run.

    `reported` is None where they give no number; `text` is then what they say. `ours` is NaN where we have none,
    `ours_std` the sample standard deviation over the seeds, None below two of them.
    """

    kind: ClassVar[str] = "reported"
    arm: str
    metric: str
    reported: float | None
    ours: float
    text: str = ""
    note: str = ""
    ours_std: float | None = None


@dataclass(frozen=True, slots=True)
class Compared(Event):
    """What an arm has more of a metric than the reference arm, paired by seed, with the weights that are kept.

    Attributes
    ----------
    mean : of the differences over `n` seeds; NaN where there are none.
    low, high : their 95 % confidence interval (Student's t); None below two seeds.
    unpaired_low, unpaired_high : what it would be if each arm had trained under seeds of its own (Welch).
    same_sign : under how many of the seeds the difference has the sign of its mean.
    seeds_needed : how many seeds in all would tell the arms apart if mean and spread stayed as they are; None where
        they are told apart, or no number would do.
    verdict : one of `VERDICTS`.
    """

    kind: ClassVar[str] = "compared"
    arm: str
    reference: str
    metric: str
    mean: float
    low: float | None
    high: float | None
    n: int
    same_sign: int
    seeds_needed: int | None
    verdict: str
    unpaired_low: float | None = None
    unpaired_high: float | None = None


@dataclass(frozen=True, slots=True)
class Found(Event):
    """What the learning-rate finder saw of one arm: smoothed training losses (the mean over its seeds) by rate, up to
    where it diverged, and the rate of the steepest descent, or None where the loss does not fall."""

    kind: ClassVar[str] = "found"
    arm: str
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float | None


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The engine could not go on: one line for the user, and where the full traceback is."""

    kind: ClassVar[str] = "failed"
    message: str
    log: str = ""


KINDS: dict[str, type[Event]] = {
    event.kind: event
    for event in (
        Loading, Started, Epoch, Intervention, Rearranged, Travelled, Said, Asked, Predicted, Answered, Halted, Pointed,
        Adjusted, Receipt, WouldStop, Stopped, Finished, Reported, Compared, Found, Seen, Failed,
    )
}  # fmt: skip


# Thousands of epochs a second are written: `json.dumps` would make one of these for each.
_ENCODER = json.JSONEncoder(allow_nan=False)


def to_json(event: Event) -> str:
    """One line of JSON. Numbers that JSON has no word for (NaN, infinity) become null."""
    fields = event.as_fields() if isinstance(event, Epoch) else plain(event)
    try:
        return _ENCODER.encode({"event": event.kind, **fields})
    except ValueError:  # a number that is not finite
        return _ENCODER.encode({"event": event.kind, **plain(fields)})


def from_json(line: str) -> Event:
    """The event of one line; null where a number belongs becomes NaN again. Raises ValueError on anything else."""
    return from_fields(json.loads(line))


def from_fields(fields: Any) -> Event:
    """The event of what stands in its line. Raises ValueError on anything else."""
    name = fields.get("event") if isinstance(fields, dict) else None
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"not an event: {quoted(fields)}")
    rest = {key: value for key, value in fields.items() if key != "event"}
    try:
        return Epoch.from_fields(rest) if kind is Epoch else from_plain(kind, rest)
    except ValueError as error:
        raise ValueError(f"not an event: {error}") from None
