"""Filling and scaling: from the numbers that a source stores to those that a network sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.data.pool import Array, Ints

# Rows are turned into floats so many at a time: pixels stay uint8 outside, and no float copy of a pool is made.
_ROWS = 2048


@dataclass(frozen=True)
class Scaling:
    """(x - shift) / spread. A feature that does not vary has the spread infinity, and so becomes 0 everywhere.

    `fill_I` is what takes the place of missing values (NaN) before that; None where none is missing.
    """

    shift_I: Array
    spread_I: Array
    fill_I: Array | None = None


def fit(scale: str, x_NI: Array, train_N: Ints, top: float | None) -> Scaling:
    """Learn a scaling from the training rows alone.

    Parameters
    ----------
    scale : none: as stored; unit: divided by `top`, or where there is none from the smallest to the largest value
        of the training rows, so that other rows can lie a little outside 0 to 1; standard: mean 0, standard deviation
        1 (of the population) for each feature.
    top : the end of the source's range, or None.
    """
    features = x_NI.shape[1]
    fill_I = medians(x_NI, train_N)
    if scale == "none":
        return Scaling(np.zeros(features), np.ones(features), fill_I)
    if scale == "unit" and top is not None:
        return Scaling(np.zeros(features), np.full(features, top))
    low_I = np.min([rows_BI.min(axis=0) for rows_BI in _floats(x_NI, train_N, fill_I)], axis=0)
    high_I = np.max([rows_BI.max(axis=0) for rows_BI in _floats(x_NI, train_N, fill_I)], axis=0)
    if scale == "unit":
        return Scaling(low_I, _varying(low_I, high_I, high_I - low_I), fill_I)
    mean_I = sum(rows_BI.sum(axis=0) for rows_BI in _floats(x_NI, train_N, fill_I)) / len(train_N)
    # In two passes: mean of squares minus square of mean cancels where a feature lies far from 0.
    squares = (np.square(rows_BI - mean_I).sum(axis=0) for rows_BI in _floats(x_NI, train_N, fill_I))
    variance_I = sum(squares) / len(train_N)
    return Scaling(np.asarray(mean_I), _varying(low_I, high_I, np.sqrt(variance_I)), fill_I)


def medians(x_NI: Array, train_N: Ints) -> Array | None:
    """The median of each feature over the training rows in which it is not missing; 0 where it is in all of them.

    None where nothing is missing in any row, training or not.
    """
    if not np.issubdtype(x_NI.dtype, np.floating):
        return None
    rows = range(0, len(x_NI), _ROWS)
    gaps_I = np.any([np.isnan(x_NI[start : start + _ROWS]).any(axis=0) for start in rows], axis=0)
    if not gaps_I.any():
        return None
    fill_I = np.zeros(x_NI.shape[1])
    for place in np.flatnonzero(gaps_I):
        values_N = x_NI[train_N, place]
        if len(there_N := values_N[~np.isnan(values_N)]):
            fill_I[place] = np.median(there_N)
    return fill_I


def _varying(low_I: Array, high_I: Array, spread_I: Array) -> Array:
    # Smallest and largest decide what varies: a constant's standard deviation is not 0 but a rounding error.
    size_I = np.maximum(np.abs(low_I), np.abs(high_I))
    return np.where((high_I - low_I > 1e-12 * size_I) & (spread_I > 1e-30), spread_I, np.inf)


def _floats(x_NI: Array, rows_N: Ints, fill_I: Array | None) -> Iterator[Array]:
    for start in range(0, len(rows_N), _ROWS):
        rows_BI = x_NI[rows_N[start : start + _ROWS]].astype(np.float64)
        if fill_I is not None:
            np.copyto(rows_BI, fill_I, where=np.isnan(rows_BI))
        yield rows_BI


def scaled(scaling: Scaling, x_NI: Array, rows_N: Ints, out_NI: Tensor) -> None:
    """Write these rows, filled and scaled, into a tensor of any device and dtype."""
    for number, rows_BI in enumerate(_floats(x_NI, rows_N, scaling.fill_I)):
        rows_BI -= scaling.shift_I
        rows_BI /= scaling.spread_I
        out_NI[number * _ROWS :][: len(rows_BI)] = torch.from_numpy(rows_BI)


def scaled_targets(y_N: Array, train_N: Ints) -> Array:
    """A regression's targets with mean 0 and standard deviation 1 in the training rows, of float64.

    A loss of 1 is then that of a network that always says the training mean. Targets that are all the same become 0.
    """
    scaling = fit("standard", y_N[:, None], train_N, None)
    return np.asarray((y_N - scaling.shift_I[0]) / scaling.spread_I[0])


@dataclass(frozen=True)
class Standard:
    """What inputs were standardized by, so that training can change images as they were: [S, I], S as in a task.

    A shifted image is not the standardized one shifted, for each pixel has a mean and a spread of its own; and what
    comes into a picture from outside, or is cut out of it, is a stored 0 and no mean.
    """

    shift_SI: Tensor
    spread_SI: Tensor

    @classmethod
    def of(cls, scalings: Sequence[Scaling], device: torch.device, dtype: torch.dtype) -> Standard:
        """Of the scalings of all splits."""
        shift_SI, spread_SI = (
            torch.from_numpy(np.stack(rows)).to(device, dtype)
            for rows in ([scaling.shift_I for scaling in scalings], [scaling.spread_I for scaling in scalings])
        )
        return cls(shift_SI, spread_SI)

    def undo(self, x_LBI: Tensor) -> Tensor:
        """The values as stored, of lanes ordered seed by seed; where a feature does not vary, its constant."""
        spread_SI = self.spread_SI.where(self.spread_SI.isfinite(), 0)
        x_SRI = x_LBI.reshape(len(self.shift_SI), -1, x_LBI.shape[2])
        return torch.addcmul(self.shift_SI.unsqueeze(1), x_SRI, spread_SI.unsqueeze(1)).view(x_LBI.shape)

    def redo(self, x_LBI: Tensor) -> Tensor:
        """`(x - shift) / spread`, as `scaled` has it."""
        x_SRI = x_LBI.reshape(len(self.shift_SI), -1, x_LBI.shape[2])
        return ((x_SRI - self.shift_SI.unsqueeze(1)) / self.spread_SI.unsqueeze(1)).view(x_LBI.shape)
