"""The metrics so far, bounded in memory however long the run."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.events import BY_RAMP, Epoch, Intervention
from engine.metrics import LACKING, METRICS, average_of

Floats = NDArray[np.float64]


POINTS = 4096  # epochs kept


def stride_of(epochs: int, points: int = POINTS) -> int:
    """The pitch at which a history keeps epochs when it has taken in so many."""
    stride = 1
    while -(-(epochs - 1) // stride) >= points:
        stride *= 2
    return stride


@dataclass(slots=True)
class _Means:
    """Of one metric: mean and deviation over the seeds, [arms, points] both, final up to the column `final`; and what
    each lane holds there if it has ended, [L]."""

    mean: Floats
    deviation: Floats
    carried_L: Floats
    final: int = 0


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
        self._measured = np.zeros((len(self.lanes), self._points), dtype=bool)
        self._means: dict[str, _Means] = {}
        self._used = 0
        self._stride = 1
        self._bound = interventions
        self._interventions: list[Intervention] = []
        self._ramps: dict[tuple[str, str], list[Intervention]] = {}  # the kept steps of the newest, by arm and knob
        self._lock = threading.Lock()

    @classmethod
    def of(
        cls,
        lanes: Sequence[tuple[str, int]],
        epochs: NDArray[np.int64],
        values: Mapping[str, Floats],
        measured: NDArray[np.bool_],
        points: int = POINTS,
    ) -> History:
        """A history that holds these epochs, as if it had taken in every one up to the newest of them.

        Parameters
        ----------
        epochs : [n]: every `stride_of(newest)`-th from 1, and the newest.
        values : of each metric, [L, n]; NaN where a lane has no number.
        measured : which lane has the epoch, [L, n].
        """
        history = cls(lanes, points)
        count = epochs.size
        history._stride = stride_of(int(epochs[-1]), history._points) if count else 1
        history._used = count
        history._epochs[:count], history._measured[:, :count] = epochs, measured
        for metric, numbers in values.items():
            history._of(metric)[:, :count] = numbers
        return history

    def __len__(self) -> int:
        return self._used

    @property
    def nbytes(self) -> int:
        """Memory held by the numbers, bytes."""
        return self._epochs.nbytes + self._measured.nbytes + sum(values.nbytes for values in self._values.values())

    @property
    def metrics(self) -> list[str]:
        """The metrics that any lane has had, `penalty.NAME`, `ema_val_loss` and its like, `weight_norm.LAYER` (from 1)
        among them."""
        with self._lock:
            return list(self._values)

    @property
    def interventions(self) -> list[Intervention]:
        with self._lock:
            return list(self._interventions)

    @property
    def epochs(self) -> NDArray[np.int64]:
        """The epochs that are kept, ascending."""
        with self._lock:
            return self._epochs[: self._used].copy()

    @property
    def runs(self) -> list[list[str]]:
        """The arms of each run that it holds: of one, unless several are compared."""
        return [self.arms]

    def copy(self) -> History:
        """Another one with the same numbers."""
        with self._lock:
            other = copy.copy(self)
            other._epochs, other._measured = self._epochs.copy(), self._measured.copy()
            other._values = {name: values.copy() for name, values in self._values.items()}
            other._means, other._interventions = {}, list(self._interventions)
            other._ramps = dict(self._ramps)
        other._lock = threading.Lock()
        return other

    def as_events(self, most: int) -> list[Epoch]:
        """At most about `most` of the kept epochs as events again, at an even pitch, the newest among them."""
        with self._lock:
            pitch = self._stride
            while self._used and self._epochs[self._used - 1] > pitch * most:
                pitch *= 2
            events: list[Epoch] = []
            for column in range(self._used):
                if (self._epochs[column] - 1) % pitch and column + 1 < self._used:
                    continue
                events += [
                    self._event(lane, row, column) for lane, row in self._row.items() if self._measured[row, column]
                ]
        return events

    def latest(self, epoch: int) -> list[Epoch]:
        """Of each lane the newest kept epoch that is not after `epoch`, as an event; nothing of a lane without any."""
        with self._lock:
            columns = int(np.searchsorted(self._epochs[: self._used], epoch, side="right"))
            events: list[Epoch] = []
            for lane, row in self._row.items():
                measured = np.flatnonzero(self._measured[row, :columns])
                if measured.size:
                    events.append(self._event(lane, row, int(measured[-1])))
        return events

    def _event(self, lane: tuple[str, int], row: int, column: int) -> Epoch:
        numbers = {name: float(values[row, column]) for name, values in self._values.items()}
        metrics = {
            name: int(x) if LACKING.get(name) == 0 and x.is_integer() else x  # what counts lacks is 0
            for name, x in numbers.items()
            if not math.isnan(x) or _is_in_every_epoch(name)
        }
        return Epoch(*lane, int(self._epochs[column]), metrics)

    def add(self, event: Epoch | Intervention) -> None:
        """Take in one event."""
        with self._lock:
            if isinstance(event, Intervention):
                self._add_intervention(event)
            else:
                self._add_epoch(event)

    def _add_intervention(self, event: Intervention) -> None:
        """Of a ramp, which has a step for every epoch, the first and the newest are kept."""
        ramp, steps = (event.arm, event.knob), self._ramps.pop((event.arm, event.knob), [])
        if event.by == BY_RAMP:
            goes_on = bool(steps) and steps[-1].new == event.old
            if goes_on and len(steps) > 1 and steps[-1] in self._interventions:
                self._interventions.remove(steps[-1])
            self._ramps[ramp] = [steps[0], event] if goes_on else [event]
        self._interventions.append(event)
        del self._interventions[: -self._bound]

    def _add_epoch(self, event: Epoch) -> None:
        if self._used and event.epoch < self._epochs[self._used - 1]:
            self._add_late(event)
            return
        if self._used == 0 or self._epochs[self._used - 1] != event.epoch:
            self._open_column(event.epoch)
        row, column = self._row[(event.arm, event.seed)], self._used - 1
        self._measured[row, column] = True
        for name, value in event.metrics.items():
            self._of(name)[row, column] = value

    def _add_late(self, event: Epoch) -> None:
        """An epoch of a lane that is behind the others; of epochs that have been let go it is let go too."""
        column = int(np.searchsorted(self._epochs[: self._used], event.epoch))
        if self._epochs[column] == event.epoch:
            row = self._row[(event.arm, event.seed)]
            self._measured[row, column] = True
            for name, value in event.metrics.items():
                self._of(name)[row, column] = value
            self._means.clear()

    def until(self, epoch: int) -> History:
        """Another one of the epochs up to this one, and the knobs that were turned before it."""
        other = self.copy()
        other._used = int(np.searchsorted(other._epochs[: other._used], epoch, side="right"))
        other._interventions = [turned for turned in other._interventions if turned.epoch < epoch]
        return other

    def of_lanes(self, lanes: Sequence[tuple[str, int]]) -> History:
        """Another one of these lanes, with the numbers of those that this one has."""
        other = History(lanes, self._points, self._bound)
        shared = [(row, self._row[lane]) for lane, row in other._row.items() if lane in self._row]
        ours, theirs = [row for row, _ in shared], [row for _, row in shared]
        with self._lock:
            other._epochs, other._used, other._stride = self._epochs.copy(), self._used, self._stride
            other._measured[ours] = self._measured[theirs]
            for name, values in self._values.items():
                other._of(name)[ours] = values[theirs]
            arms = set(other.arms)
            other._interventions = [turned for turned in self._interventions if turned.arm in arms]
        return other

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
            columns = np.flatnonzero((self._epochs - 1) % self._stride == 0)
            self._epochs[: columns.size] = self._epochs[columns]
            self._measured[:, : columns.size] = self._measured[:, columns]
            for values in self._values.values():
                values[:, : columns.size] = values[:, columns]
            self._used = columns.size
            self._means.clear()
        self._epochs[self._used] = epoch
        self._measured[:, self._used] = False
        for values in self._values.values():
            values[:, self._used] = np.nan
        self._used += 1

    def series(self, metric: str, arm: str, seed: int | None = None) -> tuple[NDArray[np.int64], Floats]:
        """Epochs [n] and values [seeds of the arm, n] (or [n] for one seed); NaN where a lane has no number."""
        rows = [row for row, lane in enumerate(self.lanes) if lane[0] == arm and seed in (None, lane[1])]
        with self._lock:
            epochs = self._epochs[: self._used].copy()
            values = self._values.get(metric)
            numbers = np.full((len(rows), self._used), np.nan) if values is None else values[rows, : self._used].copy()
        return epochs, numbers if seed is None else numbers[0]

    def means(self, metric: str) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Epochs [n], and mean and sample standard deviation over the seeds of each of `arms`, [arms, n] both.

        Seeds that have ended hold their last value, so that the mean does not jump where one ends before the others.
        The deviation of a single number is 0. Only what came since the last call is averaged: the columns before the
        newest do not change any more.
        """
        with self._lock:
            mean, deviation = self._averaged(metric)
            return self._epochs[: self._used].copy(), mean[:, : self._used].copy(), deviation[:, : self._used].copy()

    def mean(self, metric: str, arm: str) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        """Epochs, mean over the arm's seeds, and the mean minus and plus one sample standard deviation, each [n]."""
        place = self.arms.index(arm)
        with self._lock:
            mean, deviation = (values[place, : self._used].copy() for values in self._averaged(metric))
            return self._epochs[: self._used].copy(), mean, mean - deviation, mean + deviation

    def _averaged(self, metric: str) -> tuple[Floats, Floats]:
        values = self._values.get(metric)
        if values is None:
            nothing = np.full((len(self.arms), self._points), np.nan)
            return nothing, nothing
        if metric not in self._means:
            shape = (len(self.arms), self._points)
            self._means[metric] = _Means(np.full(shape, np.nan), np.full(shape, np.nan), np.full(len(values), np.nan))
        means = self._means[metric]
        fresh = slice(means.final, self._used)
        held_Ln, carried_Ln = self._held(metric, values[:, fresh], self._measured[:, fresh], means.carried_L)
        values_ASn = held_Ln[self._rows_AS]
        values_ASn[self._rows_AS < 0] = np.nan
        missing = np.isnan(values_ASn)
        # Nothing was measured in the arm: 0 / 0; a loss that has run away: infinity less infinity.
        with np.errstate(all="ignore"):
            count = values_ASn.shape[1] - missing.sum(axis=1)
            mean = np.where(missing, 0.0, values_ASn).sum(axis=1) / count
            apart = np.where(missing, 0.0, values_ASn - mean[:, None])
            # Bessel's correction; a single number has no spread.
            deviation = np.sqrt((apart * apart).sum(axis=1) / np.maximum(1, count - 1))
        means.mean[:, fresh], means.deviation[:, fresh] = mean, deviation
        final = max(0, self._used - 1)
        if final > means.final:
            means.carried_L, means.final = carried_Ln[:, final - means.final - 1], final
        return means.mean, means.deviation

    @staticmethod
    def _held(
        metric: str, values_Ln: Floats, measured_Ln: NDArray[np.bool_], carried_L: Floats
    ) -> tuple[Floats, Floats]:
        """The values with those of lanes that have ended held, and at each column what a lane would hold from there on.

        A lane that diverged ends with no number: its last finite one is held. A metric that was off when the lane ended
        has none to hold.
        """
        usable_Ln = measured_Ln & np.isfinite(values_Ln) if _is_in_every_epoch(metric) else measured_Ln
        newest = np.maximum.accumulate(np.where(usable_Ln, np.arange(values_Ln.shape[1]), -1), axis=1)
        values_held = np.take_along_axis(values_Ln, np.maximum(newest, 0), axis=1) if newest.size else values_Ln
        carried_Ln = np.where(newest >= 0, values_held, carried_L[:, None])
        return np.where(measured_Ln, values_Ln, carried_Ln), carried_Ln


class ArrangedHistory(History):
    """Reads another history with the arms of `names` alone, called so."""

    def __init__(self, history: History, names: Mapping[str, str]) -> None:
        super().__init__([(names[arm], seed) for arm, seed in history.lanes if arm in names], points=4)
        self._history, self._names = history, dict(names)
        self._own = {name: arm for arm, name in names.items()}
        self._places = [place for place, arm in enumerate(history.arms) if arm in names]

    def __len__(self) -> int:
        return len(self._history)

    @property
    def metrics(self) -> list[str]:
        return self._history.metrics

    @property
    def interventions(self) -> list[Intervention]:
        turned = self._history.interventions
        return [replace(turn, arm=self._names[turn.arm]) for turn in turned if turn.arm in self._names]

    @property
    def epochs(self) -> NDArray[np.int64]:
        return self._history.epochs

    @property
    def runs(self) -> list[list[str]]:
        return [[self._names[arm] for arm in arms if arm in self._names] for arms in self._history.runs]

    def copy(self) -> History:
        return ArrangedHistory(self._history.copy(), self._names)

    def as_events(self, most: int) -> list[Epoch]:
        return self._renamed(self._history.as_events(most))

    def latest(self, epoch: int) -> list[Epoch]:
        return self._renamed(self._history.latest(epoch))

    def _renamed(self, events: Sequence[Epoch]) -> list[Epoch]:
        return [replace(event, arm=self._names[event.arm]) for event in events if event.arm in self._names]

    def series(self, metric: str, arm: str, seed: int | None = None) -> tuple[NDArray[np.int64], Floats]:
        return self._history.series(metric, self._own[arm], seed)

    def means(self, metric: str) -> tuple[NDArray[np.int64], Floats, Floats]:
        epochs, mean, deviation = self._history.means(metric)
        return epochs, mean[self._places], deviation[self._places]

    def mean(self, metric: str, arm: str) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        return self._history.mean(metric, self._own[arm])


def _is_in_every_epoch(metric: str) -> bool:
    """Whether every lane has it after every epoch, be it NaN, and not only while something is switched on."""
    return metric in METRICS and average_of(metric) is None
