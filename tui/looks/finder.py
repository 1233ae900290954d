"""The learning-rate finder: loss over the rates of a sweep, each arm's suggestion marked."""

from __future__ import annotations

import numpy as np

from engine.commands import FindLr
from tui.charts.palette import colour
from tui.charts.plot import Mark, Plot, Series
from tui.looks.registry import Look, Moment, register
from tui.widgets.pane import Words
from tui.widgets.run_plots import shared_limits


@register
class Finder(Look):
    name, key, shown, place = "finder", "f", "find rate", 7
    help = "sweep learning rates on copies of the lanes"
    title = "learning-rate finder"
    of_all_arms = True

    def on_open(self) -> tuple[FindLr, ...]:
        return (FindLr(),)

    def subtitle(self, moment: Moment) -> Words:
        found = moment.view.record.found
        suggested: list[tuple[str, tuple[int, int, int] | None]] = [
            (f"{arm} {'none' if sweep.suggestion is None else f'{sweep.suggestion:.2g}'}  ", colour(place, moment.dark))
            for place, arm in enumerate(moment.arms)
            if (sweep := found.get(arm)) is not None
        ]
        if not suggested:
            return ""
        none = any(sweep.suggestion is None for sweep in found.values())
        why: list[tuple[str, tuple[int, int, int] | None]] = (
            [("(none: it does not fall clearly)", None)] if none else []
        )
        return [("suggested: ", None), *suggested, *why]

    def draw(self, moment: Moment) -> Plot:
        """Over the logarithm of the learning rate."""
        series, marks = [], []
        for place, arm in enumerate(moment.arms):
            sweep = moment.view.record.found.get(arm)
            if sweep is None:
                continue
            rates = np.log10(np.asarray(sweep.rates))
            series.append(Series(rates, sweep.losses, place))
            if sweep.suggestion is not None:
                rate = float(np.log10(sweep.suggestion))
                loss = float(np.interp(rate, rates, np.asarray(sweep.losses)))
                marks.append(Mark(rate, "best", place, y=loss))
        limits = shared_limits(series, log=False)
        return Plot(
            tuple(series), tuple(marks), None, limits, x_label="log10 lr", empty="sweeping learning rates on copies ..."
        )
