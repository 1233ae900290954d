"""Every arm's learning rate over its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.charts.palette import colour
from tui.charts.plot import Mark, Plot, Series
from tui.looks.registry import Look, Moment, Request, register
from tui.widgets.lens import through_lens, x_limits
from tui.widgets.pane import Words
from tui.widgets.run_plots import waiting


@register
class Schedule(Look):
    name, key, shown, place = "schedule", "s", "schedule", 6
    help = "the learning rate over the run"
    of_any_epoch = True
    title = "learning rate"
    needs = ("schedule",)
    of_all_arms = True

    def requests(self, arms: Sequence[str], selected: str | None, seed: int) -> list[Request]:
        return [("schedule", arm, seed) for arm in arms]

    def heading(self, moment: Moment) -> str:
        return self.title  # the same for every seed, but for plateaus

    def subtitle(self, moment: Moment) -> Words:
        numbers = {arm: f"{moment.places[arm] + 1} " if moment.colourless else "" for arm in moment.arms}
        return [(f"{numbers[arm]}{arm}  ", colour(moment.places[arm], moment.dark)) for arm in moment.arms]

    def draw(self, moment: Moment) -> Plot:
        """With the present point marked."""
        series, marks = [], []
        for arm in moment.arms:
            place = moment.places[arm]
            if points := moment.seen("schedule", arm):
                epochs, rates = zip(*points, strict=True)
                series.append(Series(epochs, rates, place, label=arm, number=place + 1))
            last = next((epoch for (name, _), epoch in moment.view.record.last.items() if name == arm), None)
            if last is not None:
                marks.append(Mark(float(last.epoch), "best", place, y=last.lr))
        empty = waiting(moment.view) if moment.view.state == "loading" else "computing ..."
        limits = x_limits(moment.view) if moment.view.lens.zoom else None
        measured = replace(moment.view, lens=replace(moment.view.lens, smoothing=0.0))  # it is a plan: nothing is noise
        return through_lens(measured, Plot(tuple(series), tuple(marks), limits, empty=empty))
