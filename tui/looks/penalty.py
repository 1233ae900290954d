"""What an arm minimizes: its train loss, and what each penalty adds to it."""

from __future__ import annotations

import numpy as np

from engine.numbers import number
from engine.view import View
from tui.charts.palette import colour
from tui.charts.plot import Plot, Stroke
from tui.looks.registry import Look, Moment, register
from tui.widgets.lens import through_lens, x_limits
from tui.widgets.pane import Words
from tui.widgets.run_plots import bare, curve, knob_marks, waiting


@register
class Penalty(Look):
    name, key, shown, place = "penalty", "y", "penalties", 2
    help = "train loss beside what each penalty adds"
    of_any_epoch = True
    title = "loss and penalties"

    def subtitle(self, moment: Moment) -> Words:
        """The latest values, each in the colour of its curve."""
        view, arm = moment.view, moment.arm
        place = moment.places[arm]
        last = next((epoch for (name, _), epoch in view.record.last.items() if name == arm), None)
        added = [name.removeprefix("penalty.") for name in penalties(view, arm)]
        if last is None or not added:
            return "no penalty"
        heavy, light = ("***", "...") if moment.ascii_only else ("━", "─")
        return [
            (f"{heavy} train loss {number(last.train_loss, 3)}  ", colour(place, moment.dark)),
            *(
                (f"{light} {name} {number(last.penalty.get(name), 3)}  ", colour(place + after, moment.dark))
                for after, name in enumerate(added, start=1)
            ),
        ]

    def draw(self, moment: Moment) -> Plot:
        """The train loss heavy, and light what each penalty adds, in the colours in order."""
        view, arm = moment.view, moment.arm
        place = moment.places[arm]
        first: list[tuple[str, Stroke, str]] = [("train_loss", "heavy", "train")]
        names = [*first, *((name, "light", name.removeprefix("penalty.")) for name in penalties(view, arm))]
        drawn = [
            curve(view, arm, name, stroke, place + after, label) for after, (name, stroke, label) in enumerate(names)
        ]
        curves = bare([series for series in drawn if series is not None])
        return through_lens(view, Plot(curves, knob_marks(view, [arm]), x_limits(view), empty=waiting(view)))


def penalties(view: View, arm: str) -> list[str]:
    """The metrics of the penalties that have ever been other than 0 in this arm."""
    history = view.whole.record.history
    if history is None:
        return []
    names = [name for name in history.metrics if name.startswith("penalty.")]
    return [name for name in names if np.nan_to_num(history.mean(name, arm)[1]).any()]
