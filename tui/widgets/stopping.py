"""Early stopping as gauges: for each arm how long it has waited of its patience, its best, and what became of it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from rich.text import Text

from engine.events import Epoch
from engine.numbers import number
from engine.summary import REASONS
from engine.view import View
from tui.charts.palette import colour
from tui.widgets.arm_names import named
from tui.widgets.lines import Lines
from tui.widgets.words import bar


class StoppingGauges(Lines):
    """Two lines an arm, one where it has no patience. Under several seeds the gauge is of the lane nearest its end.

    `line_of` says on which line each arm begins.
    """

    def __init__(self, ascii_only: bool) -> None:
        super().__init__(id="gauges")
        self._ascii = ascii_only
        self.line_of: dict[str, int] = {}

    def update(self, view: View) -> None:
        """Show this moment of the run."""
        lines: list[Text] = []
        longest = max(len(named(view, name)) for name in view.preset.arm_names)
        names = min(longest, max(6, self.content_size.width // 2))
        for place, arm in enumerate(view.preset.arms):
            self.line_of[arm.name] = len(lines)
            lines += self._arm(view, arm.name, place, names)
        self.show(lines)

    def _arm(self, view: View, arm: str, place: int, names: int) -> list[Text]:
        width = self.content_size.width
        rule = view.preset.arm(arm).settings.early_stopping
        lanes = view.of_arm(view.record.last, arm)
        waits = [lane.wait for lane in lanes if (arm, lane.seed) not in view.record.stopped]
        wait = max(waits or [lane.wait for lane in lanes], default=0)
        r, g, b = colour(place, self.app.current_theme.dark)
        style = f"rgb({r},{g},{b})"
        first = Text(no_wrap=True)
        first.append(f"{named(view, arm, names):<{names}} ", style=f"bold {style}")
        best, fates = self._best(lanes), ", ".join(self._fates(view, arm))
        if not rule.patience:
            # No gauge and no second line: there is nothing to wait for.
            first.append(", ".join(part for part in (best, fates) if part) or "no patience set", style="dim")
            first.truncate(width, overflow="ellipsis")
            return [first]
        count = f" {min(wait, 9999)}/{rule.patience}"
        first.append(bar(wait / rule.patience, max(4, width - names - 1 - len(count)), self._ascii), style=style)
        first.append(count, style="bold red" if wait >= rule.patience else "")
        below = Text(f"  {best}" if best else "", no_wrap=True)
        if not fates:
            return [first, below]
        if best and below.cell_len + 2 + len(fates) > width:  # on a line of its own
            return [first, below, Text(f"  {fates}", style="bold", no_wrap=True)]
        return [first, below.append(", " if best else "  ").append(fates, style="bold")]

    def _best(self, lanes: Sequence[Epoch]) -> str:
        """The mean of the lanes' best losses, and where they lie; nothing before the first."""
        best = [lane for lane in lanes if lane.best_epoch]
        if not best:
            return ""
        mean = statistics.fmean(lane.best_val_loss for lane in best)
        return f"best {number(mean)} at {_span([int(lane.best_epoch) for lane in best])}"

    def _fates(self, view: View, arm: str) -> list[str]:
        """What ended the arm's lanes, or would have."""
        seeds = len(view.seeds_of(arm))
        ends = view.of_arm(view.record.stopped, arm)
        marked = [mark.epoch for mark in view.of_arm(view.record.would_stop, arm)]
        fates = []
        if marked:
            fates.append(f"would stop {_span(marked)}{_share(len(marked), seeds)}")
        reasons = sorted({end.reason for end in ends})
        if reasons and (reasons != ["epochs"] or not fates):
            words = " / ".join(REASONS.get(reason, reason) for reason in reasons)
            fates.append(f"{words}{_share(len(ends), seeds)}")
        return fates


def _span(epochs: Sequence[int]) -> str:
    """`37`, or `174-208` where the seeds differ."""
    return f"{min(epochs)}" if min(epochs) == max(epochs) else f"{min(epochs)}-{max(epochs)}"


def _share(some: int, seeds: int) -> str:
    return "" if some == seeds else f" ({some} of {seeds} seeds)"
