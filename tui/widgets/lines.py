"""A widget of prepared text lines that sends only the cells that changed: the screen's cheapest way to be live."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


def changed_span(old: Strip | None, new: Strip, width: int) -> tuple[int, int] | None:
    """First and last changed cell (half-open) between two lines of `width` cells, or None where they are equal."""
    if old is None:
        return 0, width
    if old == new:
        return None
    before, after = _cells(old), _cells(new)
    if len(before) != len(after):
        return 0, width
    first = next((column for column, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]), None)
    if first is None:
        return None
    last = next(column for column in range(len(after) - 1, -1, -1) if before[column] != after[column])
    return first, last + 1


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    return [(character, segment.style) for segment in strip for character in segment.text]


_BLANK = Text()


def _same(one: Text, other: Text) -> bool:
    """Whether two texts look the same."""
    return one.plain == other.plain and one.style == other.style and one.spans == other.spans


class Lines(Widget):
    """Shows a list of Rich texts, one a line, cropped to the widget's width."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._texts: list[Text] = []
        self._strips: list[Strip] = []
        self._shown_width = 0

    def show(self, texts: Sequence[Text]) -> None:
        """Replace the lines; only cells that differ from what stands there are sent to the terminal."""
        before, self._texts = self._texts, list(texts)
        if len(texts) != len(before) and self.styles.auto_dimensions:
            self.refresh(layout=True)
        self._rebuild(before)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are, where the height is `auto`."""
        return max(1, len(self._texts))

    def on_resize(self) -> None:
        self._rebuild()

    def _rebuild(self, before: Sequence[Text] = ()) -> None:
        """Make the strips and refresh where they differ; lines that stand as `before` keep their strips."""
        width, height = self.content_size
        if width <= 0 or height <= 0:
            self._strips = []
            return
        old = self._strips if self._shown_width == width and len(self._strips) == height else [None] * height
        texts = [*self._texts[:height], *[_BLANK] * (height - len(self._texts))]
        former = [*before[:height], *[_BLANK] * (height - len(before))] if before else [None] * height
        self._strips, self._shown_width = [], width
        for y, (strip, text, was) in enumerate(zip(old, texts, former, strict=True)):
            if strip is not None and was is not None and _same(text, was):
                self._strips.append(strip)
                continue
            self._strips.append(self._strip(text, width))
            if span := changed_span(strip, self._strips[y], width):
                self.refresh(Region(span[0], y, span[1] - span[0], 1))

    def _strip(self, text: Text, width: int) -> Strip:
        # Rich leaves the text's own style to whoever prints it.
        base = self.app.console.get_style(text.style) if text.style else None
        segments = [
            Segment(part, base + style if base and style else base or style) for part, style in self._parts(text)
        ]
        return Strip(segments).adjust_cell_length(width)

    def _parts(self, text: Text) -> list[tuple[str, Style | None]]:
        """The text in pieces of one style each."""
        end, console = 0, self.app.console
        parts: list[tuple[str, Style | None]] = []
        for span in text.spans:
            if span.start < end:  # one over another: Rich knows how they mix, but takes four times as long
                return [(part.text, part.style) for part in text.render(console, end="")]
            if span.start > end:
                parts.append((text.plain[end : span.start], None))
            parts.append((text.plain[span.start : span.end], console.get_style(span.style)))
            end = span.end
        return [*parts, (text.plain[end:], None)] if end < len(text.plain) else parts

    def render_line(self, y: int) -> Strip:
        """One content line, in the widget's own background."""
        if y < len(self._strips):
            return self._strips[y].apply_style(self.rich_style)
        return Strip.blank(self.content_size.width, self.rich_style)
