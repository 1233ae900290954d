"""The comparison table: every arm's losses, gap, best and test, mean and spread over the seeds, the best marked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.text import Text

from engine.numbers import percent, with_spread
from engine.outcome import in_words
from engine.summary import (
    AVERAGES,
    ArmRow,
    Number,
    ReportedRow,
    best_in_words,
    left_out_in_words,
    reported_rows,
    summarize,
)
from engine.verdict import best_arm
from engine.view import View
from tui.charts.palette import colour
from tui.widgets.arm_names import named
from tui.widgets.lines import Lines

Cell = Callable[[ArmRow], str]


def _loss(measured: Number | None) -> str:
    return "-" if measured is None else with_spread(measured.mean, measured.std)


def _percent(measured: Number | None) -> str:
    if measured is None:
        return "-"
    spread = f" ±{100 * measured.std:.1f}" if measured.std is not None and math.isfinite(measured.std) else ""
    return f"{percent(measured.mean)}{spread}"


# In the order in which they are given up where the table is too narrow: the last first, the rest keeps its place.
_COLUMNS: tuple[tuple[str, int, Cell], ...] = (
    ("train loss", 2, lambda row: _loss(row.train_loss)),
    ("val loss", 0, lambda row: _loss(row.val_loss)),
    ("gap", 1, lambda row: _loss(row.gap)),
    ("best", 3, lambda row: _loss(row.best_val_loss)),
    ("at", 6, lambda row: f"{row.best_epoch.mean:.0f}" if row.best_epoch else "-"),
    ("epochs", 7, lambda row: f"{row.epochs.mean:.0f}" if row.epochs else "-"),
    ("test loss", 5, lambda row: _loss(row.test_loss)),
    ("test acc", 4, lambda row: _percent(row.test_acc)),
)


def _columns(rows: Sequence[ArmRow]) -> list[tuple[str, int, Cell]]:
    """The columns, with one for each average of the weights that some arm keeps."""
    kept = [name for name in AVERAGES if any(name in row.averages for row in rows)]

    def of(name: str) -> Cell:
        return lambda row: _loss(row.averages.get(name))

    return [*_COLUMNS[:2], *((f"{name.upper()} val", 2, of(name)) for name in kept), *_COLUMNS[2:]]


class Comparison(Lines):
    """A row for each arm, below it in words what differs; once the run has ended, what others report beside ours."""

    def __init__(self, ascii_only: bool) -> None:
        super().__init__(id="table")
        self._ascii = ascii_only

    @property
    def _dark(self) -> bool:
        return self.app.current_theme.dark

    def update(self, view: View, selected: str | None = None) -> None:
        """Show this moment of the run, with the selected arm's name marked as in its pane."""
        sign = "+-" if self._ascii else "±"
        rows = summarize(view.record)
        best = best_arm(rows).arm
        width = self.content_size.width
        called = {row.arm: named(view, row.arm) for row in rows}
        names = max([3, *map(len, called.values())])
        names = min(names, max(8, width // 4))
        columns = _columns(rows)
        cells = [[cell(row).replace("±", sign) for row in rows] for _, _, cell in columns]
        widths = [
            max(len(title), *(len(text) for text in column))
            for (title, _, _), column in zip(columns, cells, strict=True)
        ]
        shown = list(range(len(columns)))
        while shown and names + 3 + sum(widths[column] + 2 for column in shown) > width:
            shown.remove(max(shown, key=lambda column: columns[column][1]))
        head = Text(" " * (names + 3), no_wrap=True, style="dim")
        for column in shown:
            head.append(f"{columns[column][0]:>{widths[column]}}  ")
        lines = [head]
        for place, row in enumerate(rows):
            r, g, b = colour(place, self._dark)
            line = Text(no_wrap=True)
            star = "*" if self._ascii else "★"
            line.append(f"{star if row.arm == best else ' '} ", style="bold")
            marked = " reverse" if row.arm == selected else ""
            name = named(view, row.arm, names)
            line.append(name, style=f"bold rgb({r},{g},{b}){marked}")
            line.append(" " * (names + 1 - len(name)))
            for column in shown:
                line.append(f"{cells[column][place]:>{widths[column]}}  ", style="bold" if row.arm == best else "")
            lines.append(line)
        if view.hidden:
            lines += _wrapped(f"hidden: {', '.join(view.hidden)} (A shows it again)", width, style="dim")
        # Of more arms than two the outcome stands above, once there is one.
        if len(rows) == 2 and (words := in_words(rows)):
            lines += _wrapped(words, width)
        if words := best_in_words(view.preset):
            lines += _wrapped(words, width, style="dim")
        if view.record.reported:
            lines += _reported(reported_rows(view.record.reported, sign), view.preset.arm_names, width, self._dark)
        if view.record.finished and (words := left_out_in_words(view.record)):
            lines += _wrapped(words, width)
        self.show([line if line.cell_len <= width else _cropped(line, width) for line in lines])


def _reported(rows: Sequence[ReportedRow], arms: Sequence[str], width: int, dark: bool) -> list[Text]:
    """What others report, ours beside it: columns as wide as their longest entry, the note where there is room."""
    heads = ("reported by others", "metric", "theirs", "ours")
    cells = [[(row.arm, row.metric, row.theirs, row.ours)[column] for row in rows] for column in range(4)]
    widths = [
        min(max(len(head), *(len(cell) for cell in column)), max(10, width // 3))
        for head, column in zip(heads, cells, strict=True)
    ]
    aligned = [f"{head:{'<' if column < 2 else '>'}{widths[column]}}" for column, head in enumerate(heads)]
    lines = [Text("  " + "  ".join(aligned), style="dim", no_wrap=True)]
    for place, row in enumerate(rows):
        line = Text("  ", no_wrap=True)
        r, g, b = colour(arms.index(row.arm), dark)
        for column in range(4):
            cell = cells[column][place][: widths[column]]
            line.append(
                f"{cell:{'<' if column < 2 else '>'}{widths[column]}}  ",
                style=f"bold rgb({r},{g},{b})" if column == 0 else "bold" if column == 3 else "",
            )
        line.append(row.note, style="dim")
        lines.append(line)
    return lines


def _wrapped(words: str, width: int, style: str = "italic") -> list[Text]:
    """The sentence on at most three lines."""
    lines, line = [], ""
    for word in words.split():
        if line and len(line) + 1 + len(word) > width - 1:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [Text(f" {sentence}", style=style, no_wrap=True) for sentence in [*lines, line][:3]]


def _cropped(line: Text, width: int) -> Text:
    line.truncate(width)
    return line
