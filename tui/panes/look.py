"""The pane of closer looks: one at a time, as a chart or as lines, in the place of accuracy and norms."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult

from engine.view import View
from tui.charts.chart import Chart
from tui.charts.plot import Plot
from tui.looks import LOOKS, Moment
from tui.looks.registry import NO_COLOURS
from tui.panes.registry import RunPane, Shown, register
from tui.widgets.lines import Lines


@register
class LookPane(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = """
    #look { display: none; width: 1fr; overflow-y: auto; }
    .-look #look { display: block; }
    #look-lines { height: auto; min-height: 100%; }
    #look-chart { height: 1fr; }
    """
    part, room, place, page, frame = "look", "trends", 30, 1, "trends"

    def compose(self) -> ComposeResult:
        yield Lines(id="look-lines")
        yield Chart(ascii=self.ascii_only, id="look-chart")

    def update(self, view: View, shown: Shown) -> None:
        if shown.look is None:
            return
        look = LOOKS[shown.look]
        moment = Moment(
            view,
            shown.arm,
            *self.scrollable_content_region.size,
            self.app.current_theme.dark,
            self.ascii_only,
            shown.best,
        )
        arms = look.whose_weights(moment)
        weights = f", {moment.weights(arms)}" if arms and not look.why_not(moment) else ""
        self.entitle(f"{look.heading(moment)}{weights}", look.subtitle(moment))
        drawn = look.draw(moment)
        if self.app.no_color and look.made_of_colours and not isinstance(drawn, Plot):
            drawn = [Text(NO_COLOURS, style="dim")]
        chart, lines = self.query_one(Chart), self.query_one(Lines)
        chart.display, lines.display = isinstance(drawn, Plot), not isinstance(drawn, Plot)
        if isinstance(drawn, Plot):
            chart.show(drawn)
        else:
            lines.show(drawn)
