"""Accuracy, or the gap between validation and train loss."""

from __future__ import annotations

from textual.app import ComposeResult

from engine.view import View
from tui.charts.chart import Chart
from tui.panes.losses import legend
from tui.panes.registry import RunPane, Shown, register
from tui.widgets import run_plots

# Columns that the title of the gap takes in whole words.
_WIDE = 33


@register
class Accuracy(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = ".-look #accuracy { display: none; }"
    part, number, room, place, page, frame = "accuracy", 2, "trends", 10, 1, "trends"
    title, summary = "accuracy", "accuracy"

    def compose(self) -> ComposeResult:
        yield Chart(ascii=self.ascii_only)

    def update(self, view: View, shown: Shown) -> None:
        gap = "gap: validation - train" if self.size.width >= _WIDE else "gap: val - train"
        self.entitle(
            self.numbered(gap if shown.gap else "accuracy"),
            "" if shown.gap else legend(self.ascii_only, len(view.preset.arms) > run_plots.MANY, self.size.width - 4),
        )
        self.query_one(Chart).show(
            run_plots.gap_plot(view, shown.arm) if shown.gap else run_plots.accuracy_plot(view, shown.arm)
        )
