"""The norms of the weights: of each arm, or of each layer of one."""

from __future__ import annotations

from textual.app import ComposeResult

from engine.view import View
from tui.charts.chart import Chart
from tui.panes.losses import are_numbered, key
from tui.panes.registry import RunPane, Shown, register
from tui.widgets import run_plots


@register
class Norms(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = ".-look #norms { display: none; }"
    part, number, room, place, page, frame = "norms", 3, "trends", 20, 1, "trends"
    title, summary = "weight norm", "norms"

    def compose(self) -> ComposeResult:
        yield Chart(ascii=self.ascii_only)

    def update(self, view: View, shown: Shown) -> None:
        if not shown.layers:
            self.entitle(self.numbered("weight norm"))
            self.query_one(Chart).show(run_plots.norm_plot(view, shown.arm))
            return
        arm = shown.arm or view.preset.arm_names[-1]
        names = run_plots.layers(view, arm)
        places = range(len(names))
        layers = key(names, self.app.current_theme.dark, places, are_numbered(places, self.app.no_color))
        self.entitle(self.numbered(f"weight norm by layer: {arm}"), layers)
        self.query_one(Chart).show(run_plots.layer_norm_plot(view, arm))
