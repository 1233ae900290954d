"""The knobs of the selected arm; where they leave room the lesson stands below them."""

from __future__ import annotations

from textual.widget import Widget

from engine.view import View
from tui.panes.registry import RunPane, Setup, Shown, register
from tui.widgets.arm_names import named
from tui.widgets.knobs import KnobPanel

_SHARING = ("knobs", "lesson")


@register
class KnobsPane(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = """
    #knobs { height: 1fr; min-height: 8; }
    .-lesson #knobs { display: none; }
    .-compact #knobs { width: 1fr; height: 100%; min-height: 4; }
    """
    # Fewer lines than these, frame and all, show too little of a lesson.
    LEAST_LESSON = 9
    part, number, room, place, page = "knobs", 5, "side", 50, 0
    title, summary = "knobs", "knobs"

    def __init__(self, setup: Setup) -> None:
        panel = KnobPanel(setup.ascii_only, setup.turn)
        super().__init__(setup, panel)
        panel.on_rows = self._share_room

    def update(self, view: View, shown: Shown) -> None:
        self.query_one(KnobPanel).update(view, shown.original or view.preset, shown.arm)
        arrows = ("arrows choose, turn", "arrows") if self.ascii_only else ("↑↓ choose  ←→ turn", "↑↓ ←→")
        keys = f"{arrows[0]}  enter type  M more" if self.size.width >= 44 else f"{arrows[0]}  enter type"
        if view.opened:
            keys = "read-only"
        if view.lens.cursor is not None:
            keys = f"as of epoch {view.lens.cursor}"
        # The border takes three cells on either side.
        arm = named(view, shown.arm, max(8, self.size.width - len("5 knobs: ") - 6)) if shown.arm else "all arms"
        self.entitle(self.numbered(f"knobs: {arm}"), keys)
        self._share_room()

    def _share_room(self) -> None:
        """Take as many lines as the knobs need and leave the rest to the lesson, or take them all."""
        side, panel = self.parent, self.query_one(KnobPanel)
        if not isinstance(side, Widget):
            return
        others = sum(pane.outer_size.height for pane in side.children if pane.display and pane.id not in _SHARING)
        wanted = panel.lines_wanted + self.gutter.height
        alone = panel.opened or self.screen.has_class("-compact") or self.screen.maximized is not None
        shared = not alone and side.size.height - others - wanted >= self.LEAST_LESSON
        self.screen.set_class(shared, "-shared")
        if shared:
            self.styles.height = wanted
        elif self.styles.has_rule("height"):
            self.styles.clear_rule("height")
