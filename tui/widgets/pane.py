"""A bordered part of the screen that can be focused and enlarged; most hold one chart."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from tui.widgets.chart import Chart, Plot


class Pane(Vertical, can_focus=True):
    """A border with a title around widgets. `help` is what the help screen says of it."""

    ALLOW_MAXIMIZE = True
    help = ""

    def __init__(self, *children: Widget, title: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(*children, id=id, classes=classes)
        self._titles: tuple[str, str] | None = None
        self.entitle(title)

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Change title and subtitle; nothing is drawn again where they stand already."""
        if self._titles != (title, subtitle):
            self._titles = (title, subtitle)
            # An arm may be named "[a]": as it stands, not as markup.
            self.border_title, self.border_subtitle = Content(title), Content(subtitle)


class ChartPane(Pane):
    """A pane of one chart."""

    def __init__(self, title: str = "", *, ascii_only: bool = False, id: str | None = None, classes: str = "") -> None:
        super().__init__(title=title, id=id, classes=classes)
        self._ascii = ascii_only

    def compose(self) -> ComposeResult:
        yield Chart(ascii=self._ascii)

    def show(self, plot: Plot) -> None:
        self.query_one(Chart).show(plot)
