"""The pane of closer looks: one at a time, of the selected arm, as a chart or as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult

from engine.view import Look, View
from tui.widgets import blocks, looks, pictures, plots
from tui.widgets.chart import Chart, Plot
from tui.widgets.lines import Lines
from tui.widgets.palette import colour
from tui.widgets.pane import Pane, Words
from tui.widgets.words import number


@dataclass(frozen=True, slots=True)
class Kind:
    """One closer look: its title, the probes it needs of the worker, and of which arms it takes them.

    `all_arms`: they are of several arms, whichever is selected. `of_each`: the probes of each arm where all of them are
    selected.
    """

    title: str
    probes: tuple[str, ...]
    all_arms: bool = False
    of_each: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    "activity": Kind("activations", ("activity",), of_each=("activity",)),
    "weights": Kind("weights", ("weights",), of_each=("weights",)),
    "penalty": Kind("loss and penalties", ()),
    "surface": Kind("what it says over the plane", ("surface", "fit"), all_arms=True),
    "pictures": Kind("images", ("pictures",), of_each=("fed",)),
    "confusion": Kind("confusion", ("confusion",)),
    "schedule": Kind("learning rate", ("schedule",), all_arms=True),
    "finder": Kind("learning-rate finder", (), all_arms=True),
}
# More surfaces than these beside one another show nothing, and each probe of an arm costs the training a moment.
_MOST_SURFACES, _MOST_ARMS = 4, 8


def beside(arms: Sequence[str], arm: str) -> list[str]:
    """As many arms as are shown beside one another, the selected one among them."""
    place = max(0, arms.index(arm) - _MOST_SURFACES + 1)
    return list(arms[place : place + _MOST_SURFACES])


def wanted(kind: str, arms: Sequence[str], arm: str | None, seed: int) -> list[Look]:
    """The probes that a look needs of the worker; surfaces are taken of a few arms, the selected one among them."""
    told = KINDS[kind]
    if kind == "schedule":
        of = list(arms)
    elif told.of_each and arm is None and len(arms) > 1:
        return [(probe, each, seed) for probe in told.of_each for each in arms[:_MOST_ARMS]]
    else:
        of = beside(arms, arm or arms[-1]) if told.all_arms else [arm or arms[-1]]
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

    def show(self, kind: str, view: View, selected: str | None) -> None:
        """Bring the look up to date; with no arm selected it is of each arm, where the look can be."""
        told = KINDS[kind]
        seed = view.preset.seeds[0]
        arm = selected or view.preset.arm_names[-1]
        each = bool(told.of_each) and selected is None and len(view.preset.arms) > 1
        is_fit = kind == "surface" and view.seen.get(("fit", arm, seed)) is not None
        title = "the fitted curve" if is_fit else told.title
        of_all = each or (told.all_arms and not (is_fit and selected))
        title = title if of_all else f"{title}: {arm}"
        if told.probes not in ((), ("schedule",)) and len(view.preset.seeds) > 1:
            title += f", seed {seed}"  # the rest of the screen shows means over the seeds
        self.entitle(title, self._subtitle(kind, view, arm))
        if self.app.no_color and (kind == "pictures" or (kind == "surface" and not is_fit)):
            shown: Plot | list[Text] = [Text("This look is made of colours, and NO_COLOR is set.", style="dim")]
        else:
            shown = self._draw_each(kind, view) if each else self._draw(kind, view, arm, selected)
        chart, lines = self.query_one(Chart), self.query_one(Lines)
        chart.display, lines.display = isinstance(shown, Plot), not isinstance(shown, Plot)
        if isinstance(shown, Plot):
            chart.show(shown)
        else:
            lines.show(shown)

    def _draw_each(self, kind: str, view: View) -> list[Text]:
        """One block an arm, as many as fit."""
        width, height = self.content_size
        dark, arms = self.app.current_theme.dark, view.preset.arm_names

        def block(arm: str, lines: int) -> list[Text]:
            name = Text(arm, style="bold rgb({},{},{})".format(*colour(arms.index(arm), dark)))
            if kind == "activity":
                return looks.activity_lines(view, arm, width, lines, self._ascii, name)
            if kind == "weights":
                return looks.weight_lines(view, arm, width, self._ascii, name)
            return pictures.fed_lines(view, arm, width // columns, lines, self._ascii, name)

        # Strips of images need half the width, and twice as many can be seen.
        columns = 2 if kind == "pictures" and width >= 76 else 1
        return blocks.stacked(arms[:_MOST_ARMS], len(arms), width, height, columns, block)

    def _draw(self, kind: str, view: View, arm: str, selected: str | None) -> Plot | list[Text]:
        width, height = self.content_size
        dark = self.app.current_theme.dark
        match kind:
            case "activity":
                return looks.activity_lines(view, arm, width, height, self._ascii)
            case "weights":
                return looks.weight_lines(view, arm, width, self._ascii)
            case "penalty":
                return plots.penalty_plot(view, arm)
            case "pictures":
                return pictures.picture_lines(view, arm, width, height, self._ascii)
            case "confusion":
                return looks.confusion_lines(view, arm, width, height, dark, self._ascii)
            case "schedule":
                return plots.schedule_plot(view)
            case "finder":
                return plots.finder_plot(view)
        arms = beside(view.preset.arm_names, arm)
        surface = pictures.surface_lines(view, arms, width, height, dark, self._ascii)
        if surface is not None:
            return surface
        fit = plots.fit_plot(view, [arm] if selected else arms)
        return (
            fit
            if fit is not None
            else [Text("Only data of two inputs, or of one and a number, can be drawn.", style="dim")]
        )

    def _subtitle(self, kind: str, view: View, arm: str) -> Words:
        dark, arms = self.app.current_theme.dark, view.preset.arm_names
        if kind == "penalty":
            return self._penalties(view, arm, dark)
        if kind == "finder":
            found = [
                (f"{name} {'none' if told.suggestion is None else f'{told.suggestion:.2g}'}  ", colour(place, dark))
                for place, name in enumerate(arms)
                if (told := view.found.get(name)) is not None
            ]
            none = any(told.suggestion is None for told in view.found.values())
            why = [("(none: it does not fall clearly)", None)] if none else []
            return [("suggested: ", None), *found, *why] if found else ""
        if kind == "schedule":
            return [(f"{name}  ", colour(place, dark)) for place, name in enumerate(arms)]
        if kind == "surface":
            return self._points(view, arm, dark)
        if kind == "weights":
            return "update: last step's change / norm"
        return ""

    def _points(self, view: View, arm: str, dark: bool) -> str:
        """How the parts of the data are told apart."""
        seed = view.preset.seeds[0]
        surface, curve = (view.seen.get((probe, arm, seed)) for probe in ("surface", "fit"))
        seen = surface if surface is not None else curve
        if seen is None:
            return ""
        held = seen.points[-1][-1]
        if seen is curve:
            return f"bright: train  dim: {held}"
        if self._ascii:
            return f"o train  . {held}"
        return f"{'pale' if dark else 'dark'}: train  full: {held}"

    def _penalties(self, view: View, arm: str, dark: bool) -> Words:
        """The latest values, each in the colour of its curve."""
        place = view.preset.arm_names.index(arm)
        last = next((told for (name, _), told in view.last.items() if name == arm), None)
        added = [name.removeprefix("penalty.") for name in plots.penalties(view, arm)]
        if last is None or not added:
            return "no penalty"
        solid, dots = ("***", "...") if self._ascii else ("━", "┈")
        return [
            (f"{solid} train loss {number(last.train_loss, 3)}  ", colour(place, dark)),
            *(
                (f"{dots} {name} {number(last.penalty.get(name), 3)}  ", colour(place + at, dark))
                for at, name in enumerate(added, start=1)
            ),
        ]
