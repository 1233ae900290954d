"""A chart that redraws only the cells that changed, so that a frame is cheap over a slow link too."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import Any

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.charts.drawing import Skin, draw
from tui.charts.frame import Row
from tui.charts.palette import Rgb
from tui.charts.plot import Plot


class Chart(Widget):
    """Curves on axes, drawn by plotext at the size of the widget.

    Call `show` with every new state of the curves: what did not change on screen is not sent again.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "Chart { width: 1fr; height: 1fr; }"

    def __init__(self, plot: Plot | None = None, *, ascii: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plot = plot or Plot()
        self._ascii = ascii
        self._rows: tuple[Row, ...] = ()
        self._strips: list[Strip | None] = []
        self._drawn_for: tuple[int, int, Skin, RichColor] | None = None
        self._ground: RichColor | None = None

    @property
    def ascii(self) -> bool:
        """Whether only ASCII characters are drawn: neither braille nor box characters."""
        return self._ascii

    @ascii.setter
    def ascii(self, value: bool) -> None:
        if value != self._ascii:
            self._ascii = value
            self._redraw()

    def show(self, plot: Plot) -> None:
        """Draw `plot` from now on, and refresh the spans of cells in which it differs from the last frame.

        A chart that is out of sight is drawn when it comes into sight.
        """
        self._plot = plot
        self._redraw()

    def _redraw(self) -> None:
        if not self.is_attached:
            return
        if not self._in_sight():
            self._drawn_for = None
            return
        if not self.size:
            return
        before = self._rows
        if not self._draw():
            self.refresh()
            return
        spans = (changed_span(old, new) for old, new in zip(before, self._rows, strict=True))
        if regions := [Region(span[0], y, span[1] - span[0], 1) for y, span in enumerate(spans) if span]:
            self.refresh(*regions)

    def _in_sight(self) -> bool:
        """Whether any of it is on the screen: not scrolled away, on another page, or behind an enlarged pane."""
        return self in self.screen._compositor.visible_widgets

    def _surroundings(self) -> tuple[int, int, Skin, RichColor]:
        ground, text = self.background_colors[1], self.colors[3]
        skin = Skin(_rgb(ground + text), _rgb(ground), ground.brightness < 0.5, self._ascii)
        return (*self.size, skin, ground.rich_color)

    def _draw(self) -> bool:
        """Build a frame, and say whether it can be compared with the last one: same size, same colours around it."""
        drawn_for = self._surroundings()
        comparable = drawn_for == self._drawn_for
        before, strips = self._rows, self._strips
        width, height, skin, self._ground = self._drawn_for = drawn_for
        self._rows = draw(self._plot, width, height, skin)
        self._strips = (
            [strip if old == new else None for old, new, strip in zip(before, self._rows, strips, strict=True)]
            if comparable
            else [None] * len(self._rows)
        )
        return comparable

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render the lines of `crop`, in a new frame if the size or the theme has changed since the last one."""
        if self.size and self._drawn_for != self._surroundings():
            self._draw()
            self._styles_cache.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return the line `y` of the last frame, exactly as wide as the widget."""
        if not 0 <= y < len(self._rows):
            return Strip.blank(self.size.width, _style(None, self._ground))
        strip = self._strips[y]
        if strip is None:
            strip = self._strips[y] = _strip(self._rows[y], self._ground)
        return strip


def changed_span(old: Row, new: Row) -> tuple[int, int] | None:
    """Return the first cell in which two rows of one width differ and the one after the last, or None if none does."""
    if old == new:
        return None
    differs = [
        a != b or old_colour != new_colour
        for a, b, old_colour, new_colour in zip(old.text, new.text, old.colours, new.colours, strict=True)
    ]
    return differs.index(True), len(differs) - differs[::-1].index(True)


def _rgb(colour: Color) -> Rgb:
    return (colour.r, colour.g, colour.b)


@lru_cache(maxsize=1024)
def _style(rgb: Rgb | None, ground: RichColor | None) -> Style:
    return Style(color=None if rgb is None else RichColor.from_rgb(*rgb), bgcolor=ground)


def _strip(row: Row, ground: RichColor | None) -> Strip:
    segments, start = [], 0
    for rgb, cells in groupby(row.colours):
        end = start + sum(1 for _ in cells)
        segments.append(Segment(row.text[start:end], _style(rgb, ground)))
        start = end
    return Strip(segments, len(row.text))
