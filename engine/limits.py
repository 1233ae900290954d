"""The scale of values on which several curves can be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Of each curve so large a share has to lie within the scale.
_SETTLED = 0.98
# A curve whose usual level is so many times that of the lowest one is part of the picture, and has not exploded.
_USUAL = 5


def shared_limits(curves: Sequence[Floats], log: bool = False) -> tuple[float, float] | None:
    """One y scale for several panes, from all their curves.

    A lane that explodes must not press the others flat: what lies far above where the curves began, and above where
    they usually are, is cut off. So is a high start that fills none of the width.
    """
    finite = [y[np.isfinite(y)] for y in curves]
    finite = [y for y in finite if y.size]
    if not finite:
        return None
    top = max(float(y.max()) for y in finite)
    # Some explode in the very first epoch: where the others began counts.
    starts = [abs(float(y[0])) for y in finite]
    start = max(loss for loss in starts if loss <= 100 * max(min(starts), 0.1))
    # A curve may begin near 0 and rise: then where it is for half of the time counts.
    usual = [max(began, abs(_quantile(y, 0.5))) for began, y in zip(starts, finite, strict=True)]
    start = max(start, *(level for level in usual if level <= _USUAL * max(min(usual), 0.1)), 0.0)
    lowest = min(float(y.min()) for y in finite)
    highest = min(top, 3 * start) if start else top
    if highest < top:  # no more room above than what stays within needs
        within = max(float(y[y <= highest].max(initial=lowest)) for y in finite)
        highest = min(highest, within + 0.1 * (within - lowest))
    if not log and (settled := max(_quantile(y, _SETTLED) for y in finite)) < highest / 4:
        highest = 1.5 * settled
    if log:
        positive = [float(y[y > 0].min()) for y in finite if (y > 0).any()]
        return (min(positive), max(highest, min(positive) * 1.01)) if positive else None
    lowest = min(0.0, lowest) if lowest < highest / 2 else lowest
    return (lowest, highest) if highest > lowest else None


def difference_limits(differences: Sequence[Floats], losses: tuple[float, float]) -> tuple[float, float] | None:
    """The scale of differences of two losses, which are drawn on a scale of their own: from 0 on, and all but what is
    larger than that scale, since it has exploded.

    Where a difference began says nothing: two losses begin as one.
    """
    most = losses[1] - losses[0]
    values = np.concatenate([np.zeros(1), *differences])
    seen = values[np.abs(values) <= most]  # no NaN either
    low, high = float(seen.min()), float(seen.max())
    return (low, high) if high > low else None


def _quantile(y: Floats, share: float) -> float:
    """As NumPy's, which takes ten times as long over so few numbers."""
    place = share * (len(y) - 1)
    low = int(place)
    near = np.partition(y, (low, min(low + 1, len(y) - 1)))[low : low + 2].tolist()
    return float(near[0] + (place - low) * (near[-1] - near[0]))
