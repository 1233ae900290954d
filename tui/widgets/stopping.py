"""Early stopping as gauges: for each arm how long it has waited of its patience, its best, and what became of it."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Sequence

from rich.text import Text

from engine.events import Epoch
from engine.numbers import number
from engine.summary import REASONS, best_epoch
from engine.view import View
from tui.charts.palette import colour
from tui.widgets.arm_names import named
from tui.widgets.lines import Lines
from tui.widgets.words import bar, shortened

_MONITORED = {"val_loss": "validation loss", "val_acc": "validation accuracy", "train_loss": "train loss"}
# Up to so many arms, the reason of each stop is shown.
_EXPLAINED = 2
# The gauge itself is never narrower.
_BAR = 4


class StoppingGauges(Lines):
    """An arm's gauge, its best and what ended it; one line where it has no patience.

    Under several seeds the gauge is of the lane nearest its end. `line_of` says on which line each arm begins.
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
        for arm in view.preset.arms:
            self.line_of[arm.name] = len(lines)
            lines += self._arm(view, arm.name, names)
        self.show(lines)

    def _arm(self, view: View, arm: str, names: int) -> list[Text]:
        width = self.content_size.width
        rule = view.preset.arm(arm).settings.early_stopping
        lanes = view.of_arm(view.record.last, arm)
        waits = [lane.wait for lane in lanes if (arm, lane.seed) not in view.record.stopped]
        wait = max(waits or [lane.wait for lane in lanes], default=0)
        r, g, b = colour(view.places[arm], self.app.current_theme.dark)
        style = f"rgb({r},{g},{b})"
        first = Text(no_wrap=True)
        first.append(f"{named(view, arm, names):<{names}} ", style=f"bold {style}")
        fates = _fates(view, arm)
        if not rule.patience:
            # No gauge and no second line: there is nothing to wait for.
            best = _best(lanes, width - names - 1 - sum(len(fate) + 2 for fate in fates))
            words = ", ".join(part for part in (best, *fates) if part) or "early stopping off"
            first.append(shortened(words, width - names - 1), style="dim")
            return [first]
        room = width - names - 1
        waited = min(wait, rule.patience)
        count = f" patience {waited} of {rule.patience}"
        if len(count) + _BAR > room:
            count = f" {waited}/{rule.patience}"
        first.append(bar(wait / rule.patience, max(_BAR, room - len(count)), self._ascii), style=style)
        first.append(count, style="bold red" if wait >= rule.patience else "")
        best = _best(lanes, width - 2)
        below = [Text(f"  {best}", no_wrap=True)] if best else []
        for fate in fates:
            below += [Text(f"  {line}", style="bold", no_wrap=True) for line in textwrap.wrap(fate, max(12, width - 2))]
        return [first, *(below or [Text()])]


def _best(lanes: Sequence[Epoch], room: int) -> str:
    """The mean of the lanes' best losses, their best epoch and its span over the seeds; nothing before there is one.

    In less room first without the word "epoch", then without the span.
    """
    epoch = best_epoch(lanes)
    if epoch is None:
        return ""
    best = [lane for lane in lanes if lane.best_epoch > 0]
    span = _span([int(lane.best_epoch) for lane in best])
    mean = statistics.fmean(lane.best_val_loss for lane in best)
    spread = "" if span == str(epoch) else f" ({span})"
    begin = f"best {number(mean)} at"
    choice = (f"{begin} epoch {epoch}{spread}", f"{begin} {epoch}{spread}")
    return next((words for words in choice if len(words) <= room), f"{begin} {epoch}")


def _fates(view: View, arm: str) -> list[str]:
    """What ended the arm's lanes, or would have."""
    seeds = len(view.seeds_of(arm))
    # With many arms the panel would take the room of others: there only the gauges say what they waited for.
    few = sum(other.settings.early_stopping.patience > 0 for other in view.preset.arms) <= _EXPLAINED
    rule = view.preset.arm(arm).settings.early_stopping
    ends = view.of_arm(view.record.stopped, arm)
    fates = []
    early = [end for end in ends if end.reason == "early_stopping"]
    for stops, verb in ((view.of_arm(view.record.would_stop, arm), "would have stopped"), (early, "stopped")):
        if stops:
            # Not the patience, which may have been turned since.
            waited = _span([stop.epoch - stop.best_epoch for stop in stops])
            where = f"{verb} at {_span([stop.epoch for stop in stops])}{_share(len(stops), seeds)}"
            why = f"{waited} epochs without a better {_MONITORED[rule.monitor]}: "
            fates.append(f"{why if few else ''}{where}")
    others = sorted({end.reason for end in ends} - {"early_stopping"})
    if others and (others != ["epochs"] or not fates):
        words = " / ".join(REASONS.get(reason, reason) for reason in others)
        count = len(ends) - len(early)
        fates.append(f"{words}{_share(count, seeds)}")
    return fates


def _span(epochs: Sequence[int]) -> str:
    """`37`, or `174-208` where the seeds differ."""
    return f"{min(epochs)}" if min(epochs) == max(epochs) else f"{min(epochs)}-{max(epochs)}"


def _share(some: int, seeds: int) -> str:
    return "" if some == seeds else f" ({some} of {seeds} seeds)"
