"""What an arm has more than the reference arm, seed by seed: the mean, its confidence interval, and zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.text import Text

from engine.compared import interval_in_words, signed
from engine.difference_curve import DifferenceCurve, difference_curve
from engine.history import Floats
from engine.metrics import METRICS
from engine.verdict import Difference
from tui.charts.palette import Rgb, colour
from tui.charts.plot import Plot, Series
from tui.looks.registry import Look, Moment, register
from tui.widgets.pane import Words
from tui.widgets.run_plots import MANY, knob_marks, waiting, x_limits

# What `g` shows one after another.
DIFFERENCES = ("val_loss", "val_acc")
_ALONE = "Needs a second arm to compare with."
# Of the differences of all seeds and epochs so large a share has to lie within the scale, on either side.
_SETTLED = 0.99


@register
class DifferenceToReference(Look):
    name, key, shown, place = "difference", "d", "difference", 0
    help = "the selected arm minus the reference, with its 95 % interval; g: loss or accuracy"
    title = "difference"
    of_all_arms = True

    def why_not(self, moment: Moment) -> str:
        return "" if len(moment.arms) > 1 else _ALONE

    def heading(self, moment: Moment) -> str:
        arms = _compared(moment)
        minuend = arms[0] if len(arms) == 1 else "each arm"
        return f"{self.title} in {moment.metric.replace('_', ' ')}: {minuend} - {moment.reference_arm}"

    def subtitle(self, moment: Moment) -> Words:
        """What the difference is now, and the keys, in as many words as there is room for."""
        arms, room = _compared(moment), max(0, moment.width - 4)
        keys = "g loss, accuracy  D reference"
        if len(arms) != 1:
            names = [(f"{_number(moment, arm)}{arm}  ", colour(moment.places[arm], moment.dark)) for arm in arms]
            words: list[tuple[str, Rgb | None]] = [*names, (keys, None)]
            return words if sum(len(part) for part, _ in words) <= room else keys
        curve = _curve(moment, arms[0])
        between = None if curve is None else curve.newest()
        choice = [] if between is None else _now(between, moment.metric)
        lines = [words + more for words in choice for more in (f"  {keys}", "")] or [keys]
        return next((line for line in lines if len(line) <= room), lines[-1])

    def draw(self, moment: Moment) -> Plot | list[Text]:
        """The mean heavy in its interval, each seed dotted, and the reference as a line at zero."""
        arms = _compared(moment)
        if not arms:
            return [Text(_ALONE, style="dim")]
        view, limits, alone = moment.view, x_limits(moment.view), len(arms) == 1
        scale = 100.0 if METRICS[moment.metric].format == "percent" else 1.0
        series: list[Series] = []
        drawn: list[Floats] = []
        for arm in arms:
            curve = _curve(moment, arm)
            if curve is None or not np.isfinite(curve.mean_n).any():
                continue
            place, seeds_Sn = moment.places[arm], scale * curve.by_seed
            spread = len(seeds_Sn) > 1 and len(arms) <= MANY
            low_n, high_n = (scale * curve.low_n, scale * curve.high_n) if spread else (None, None)
            if alone and len(seeds_Sn) > 1:
                series += [Series(curve.epochs, seed_n, place, "dotted", faint=True) for seed_n in seeds_Sn]
            drawn += [*seeds_Sn] if alone else [scale * curve.mean_n]
            mean = Series(curve.epochs, scale * curve.mean_n, place, "heavy", arm, low_n, high_n, number=place + 1)
            series.append(mean)
        if series:
            reference = moment.places[moment.reference_arm]
            zero = Series([*limits], [0.0, 0.0], reference, "light", moment.reference_arm, number=reference + 1)
            series.insert(0, zero)
        return Plot(
            tuple(series),
            knob_marks(view, [moment.reference_arm, *arms]),
            limits,
            _limits(series[1:], drawn),
            y_label="percentage points" if scale > 1 else "",
            empty=_empty(moment),
        )


def _compared(moment: Moment) -> list[str]:
    """The arms whose differences are shown: the selected one, or all others where that is the reference, or none is."""
    others = [arm for arm in moment.arms if arm != moment.reference_arm]
    return [moment.selected] if moment.selected in others else others


def _curve(moment: Moment, arm: str) -> DifferenceCurve | None:
    history = moment.view.record.history
    if history is None or len(history) == 0:
        return None
    return difference_curve(history, moment.metric, moment.reference_arm, arm)


def _now(between: Difference, metric: str) -> list[str]:
    """The newest difference in words, the longest first."""
    percent = METRICS[metric].format == "percent"
    mean, unit = (100 * between.mean, " points") if percent else (between.mean, "")

    def written(interval: tuple[float, float] | None) -> str:
        ends = (100 * end if percent else end for end in interval or (0.0, 0.0))
        return interval_in_words(mean, *ends)

    now = f"{signed(mean)}{unit}"
    if between.interval is None:
        return [f"{now}, of one seed nothing can be said", f"{now}, one seed"]
    better = between.mean > 0 if METRICS[metric].better == "higher" else between.mean < 0
    told = ("better" if better else "worse") if between.clear else "not told apart"
    more = between.needed and between.needed - between.n
    needed = f": {more:,} more seed{'' if more == 1 else 's'}" if more else ""
    count = f"{between.same_sign} of {between.n} {'below' if mean < 0 else 'above'} 0, {told}{needed}"
    paired = f"{now} (95 %: {written(between.interval)}"
    return [
        f"{paired}; unpaired {written(between.unpaired)})  {count}",
        f"{paired})  {count}",
        f"{now} ({written(between.interval)}) {told}",
        f"{now}, {told}",
    ]


def _limits(series: Sequence[Series], drawn: Sequence[Floats]) -> tuple[float, float] | None:
    """A scale for zero and nearly all of what is drawn, and of the intervals so much as leaves half of it to that."""
    values = np.concatenate([np.zeros(1), *drawn])
    values = np.sort(values[np.isfinite(values)])
    last = len(values) - 1
    low = min(0.0, float(values[int(last * (1 - _SETTLED))]))
    high = max(0.0, float(values[-int(last * (1 - _SETTLED)) - 1]))
    if low == high:
        return None
    room = (high - low) / 2
    ends = [np.asarray(end) for curve in series for end in (curve.low, curve.high) if end is not None]
    ends = [end[np.isfinite(end)] for end in ends]
    lowest = min((float(end.min()) for end in ends if end.size), default=low)
    highest = max((float(end.max()) for end in ends if end.size), default=high)
    return min(low, max(lowest, low - room)), max(high, min(highest, high + room))


def _number(moment: Moment, arm: str) -> str:
    return f"{moment.places[arm] + 1} " if moment.colourless else ""


def _empty(moment: Moment) -> str:
    """What the chart says where it has no curve."""
    if moment.view.record.epoch == 0:
        return waiting(moment.view)
    if moment.metric == "val_acc" and all(arm.settings.data.kind == "regression" for arm in moment.view.preset.arms):
        return "a regression has no accuracy: g shows the loss"
    return "no seed in common"
