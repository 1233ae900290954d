"""The keys that say what is compared with what: the reference arm, and the metric of the difference pane."""

from __future__ import annotations

from textual.screen import Screen

from tui.looks.difference import DIFFERENCES, DifferenceToReference
from tui.screens.chosen import Chosen
from tui.screens.painter import Painter
from tui.screens.shown_run import ShownRun


class Differences(Screen[None]):
    """What the main screen does about differences between arms."""

    run: ShownRun
    _chosen: Chosen
    _painter: Painter

    def _show_page_of(self, part: str) -> None:
        raise NotImplementedError

    def action_reference(self) -> None:
        """Compare the arms with the selected one; where that is so already, or none is selected, with the first."""
        chosen, arms = self._chosen, self.run.arms
        chosen.reference = chosen.arm if chosen.arm not in (None, chosen.reference, arms[0]) else None
        self.notify(f"the arms are compared with {chosen.reference or arms[0]!r}", markup=False)
        self._painter.draw_all()

    def action_gap(self) -> None:
        """The other of two views of one pane: of the difference, where it is open, else of the accuracy."""
        chosen = self._chosen
        if chosen.look == DifferenceToReference.name:
            chosen.metric = DIFFERENCES[(DIFFERENCES.index(chosen.metric) + 1) % len(DIFFERENCES)]
        else:
            chosen.gap = not chosen.gap
        self._show_page_of("accuracy")
