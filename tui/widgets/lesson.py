"""The preset's lesson beside the curves."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from engine.preset import Preset


class Lesson(VerticalScroll):
    """The summary and the lesson, wrapped to the panel and scrolled where they do not fit."""

    def compose(self) -> ComposeResult:
        yield Static(id="lesson-text", markup=False)

    def show(self, preset: Preset) -> None:
        text = f"{preset.summary}\n\n{preset.lesson}" if preset.lesson else preset.summary
        self.query_one("#lesson-text", Static).update(text or "This preset has no lesson.")
