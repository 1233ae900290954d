"""What the preset teaches: below the knobs where there is room, and in their place where it is asked for."""

from __future__ import annotations

from textual.widget import Widget

from engine.preset import Preset, Try
from engine.preset.tries import keys
from engine.view import View
from tui.panes.registry import RunPane, Setup, Shown, register
from tui.widgets.asked import questions_in_words
from tui.widgets.lesson import Lesson


@register
class LessonPane(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = """
    #lesson { display: none; height: 1fr; }
    .-lesson #lesson, .-shared #lesson { display: block; }
    .-compact #lesson { width: 1fr; height: 100%; }
    Lesson { padding: 0 1; }
    """
    part, room, place, page = "lesson", "side", 55, 0
    title = "lesson"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, Lesson(setup.preset))
        self._compared = False

    def update(self, view: View, shown: Shown) -> None:
        """The result is added when the run has ended, or when it is asked for (the screen's class `-revealed`).

        Of compared runs it is what they differ in, and shown at first.
        """
        compared = view.opened == "compared"
        if compared != self._compared:
            self._compared = compared
            self.border_title = "differences" if compared else self.title
            if compared:
                self.screen.add_class("-lesson")
        preset = shown.original or view.preset
        revealed = view.state == "finished" or self.screen.has_class("-revealed")
        tried = [try_ for try_ in preset.tries if _turned(view, try_)]
        self.query_one(Lesson).show(preset, revealed, tried, questions_in_words(view.record))
        self.border_subtitle = "" if self.screen.has_class("-lesson") else "i enlarges"

    def target(self, shown: Shown) -> Widget:
        return self.query_one(Lesson)

    async def remake(self, preset: Preset) -> None:
        self.query_one(Lesson).show(preset)


def _turned(view: View, chosen: Try) -> bool:
    """Whether the run has had the knobs of a try turned."""
    turned = {(turn.knob, turn.new) for turn in view.record.interventions if chosen.arm in ("", turn.arm)}
    changes = {key: chosen.changes[key.partition(".")[0]][key.partition(".")[2]] for key in keys(chosen)}
    return chosen.epoch is not None and all(change in turned for change in changes.items())
