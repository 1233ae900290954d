"""Epochs as events, for tests that train nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.events import Epoch, Finished, Reported, Stopped, WouldStop
from engine.preset import Preset
from engine.record import RunRecord
from engine.state import Lane
from engine.summary import ArmRow, Kept

NUMBERS: dict[str, float] = {
    "train_loss": 0.3, "val_loss": 0.5, "train_acc": 0.9, "val_acc": 0.8, "gap": 0.2, "weight_norm": 5.0,
    "grad_norm": 0.1, "lr": 0.1, "wait": 0, "best_val_loss": 0.45, "best_epoch": 1, "best_train_loss": 0.25,
}  # fmt: skip


def epoch_of(
    arm: str,
    seed: int,
    epoch: int,
    *,
    penalty: Mapping[str, float] | None = None,
    weight_norms: Sequence[float] = (),
    averages: Mapping[str, float] | None = None,
    **numbers: float,
) -> Epoch:
    """An epoch with these metrics; those not named are usual ones."""
    fields = {**NUMBERS, "penalty": penalty or {}, "weight_norms": weight_norms, "averages": averages or {}, **numbers}
    return Epoch.from_fields({"arm": arm, "seed": seed, "epoch": epoch, **fields})


def record_of(
    preset: Preset,
    last: Mapping[Lane, Epoch] | None = None,
    stopped: Mapping[Lane, Stopped] | None = None,
    finished: Mapping[Lane, Finished] | None = None,
    would_stop: Mapping[Lane, WouldStop] | None = None,
    reported: Sequence[Reported] = (),
) -> RunRecord:
    """A record of these newest events."""
    record = RunRecord(preset)
    record.last, record.stopped, record.finished = dict(last or {}), dict(stopped or {}), dict(finished or {})
    record.would_stop, record.reported = dict(would_stop or {}), tuple(reported)
    return record


def row(
    arm: str,
    gap: float = 0.3,
    acc: float = math.nan,
    *,
    val: float = 0.5,
    test_loss: float = math.nan,
    best: bool = True,
    noise: Sequence[float] = (0.0, 0.0, 0.0),
    **fields: Any,
) -> ArmRow:
    """An arm whose seeds 0, 1, ... differ by `noise` in gap and validation loss; `kept` of all of them."""
    kept = {seed: Kept(best, val - gap, val + more, test_loss, acc) for seed, more in enumerate(noise)}
    return ArmRow(arm, len(noise), **{"kept": kept, **fields})
