"""The comparison table: every arm's outcome, gap, best and losses, mean and spread over the seeds, the best marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.text import Text
from textual.events import Click

from engine.compared import brief_note, compared
from engine.events import Compared
from engine.outcome import in_words
from engine.ranking import Ranking, leading_metric, rank
from engine.summary import ArmRow, ReportedRow, left_out_in_words, notes_in_words, reported_rows
from engine.verdict import best_arm
from engine.view import View
from tui.charts.intervals import Scale, dots
from tui.charts.palette import colour
from tui.charts.ticks import round_limits
from tui.widgets.arm_names import named
from tui.widgets.columns import Column, Order, columns
from tui.widgets.lines import Lines
from tui.widgets.picked import ArmPicked
from tui.widgets.rows import rows_of

_DOTS = (18, 48)  # columns that the dots of the seeds take: at least, at most


class Head(Lines):
    """The titles of the columns, which stay where they are while the rows scroll below them."""

    def __init__(self, clicked: Callable[[int], None]) -> None:
        super().__init__(id="table-head")
        self._clicked = clicked

    def on_click(self, event: Click) -> None:
        self._clicked(event.x)


class Comparison(Lines):
    """A row for each arm, below it in words what differs; once the run has ended, what others report beside ours.

    Its titles are in `head`, a widget of their own. A click on a row picks its arm, one on a title sorts by it. Where
    it is too narrow for all columns, it shows those from the `pan`-ned one on, each whole.
    """

    def __init__(self, ascii_only: bool) -> None:
        super().__init__(id="table")
        self.head = Head(self._title_clicked)
        self._ascii = ascii_only
        self._seen: tuple[View, str | None, str | None] | None = None
        self._order, self._dots = Order(), False
        self._titles: list[str] = []  # of all columns, from the left
        self._first = self._last = 0  # of these the first that is shown, and the last that can be the first
        self._spans: list[tuple[int, int, str]] = []  # where the shown titles stand in the head
        self._arms: list[str] = []  # from above

    @property
    def _dark(self) -> bool:
        return self.app.current_theme.dark

    # What is shown of it ---------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """For another experiment: the preset's order, from the first column."""
        self._order, self._first, self._seen = Order(), 0, None

    @property
    def has_dots(self) -> bool:
        """Whether the leading outcome is drawn seed by seed."""
        return self._dots

    def line_of(self, arm: str) -> int:
        """The line of an arm's row, from 0."""
        return self._arms.index(arm) if arm in self._arms else 0

    def pan(self, by: int) -> None:
        """Show the columns from `by` columns further right on."""
        self._first = max(0, min(self._first + by, self._last))
        self._redraw()

    def sort_by_next(self) -> None:
        """Sort by the next column, the best arm first; after the last column the preset's order."""
        self._order = self._order.next(self._titles)
        self._redraw()
        if self._order.title and self._order.title not in [title for *_, title in self._spans]:
            self._first = min(self._titles.index(self._order.title), self._last)
            self._redraw()

    def toggle_dots(self) -> None:
        """Show each seed as a dot in the place of the leading outcome's numbers, or the numbers again."""
        self._dots, self._first = not self._dots, 0
        self._redraw()

    def _title_clicked(self, x: int) -> None:
        title = next((title for start, end, title in self._spans if start <= x < end), None)
        if title is not None:
            self._order = self._order.clicked(title)
            self._redraw()

    def on_click(self, event: Click) -> None:
        if event.y < len(self._arms):
            self.post_message(ArmPicked(self._arms[event.y]))

    def on_resize(self) -> None:
        self._redraw()

    def _redraw(self) -> None:
        if self._seen is not None:
            self.update(*self._seen)

    # Drawing ---------------------------------------------------------------------------------------------------------

    def update(self, view: View, selected: str | None = None, reference: str | None = None) -> None:
        """Show this moment of the run, with the selected arm's name marked as in its pane.

        The arms are compared with `reference`, or with the first one.
        """
        self._seen = view, selected, reference
        rows = rows_of(view)
        events = compared(rows, reference)
        lines = [*self._table(view, rows, selected, events), *self._words(view, rows, events)]
        width = self.content_size.width
        self.show([line if line.cell_len <= width else _cropped(line, width) for line in lines])

    def _table(
        self, view: View, rows: Sequence[ArmRow], selected: str | None, events: Sequence[Compared]
    ) -> list[Text]:
        """The rows; the titles go to the head."""
        sign, width = "+-" if self._ascii else "±", self.content_size.width
        best, star = best_arm(rows).arm, "*" if self._ascii else "★"
        names = max([3, *(len(named(view, row.arm)) for row in rows)])
        names = min(names, max(8, width // 4))
        leading = leading_metric(view.preset)
        among = columns(rows, leading, events)
        self._titles = [column.title for column in among]
        order = self._order.of(rows, among)
        cells = [[Text(column.text(row).replace("±", sign)) for row in rows] for column in among]
        heads = [f"{column.title}{self._order.mark(column, self._ascii)}" for column in among]
        if self._dots:
            room = max(_DOTS[0], min(_DOTS[1], (width - names - 3) * 3 // 5))
            heads[0], cells[0] = self._seeds(view, rows, among[0], rank(rows, leading), room, heads[0])
        widths = [
            max(len(title), *(text.cell_len for text in column)) for title, column in zip(heads, cells, strict=True)
        ]
        shown = self._in_sight(widths, width - names - 4)  # the last cell is for an arrow in the head
        self._draw_head(heads, widths, shown, names + 3)
        self._arms = [rows[place].arm for place in order]
        lines = []
        for place in order:
            row = rows[place]
            r, g, b = colour(view.places[row.arm], self._dark)
            line = Text(no_wrap=True)
            line.append(f"{star if row.arm == best else ' '} ", style="bold")
            marked = " reverse" if row.arm == selected else ""
            name = named(view, row.arm, names)
            line.append(name, style=f"bold rgb({r},{g},{b}){marked}")
            line.append(" " * (names + 1 - len(name)))
            for column in shown:
                text = cells[column][place]
                if row.arm == best and not text.spans:
                    text.stylize("bold")
                line.append(" " * (widths[column] - text.cell_len)).append_text(text).append("  ")
            lines.append(line)
        return lines

    def _in_sight(self, widths: Sequence[int], room: int) -> list[int]:
        """The columns that are shown: from the first one that is wanted as many as fit, one at least."""

        def fitting(places: Sequence[int]) -> int:
            taken = count = 0
            for place in places:
                taken += widths[place] + (2 if count else 0)
                if taken > room:
                    break
                count += 1
            return max(1, count)

        self._last = len(widths) - fitting(range(len(widths) - 1, -1, -1))
        self._first = max(0, min(self._first, self._last))
        return list(range(self._first, self._first + fitting(range(self._first, len(widths)))))

    def _draw_head(self, heads: Sequence[str], widths: Sequence[int], shown: Sequence[int], indent: int) -> None:
        """The titles, with arrows where there are more columns to the left or the right."""
        left, right = ("<", ">") if self._ascii else ("‹", "›")
        more = f"{left} more" if shown[0] > 0 else ""
        head = Text(f"{more:<{indent}}", no_wrap=True, style="dim")
        self._spans = []
        for column in shown:
            start = head.cell_len
            head.append(
                f"{heads[column]:>{widths[column]}}  ", "bold" if self._titles[column] == self._order.title else ""
            )
            self._spans.append((start, start + widths[column], self._titles[column]))
        head.truncate(self.content_size.width)
        if shown[-1] + 1 < len(widths):
            head.truncate(self.content_size.width - 1, pad=True)
            head.append(right)
        self.head.show([head])

    def _seeds(
        self, view: View, rows: Sequence[ArmRow], column: Column, ranking: Ranking, room: int, title: str
    ) -> tuple[str, list[Text]]:
        """The leading outcome as a dot for each seed, and the ends of their common scale around its title."""
        low, high = round_limits(*(ranking.limits or (0.0, 1.0)))
        scale = Scale(low, high, room)
        strips = []
        for row in rows:
            number = column.number(row)
            r, g, b = colour(view.places[row.arm], self._dark)
            if number is None or not number.values:
                strips.append(Text("-".center(room)))
            else:
                strips.append(dots(scale, number.values, number.mean, f"rgb({r},{g},{b})", self._ascii))
        ends = [f"{100 * end:.3g} %" if column.higher_is_better else f"{end:.3g}" for end in (low, high)]
        return f"{ends[0]}{title.center(max(0, room - len(ends[0]) - len(ends[1])))}{ends[1]}", strips

    def _words(self, view: View, rows: Sequence[ArmRow], events: Sequence[Compared]) -> list[Text]:
        """Below the rows: what is hidden, what came out, and what others report."""
        sign, width = "+-" if self._ascii else "±", self.content_size.width
        lines: list[Text] = []
        if view.hidden:
            lines += _wrapped(f"hidden: {', '.join(view.hidden)} (A shows it again)", width, style="dim")
        # Of more arms than two the outcome stands above, once there is one.
        if len(rows) == 2 and (words := in_words(rows)):
            lines += _wrapped(words, width)
        against = [brief_note(events)] if events else []
        for words in (*against, *notes_in_words(view.record)):
            lines += _wrapped(words, width, style="dim")
        if view.record.reported:
            lines += _reported(reported_rows(view.record.reported, sign), view.places, width, self._dark)
        if view.record.finished and (words := left_out_in_words(view.record)):
            lines += _wrapped(words, width)
        return lines


def _reported(rows: Sequence[ReportedRow], places: Mapping[str, int], width: int, dark: bool) -> list[Text]:
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
        r, g, b = colour(places[row.arm], dark)
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
