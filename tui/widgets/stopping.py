"""Early stopping as gauges: for each arm how long it has waited of its patience, its best, and what became of it."""

from __future__ import annotations

import statistics

from rich.text import Text

from engine.worker import View
from tui.comparison import REASONS
from tui.widgets.lines import Lines
from tui.widgets.palette import colour
from tui.widgets.words import bar, number


class StoppingGauges(Lines):
    """Two lines an arm. Under several seeds the gauge is of the lane nearest to its end."""

    def __init__(self, ascii_only: bool) -> None:
        super().__init__(id="gauges")
        self._ascii = ascii_only

    def update(self, view: View) -> None:
        """Show this moment of the run."""
        lines: list[Text] = []
        for place, arm in enumerate(view.preset.arms):
            lines += self._arm(view, arm.name, place)
        self.show(lines)

    def _arm(self, view: View, arm: str, place: int) -> list[Text]:
        width = self.content_size.width
        rule = view.preset.arm(arm).settings.early_stopping
        lanes = [told for (name, _), told in view.last.items() if name == arm]
        waits = [told.wait for key, told in view.last.items() if key[0] == arm and key not in view.stopped]
        wait = max(waits or [told.wait for told in lanes], default=0)
        r, g, b = colour(place, self.app.current_theme.dark)
        style = f"rgb({r},{g},{b})"
        if rule.patience:
            count = f" {min(wait, 9999)}/{rule.patience}"
            share = wait / rule.patience
        else:
            count, share = " no limit", 0.0
        name_room = min(16, max(6, width // 3))
        first = Text(no_wrap=True)
        first.append(f"{arm[:name_room]:<{name_room}} ", style=f"bold {style}")
        first.append(bar(share, max(4, width - name_room - 1 - len(count)), self._ascii), style=style)
        first.append(count, style="bold red" if rule.patience and wait >= rule.patience else "")
        second = Text(" ", no_wrap=True)
        best = [told for told in lanes if told.best_epoch]
        if best:
            mean = statistics.fmean(told.best_val_loss for told in best)
            epochs = sorted(told.best_epoch for told in best)
            at = f"{epochs[0]}" if epochs[0] == epochs[-1] else f"{epochs[0]}-{epochs[-1]}"
            second.append(f" best {number(mean)} at {at}")
        for told in self._fates(view, arm):
            second.append(",", style="bold") if second.cell_len > 1 else None
            second.append(f" {told}", style="bold")
        second.truncate(width, overflow="ellipsis")
        return [first, second]

    def _fates(self, view: View, arm: str) -> list[str]:
        """What ended the arm's lanes, or would have."""
        seeds = len(view.preset.seeds)
        ends = [told for (name, _), told in view.stopped.items() if name == arm]
        marked = [told.epoch for (name, _), told in view.would_stop.items() if name == arm]
        told = []
        if marked:
            share = "" if len(marked) == seeds else f" ({len(marked)}/{seeds})"
            told.append(f"would stop {round(statistics.median(marked))}{share}")
        reasons = sorted({end.reason for end in ends})
        if reasons and (reasons != ["epochs"] or not told):
            share = "" if len(ends) == seeds else f" ({len(ends)}/{seeds})"
            told.append(f"{' / '.join(REASONS.get(reason, reason) for reason in reasons)}{share}")
        return told
