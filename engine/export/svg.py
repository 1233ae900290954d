"""A chart as SVG, drawn without any library, to stand in a page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from engine.export.curves import Curve, Drawing
from engine.numbers import number
from engine.text import printable

Floats = NDArray[np.float64]
_WIDTH, _HEIGHT = 720, 300
# Room for the numbers at the left and below, pixels.
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 10, 34
_TICKS = 6


class _Axes:
    """From epochs and values to places in the drawing."""

    def __init__(self, chart: Drawing) -> None:
        last = max(float(curve.epochs[-1]) for curve in chart.curves)
        self.x = (1.0, max(last, 2.0))
        limits = [curve.limits for curve in chart.curves]
        low, high = chart.limits or (min(low for low, _ in limits), max(high for _, high in limits))
        if not high > low:  # a value that never changes
            low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
        margin = 0.03 * (high - low)
        self.y = (low - margin if low else 0.0, high + margin)

    def across(self, epoch: float) -> float:
        low, high = self.x
        return _LEFT + (epoch - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def down(self, value: float) -> float:
        low, high = self.y
        height = _HEIGHT - _TOP - _BOTTOM
        # What explodes leaves the drawing, and not the numbers that SVG can hold.
        return _TOP + height * min(2.0, max(-1.0, (high - value) / (high - low)))


def chart(drawing: Drawing) -> str:
    """The SVG element of a chart. Colours are classes `arm-N` of the page, so that they follow light and dark."""
    axes = _Axes(drawing)
    title = escape(printable(drawing.title))
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title} over the epochs">',
        f'<clipPath id="{_id(drawing)}"><rect x="{_LEFT}" y="{_TOP}" width="{_WIDTH - _LEFT - _RIGHT}" '
        f'height="{_HEIGHT - _TOP - _BOTTOM}"/></clipPath>',
        *_grid(axes),
        f'<g clip-path="url(#{_id(drawing)})">',
        *(_band(axes, curve) for curve in drawing.curves),
        *(_vertical(axes, max(1, epoch)) for epoch in drawing.turned),
        *(_line(axes, curve) for curve in drawing.curves),
        "</g>",
        # Outside of the clipped part: a best epoch is often the last one, and its mark is to be seen whole.
        *(_diamond(axes, *mark) for mark in drawing.best if mark[2] <= axes.y[1]),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _id(drawing: Drawing) -> str:
    return "in-" + "".join(letter for letter in drawing.title if letter.isalpha())


def ticks(low: float, high: float, count: int = _TICKS) -> list[float]:
    """At most about so many round values between two others."""
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= count)
    return [place * step for place in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _grid(axes: _Axes) -> Iterable[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    for value in ticks(*axes.y):
        y = axes.down(value)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>'
        yield f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{number(value, 3)}</text>'
    for epoch in ticks(*axes.x):
        if epoch == int(epoch):
            x = axes.across(epoch)
            yield f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>'
            yield f'<text class="tick" x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{int(epoch):,}</text>'
    yield f'<text class="tick" x="{right}" y="{_HEIGHT - 4}" text-anchor="end">epoch</text>'
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>'


def _pieces(x: Sequence[float] | NDArray[np.int64], *ys: Floats) -> Iterable[NDArray[np.int64]]:
    """The places between gaps, where every `y` is finite."""
    whole = np.flatnonzero(np.logical_and.reduce([np.isfinite(y) for y in ys]))
    return (part for part in np.split(whole, np.flatnonzero(np.diff(whole) > 1) + 1) if part.size)


def _line(axes: _Axes, curve: Curve) -> str:
    path = ""
    for part in _pieces(curve.epochs, curve.mean):
        path += "M" + " ".join(
            f"{axes.across(curve.epochs[place]):.1f} {axes.down(curve.mean[place]):.1f}" for place in (*part, part[-1])
        )
    name = escape(printable(curve.label))
    classes = f"curve arm-{curve.place}{' dashed' if curve.dashed else ''}"
    return f'<path class="{classes}" d="{path}"><title>{name}</title></path>'


def _band(axes: _Axes, curve: Curve) -> str:
    path = ""
    for part in _pieces(curve.blocks, curve.least, curve.greatest):
        along = [f"{axes.across(curve.blocks[place]):.1f} {axes.down(curve.greatest[place]):.1f}" for place in part]
        back = [f"{axes.across(curve.blocks[place]):.1f} {axes.down(curve.least[place]):.1f}" for place in part[::-1]]
        path += f"M{' '.join([*along, *back])}Z"
    return f'<path class="band arm-{curve.place}" d="{path}"/>' if path else ""


def _vertical(axes: _Axes, epoch: float) -> str:
    return f'<path class="turned" d="M{axes.across(epoch):.1f} {_TOP}V{_HEIGHT - _BOTTOM}"/>'


def _diamond(axes: _Axes, place: int, epoch: float, value: float) -> str:
    x, y = axes.across(epoch), axes.down(value)
    return f'<path class="best arm-{place}" d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5Z"/>'
