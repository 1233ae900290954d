"""The preset's lesson beside the curves."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from engine.preset import Preset


class Lesson(VerticalScroll):
    """The summary and the lesson, wrapped to the panel and scrolled where they do not fit."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self._text = _text(preset)

    def compose(self) -> ComposeResult:
        yield Static(self._text, id="lesson-text", markup=False)

    def show(self, preset: Preset) -> None:
        """Show another preset's lesson."""
        self._text = _text(preset)
        self.query_one("#lesson-text", Static).update(self._text)


def _text(preset: Preset) -> str:
    text = f"{preset.summary}\n\n{preset.lesson}" if preset.lesson else preset.summary
    return text or "This preset has no lesson."
