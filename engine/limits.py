"""The scale of values on which several curves can be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Of each curve so large a share has to lie within the scale.
_SETTLED = 0.98


def shared_limits(curves: Sequence[Floats], log: bool = False) -> tuple[float, float] | None:
    """One y scale for several panes, from all their curves.

    A lane that explodes must not press the others flat: what lies far above where the curves began is cut off, and so
    is a high start that fills none of the width.
    """
    finite = [y[np.isfinite(y)] for y in curves]
    finite = [y for y in finite if y.size]
    if not finite:
        return None
    top = max(float(y.max()) for y in finite)
    # Some explode in the very first epoch: where the others began counts.
    starts = [abs(float(y[0])) for y in finite]
    start = max(loss for loss in starts if loss <= 100 * max(min(starts), 0.1))
    highest = min(top, 3 * start) if start else top
    if not log and (settled := max(_quantile(y, _SETTLED) for y in finite)) < highest / 4:
        highest = 1.5 * settled
    lowest = min(float(y.min()) for y in finite)
    if log:
        positive = [float(y[y > 0].min()) for y in finite if (y > 0).any()]
        return (min(positive), max(highest, min(positive) * 1.01)) if positive else None
    lowest = min(0.0, lowest) if lowest < highest / 2 else lowest
    return (lowest, highest) if highest > lowest else None


def _quantile(y: Floats, share: float) -> float:
    """As NumPy's, which takes ten times as long over so few numbers."""
    place = share * (len(y) - 1)
    low = int(place)
    near = np.partition(y, (low, min(low + 1, len(y) - 1)))[low : low + 2].tolist()
    return float(near[0] + (place - low) * (near[-1] - near[0]))
