"""Closer looks as tables: what layers put out, what their weights are like, whom the network takes for whom."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from engine.view import View
from tui.widgets.blocks import Pixel, append_half_blocks, seen
from tui.widgets.palette import blend, colour
from tui.widgets.words import bar, number, significant

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ASCII_EIGHTHS = " .:-=+*#@"


def _headed(head: str, name: Text | None, room: int) -> Text:
    """A table's head, with the arm's name in the room that its first column leaves."""
    line = Text(no_wrap=True)
    if name is not None:
        line.append_text(name.copy())
        line.truncate(room, pad=True)
        head = head[room:]
    return line.append(head, style="dim")


def activity_lines(
    view: View, arm: str, width: int, height: int, ascii_only: bool, name: Text | None = None
) -> list[Text]:
    """A histogram of each layer's outputs, mean and spread, the share of dead or saturated units.

    Histograms grow to the room there is: up to four lines high, and as many columns to a bin as fit.
    """
    layers, why = seen(view, "activity", arm, "This network has no hidden layer.")
    if layers is None:
        return why
    names = min(14, max(*(len(layer.layer) for layer in layers), name.cell_len if name else 0))
    bins = len(layers[0].counts)
    each = max(1, min(3, (width - names - 49) // bins))
    tall = max(1, min(4, (height - 1) // len(layers)))
    # Where it is narrow the spread is what matters: that is what fades or explodes from layer to layer.
    moments = ("mean", "std") if width >= names + 74 else ("std",)
    titles = "".join(f"{title:<8} " for title in moments)
    head = f"{'':{names}} {'low':>8} {'outputs':^{bins * each}} {'high':<8} {titles}{'dead':>5} {'sat.':>5}"
    lines = [_headed(head, name, names + 1)]
    for layer in layers:
        for row, cells in enumerate(_histogram(layer.counts, tall, each, ascii_only)):
            last = row == tall - 1
            line = Text(no_wrap=True)
            line.append(f"{layer.layer[:names] if last else '':{names}} ", style="bold")
            line.append(f"{significant(layer.low) if last else '':>8} ", style="dim")
            line.append(cells, style="cyan")
            if last:
                line.append(f" {significant(layer.high):<8} ", style="dim")
                line.append("".join(f"{significant(getattr(layer, moment)):<8} " for moment in moments))
                line.append(f"{layer.dead:>5.0%} ", style="bold red" if layer.dead > 0.3 else "")
                line.append(f"{layer.saturated:>5.0%}", style="bold red" if layer.saturated > 0.3 else "")
            line.truncate(width)
            lines.append(line)
    return lines


def _histogram(counts: Sequence[int], tall: int, each: int, ascii_only: bool) -> list[str]:
    """Rows from the top, in eighths of a cell."""
    steps = _ASCII_EIGHTHS if ascii_only else _EIGHTHS
    # The tallest bin is most often the zeros of relu: a square root lets the others be seen beside it.
    most = max(counts) ** 0.5 or 1.0
    heights = [round(count**0.5 / most * 8 * tall) for count in counts]
    return [
        "".join(steps[min(8, max(0, height - 8 * below))] * each for height in heights)
        for below in reversed(range(tall))
    ]


def weight_lines(view: View, arm: str, width: int, ascii_only: bool, name: Text | None = None) -> list[Text]:
    """One layer a line: norm, the last step's change against it, and the share of weights near zero."""
    layers, why = seen(view, "weights", arm, "This network has no weights.")
    if layers is None:
        return why
    names = min(16, max(*(len(layer.layer) for layer in layers), name.cell_len if name else 0))
    lines = [_headed(f"{'':{names}} {'norm':>9} {'update':>9}  below 0.001", name, names + 1)]
    room = max(4, width - names - 30)
    for layer in layers:
        line = Text(no_wrap=True)
        line.append(f"{layer.layer[:names]:{names}} ", style="bold")
        line.append(f"{number(layer.norm):>9} {significant(layer.update_ratio):>9}  {layer.near_zero:>4.0%} ")
        line.append(bar(layer.near_zero, room, ascii_only), style="cyan")
        line.truncate(width)
        lines.append(line)
    return lines


def confusion_lines(view: View, arm: str, width: int, height: int, dark: bool, ascii_only: bool) -> list[Text]:
    """True classes down, predicted ones across: numbers where they fit, shades where they do not."""
    told, why = seen(view, "confusion", arm, "A regression takes nothing for something else.")
    if told is None:
        return why
    classes = len(told.counts)
    names = [told.names[at] if at < len(told.names) else str(at) for at in range(classes)]
    left = min(12, max(len(name) for name in names))
    cell = min(7, max(3, (width - left - 1) // max(1, classes)))
    title = f"{told.part} data: true class down, predicted across"
    lines = [Text(title, style="dim", no_wrap=True)]
    ground: Pixel = (18, 18, 18) if dark else (245, 245, 245)
    if left + 1 + cell * classes > width or classes + 2 > height:
        largest = max(max(row) for row in told.counts) or 1
        # As many pixels to a class as fit, or as many classes to a pixel as must; a pixel is as wide as two are high.
        tall = max(1, 2 * (height - 1) // classes) * min(classes, 2 * (height - 1))
        tall += tall % 2
        wide = min(width, 2 * tall)
        rows = []
        for y in range(tall):
            row = told.counts[y * classes // tall]
            rows.append(
                [blend(colour(1, dark), ground, (row[x * classes // wide] / largest) ** 0.5) for x in range(wide)]
            )
        mistakes = _mistakes(told.counts, names)
        for y in range(0, tall, 2):
            line = Text(no_wrap=True)
            append_half_blocks(line, rows[y], rows[y + 1], ascii_only)
            line.append("  " + (mistakes[y // 2] if y // 2 < len(mistakes) else ""))
            line.truncate(width)
            lines.append(line)
        return lines
    head = Text(f"{'':{left}} ", style="dim", no_wrap=True)
    for name in names:
        head.append(f"{name[: cell - 1]:>{cell}}")
    lines.append(head)
    for place, row in enumerate(told.counts):
        line = Text(no_wrap=True)
        line.append(f"{names[place][:left]:<{left}} ", style="bold")
        total = sum(row) or 1
        for at, count in enumerate(row):
            r, g, b = blend(colour(2 if at == place else 5, dark), ground, 0.7 * (count / total) ** 0.5)
            line.append(f"{count if count else '.':>{cell}}", style=f"on rgb({r},{g},{b})" if count else "dim")
        lines.append(line)
    return lines


def _mistakes(counts: Sequence[Sequence[int]], names: Sequence[str]) -> list[str]:
    """The commonest first."""
    wrong = [
        (-count, true, at) for true, row in enumerate(counts) for at, count in enumerate(row) if at != true and count
    ]
    return [f"{-count:>4} x {names[true]} taken for {names[at]}" for count, true, at in sorted(wrong)]
