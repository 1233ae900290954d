"""The lines of the knob panel: which there are, what stands in each, and what a click on it hits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.text import Text

from engine.preset import Preset, Setting, live_knobs, own_knobs, without_effect
from tui.widgets.words import setting

# A heading is its words; `MORE` opens and closes the rest.
MORE = "more"
NO_EFFECT = "no effect in this experiment"
Row = Setting | str
Part = Literal["less", "slider", "value", "more", ""]

_NAME = 17
# The value, as wide as two short ones of arms that differ where there is room for it: "0 | 0.005".
_VALUE, _WIDE_VALUE, _WIDE = 8, 9, 44
# A slider of fewer cells says nothing.
_SHORTEST = 6


@dataclass(frozen=True)
class Knobs:
    """The knobs of a preset.

    Attributes
    ----------
    own : those that it is about.
    rest : the others that have an effect, in the order of the schema.
    idle : why each of the others has none, by its key.
    """

    own: tuple[Setting, ...]
    rest: tuple[Setting, ...]
    idle: dict[str, str]

    @classmethod
    def of(cls, preset: Preset, turned: Preset) -> Knobs:
        """Those of a preset as it was loaded; whether each has an effect is of the preset as it stands now."""
        idle = {knob.key: why for knob in live_knobs() if (why := without_effect(turned, knob))}
        own = tuple(knob for knob in own_knobs(preset) if knob.key not in idle)
        rest = tuple(knob for knob in live_knobs() if knob not in own and knob.key not in idle)
        return cls(own, rest, idle)

    def rows(self, opened: bool, changed: Collection[str]) -> list[Row]:
        """The lines from the top: the preset's own knobs, the line of the rest, and where it is open the rest.

        While it is closed the `changed` ones among the rest stand with the preset's own.
        """
        if not opened:
            return [*self.own, *(knob for knob in self.rest if knob.key in changed), MORE]
        rows: list[Row] = [*self.own, MORE]
        section = ""
        for knob in self.rest:
            if knob.section != section:
                section = knob.section
                rows.append(section.replace("_", " "))
            rows.append(knob)
        if self.idle:
            rows += [NO_EFFECT, *(knob for knob in live_knobs() if knob.key in self.idle)]
        return rows


def choosable(row: Row) -> bool:
    """Whether the cursor stops at a line."""
    return isinstance(row, Setting) or row == MORE


def row_key(row: Row) -> str:
    """What a line is known by."""
    return row.key if isinstance(row, Setting) else row


def value_room(width: int) -> int:
    """The cells of a value beside a slider."""
    return _WIDE_VALUE if width >= _WIDE else _VALUE


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the parts of a knob's line are: `less` and `more` are its arrows."""

    less: int
    slider: range
    value: range
    more: int

    @classmethod
    def of(cls, width: int, with_slider: bool) -> Columns:
        """For a line of `width` cells. Without a slider the value stands between the arrows.

        All values end in the same column, one before the last, so that none touches the pane's frame.
        """
        name = min(_NAME, max(8, width - _VALUE - 4)) + 1
        cells = width - name - 4 - value_room(width)
        if with_slider and cells >= _SHORTEST:
            return cls(name, range(name + 1, name + 1 + cells), range(name + 2 + cells, width - 1), name + 1 + cells)
        return cls(name, range(0), range(name + 1, width - 1), width - 1)

    def hit(self, x: int) -> Part:
        """What stands in column `x`."""
        if x == self.less:
            return "less"
        if x == self.more:
            return "more"
        return "slider" if x in self.slider else "value" if x in self.value else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One knob's line, ready to be drawn.

    Attributes
    ----------
    values : in each arm that the panel shows.
    before : what the preset said, in the same order.
    waits : the lab has not yet taken its last turn.
    idle : it has no effect here.
    """

    knob: Setting
    values: Sequence[Any]
    before: Sequence[Any]
    chosen: bool
    waits: bool
    idle: bool
    ascii_only: bool

    @property
    def _texts(self) -> list[str]:
        return list(dict.fromkeys(setting(value) for value in self.values))

    def columns(self, width: int) -> Columns:
        """Where its parts are. Values of arms that differ and need more room get that of the slider."""
        with_slider = not self.knob.choices and len(" | ".join(self._texts)) <= value_room(width)
        return Columns.of(width, with_slider)

    def draw(self, width: int) -> Text:
        """The line: a mark, the name, a slider over the typical range, the value."""
        columns, turned = self.columns(width), self.values != self.before
        line = Text(no_wrap=True)
        mark = ("~" if self.ascii_only else "…") if self.waits else "*" if turned else " "
        line.append(f"{mark}{self.knob.name.replace('_', ' ')}"[: columns.less].ljust(columns.less))
        arrows = ("<", ">") if self.ascii_only else ("◂", "▸")
        less, more = arrows if self.chosen and not self.idle else (" ", " ")
        text = " | ".join(self._texts)
        if len(text) > len(columns.value):
            text = "mixed"
        text = f"{text:>{len(columns.value)}}"[: len(columns.value)]
        style = "bold" if turned else ""
        line.append(less, style="bold")
        if columns.slider:
            line.append_text(self._slider(len(columns.slider)))
            line.append(more, style="bold")
            line.append(f"{text} ", style=style)
        else:
            line.append(text, style=style)
            line.append(more, style="bold")
        if self.idle:
            line.stylize("dim")
        if self.chosen:
            line.stylize("reverse")
        return line

    def _slider(self, cells: int) -> Text:
        """The values in the typical range, and where the preset had them."""
        full, rest, knob, beyond, origin = "=-o>|" if self.ascii_only else "━─●»┊"

        def cell(value: Any) -> int:
            return round(self.knob.position(value) * (cells - 1))

        places = {cell(value): value > self.knob.stops[-1] for value in self.values}
        signs = [full if place < max(places) else rest for place in range(cells)]
        for value in self.before:
            signs[cell(value)] = origin
        for place, above in places.items():
            signs[place] = beyond if above else knob
        slider = Text("".join(signs))
        if self.chosen:  # in reverse: dim cells would be a block of grey
            return slider
        if not any(self.values):
            slider.stylize("dim")
        else:
            slider.stylize("cyan", 0, max(places) + 1)
            slider.stylize("dim", max(places) + 1)
        return slider


def more_line(opened: bool, count: int, chosen: bool, width: int, ascii_only: bool) -> Text:
    """The line that opens and closes the rest."""
    sign = ("v" if opened else ">") if ascii_only else ("▾" if opened else "▸")
    words = "fewer knobs" if opened else f"{count} more knobs"
    line = Text(f"{sign}{words:<{max(0, width - 3)}}M "[:width], no_wrap=True, style="bold" if not chosen else "")
    if chosen:
        line.stylize("reverse bold")
    return line
