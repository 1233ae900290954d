"""The arms ranked by their outcome as a forest plot: a line each, its mean as a dot in its confidence interval."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from rich.text import Span, Text
from textual.events import Click, MouseScrollDown, MouseScrollUp

from engine.ranking import Ranked, Ranking
from engine.view import View
from tui.charts.intervals import Scale, axis, interval
from tui.charts.palette import colour
from tui.charts.ticks import round_limits
from tui.widgets.arm_names import named
from tui.widgets.columns import VAL_ACC, VAL_LOSS
from tui.widgets.lines import Lines
from tui.widgets.picked import ArmPicked

_PLOT = 8  # columns: the least that shows anything
_NUMBER = 6  # columns of one without its interval
_EASY = 20  # columns in which differences are easy to see: for these the numbers' intervals are left to the bars


class ForestPlot(Lines):
    """A line for each arm, best first: name, dot and bar on one scale, number; the first arm's value as a rule.

    Where there are more arms than lines the selected one is kept in sight, until the user scrolls.
    """

    def __init__(self, ascii_only: bool) -> None:
        super().__init__(id="forest-plot")
        self._ascii = ascii_only
        self._top = 0
        self._selected: str | None = None
        self._scrolled = False  # by the user, since an arm was selected
        self._arms: list[str] = []
        self._dark = True
        self._pitch = 1  # lines from one arm to the next
        self._axis_lines = 2  # with its labels below it; 1 where that makes room for an arm
        self._seen: tuple[View, Ranking, str | None, bool] | None = None

    @property
    def room(self) -> int:
        """How many arms are in sight at most."""
        return max(1, (self.content_size.height - self._axis_lines) // self._pitch)

    @property
    def in_sight(self) -> tuple[int, int, int]:
        """The first and the last arm in sight, from 1, and how many there are."""
        return self._top + 1, min(self._top + self.room, len(self._arms)), len(self._arms)

    def scroll_arms(self, by: int) -> None:
        """Show the arms from `by` arms further down on."""
        self._scrolled = True
        self._top += by
        self._redraw()

    def on_resize(self) -> None:
        self._redraw()

    def _redraw(self) -> None:
        if self._seen is not None:
            self.update(*self._seen)

    def on_click(self, event: Click) -> None:
        place = self._top + event.y // self._pitch
        if event.y < self.room * self._pitch and place < len(self._arms):
            self.post_message(ArmPicked(self._arms[place]))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.scroll_arms(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.scroll_arms(-1)

    def update(self, view: View, ranking: Ranking, selected: str | None, numbered: bool = False) -> None:
        """Show a ranking of the view's arms, the selected one's name reversed; `numbered` as their curves are."""
        self._seen = view, ranking, selected, numbered
        self._dark = self.app.current_theme.dark
        width, height = self.content_size
        self._arms = [arm.arm for arm in ranking.arms]
        self._axis_lines = 2 if len(self._arms) <= height - 2 else 1
        # Where there is room for it, a line is left between two arms.
        self._pitch = 2 if 2 * len(self._arms) <= height - self._axis_lines else 1
        self._keep_in_sight(selected)
        digits = len(str(len(view.places)))
        marks = [f"{view.places[arm.arm] + 1:>{digits}} " if numbered else "" for arm in ranking.arms]
        # Whole names where they leave the plot its room.
        easy = width - _EASY - _NUMBER - 2
        room = max(8, width // 3, easy)
        names = [
            mark + named(view, arm.arm, max(1, room - len(mark))) for mark, arm in zip(marks, ranking.arms, strict=True)
        ]
        before = max(map(len, names))
        texts = self._numbers(ranking, width - before - 2)
        after = max(map(len, texts))
        low, high = round_limits(*(ranking.limits or (0.0, 1.0)))
        scale = Scale(low, high, max(1, width - before - after - 2))
        lines: list[Text] = []
        for place in range(self._top, min(self._top + self.room, len(self._arms))):
            arm = ranking.arms[place]
            name, number = f"{names[place]:<{before}}", f"{texts[place]:>{after}}"
            style = "rgb({},{},{})".format(*colour(view.places[arm.arm], self._dark))
            lines.append(self._line(arm, name, style, scale, ranking.reference, number, arm.arm == selected))
            if self._pitch == 2:
                between = Text(" " * (before + 1), no_wrap=True)
                lines.append(between.append_text(_rule(scale, ranking.reference, self._ascii)))
        self.show([*lines, *self._axis(scale, before, ranking)])

    def _keep_in_sight(self, selected: str | None) -> None:
        if selected != self._selected:
            self._selected, self._scrolled = selected, False
        if not self._scrolled:
            place = self._arms.index(selected) if selected in self._arms else 0
            self._top = min(max(self._top, place - self.room + 1), place)
        self._top = max(0, min(self._top, len(self._arms) - self.room))

    def _numbers(self, ranking: Ranking, room: int) -> list[str]:
        """The number of each arm: with its interval, without it, or none, as the plot needs the room."""
        sign = "+-" if self._ascii else "±"
        texts = [_number(arm, sign, ranking.metric) for arm in ranking.arms]
        if room - max(map(len, texts)) < _EASY:
            texts = [text.partition(f" {sign}")[0] for text in texts]
        return texts if room - max(map(len, texts)) >= _PLOT else [""] * len(texts)

    def _line(
        self, arm: Ranked, name: str, style: str, scale: Scale, rule: float | None, number: str, marked: bool
    ) -> Text:
        if arm.number is None or not arm.measured:
            plot = _rule(scale, rule, self._ascii)
        else:
            plot = interval(scale, arm.number.mean, arm.half, rule, style, self._ascii)
        before = len(name) + 1
        spans = [Span(0, len(name.rstrip()), f"bold {style}{' reverse' if marked else ''}")]
        spans += [span.move(before) for span in plot.spans]
        return Text(f"{name} {plot.plain} {number}", no_wrap=True, spans=spans)

    def _axis(self, scale: Scale, before: int, ranking: Ranking) -> list[Text]:
        lines: tuple[str, ...]
        if ranking.limits is None:
            return []
        hundred = scale._replace(low=100 * scale.low, high=100 * scale.high)
        lines = axis(hundred, " %", self._ascii) if ranking.metric == "val_acc" else axis(scale, "", self._ascii)
        lines = lines if self._axis_lines == 2 else (_labelled(*lines),)
        return [Text(" " * (before + 1) + line, style="dim", no_wrap=True) for line in lines]


def _number(arm: Ranked, sign: str, metric: str) -> str:
    """The mean with half its interval, or under how many seeds the arm diverged, which puts it behind the others."""
    if arm.diverged:
        return "diverged" if arm.diverged == arm.lanes else f"{arm.diverged} of {arm.lanes} diverged"
    number = None if arm.number is None else dataclasses.replace(arm.number, std=arm.half)
    return (VAL_ACC if metric == "val_acc" else VAL_LOSS).written(number).replace("±", sign)


def _rule(scale: Scale, value: float | None, ascii_only: bool) -> Text:
    """A line with nothing but the rule."""
    if value is None or not 0 <= (place := scale.cell(value)) < scale.width:
        return Text(" " * scale.width)
    return Text(" " * place).append(":" if ascii_only else "│", "dim").append(" " * (scale.width - place - 1))


def _labelled(line: str, labels: str) -> str:
    """An axis with its labels in it."""
    for label in re.finditer(r"\S+( %)?", labels):
        line = line[: label.start()] + label[0] + line[label.end() :]
    return line


def heading(ranking: Ranking, width: int, ascii_only: bool) -> str:
    """What the dots and the bars are, in as many words as fit into `width` columns."""
    metric = ranking.metric.replace("_", " ")
    seeds = max((arm.lanes for arm in ranking.arms), default=1)
    if seeds == 1:
        return f"ranking by {metric}, one seed"
    sign = "+-" if ascii_only else "±"
    for words in (
        f"ranking by {metric}: mean and 95 % confidence interval over {seeds} seeds",
        f"{metric} {sign} 95 % confidence, {seeds} seeds",
    ):
        if len(words) <= width:
            return words
    return f"{metric} {sign} 95 %, {seeds} seeds"


def compared(ranking: Ranking, selected: str | None) -> Sequence[str]:
    """The two arms whose curves stand beside the ranking: the first one and the selected or the best one."""
    first = next(arm.arm for arm in ranking.arms if arm.place == 0)
    others = [arm.arm for arm in ranking.arms if arm.arm != first]
    return [first, selected if selected in others else others[0]]
