"""The curves of several runs on one axis of epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.events import Epoch, Intervention
from engine.history import Floats, History


class ComparedHistory(History):
    """Reads the histories of runs as one; each run's arms are called as its part of `names` says.

    What a run does not have, because it is shorter or keeps fewer epochs, is a gap or what it had before.
    """

    def __init__(self, histories: Sequence[History], names: Sequence[dict[str, str]]) -> None:
        lanes = [(names[place][arm], seed) for place, history in enumerate(histories) for arm, seed in history.lanes]
        super().__init__(lanes, points=4)
        self._histories, self._names = list(histories), list(names)
        self._part_of = {name: place for place, shown_names in enumerate(names) for name in shown_names.values()}

    def __len__(self) -> int:
        return max(map(len, self._histories), default=0)

    @property
    def metrics(self) -> list[str]:
        return list(dict.fromkeys(metric for history in self._histories for metric in history.metrics))

    @property
    def interventions(self) -> list[Intervention]:
        """Each of one arm alone: what was turned for all arms of a run was not turned in those of the others."""
        parts = zip(self._histories, self._names, strict=True)
        turned = [
            replace(turn, arm=names[turn.arm], of_all=False)
            for history, names in parts
            for turn in history.interventions
            if turn.arm in names
        ]
        return sorted(turned, key=lambda turn: (turn.epoch, turn.batch))

    @property
    def epochs(self) -> NDArray[np.int64]:
        kept = [history.epochs for history in self._histories]
        return np.unique(np.concatenate(kept)) if kept else np.empty(0, dtype=np.int64)

    @property
    def runs(self) -> list[list[str]]:
        return [list(names.values()) for names in self._names]

    def latest(self, epoch: int) -> list[Epoch]:
        parts = zip(self._histories, self._names, strict=True)
        return [
            replace(event, arm=names[event.arm])
            for history, names in parts
            for event in history.latest(epoch)
            if event.arm in names
        ]

    def means(self, metric: str) -> tuple[NDArray[np.int64], Floats, Floats]:
        parts = [history.means(metric) for history in self._histories]
        # Of what was read just now, for a run may have gone on since.
        epochs = np.unique(np.concatenate([own for own, _, _ in parts])) if parts else np.empty(0, dtype=np.int64)
        mean = [_placed(epochs, own_epochs, values) for own_epochs, values, _ in parts]
        deviation = [_placed(epochs, own_epochs, values) for own_epochs, _, values in parts]
        return epochs, np.concatenate(mean), np.concatenate(deviation)

    def mean(self, metric: str, arm: str) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        place = self._part_of[arm]
        own = next(name for name, shown in self._names[place].items() if shown == arm)
        return self._histories[place].mean(metric, own)

    def series(self, metric: str, arm: str, seed: int | None = None) -> tuple[NDArray[np.int64], Floats]:
        place = self._part_of[arm]
        own = next(name for name, shown in self._names[place].items() if shown == arm)
        return self._histories[place].series(metric, own, seed)


def _placed(epochs: NDArray[np.int64], own_epochs: NDArray[np.int64], values: Floats) -> Floats:
    """Values at some epochs, [arms, n], at others: the newest before; nothing before the first or behind the last."""
    if not own_epochs.size:
        return np.full((len(values), epochs.size), np.nan)
    newest = np.searchsorted(own_epochs, epochs, side="right") - 1
    placed = values[:, np.maximum(newest, 0)]
    placed[:, (newest < 0) | (epochs > own_epochs[-1])] = np.nan
    return placed
