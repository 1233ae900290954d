"""The knobs of the selected arm."""

from __future__ import annotations

from engine.view import View
from tui.panes.registry import RunPane, Setup, Shown, register
from tui.widgets.arm_names import named
from tui.widgets.knobs import KnobPanel


@register
class KnobsPane(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = """
    #knobs { height: 1fr; min-height: 8; }
    .-lesson #knobs { display: none; }
    .-compact #knobs { width: 1fr; height: 100%; min-height: 4; }
    """
    part, number, room, place, page = "knobs", 5, "side", 50, 0
    title, summary = "knobs", "knobs"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, KnobPanel(setup.ascii_only, setup.turn))

    def update(self, view: View, shown: Shown) -> None:
        self.query_one(KnobPanel).update(view, shown.original or view.preset, shown.arm)
        arrows = ("arrows choose, turn", "arrows") if self.ascii_only else ("↑↓ choose  ←→ turn", "↑↓ ←→")
        keys = f"{arrows[0]}  enter type  d more" if self.size.width >= 44 else f"{arrows[0]}  enter type"
        if view.opened:
            keys = "read-only"
        # The border takes three cells on either side.
        arm = named(view, shown.arm, max(8, self.size.width - len("5 knobs: ") - 6)) if shown.arm else "all arms"
        self.entitle(self.numbered(f"knobs: {arm}"), keys)
