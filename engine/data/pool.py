"""What every source hands over: all its examples, as stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """Examples in the order of the source.

    Attributes
    ----------
    x_NI : inputs, as the source stores them: pixels stay uint8 until rows are chosen. NaN is a missing value, which
        scaling fills.
    y_N : class numbers, from 0; numbers (float64) where they are to be predicted themselves.
    """

    x_NI: Array
    y_N: Array

    def __len__(self) -> int:
        return len(self.y_N)


@dataclass(frozen=True)
class Pool:
    """A source's examples.

    Attributes
    ----------
    pool : what training and validation come from, and test too unless `test` is there.
    class_names : by class number; empty where targets are numbers.
    image_shape : (channels, height, width), inputs flattened in that order; None where examples are no images.
    top : the end of the source's range from 0 (pixels 255, digits 16), or None where the range must be fitted.
    test : the official test part of sources that have one.
    notes : what the user should know of how the examples were read, a line each.
    """

    pool: Part
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int] | None = None
    top: float | None = None
    test: Part | None = None
    notes: tuple[str, ...] = ()
