"""What the preset teaches, in the place of the knobs."""

from __future__ import annotations

from engine.preset import Preset
from engine.view import View
from tui.panes.registry import RunPane, Setup, Shown, register
from tui.widgets.lesson import Lesson


@register
class LessonPane(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = """
    #lesson { display: none; height: 1fr; }
    .-lesson #lesson { display: block; }
    .-compact #lesson { width: 1fr; height: 100%; }
    Lesson { padding: 0 1; }
    """
    part, room, place, page = "lesson", "side", 55, 0
    title = "lesson"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, Lesson(setup.preset))
        self._compared = False

    def update(self, view: View, shown: Shown) -> None:
        """The lesson does not change during a run. Of compared runs it is what they differ in, and shown at first."""
        compared = view.opened == "compared"
        if compared != self._compared:
            self._compared = compared
            self.border_title = "differences" if compared else self.title
            if compared:
                self.screen.add_class("-lesson")

    async def remake(self, preset: Preset) -> None:
        self.query_one(Lesson).show(preset)
