"""The metrics so far, bounded in memory however long the run."""

from __future__ import annotations

import csv
import threading
from collections.abc import Sequence
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from engine.events import Epoch, Intervention

Floats = NDArray[np.float64]

METRICS = (
    "train_loss", "val_loss", "train_acc", "val_acc", "gap", "weight_norm", "grad_norm", "lr", "wait",
    "best_val_loss", "best_epoch",
)  # fmt: skip


POINTS = 4096  # epochs kept


class History:
    """Every metric of every lane over the epochs, at most `points` of them.

    When full, every second epoch is let go and from then on only every second is kept (then every fourth, ...), so
    what is kept always spans the whole run at an even pitch; the newest epoch is always there. Safe to fill in one
    thread and read in another.

    Parameters
    ----------
    lanes : (arm, seed) of every lane.
    points : the bound on epochs kept, at least 4.
    interventions : the bound on interventions kept; the oldest go first.
    """

    def __init__(self, lanes: Sequence[tuple[str, int]], points: int = POINTS, interventions: int = 1000) -> None:
        self.lanes = list(lanes)
        self._row = {lane: row for row, lane in enumerate(self.lanes)}
        self.arms = list(dict.fromkeys(arm for arm, _ in self.lanes))
        rows = [[row for row, lane in enumerate(self.lanes) if lane[0] == arm] for arm in self.arms]
        # Rows of the seeds, -1 where an arm has fewer of them than another.
        self._rows_AS = np.full((len(rows), max(map(len, rows), default=0)), -1)
        for place, some in enumerate(rows):
            self._rows_AS[place, : len(some)] = some
        self._points = max(points, 4)
        self._epochs = np.zeros(self._points, dtype=np.int64)
        self._values: dict[str, Floats] = {}
        # By metric: mean and deviation over the seeds, [arms, points] both, and up to which column they are final.
        self._means: dict[str, tuple[Floats, Floats, int]] = {}
        self._used = 0
        self._stride = 1
        self._bound = interventions
        self._interventions: list[Intervention] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._used

    @property
    def nbytes(self) -> int:
        """Memory held by the numbers, bytes."""
        return self._epochs.nbytes + sum(values.nbytes for values in self._values.values())

    @property
    def metrics(self) -> list[str]:
        """The metrics that any lane has told, `penalty.NAME`, `ema_val_loss` and its like, `weight_norm.LAYER` (from 1)
        among them."""
        with self._lock:
            return list(self._values)

    @property
    def interventions(self) -> list[Intervention]:
        with self._lock:
            return list(self._interventions)

    def add(self, event: Epoch | Intervention) -> None:
        """Take in one event."""
        with self._lock:
            if isinstance(event, Intervention):
                self._interventions.append(event)
                del self._interventions[: -self._bound]
            else:
                self._add_epoch(event)

    def _add_epoch(self, event: Epoch) -> None:
        if self._used == 0 or self._epochs[self._used - 1] != event.epoch:
            self._open_column(event.epoch)
        row, column = self._row[(event.arm, event.seed)], self._used - 1
        for name in METRICS:
            self._of(name)[row, column] = getattr(event, name)
        for name, value in event.penalty.items():
            self._of(f"penalty.{name}")[row, column] = value
        for name, value in event.averages.items():
            self._of(name)[row, column] = value
        for number, norm in enumerate(event.weight_norms, start=1):
            self._of(f"weight_norm.{number}")[row, column] = norm

    def _of(self, name: str) -> Floats:
        values = self._values.get(name)
        if values is None:
            values = np.full((len(self.lanes), self._points), np.nan)
            self._values[name] = values
        return values

    def _open_column(self, epoch: int) -> None:
        # The newest epoch stands off the even pitch until the next one shows whether it was on it.
        if self._used and (self._epochs[self._used - 1] - 1) % self._stride:
            self._used -= 1
        if self._used == self._points:
            self._stride *= 2
            kept = np.flatnonzero((self._epochs - 1) % self._stride == 0)
            self._epochs[: kept.size] = self._epochs[kept]
            for values in self._values.values():
                values[:, : kept.size] = values[:, kept]
            self._used = kept.size
            self._means.clear()
        self._epochs[self._used] = epoch
        for values in self._values.values():
            values[:, self._used] = np.nan
        self._used += 1

    def series(self, metric: str, arm: str, seed: int | None = None) -> tuple[NDArray[np.int64], Floats]:
        """Epochs [n] and values [seeds of the arm, n] (or [n] for one seed); NaN where a lane has no number."""
        rows = [row for row, lane in enumerate(self.lanes) if lane[0] == arm and seed in (None, lane[1])]
        with self._lock:
            epochs = self._epochs[: self._used].copy()
            values = self._values.get(metric)
            told = np.full((len(rows), self._used), np.nan) if values is None else values[rows, : self._used].copy()
        return epochs, told if seed is None else told[0]

    def means(self, metric: str) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Epochs [n], and mean and standard deviation over the seeds of each of `arms`, [arms, n] both.

        Only what came since the last call is averaged: the columns before the newest do not change any more.
        """
        with self._lock:
            mean, deviation = self._averaged(metric)
            return self._epochs[: self._used].copy(), mean[:, : self._used].copy(), deviation[:, : self._used].copy()

    def mean(self, metric: str, arm: str) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        """Epochs, mean over the arm's seeds, and the mean minus and plus one standard deviation, each [n]."""
        place = self.arms.index(arm)
        with self._lock:
            mean, deviation = (each[place, : self._used].copy() for each in self._averaged(metric))
            return self._epochs[: self._used].copy(), mean, mean - deviation, mean + deviation

    def _averaged(self, metric: str) -> tuple[Floats, Floats]:
        values = self._values.get(metric)
        if metric not in self._means or values is None:
            mean, deviation = np.full((2, len(self.arms), self._points), np.nan)
            if values is None:
                return mean, deviation
            self._means[metric] = mean, deviation, 0
        mean, deviation, final = self._means[metric]
        fresh = slice(final, self._used)
        values_ASn = values[self._rows_AS, fresh]
        values_ASn[self._rows_AS < 0] = np.nan
        missing = np.isnan(values_ASn)
        # No lane of the arm trains any more: 0 / 0; a loss that has run away: infinity less infinity.
        with np.errstate(all="ignore"):
            count = values_ASn.shape[1] - missing.sum(axis=1)
            mean[:, fresh] = np.where(missing, 0.0, values_ASn).sum(axis=1) / count
            apart = np.where(missing, 0.0, values_ASn - mean[:, None, fresh])
            deviation[:, fresh] = np.sqrt((apart * apart).sum(axis=1) / count)
        self._means[metric] = mean, deviation, max(0, self._used - 1)
        return mean, deviation

    def write_csv(self, file: TextIO) -> None:
        """Every kept epoch of every lane as a row: arm, seed, epoch, then the metrics; empty where there is none."""
        with self._lock:  # one moment for all columns: the run goes on while the file is written
            epochs = self._epochs[: self._used].tolist()
            values = {name: held[:, : self._used].copy() for name, held in self._values.items()}
        writer = csv.writer(file)
        writer.writerow(["arm", "seed", "epoch", *values])
        for row, (arm, seed) in enumerate(self.lanes):
            for column, epoch in enumerate(epochs):
                told = [held[row, column] for held in values.values()]
                if not np.isnan(values["wait"][row, column]):
                    writer.writerow([arm, seed, epoch, *("" if np.isnan(x) else repr(float(x)) for x in told)])
