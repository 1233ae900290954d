"""What a lab tells: frozen dataclasses that turn into JSON and back."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

Reason = str  # "early_stopping" | "diverged" | "epochs" | "user"


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events; `kind` is the word under "event" in JSON."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Loading(Event):
    """What is being waited for before training can start, e.g. a download; `share` is 0 to 1 where known."""

    kind: ClassVar[str] = "loading"
    text: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The lab stands. Counts are of the first arm; `parameters_by_arm` tells where arms differ; `warnings` are of the
    data, a line each."""

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
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Epoch(Event):
    """One lane after one epoch. Losses and accuracies are measured in evaluation mode, at the same weights, without
    penalties; `gap` is val_loss - train_loss; `grad_norm` (penalties included, before clipping) and `lr` (schedule
    included) are of the epoch's last step. `best_epoch` is the last that early stopping counted as an improvement of
    what it monitors, by more than min_delta (0: none yet), and `best_*_loss` are of that epoch: a lower one may lie
    within min_delta of it. `averages` holds `ema_val_loss`, `ema_val_acc`, `swa_val_loss` and
    `swa_val_acc` where the lane keeps that average of its weights, measured with the lane's own running statistics."""

    kind: ClassVar[str] = "epoch"
    arm: str
    seed: int
    epoch: int
    train_loss: float
    val_loss: float
    train_acc: float
    val_acc: float
    gap: float
    weight_norm: float
    grad_norm: float
    lr: float
    wait: int
    best_val_loss: float
    best_epoch: int
    penalty: dict[str, float] = field(default_factory=dict)
    weight_norms: tuple[float, ...] = ()
    averages: dict[str, float] = field(default_factory=dict)
    best_train_loss: float = math.nan


@dataclass(frozen=True, slots=True)
class Intervention(Event):
    """A turned knob: it acts from the step after `step` steps on."""

    kind: ClassVar[str] = "intervention"
    step: int
    epoch: int
    arm: str
    knob: str
    old: Any
    new: Any


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
    """A lane trains no more. `reason`: early_stopping, diverged, epochs or user.

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
    """What somebody else reports of an arm, beside ours: the mean over the seeds, told at the end of the run.

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
    """The engine could not go on: one line for the person, and where the full story lies."""

    kind: ClassVar[str] = "failed"
    message: str
    log: str = ""


KINDS: dict[str, type[Event]] = {
    event.kind: event
    for event in (Loading, Started, Epoch, Intervention, WouldStop, Stopped, Finished, Reported, Found, Failed)
}


def to_json(event: Event) -> str:
    """One line of JSON. Numbers that JSON has no word for (NaN, infinity) become null."""
    return json.dumps({"event": event.kind, **_plain(event)}, allow_nan=False, separators=(", ", ": "))


def from_json(line: str) -> Event:
    """The event of one line; null where a number belongs becomes NaN again. Raises ValueError on anything else."""
    told = json.loads(line)
    name = told.pop("event", None) if isinstance(told, dict) else None
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"not an event: {line[:80]!r}")
    made = {}
    for spec in dataclasses.fields(kind):
        if spec.name not in told:
            continue
        value = told[spec.name]
        if spec.type == "float" and value is None:
            value = math.nan
        elif str(spec.type).startswith("tuple"):
            value = tuple(math.nan if item is None and "float" in str(spec.type) else item for item in value)
        elif spec.type == "dict[str, float]":
            value = {name: math.nan if number is None else number for name, number in value.items()}
        elif "dict[str, tuple" in str(spec.type):
            value = {name: tuple(items) for name, items in value.items()}
        made[spec.name] = value
    try:
        return kind(**made)
    except TypeError as error:
        raise ValueError(f"not an event: {error}") from None


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {spec.name: _plain(getattr(value, spec.name)) for spec in dataclasses.fields(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
