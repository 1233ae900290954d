"""The pane of closer looks: one at a time, of the selected arm, as a chart or as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult

from engine.worker import Look, View
from tui.widgets import looks, plots
from tui.widgets.chart import Chart, Plot
from tui.widgets.lines import Lines
from tui.widgets.pane import Pane


@dataclass(frozen=True, slots=True)
class Kind:
    """One closer look: its title, the probes it needs of the worker, and whether it looks at all arms."""

    title: str
    probes: tuple[str, ...]
    all_arms: bool = False


KINDS: dict[str, Kind] = {
    "activity": Kind("activations", ("activity",)),
    "weights": Kind("weights", ("weights",)),
    "penalty": Kind("loss and penalties", ()),
    "surface": Kind("what it says over the plane", ("surface", "fit"), all_arms=True),
    "pictures": Kind("images", ("pictures",)),
    "confusion": Kind("confusion", ("confusion",)),
    "schedule": Kind("learning rate", ("schedule",), all_arms=True),
    "finder": Kind("learning-rate finder", (), all_arms=True),
}
# More surfaces than these beside one another show nothing.
_MOST_SURFACES = 4


def wanted(kind: str, arms: Sequence[str], arm: str, seed: int) -> list[Look]:
    """The probes that a look needs of the worker; looks at all arms are taken of the first few."""
    told = KINDS[kind]
    of = list(arms) if kind == "schedule" else list(arms[:_MOST_SURFACES]) if told.all_arms else [arm]
    return [(probe, each, seed) for probe in told.probes for each in of]


class LookPane(Pane):
    """Shows one closer look; which one is the screen's to say."""

    help = "a closer look at the selected arm"

    def __init__(self, ascii_only: bool) -> None:
        super().__init__(id="look")
        self._ascii = ascii_only

    def compose(self) -> ComposeResult:
        yield Lines(id="look-lines")
        yield Chart(ascii=self._ascii, id="look-chart")

    def show(self, kind: str, view: View, arm: str) -> None:
        """Bring the look up to date."""
        told = KINDS[kind]
        self.entitle(told.title if told.all_arms else f"{told.title}: {arm}", self._subtitle(kind, view, arm))
        shown = self._draw(kind, view, arm)
        chart, lines = self.query_one(Chart), self.query_one(Lines)
        chart.display, lines.display = isinstance(shown, Plot), not isinstance(shown, Plot)
        if isinstance(shown, Plot):
            chart.show(shown)
        else:
            lines.show(shown)

    def _draw(self, kind: str, view: View, arm: str) -> Plot | list[Text]:
        width, height = self.content_size
        dark = self.app.current_theme.dark
        match kind:
            case "activity":
                return looks.activity_lines(view, arm, width, self._ascii)
            case "weights":
                return looks.weight_lines(view, arm, width, self._ascii)
            case "penalty":
                return plots.penalty_plot(view, arm)
            case "pictures":
                return looks.picture_lines(view, arm, width, height, self._ascii)
            case "confusion":
                return looks.confusion_lines(view, arm, width, height, dark, self._ascii)
            case "schedule":
                return plots.schedule_plot(view)
            case "finder":
                return plots.finder_plot(view)
        arms = view.preset.arm_names[:_MOST_SURFACES]
        surface = looks.surface_lines(view, arms, width, height, dark, self._ascii)
        if surface is not None:
            return surface
        fit = plots.fit_plot(view, arm)
        return (
            fit
            if fit is not None
            else [Text("Only data of two inputs, or of one and a number, can be drawn.", style="dim")]
        )

    def _subtitle(self, kind: str, view: View, arm: str) -> str:
        if kind == "penalty":
            names = [name for name in (view.history.metrics if view.history else []) if name.startswith("penalty.")]
            dots = "..." if self._ascii else "┈"
            return f"train loss solid  {dots} " + (
                ", ".join(name.removeprefix("penalty.") for name in names) or "no penalty"
            )
        if kind == "finder":
            found = [(name, told.suggestion) for name, told in view.found.items() if told.suggestion is not None]
            return "  ".join(f"{name}: {rate:.2g}" for name, rate in found[:4])
        if kind == "weights":
            return "update: last step's change / norm"
        return ""
