"""The comparison of the arms as a table."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.outcome import table_weights_in_words
from engine.preset import Preset
from engine.view import View
from tui.panes.registry import RunPane, Setup, Shown, register
from tui.widgets.comparison import Comparison
from tui.widgets.rows import rows_of


@register
class ComparisonPane(RunPane):
    """In focus its keys scroll, sort and show the seeds; its border says so."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    #comparison { height: auto; min-height: 5; max-height: 16; overflow-y: auto; }
    #comparison.-maximized { height: 1fr; max-height: 100%; }
    #table-head { dock: top; height: 1; }
    #table { height: auto; }
    .-compact #comparison { height: 1fr; max-height: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_lines(-1)", show=False),
        Binding("down", "scroll_lines(1)", show=False),
        Binding("pageup", "scroll_pages(-1)", show=False),
        Binding("pagedown", "scroll_pages(1)", show=False),
        Binding("home", "scroll_to_end(-1)", show=False),
        Binding("end", "scroll_to_end(1)", show=False),
        Binding("left", "pan(-1)", show=False),
        Binding("right", "pan(1)", show=False),
        Binding("comma", "sort", show=False),
        Binding("semicolon", "seeds", show=False),
    ]
    part, number, room, place, page = "comparison", 4, "below", 40, 2
    title, summary = "comparison", "comparison"

    def __init__(self, setup: Setup) -> None:
        self._table = Comparison(setup.ascii_only)
        self._weights = ""
        super().__init__(setup, self._table.head, self._table)

    def update(self, view: View, shown: Shown) -> None:
        self._table.update(view, shown.arm, shown.reference)
        self._weights = f": {table_weights_in_words(rows_of(view))}" if view.record.epoch else ""
        self._entitle(self.has_focus)

    async def remake(self, preset: Preset) -> None:
        self._table.reset()

    def scroll_to_arm(self, arm: str) -> None:
        """Bring an arm's row in sight, with some rows above it."""
        self.scroll_to(y=max(0, self._table.line_of(arm) - 4), animate=False)

    def _entitle(self, focused: bool) -> None:
        arrows = "arrows" if self.ascii_only else "↑↓←→"
        keys = f"{arrows} scroll  , sort  ; dots of seeds  click row, title"
        if self._table.has_dots:
            one, mean = ("o", "|") if self.ascii_only else ("•", "│")
            keys = f"{one} a seed  {mean} their mean  ; numbers  , sort"
        self.entitle(self.numbered(f"{self.title}{self._weights}"), keys if focused else "")

    def on_focus(self) -> None:
        self._entitle(focused=True)

    def on_blur(self) -> None:
        self._entitle(focused=False)

    def action_scroll_lines(self, lines: int) -> None:
        self.scroll_relative(y=lines, animate=False, immediate=True)

    def action_scroll_pages(self, pages: int) -> None:
        self.scroll_relative(y=pages * max(1, self.size.height - 2), animate=False, immediate=True)

    def action_scroll_to_end(self, side: int) -> None:
        self.scroll_to(y=0 if side < 0 else self.max_scroll_y, animate=False, immediate=True)

    def action_pan(self, columns: int) -> None:
        self._table.pan(columns)

    def action_sort(self) -> None:
        self._table.sort_by_next()

    def action_seeds(self) -> None:
        self._table.toggle_dots()
        self._entitle(focused=True)
