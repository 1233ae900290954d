"""What a picture of a run shows: its charts, each with a curve for each arm and what its seeds spread over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.limits import difference_limits, shared_limits
from engine.runs.reader import RunReader
from engine.summary import best_epoch

Floats = NDArray[np.float64]

# Okabe and Ito's colours, as the dashboard has them on a light ground.
COLOURS = ("#8c4e00", "#005ca0", "#00543c", "#88146e", "#3a3c00", "#b40048", "#280a96", "#0a0a0a")
# Points along a chart: more than it is wide in a usual window would not be seen.
_POINTS = 600
# Of what seeds spread over, so large a share has to be seen: some begin far off, and come to the others in an epoch.
_USUAL = 0.97


def colour(place: int) -> str:
    """Of the arm at that place of the preset."""
    return COLOURS[place % len(COLOURS)]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The mean over an arm's seeds at some epochs, [n]; and over blocks of epochs the least and the greatest that any
    of its seeds has, [m], with the first epoch of each block."""

    label: str
    place: int
    dashed: bool
    epochs: NDArray[np.int64]
    mean: Floats
    blocks: NDArray[np.int64]
    least: Floats
    greatest: Floats

    @property
    def limits(self) -> tuple[float, float]:
        """Between which values it lies, and the seeds too, but for a start or a moment that lies far off."""
        mean, least, greatest = (y[np.isfinite(y)] for y in (self.mean, self.least, self.greatest))
        low = min(mean.min(), np.quantile(least, 1 - _USUAL, method="higher")) if least.size else mean.min()
        high = max(mean.max(), np.quantile(greatest, _USUAL, method="lower")) if greatest.size else mean.max()
        return float(low), float(high)


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One chart.

    Attributes
    ----------
    limits : of its values, where a curve that explodes would press the others flat; else None.
    best : marks of the arms' best epochs: (place, epoch, value).
    turned : epochs with a turned knob.
    """

    title: str
    curves: tuple[Curve, ...]
    limits: tuple[float, float] | None = None
    best: tuple[tuple[int, float, float], ...] = ()
    turned: tuple[int, ...] = ()


_LOSS, _GAP, _RATE = "loss", "gap: validation loss minus train loss", "learning rate"
# Title, and the metrics with whether they are dashed.
_CHARTS: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...] = (
    (_LOSS, (("train_loss", False), ("val_loss", True))),
    ("accuracy", (("train_acc", False), ("val_acc", True))),
    (_GAP, (("gap", False),)),
    ("norm of the weights", (("weight_norm", False),)),
    (_RATE, (("lr", False),)),
)


def drawings(reader: RunReader) -> list[Drawing]:
    """The charts of a run that have anything to show. Raises RunError where its file is damaged."""
    history = reader.record.history
    if history is None or not len(history):
        return []
    turned = tuple(sorted({turn.epoch for turn in reader.record.interventions}))
    found: list[Drawing] = []
    for title, metrics in _CHARTS:
        curves = [
            curve
            for place, arm in enumerate(history.arms)
            for metric, dashed in metrics
            if (curve := _curve(reader, place, arm, metric, dashed)) is not None
        ]
        if not curves or (title == _RATE and all(np.nanmin(c.mean) == np.nanmax(c.mean) for c in curves)):
            continue
        limits = shared_limits([curve.mean for curve in curves]) if title == _LOSS else None
        if title == _GAP and found and found[0].limits is not None:
            limits = difference_limits([np.append(curve.mean, curve.limits) for curve in curves], found[0].limits)
        found.append(Drawing(title, tuple(curves), limits, _best(reader) if title == _LOSS else (), turned))
    return found


def _curve(reader: RunReader, place: int, arm: str, metric: str, dashed: bool) -> Curve | None:
    history = reader.record.history
    assert history is not None
    epochs, mean, _, _ = history.mean(metric, arm)
    if not np.isfinite(mean).any():
        return None
    seeds = [seed for name, seed in history.lanes if name == arm]
    blocks, least, greatest = _over(reader, metric, arm, seeds)
    # The newest stays in any case.
    shown = np.unique([*range(0, len(epochs), -(-len(epochs) // _POINTS)), len(epochs) - 1])
    return Curve(arm, place, dashed, epochs[shown], mean[shown], blocks, least, greatest)


def _over(reader: RunReader, metric: str, arm: str, seeds: Sequence[int]) -> tuple[NDArray[np.int64], Floats, Floats]:
    """The least and the greatest over an arm's seeds, block by block."""
    parts = [reader.envelope(metric, arm, seed, _POINTS) for seed in seeds]
    blocks, places = np.unique(np.concatenate([first for first, _, _ in parts]), return_inverse=True)
    least, greatest = np.full(blocks.size, np.inf), np.full(blocks.size, -np.inf)
    np.fmin.at(least, places, np.concatenate([low for _, low, _ in parts]))
    np.fmax.at(greatest, places, np.concatenate([high for _, _, high in parts]))
    nothing = least > greatest
    least[nothing] = greatest[nothing] = np.nan
    return blocks, least, greatest


def _best(reader: RunReader) -> tuple[tuple[int, float, float], ...]:
    """Of each arm: its best epoch, at the mean of its lanes' losses at theirs."""
    found = []
    for place, arm in enumerate(reader.meta.identity.arms):
        lanes = [last for (name, _), last in reader.record.last.items() if name == arm and last.best_epoch > 0]
        epoch = best_epoch(lanes)
        if epoch is not None:
            found.append((place, float(epoch), float(np.mean([lane.best_val_loss for lane in lanes]))))
    return tuple(found)
