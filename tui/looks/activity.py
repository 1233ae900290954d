"""Each hidden layer's outputs: a histogram, mean and spread, the share of dead or saturated units."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from engine.numbers import significant
from tui.looks.registry import LookOfEach, Moment, register
from tui.widgets.blocks import headed

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ASCII_EIGHTHS = " .:-=+*#@"


@register
class Activity(LookOfEach):
    name, key, shown, place = "activity", "a", "activations", 0
    help = "each layer's outputs: histogram, dead and saturated"
    title = "activations"
    needs = ("activity",)
    least_width = 90

    def least_height(self, moment: Moment, arm: str) -> int:
        return 1 + len(moment.seen("activity", arm) or ())

    def draw_one(self, moment: Moment, arm: str, width: int, height: int, name: Text | None) -> list[Text]:
        """Histograms grow to the room there is: up to four lines high, and as many columns to a bin as fit."""
        layers = moment.seen("activity", arm)
        if not layers:
            return moment.instead(arm, "activity")
        names = min(14, max(*(len(layer.layer) for layer in layers), name.cell_len if name else 0))
        bins = len(layers[0].counts)
        columns = max(1, min(3, (width - names - 49) // bins))
        tall = max(1, min(4, (height - 1) // len(layers)))
        # Where it is narrow the spread is what matters: that is what fades or explodes from layer to layer.
        moments = ("mean", "std") if width >= names + 74 else ("std",)
        titles = "".join(f"{title:<8} " for title in moments)
        head = f"{'':{names}} {'low':>8} {'outputs':^{bins * columns}} {'high':<8} {titles}{'dead':>5} {'sat.':>5}"
        lines = [headed(head, name, names + 1)]
        for layer in layers:
            for row, cells in enumerate(_histogram(layer.counts, tall, columns, moment.ascii_only)):
                last = row == tall - 1
                line = Text(no_wrap=True)
                line.append(f"{layer.layer[:names] if last else '':{names}} ", style="bold")
                line.append(f"{significant(layer.low) if last else '':>8} ", style="dim")
                line.append(cells, style="cyan")
                if last:
                    line.append(f" {significant(layer.high):<8} ", style="dim")
                    line.append("".join(f"{significant(getattr(layer, part)):<8} " for part in moments))
                    line.append(f"{layer.dead:>5.0%} ", style="bold red" if layer.dead > 0.3 else "")
                    line.append(f"{layer.saturated:>5.0%}", style="bold red" if layer.saturated > 0.3 else "")
                line.truncate(width)
                lines.append(line)
        return lines


def _histogram(counts: Sequence[int], tall: int, columns: int, ascii_only: bool) -> list[str]:
    """Rows from the top, in eighths of a cell."""
    steps = _ASCII_EIGHTHS if ascii_only else _EIGHTHS
    # The tallest bin is most often the zeros of relu: a square root lets the others be seen beside it.
    most = max(counts) ** 0.5 or 1.0
    heights = [round(count**0.5 / most * 8 * tall) for count in counts]
    return [
        "".join(steps[min(8, max(0, height - 8 * below))] * columns for height in heights)
        for below in reversed(range(tall))
    ]
