"""Which classes a network takes for which."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from tui.charts.palette import blend, colour, legible_on
from tui.looks.registry import Look, Moment, register
from tui.widgets.blocks import Pixel, append_half_blocks, side_by_side

# What a line about a mistake takes, in cells, where several stand beside one another.
_MISTAKE = 36


@register
class Confusion(Look):
    name, key, shown, place = "confusion", "c", "confusion matrix", 5
    help = "which classes are taken for which"
    title = "confusion matrix"
    needs = ("confusion",)

    def draw(self, moment: Moment) -> list[Text]:
        """True classes down, predicted ones across: numbers where they fit, shades where they do not."""
        seen = moment.seen("confusion", moment.arm)
        if seen is None:
            return moment.instead(moment.arm, "confusion")
        classes = len(seen.counts)
        names = [seen.names[place] if place < len(seen.names) else str(place) for place in range(classes)]
        left = min(12, max(len(name) for name in names))
        cell = min(7, max(3, (moment.width - left - 1) // max(1, classes)))
        ground: Pixel = (18, 18, 18) if moment.dark else (245, 245, 245)
        wide, high = left + 1 + cell * classes > moment.width, classes + 1 > moment.height
        # Letters alone make no shades: then numbers, of which the pane may have to be scrolled, or the mistakes.
        if not wide and (not high or moment.colourless or moment.ascii_only):
            return _numbers(moment, seen.counts, names, left, cell, ground)
        if moment.colourless:
            return _listed(moment, seen.counts, names)
        return _shades(moment, seen.counts, names, ground)

    def subtitle(self, moment: Moment) -> str:
        seen = moment.seen("confusion", moment.arm)
        return "" if seen is None else f"{seen.part} data: true class down, predicted across"


Counts = Sequence[Sequence[int]]


def _numbers(moment: Moment, counts: Counts, names: Sequence[str], left: int, cell: int, ground: Pixel) -> list[Text]:
    head = Text(f"{'':{left}} ", style="dim", no_wrap=True)
    for name in names:
        head.append(f"{name[: cell - 1]:>{cell}}")
    lines = [head]
    for true, row in enumerate(counts):
        line = Text(no_wrap=True)
        line.append(f"{names[true][:left]:<{left}} ", style="bold")
        total = sum(row) or 1
        for predicted, count in enumerate(row):
            r, g, b = shade = _shade(true == predicted, count / total, moment.dark, ground)
            ink = ",".join(map(str, legible_on(shade)))
            # Bold, so that the hits are told from the mistakes where there are no colours.
            style = f"{'bold ' if true == predicted else ''}rgb({ink}) on rgb({r},{g},{b})" if count else "dim"
            line.append(f"{count if count else '.':>{cell}}", style=style)
        lines.append(line)
    return lines


def _listed(moment: Moment, counts: Counts, names: Sequence[str]) -> list[Text]:
    """The commonest mistakes, as many as fit, in columns."""
    lines = [Text(mistake, no_wrap=True) for mistake in _mistakes(counts, names)]
    if not lines:
        return [Text("no mistakes")]
    columns = max(1, moment.width // _MISTAKE)
    listed, *others = (lines[first : first + moment.height] for first in range(0, len(lines), moment.height))
    for place, other in enumerate(others[: columns - 1], start=1):
        listed = side_by_side(listed, other, place * _MISTAKE)
    return listed


def _shades(moment: Moment, counts: Counts, names: Sequence[str], ground: Pixel) -> list[Text]:
    classes = len(counts)
    # As many pixels to a class as fit, or as many classes to a pixel as must; a pixel is as wide as two are high.
    tall = max(1, 2 * moment.height // classes) * min(classes, 2 * moment.height)
    tall += tall % 2
    wide = min(moment.width, 2 * tall)
    rows = []
    for y in range(tall):
        true = y * classes // tall
        row, total = counts[true], sum(counts[true]) or 1
        places = [x * classes // wide for x in range(wide)]
        rows.append([_shade(true == place, row[place] / total, moment.dark, ground) for place in places])
    mistakes, lines = _mistakes(counts, names), []
    for y in range(0, tall, 2):
        line = Text(no_wrap=True)
        append_half_blocks(line, rows[y], rows[y + 1], moment.ascii_only)
        line.append("  " + (mistakes[y // 2] if y // 2 < len(mistakes) else ""))
        line.truncate(moment.width)
        lines.append(line)
    return lines


def _shade(hit: bool, share: float, dark: bool, ground: Pixel) -> Pixel:
    """Blue for what is right and orange for what is not: the pair that every kind of colour vision tells apart."""
    return blend(colour(1 if hit else 0, dark), ground, 0.8 * share**0.5)


def _mistakes(counts: Counts, names: Sequence[str]) -> list[str]:
    """The commonest first."""
    wrong = [
        (-count, true, predicted)
        for true, row in enumerate(counts)
        for predicted, count in enumerate(row)
        if predicted != true and count
    ]
    return [
        f"{-count:>4} {'time: ' if count == -1 else 'times:'} {names[true]} taken for {names[predicted]}"
        for count, true, predicted in sorted(wrong)
    ]
