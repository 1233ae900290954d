"""The arms by their outcome, best first, on one scale: what a screen of many arms shows instead of all their curves.

Pure functions of the comparison's rows (`engine.summary.summarize`), quick enough for every frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.metrics import METRICS
from engine.preset import Preset
from engine.statistics import half_width
from engine.summary import ArmRow, Number

# A loss so many times the median of all is drawn at the edge of the scale: it would press the others together.
_FAR = 5.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """One arm of a ranking.

    place : in the preset's order, from 0.
    number : its outcome over its seeds; None until it is measured.
    lanes, diverged : how many seeds it has, and under how many of them it diverged.
    """

    arm: str
    place: int
    number: Number | None
    lanes: int
    diverged: int

    @property
    def measured(self) -> bool:
        """Whether its number can be drawn."""
        return self.number is not None and math.isfinite(self.number.mean)

    @property
    def half(self) -> float | None:
        """Half the width of the confidence interval of its mean over the seeds; None below two that are measured."""
        if self.number is None or self.number.std is None or len(self.number.values) < 2:
            return None
        return half_width(len(self.number.values)) * self.number.std


@dataclass(frozen=True, slots=True)
class Ranking:
    """The arms, best first; those that diverged under any seed come after all others.

    metric : by which they are ranked.
    reference : the outcome of the preset's first arm, which the others are compared with; None until it has one.
    limits : the scale on which all outcomes can be seen, each seed by itself, and of the intervals as much as leaves
        two thirds of it to these; None without any.
    """

    metric: str
    arms: tuple[Ranked, ...]
    reference: float | None
    limits: tuple[float, float] | None


def leading_metric(preset: Preset) -> str:
    """By what an experiment's arms are judged at a glance: validation accuracy, or the loss where an arm has none."""
    return "val_loss" if any(arm.settings.data.kind == "regression" for arm in preset.arms) else "val_acc"


def rank(rows: Sequence[ArmRow], metric: str) -> Ranking:
    """Rank the arms by `val_acc` or `val_loss` of their last epoch, the mean over their seeds."""
    sign = -1.0 if METRICS[metric].better == "higher" else 1.0
    arms = [Ranked(row.arm, place, getattr(row, metric), row.lanes, row.diverged) for place, row in enumerate(rows)]

    def order(arm: Ranked) -> tuple[bool, bool, float]:
        value = arm.number.mean if arm.number is not None and arm.measured else 0.0
        return not arm.measured, arm.diverged > 0, sign * value

    first = arms[0].number if arms and arms[0].measured else None
    return Ranking(metric, tuple(sorted(arms, key=order)), first.mean if first else None, _limits(arms, metric))


def _limits(arms: Sequence[Ranked], metric: str) -> tuple[float, float] | None:
    numbers = [arm.number for arm in arms if arm.number is not None and arm.measured]
    if not numbers:
        return None
    far = math.inf
    if METRICS[metric].format != "percent":
        means = sorted(abs(number.mean) for number in numbers)
        far = _FAR * means[(len(means) - 1) // 2] or math.inf
    # Of one that is far off neither end counts.
    near = [number for number in numbers if number.mean <= far]
    values = [value for number in near for value in (number.mean, *number.values)]
    low, high = min(values), min(max(values), max(far, max(number.mean for number in near)))
    # Of two seeds the interval is nine times as wide as they lie apart: it would press all arms together.
    room = (high - low) / 4
    halves = [(arm.number.mean, arm.half) for arm in arms if arm.number in near and arm.number and arm.half is not None]
    low = max(low - room, min([low, *(mean - half for mean, half in halves)]))
    high = min(high + room, max([high, *(mean + half for mean, half in halves)]))
    if metric == "val_acc":
        low, high = max(low, 0.0), min(high, 1.0)
    return low, high
