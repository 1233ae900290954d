"""The learning-rate finder: loss over the rates of a sweep, each arm's suggestion marked."""

from __future__ import annotations

import numpy as np

from engine.commands import FindLr
from engine.events import Found
from engine.numbers import number
from tui.charts.palette import colour
from tui.charts.plot import Mark, Plot, Series
from tui.looks.registry import Look, Moment, register
from tui.widgets.pane import Words
from tui.widgets.run_plots import shared_limits

# The sweep's first tenth, which is too little smoothed to suggest anything, and a step to see a fall.
_FEWEST = 12


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
            (
                f"{arm}: {'none' if sweep.suggestion is None else f'{sweep.suggestion:.2g}'}  ",
                colour(moment.places[arm], moment.dark),
            )
            for arm in sorted(moment.arms, key=lambda arm: arm in found and found[arm].suggestion is None)
            if (sweep := found.get(arm)) is not None
        ]
        if not suggested:
            return ""
        reasons = {why_none(sweep): None for sweep in found.values() if sweep.suggestion is None}
        why: list[tuple[str, tuple[int, int, int] | None]] = [(f"(none: {' or '.join(reasons)})", None)]
        return [("suggested  ", None), *suggested, *(why if reasons else [])]

    def draw(self, moment: Moment) -> Plot:
        """Over the learning rate, on a log scale."""
        series, marks = [], []
        for arm in moment.arms:
            place = moment.places[arm]
            sweep = moment.view.record.found.get(arm)
            if sweep is None:
                continue
            rates = np.log10(np.asarray(sweep.rates))
            series.append(Series(rates, sweep.losses, place, label=arm, number=place + 1))
            if sweep.suggestion is not None:
                rate = float(np.log10(sweep.suggestion))
                loss = float(np.interp(rate, rates, np.asarray(sweep.losses)))
                marks.append(Mark(rate, "best", place, y=loss))
        limits = shared_limits(series, log=False)
        return Plot(
            tuple(series),
            tuple(marks),
            None,
            limits,
            log_x=True,
            x_label="learning rate",
            empty="sweeping learning rates on copies ...",
        )


def why_none(sweep: Found) -> str:
    """Why no learning rate is suggested: the sweep ended too soon, or its loss did not fall by more than its noise."""
    if len(sweep.losses) < _FEWEST:
        return f"the loss diverges from {sweep.rates[-1]:.2g} on" if sweep.rates else "the loss diverges at once"
    first, lowest = number(sweep.losses[0], 3), number(min(sweep.losses), 3)
    return f"the loss hardly falls: from {first} to {lowest}"
