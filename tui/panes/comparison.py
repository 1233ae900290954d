"""The comparison of the arms as a table."""

from __future__ import annotations

from engine.view import View
from tui.panes.registry import RunPane, Setup, Shown, register
from tui.widgets.comparison import Comparison


@register
class ComparisonPane(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = """
    #comparison { height: auto; min-height: 5; max-height: 16; overflow-y: auto; }
    #comparison.-maximized { height: 1fr; max-height: 100%; }
    #table { height: auto; }
    .-compact #comparison { height: 1fr; max-height: 100%; }
    """
    part, number, room, place, page = "comparison", 4, "below", 40, 2
    title, summary = "comparison", "comparison"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, Comparison(setup.ascii_only))

    def update(self, view: View, shown: Shown) -> None:
        self.query_one(Comparison).update(view, shown.arm)
