"""Early stopping as gauges."""

from __future__ import annotations

from engine.view import View
from tui.panes.registry import RunPane, Setup, Shown, register
from tui.widgets.stopping import StoppingGauges


@register
class StoppingPane(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = """
    #stopping { height: auto; max-height: 14; overflow-y: auto; }
    #stopping.-maximized { height: 1fr; max-height: 100%; }
    #gauges { height: auto; }
    .-compact #stopping { width: 1fr; height: 100%; max-height: 100%; }
    """
    part, number, room, place, page = "stopping", 6, "side", 60, 0
    title, summary = "early stopping", "stopping"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, StoppingGauges(setup.ascii_only))

    def update(self, view: View, shown: Shown) -> None:
        self.query_one(StoppingGauges).update(view)
