"""A chart that redraws only the cells that changed, so that a frame is cheap over a slow link too."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.events import MouseMove
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.charts.cells import NONE, Drawing, unpacked
from tui.charts.curves import Skin
from tui.charts.drawing import draw, x_at
from tui.charts.palette import Rgb
from tui.charts.plot import Plot


class Chart(Widget):
    """Curves on axes, at the size of the widget.

    Call `show` with every new state of the curves: what did not change on screen is not sent again.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "Chart { width: 1fr; height: 1fr; }"

    class Pointed(Message):
        """The mouse is drawn over an epoch of the chart."""

        def __init__(self, epoch: float) -> None:
            super().__init__()
            self.epoch = epoch

    def __init__(self, plot: Plot | None = None, *, ascii: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plot = plot or Plot()
        self._ascii = ascii
        self._drawing = Drawing.blank(0, 0)
        self._texts: list[str] = []
        self._strips: list[Strip | None] = []
        self._drawn_for: tuple[int, int, Skin, RichColor] | None = None
        self._theme = ""
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
        spans = self._draw()
        if spans is None:
            self.refresh()
        elif spans:
            self.refresh(*(Region(first, y, end - first, 1) for y, (first, end) in spans.items()))

    def epoch_at(self, column: int) -> float | None:
        """The epoch in a column of its cells; None where the chart has none there."""
        if not self._plot.epochs or not self.size:
            return None
        width, height, skin, _ = self._drawn_for or self._surroundings()
        return x_at(self._plot, width, height, skin, column)

    def on_mouse_move(self, event: MouseMove) -> None:
        """With the button held it points at epochs."""
        if event.button == 1 and (epoch := self.epoch_at(event.x)) is not None:
            self.post_message(self.Pointed(epoch))

    def _in_sight(self) -> bool:
        """Whether any of it is on the screen: not scrolled away, on another page, or behind an enlarged pane."""
        return self in self.screen._compositor.visible_widgets

    def _surroundings(self) -> tuple[int, int, Skin, RichColor]:
        ground, text = self.background_colors[1], self.colors[3]
        dark, tinted = ground.brightness < 0.5, self.app.is_headless or self.app.console.color_system != "standard"
        skin = Skin(_rgb(ground + text), _rgb(ground), dark, self._ascii, self.app.no_color, tinted)
        return (*self.size, skin, ground.rich_color)

    def _draw(self) -> dict[int, tuple[int, int]] | None:
        """Build a frame. By line, the span in which it differs from the last one; None where all of it has changed: it
        has another size, or other colours around it."""
        drawn_for = self._surroundings()
        comparable = drawn_for == self._drawn_for
        before = self._drawing
        width, height, skin, self._ground = self._drawn_for = drawn_for
        self._theme = self.app.theme
        self._drawing = draw(self._plot, width, height, skin)
        if not comparable:
            self._texts, self._strips = self._drawing.texts(), [None] * height
            return None
        spans = changed_spans(before, self._drawing)
        if spans:
            self._texts = self._drawing.texts()
        for y in spans:
            self._strips[y] = None
        return spans

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render the lines of `crop`, in a new frame if the size or the theme has changed since the last one."""
        # Textual asks for each changed span by itself. To find out the colours around costs more than to draw it, and
        # they change with the theme.
        drawn_for = self._drawn_for
        if self.size and (drawn_for is None or drawn_for[:2] != tuple(self.size) or self._theme != self.app.theme):
            self._draw()
            self._styles_cache.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return the line `y` of the last frame, exactly as wide as the widget."""
        if not 0 <= y < len(self._strips):
            return Strip.blank(self.size.width, _style(NONE, NONE, self._ground))
        strip = self._strips[y]
        if strip is None:
            colours, grounds = self._drawing.colours[y], self._drawing.grounds[y]
            strip = self._strips[y] = _strip(self._texts[y], colours, grounds, self._ground)
        return strip


def changed_spans(old: Drawing, new: Drawing) -> dict[int, tuple[int, int]]:
    """By line the first cell in which two drawings of one size differ and the one after the last."""
    differs = (old.codes != new.codes) | (old.colours != new.colours) | (old.grounds != new.grounds)
    lines = np.flatnonzero(differs.any(axis=1))
    first = differs[lines].argmax(axis=1)
    end = differs.shape[1] - differs[lines, ::-1].argmax(axis=1)
    return {y: (start, stop) for y, start, stop in zip(lines.tolist(), first.tolist(), end.tolist(), strict=True)}


def _rgb(colour: Color) -> Rgb:
    return (colour.r, colour.g, colour.b)


@lru_cache(maxsize=4096)
def _style(colour: int, tint: int, ground: RichColor | None) -> Style:
    rgb, behind = unpacked(colour), unpacked(tint)
    return Style(
        color=None if rgb is None else RichColor.from_rgb(*rgb),
        bgcolor=ground if behind is None else RichColor.from_rgb(*behind),
    )


def _strip(text: str, colours: np.ndarray, grounds: np.ndarray, ground: RichColor | None) -> Strip:
    """One segment for each run of cells that look alike."""
    changes = (colours[1:] != colours[:-1]) | (grounds[1:] != grounds[:-1])
    starts = np.concatenate(([0], np.flatnonzero(changes) + 1)) if len(text) else np.empty(0, dtype=np.int64)
    ends = np.append(starts[1:], len(text))
    segments = [
        Segment(text[start:end], _style(colour, tint, ground))
        for start, end, colour, tint in zip(
            starts.tolist(), ends.tolist(), colours[starts].tolist(), grounds[starts].tolist(), strict=True
        )
    ]
    return Strip(segments, len(text))
