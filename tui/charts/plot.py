"""What a chart shows: its curves and what happened along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tui.charts.palette import Rgb

# How a curve is drawn: two pixels wide, one pixel wide, or every third pixel of it.
Stroke = Literal["heavy", "light", "dotted"]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One curve, or points that are not joined (`scattered`): `y` over `x` (ascending).

    What is not finite is a gap, and so is what is not positive on a log scale. `low` and `high` are the spread over the
    seeds, a tint behind the curve. `colour` is RGB or an index into the palette; a `faint` curve stands back behind
    those that are not. `label` stands at the end of the curve, where there is room, and behind it `value`, which is
    never cut short. `number` is written along the curve where colours do not tell the curves of a chart apart.
    """

    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    colour: Rgb | int
    stroke: Stroke = "light"
    label: str = ""
    low: Sequence[float] | np.ndarray | None = None
    high: Sequence[float] | np.ndarray | None = None
    scattered: bool = False
    faint: bool = False
    number: int | None = None
    value: str = ""


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
    """Everything one chart draws. Limits left None follow the data.

    `log` is a log scale of y. With `log_x` the values of x are logarithms to the base 10 and their ticks are labelled
    with what they are logarithms of. `cursor` is a place on the x axis at which a vertical line stands. A chart whose
    x axis has no `epochs` has no epoch to point at.
    """

    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    log: bool = False
    log_x: bool = False
    x_label: str = "epoch"
    y_label: str = ""
    empty: str = "waiting for the first epoch"
    cursor: float | None = None

    @property
    def epochs(self) -> bool:
        """Whether its x axis counts epochs."""
        return self.x_label == "epoch" and not self.log_x
