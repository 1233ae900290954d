"""Numbers on one line of text each, all on a common scale: a mean with what lies around it, or single values as dots.

A cell is two half cells wide: `╺━●━╸` begins and ends on halves. In ASCII it is `|-o-|`, to whole cells.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.text import Span, Text

from tui.charts.ticks import value_ticks

_TICK = 10  # columns that a tick with its label takes at least


class Scale(NamedTuple):
    """From the left edge of the first of `width` cells to the right edge of the last."""

    low: float
    high: float
    width: int

    def half(self, value: float) -> int:
        """The half cell of a value, from 0; below 0 or 2 `width` and above where it is off the scale."""
        share = (value - self.low) / (self.high - self.low)
        place = math.floor(max(-1.0, min(2.0, share)) * 2 * self.width)
        # The edges themselves are on the scale, whatever rounding has made of them.
        return round(share) * (2 * self.width - 1) if min(abs(share), abs(share - 1)) < 1e-9 else place

    def cell(self, value: float) -> int:
        return self.half(value) // 2


def interval(scale: Scale, mean: float, spread: float | None, rule: float | None, style: str, ascii_only: bool) -> Text:
    """A dot at the mean, a bar from `spread` below it to `spread` above; a thin vertical rule at another value.

    Without a spread there is the dot alone. A mean off the scale is an arrow at that edge.
    """
    signs, styles = [" "] * scale.width, {}
    if spread is not None and math.isfinite(spread):
        bar = _bar(signs, scale.half(mean - spread), scale.half(mean + spread), ascii_only)
        styles = dict.fromkeys(bar, style)
    if rule is not None and 0 <= (crossing := scale.cell(rule)) < scale.width:
        signs[crossing] = _crossed(signs[crossing], ascii_only)
        styles.setdefault(crossing, "dim")
    place = scale.cell(mean)
    dot = ("o" if ascii_only else "●") if 0 <= place < scale.width else _arrow(place < 0, ascii_only)
    place = max(0, min(place, scale.width - 1))
    signs[place], styles[place] = dot, f"bold {style}"
    return _assembled(signs, styles)


def _bar(signs: list[str], first: int, last: int, ascii_only: bool) -> range:
    """Fill in the half cells from `first` to `last`, as far as they are on the scale; the places of their cells."""
    places = range(max(0, first // 2), min(len(signs) - 1, last // 2) + 1)
    for place in places:
        left, right = first <= 2 * place <= last, first <= 2 * place + 1 <= last
        if ascii_only:
            signs[place] = "|" if place in (first // 2, last // 2) else "-"
        else:
            signs[place] = "━" if left and right else "╸" if left else "╺"
    return places


def _crossed(sign: str, ascii_only: bool) -> str:
    if ascii_only:
        return {" ": ":", "-": "+"}.get(sign, sign)
    return {" ": "│", "━": "┿", "╺": "┝", "╸": "┥"}[sign]


def _arrow(left: bool, ascii_only: bool) -> str:
    return ("<" if ascii_only else "◂") if left else (">" if ascii_only else "▸")


def dots(scale: Scale, values: Sequence[float], mean: float, style: str, ascii_only: bool) -> Text:
    """A dot for each value, a larger one where several meet, and a vertical mark at the mean.

    A single value is a dot alone, since it is its own mean. Values off the scale are an arrow at that edge.
    """
    one, several = ("o", "O") if ascii_only else ("•", "●")
    places = [scale.cell(value) for value in values]
    count = Counter(places)
    signs = [" " if not count[place] else one if count[place] == 1 else several for place in range(scale.width)]
    if min(places) < 0:
        signs[0] = _arrow(True, ascii_only)
    if max(places) >= scale.width:
        signs[-1] = _arrow(False, ascii_only)
    styles = {place: style for place, sign in enumerate(signs) if sign != " "}
    if len(values) > 1 and 0 <= (place := scale.cell(mean)) < scale.width:
        bare, both = ("|", "+") if ascii_only else ("│", "┿")
        signs[place], styles[place] = both if count[place] else bare, "bold"
    return _assembled(signs, styles)


def _assembled(signs: Sequence[str], styles: Mapping[int, str]) -> Text:
    """The signs as a text, with the styles of some of their places."""
    spans: list[Span] = []  # not by Text.append, which takes several times as long
    for place, style in sorted(styles.items()):
        if spans and spans[-1].end == place and spans[-1].style == style:
            spans[-1] = Span(spans[-1].start, place + 1, style)
        else:
            spans.append(Span(place, place + 1, style))
    return Text("".join(signs), no_wrap=True, spans=spans)


def axis(scale: Scale, unit: str, ascii_only: bool) -> tuple[str, str]:
    """The axis below the lines with its ticks, and the line of their labels, `unit` behind each."""
    line, tick = ("-", "+") if ascii_only else ("─", "┴")
    signs, labels = [line] * scale.width, [" "] * scale.width
    for value, label in value_ticks(scale.low, scale.high, max(2, scale.width // _TICK)):
        place = scale.cell(value)
        text = f"{label}{unit}"
        start = max(0, min(place - len(text) // 2, scale.width - len(text)))
        if not 0 <= place < scale.width or any(sign != " " for sign in labels[max(0, start - 1) : start + len(text)]):
            continue
        signs[place] = tick
        labels[start : start + len(text)] = text
    return "".join(signs), "".join(labels[: scale.width])
