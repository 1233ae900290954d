"""What a chart shows: its curves and what happened along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tui.charts.palette import Rgb


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One curve, or points that are not joined (`scattered`): `y` over `x` (ascending).

    What is not finite is a gap, and so is what is not positive on a log scale. `low` and `high` are the spread over the
    seeds, drawn fainter than the curve. `colour` is RGB or an index into the palette; a `faint` curve stands back
    behind those that are not.
    """

    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    colour: Rgb | int
    dotted: bool = False
    label: str = ""
    low: Sequence[float] | np.ndarray | None = None
    high: Sequence[float] | np.ndarray | None = None
    scattered: bool = False
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at `x`: the best epoch (a glyph at `y`), a turned knob or the stop (vertical lines)."""

    x: float
    kind: Literal["best", "knob", "stop"]
    colour: Rgb | int
    y: float | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """Everything one chart draws. Limits left None follow the data."""

    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    log: bool = False
    x_label: str = "epoch"
    y_label: str = ""
    empty: str = "waiting for the first epoch"
