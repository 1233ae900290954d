"""Two classes of points in the plane, generated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.preset.sources import source

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.data.pool import Pool
    from engine.events import Loading
    from engine.preset.data import Data


@source("moons", "circles", "gauss", "xor", "spiral", family="synthetic", place=10)
def points(data: Data, report: Callable[[Loading], None]) -> Pool:
    """`data.samples` points, moved by `data.noise`."""
    from engine.data.synthetic import load_synthetic

    return load_synthetic(data.source, data.samples, data.noise)
