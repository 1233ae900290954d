"""A bordered part of the screen that can be focused and enlarged; most hold one chart."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from tui.charts.chart import Chart
from tui.charts.palette import Rgb
from tui.charts.plot import Plot

# A title: words as they stand, some of them in a colour.
Words = str | Sequence[tuple[str, Rgb | None]]


def _content(words: Words) -> Content:
    """An arm may be named "[a]": as it stands, not as markup."""
    if isinstance(words, str):
        return Content(words)
    return Content.assemble(
        *(part if rgb is None else (part, "#{:02x}{:02x}{:02x}".format(*rgb)) for part, rgb in words)
    )


class Pane(Vertical, can_focus=True):
    """A border with a title around widgets."""

    ALLOW_MAXIMIZE = True
    SCOPED_CSS = False
    # For those whose contents may be longer than they are; the others leave the keys to the screen.
    BINDINGS = [
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
        Binding("home", "scroll_home", show=False),
        Binding("end", "scroll_end", show=False),
    ]
    DEFAULT_CSS = """
    Pane { border: round $primary-darken-1; padding: 0; border-title-color: $text; border-subtitle-color: $text-muted; }
    Pane:focus { border: round $accent; border-title-style: bold; }
    .-ascii Pane { border: ascii $primary-darken-1; }
    .-ascii Pane:focus { border: ascii $accent; }
    """

    def __init__(self, *children: Widget, title: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(*children, id=id, classes=classes)
        self._titles: tuple[Words, Words] | None = None
        self.entitle(title)

    def entitle(self, title: Words, subtitle: Words = "") -> None:
        """Change title and subtitle; nothing is drawn again where they stand already."""
        if self._titles != (title, subtitle):
            self._titles = (title, subtitle)
            self.border_title, self.border_subtitle = _content(title), _content(subtitle)


class ChartPane(Pane):
    """A pane of one chart."""

    def __init__(self, title: str = "", *, ascii_only: bool = False, id: str | None = None, classes: str = "") -> None:
        super().__init__(title=title, id=id, classes=classes)
        self._ascii = ascii_only

    def compose(self) -> ComposeResult:
        yield Chart(ascii=self._ascii)

    def show(self, plot: Plot) -> None:
        self.query_one(Chart).show(plot)
