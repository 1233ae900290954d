"""The columns of the comparison table: what each shows of an arm, in which order, and what sorting by one means."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.compared import in_brief, in_words
from engine.events import Compared
from engine.numbers import percent_with_spread, with_spread
from engine.summary import AVERAGES, ArmRow, Number

# Letters of the reference arm's name in a title.
_LONGEST = 16


def _loss(measured: Number | None) -> str:
    return "-" if measured is None else with_spread(measured.mean, measured.std)


def _percent(measured: Number | None) -> str:
    return "-" if measured is None else percent_with_spread(measured.mean, measured.std)


def _count(measured: Number | None) -> str:
    return "-" if measured is None or not math.isfinite(measured.mean) else f"{measured.mean:.0f}"


@dataclass(frozen=True, slots=True)
class Column:
    """One number of each arm.

    title : in its head, and what the table remembers of it.
    number : gives it, None while it is not measured.
    written : gives it as text.
    higher_is_better : whether the best arm is the one with the most.
    of_row : gives the text, where it says more than the number.
    """

    title: str
    number: Callable[[ArmRow], Number | None]
    written: Callable[[Number | None], str] = _loss
    higher_is_better: bool = False
    of_row: Callable[[ArmRow], str] | None = None

    def text(self, row: ArmRow) -> str:
        return self.written(self.number(row)) if self.of_row is None else self.of_row(row)


VAL_ACC = Column("val acc", lambda row: row.val_acc, _percent, higher_is_better=True)
VAL_LOSS = Column("val loss", lambda row: row.val_loss)
_TEST_ACC = Column("test acc", lambda row: row.test_acc, _percent, higher_is_better=True)
_TEST_LOSS = Column("test loss", lambda row: row.test_loss)
_COURSE = (
    Column("gap", lambda row: row.gap),
    Column("best val loss", lambda row: row.best_val_loss),
    Column("train loss", lambda row: row.train_loss),
    Column("best at", lambda row: row.best_epoch, _count),
    Column("epochs", lambda row: row.epochs, _count, higher_is_better=True),
)


def columns(rows: Sequence[ArmRow], leading: str, events: Sequence[Compared] = ()) -> list[Column]:
    """The columns of a comparison from the left: what came out first, then how it came about.

    Accuracy leads, or the loss where `leading` is `val_loss`, as in a regression. Test columns are there once there are
    tests, and one for each average of the weights that some arm keeps. `events` are the differences to the reference.
    """
    against = _against(events)
    averages = [_average(name) for name in AVERAGES if any(name in row.averages for row in rows)]
    tested = any(row.test_loss is not None for row in rows)
    if leading == "val_loss":
        return [VAL_LOSS, *([_TEST_LOSS] if tested else []), *averages, *against, *_COURSE]
    tests = ([_TEST_ACC], [_TEST_LOSS]) if tested else ([], [])
    return [VAL_ACC, VAL_LOSS, *tests[0], *averages, *against, *_COURSE[:3], *tests[1], *_COURSE[3:]]


def _against(events: Sequence[Compared]) -> list[Column]:
    """The difference to the reference with its interval, and what it comes to; none where nothing is compared."""
    if not events:
        return []
    by_arm, reference = {event.arm: event for event in events}, events[0].reference

    def number(row: ArmRow) -> Number | None:
        event = by_arm.get(row.arm)
        return None if event is None else Number(event.mean)

    def difference(row: ArmRow) -> str:
        event = by_arm.get(row.arm)
        if event is None:
            return "reference" if row.arm == reference else "-"
        words = in_words(event)
        return words.mean if words.interval == "-" else f"{words.mean} ({words.interval})"

    def verdict(row: ArmRow) -> str:
        event = by_arm.get(row.arm)
        return "" if event is None else in_brief(event)

    name = reference if len(reference) <= _LONGEST else f"{reference[: _LONGEST - 3]}..."
    return [Column(f"against '{name}'", number, of_row=difference), Column("told apart", number, of_row=verdict)]


def _average(name: str) -> Column:
    return Column(f"{name.upper()} val", lambda row: row.averages.get(name))


@dataclass(frozen=True, slots=True)
class Order:
    """By which column the rows stand, and whether the best comes last; by none they are as the preset has them."""

    title: str = ""
    best_last: bool = False

    def clicked(self, title: str) -> Order:
        """After a click on a title: the best first, then last, then the preset's order."""
        if title != self.title:
            return Order(title)
        return Order() if self.best_last else Order(title, best_last=True)

    def next(self, titles: Sequence[str]) -> Order:
        """By the next column, after the last one by none."""
        places = ["", *titles]
        place = places.index(self.title) if self.title in places else 0
        return Order(places[(place + 1) % len(places)])

    def of(self, rows: Sequence[ArmRow], among: Sequence[Column]) -> list[int]:
        """The places of the rows in this order; those without a number come last in either direction."""
        column = next((column for column in among if column.title == self.title), None)
        if column is None:
            return list(range(len(rows)))
        found = [(place, column.number(row)) for place, row in enumerate(rows)]
        known = [(number.mean, place) for place, number in found if number is not None and math.isfinite(number.mean)]
        known.sort(key=lambda pair: pair[0], reverse=column.higher_is_better != self.best_last)
        placed = [place for _, place in known]
        return [*placed, *(place for place in range(len(rows)) if place not in set(placed))]

    def mark(self, column: Column, ascii_only: bool) -> str:
        """Behind its title: whether the numbers rise or fall down the column; empty where they are not in order."""
        if column.title != self.title:
            return ""
        falls = column.higher_is_better != self.best_last
        return ("v" if falls else "^") if ascii_only else ("▼" if falls else "▲")
