"""The pane of the ranking, which stands in the row of the losses where there are many arms."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.ranking import Ranking
from engine.view import View
from tui.widgets.forest_plot import ForestPlot, heading
from tui.widgets.pane import Pane

_FAR = 1_000_000  # arms, which is further than any end


class RankingPane(Pane):
    """The arms by their outcome; in focus the arrows scroll it."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    #ranking { display: none; width: 4fr; height: 100%; }
    #forest-plot { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_arms(-1)", show=False),
        Binding("down", "scroll_arms(1)", show=False),
        Binding("pageup", "scroll_pages(-1)", show=False),
        Binding("pagedown", "scroll_pages(1)", show=False),
        Binding("home", f"scroll_arms({-_FAR})", show=False),
        Binding("end", f"scroll_arms({_FAR})", show=False),
    ]

    def __init__(self, ascii_only: bool) -> None:
        self._plot = ForestPlot(ascii_only)
        self._ascii = ascii_only
        super().__init__(self._plot, title="1 ranking", id="ranking")

    def update(self, view: View, ranking: Ranking, selected: str | None, numbered: bool) -> None:
        """Show a ranking of the view's arms."""
        self._plot.update(view, ranking, selected, numbered)
        self._first_arm = view.preset.arm_names[0]
        self._heading = f"1 {heading(ranking, self.size.width - 8, self._ascii)}"
        self._entitle()

    def _entitle(self) -> None:
        first, last, count = self._plot.in_sight
        part = f"  arms {first}-{last} of {count}" if last - first + 1 < count else ""
        rule = f"{':' if self._ascii else '│'} first arm: {self._first_arm}"
        if len(rule + part) > self.size.width - 6:
            rule = rule.replace(" first arm:", "")
        self.entitle(self._heading, rule + part)

    def action_scroll_arms(self, arms: int) -> None:
        self._plot.scroll_arms(arms)
        self._entitle()

    def action_scroll_pages(self, pages: int) -> None:
        self.action_scroll_arms(pages * self._plot.room)
