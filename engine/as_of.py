"""A run as it was after an earlier epoch: what its record held then, made of what it holds now."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
from numpy.typing import NDArray

from engine.events import BY_RAMP, Epoch, Intervention
from engine.history import Floats, History
from engine.metrics import LACKING
from engine.preset import Preset, with_value
from engine.record import RunRecord
from engine.view import Lens, View


def as_of(view: View, epoch: int) -> View:
    """The view as of the end of the newest kept epoch that is not after `epoch`, or the first; `view` where there is
    none.

    Its record is what one holds that has taken the events up to then. What has no epoch, the sweeps of learning rates,
    is as it is now. `View.now` is `view`.
    """
    record, history, kept = view.record, view.record.history, _kept(view)
    if history is None or not kept.size:
        return view
    then = int(kept[max(0, _place(kept, epoch))])
    return dataclasses.replace(
        view,
        record=_record_of(record, history, then),
        pending=(),
        lens=dataclasses.replace(view.lens, cursor=then),
        now=view,
    )


def through(view: View, lens: Lens) -> View:
    """The view as a screen looks at it: as of the lens's cursor, where it has one. A lens that does nothing costs
    nothing."""
    if lens == view.lens:
        return view
    view = dataclasses.replace(view, lens=lens)
    return view if lens.cursor is None else as_of(view, lens.cursor)


def moved(view: View, cursor: int | None, by: int) -> int | None:
    """The epoch `by` kept epochs after the cursor, or after the newest; None where no epoch is kept yet."""
    if not (kept := _kept(view)).size:
        return None
    place = kept.size - 1 if cursor is None else _place(kept, cursor)
    return int(kept[min(max(0, place + by), kept.size - 1)])


def _kept(view: View) -> NDArray[np.int64]:
    """The kept epochs of a view's moment: its history is shared with the run, and may be ahead of it."""
    history = view.record.history
    if history is None:
        return np.empty(0, dtype=np.int64)
    kept = history.epochs
    return kept[: _place(kept, view.record.epoch) + 1]


def _place(kept: NDArray[np.int64], epoch: int) -> int:
    """Of the newest kept epoch that is not after `epoch`; -1 where there is none."""
    return int(np.searchsorted(kept, epoch, side="right")) - 1


def _record_of(record: RunRecord, history: History, then: int) -> RunRecord:
    other = copy.copy(record)
    other.history = HistoryUntil(history, then)
    other.preset = _ramped(_preset_then(record, history.interventions, then), record, then)
    other.epoch = min(then, record.epoch)
    # What a long run keeps of a lane may end before the lane's last epoch did: its newest event is the better one.
    other.last = {(event.arm, event.seed): event for event in history.latest(then)}
    other.last |= {lane: event for lane, event in record.last.items() if event.epoch <= then}
    other.would_stop = {lane: event for lane, event in record.would_stop.items() if event.epoch <= then}
    other.stopped = {lane: event for lane, event in record.stopped.items() if event.epoch <= then}
    # A run is tested when its last lane has ended.
    ended: set[str] = set()
    for arms in history.runs:
        ends = [event.epoch for (arm, _), event in record.finished.items() if arm in arms]
        if ends and max(ends) <= then:
            ended |= set(arms)
    other.finished = {lane: event for lane, event in record.finished.items() if lane[0] in ended}
    other.reported = tuple(number for number in record.reported if number.arm in ended)
    other.seen = {look: event for look, event in record.seen.items() if event.epoch <= then}
    other.failed = record.failed if then >= record.epoch else None
    return other


_newest: tuple[Preset, list[Intervention], Preset] | None = None


def _preset_then(record: RunRecord, turns: list[Intervention], then: int) -> Preset:
    """The preset with the knobs as they stood at the end of an epoch. The same object for the same ones."""
    begun = record.begun
    if (begun.arm_names, begun.seeds) == (record.preset.arm_names, record.preset.seeds):
        return _turned(begun, [turn for turn in turns if turn.epoch < then], back=False)
    # Arms have come or gone since: those that are there, with the knobs turned back.
    later = [turn for turn in turns if turn.epoch >= then and turn.arm in record.preset.arm_names]
    return _turned(record.preset, later[::-1], back=True)


def _turned(preset: Preset, turns: list[Intervention], back: bool) -> Preset:
    """With these knobs turned, or turned back, in this order; quick for some more of them than the last time."""
    global _newest
    turned, done = preset, 0
    if _newest is not None and _newest[0] is preset and turns[: len(_newest[1])] == _newest[1]:
        turned, done = _newest[2], len(_newest[1])
    for turn in turns[done:]:
        of_all = turn.of_all and not back  # what they were before may differ
        turned = with_value(turned, turn.knob, turn.old if back else turn.new, None if of_all else turn.arm)
    _newest = preset, turns, turned
    return turned


def _ramped(preset: Preset, record: RunRecord, then: int) -> Preset:
    """The preset with the ramps where they stood: of each the record keeps the first step and the newest."""
    first: dict[tuple[str, str], Intervention] = {}
    for turn in record.interventions:
        ramp = (turn.arm, turn.knob)
        begun = first.pop(ramp, None)
        if turn.by == BY_RAMP:
            if begun is not None and begun.epoch < then <= turn.epoch:
                share = (then - 1 - begun.epoch) / (turn.epoch - begun.epoch)
                value = begun.new + (turn.new - begun.new) * share
                whole = isinstance(turn.new, int)
                preset = with_value(preset, turn.knob, round(value) if whole else value, turn.arm)
            first[ramp] = turn
    return preset


class HistoryUntil(History):
    """Reads another history up to an epoch."""

    def __init__(self, history: History, epoch: int) -> None:
        super().__init__(history.lanes, points=4)
        self._history, self._until = history, epoch

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def epochs(self) -> NDArray[np.int64]:
        kept = self._history.epochs
        return kept[: self._columns(kept)]

    @property
    def runs(self) -> list[list[str]]:
        return self._history.runs

    @property
    def metrics(self) -> list[str]:
        return [name for name in self._history.metrics if name in LACKING or self._has(name)]

    def _has(self, metric: str) -> bool:
        """Whether any lane has had a metric that is there while something is switched on."""
        return any(not np.isnan(self.series(metric, arm)[1]).all() for arm in self.arms)

    @property
    def interventions(self) -> list[Intervention]:
        """A knob that was turned after the end of the epoch, before the first batch of the next, is not among them."""
        return [turn for turn in self._history.interventions if turn.epoch < self._until]

    def copy(self) -> History:
        return HistoryUntil(self._history.copy(), self._until)

    def as_events(self, most: int) -> list[Epoch]:
        return [event for event in self._history.as_events(most) if event.epoch <= self._until]

    def latest(self, epoch: int) -> list[Epoch]:
        return self._history.latest(min(epoch, self._until))

    def series(self, metric: str, arm: str, seed: int | None = None) -> tuple[NDArray[np.int64], Floats]:
        epochs, values = self._history.series(metric, arm, seed)
        count = self._columns(epochs)
        return epochs[:count], values[..., :count]

    def means(self, metric: str) -> tuple[NDArray[np.int64], Floats, Floats]:
        epochs, mean, deviation = self._history.means(metric)
        count = self._columns(epochs)
        return epochs[:count], mean[:, :count], deviation[:, :count]

    def mean(self, metric: str, arm: str) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        epochs, mean, low, high = self._history.mean(metric, arm)
        count = self._columns(epochs)
        return epochs[:count], mean[:count], low[:count], high[:count]

    def _columns(self, epochs: NDArray[np.int64]) -> int:
        return _place(epochs, self._until) + 1
