"""The difference of two arms over the epochs, seed by seed: its mean, and the confidence interval of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.history import Floats, History
from engine.statistics import half_width
from engine.verdict import Difference, paired


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceCurve:
    """What a second arm has more of a metric than a first one, under the seeds that both have.

    epochs : [n].
    first_Sn, second_Sn : the metric of the two arms, [S, n]. A seed that has ended holds its last value; NaN before a
        metric's first one.
    mean_n, low_n, high_n : of the differences, and the ends of the 95 % confidence interval (Student's t); the ends are
        NaN below two seeds.
    """

    epochs: NDArray[np.int64]
    first_Sn: Floats
    second_Sn: Floats
    mean_n: Floats
    low_n: Floats
    high_n: Floats

    @property
    def by_seed(self) -> Floats:
        """The difference under each seed, [S, n]."""
        return self.second_Sn - self.first_Sn

    def newest(self) -> Difference | None:
        """The difference at the newest epoch that any seed has it at; None where there is none."""
        columns = np.flatnonzero(np.isfinite(self.mean_n))
        if not columns.size:
            return None
        both_S2 = np.stack([self.first_Sn[:, columns[-1]], self.second_Sn[:, columns[-1]]], axis=1)
        pairs = [(float(a), float(b)) for a, b in both_S2[np.isfinite(both_S2).all(axis=1)]]
        return paired(pairs)


def difference_curve(history: History, metric: str, first: str, second: str) -> DifferenceCurve:
    """The curve at the epochs that the history keeps of both arms."""
    seeds = [[seed for arm, seed in history.lanes if arm == name] for name in (first, second)]
    shared = [seed for seed in seeds[0] if seed in seeds[1]]
    (epochs, first_Sn), (others, second_Sn) = history.series(metric, first), history.series(metric, second)
    # The run goes on between the two, and runs that are compared need not have the same epochs.
    epochs, of_first, of_second = np.intersect1d(epochs, others, assume_unique=True, return_indices=True)
    first_Sn = _held(first_Sn[[seeds[0].index(seed) for seed in shared]][:, of_first])
    second_Sn = _held(second_Sn[[seeds[1].index(seed) for seed in shared]][:, of_second])
    difference_Sn = second_Sn - first_Sn
    finite_Sn = np.isfinite(difference_Sn)
    count_n = finite_Sn.sum(axis=0)
    with np.errstate(all="ignore"):  # no seed has it: 0 / 0; a loss that has run away: infinity less infinity
        mean_n = np.where(finite_Sn, difference_Sn, 0.0).sum(axis=0) / count_n
        apart_Sn = np.where(finite_Sn, difference_Sn - mean_n, 0.0)
        std_n = np.sqrt((apart_Sn * apart_Sn).sum(axis=0) / (count_n - 1))
        widths = np.array([half_width(n) if n > 1 else np.nan for n in range(len(shared) + 1)])
        half_n = widths[count_n] * std_n
    return DifferenceCurve(epochs, first_Sn, second_Sn, mean_n, mean_n - half_n, mean_n + half_n)


def _held(values_Sn: Floats) -> Floats:
    """With the last finite value of each row in the place of what is missing behind it."""
    if not values_Sn.size:
        return values_Sn
    newest = np.maximum.accumulate(np.where(np.isfinite(values_Sn), np.arange(values_Sn.shape[1]), -1), axis=1)
    return np.where(newest >= 0, np.take_along_axis(values_Sn, np.maximum(newest, 0), axis=1), np.nan)
