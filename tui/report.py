"""The comparison as a table for the terminal, and the command line that trains the same lanes again.

Shown at the end of a run without a screen, and in the scrollback after a dashboard.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from engine import compared as differences
from engine.events import Compared, Reported
from engine.numbers import loss, percent
from engine.outcome import in_words
from engine.preset import Preset, settings_by_key, title_of
from engine.record import RunRecord
from engine.summary import (
    ArmRow,
    Number,
    averages_in_words,
    left_out_in_words,
    notes_in_words,
    reported_rows,
    summarize,
    would_stop_in_words,
)
from engine.verdict import best_arm
from engine.view import View
from tui.stdout import StdoutConsole

# A header line and nothing else, so that the columns stay narrow and the table can be copied as text.
_RULED = box.Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_RULED_ASCII = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_GAP = 2  # between columns: the box's own blank and one of padding
_LONGEST_ARM = 28
_LEAST_NAME, _LEAST_VERDICT = 12, 14  # columns


def reproduce(arguments: Sequence[str], command: str = "run") -> str:
    """The command line that trains the same lanes again, quoted for a shell.

    Parameters
    ----------
    arguments : a preset and the options that change its numbers.
    command : `run` for the numbers alone, an empty string for the dashboard.
    """
    return shlex.join(["regtui", *([command] if command else []), *arguments])


def with_knobs(arguments: Sequence[str], original: Preset, begun: Preset) -> list[str]:
    """The command line's arguments with the settings of `begun` in which it differs from `original`.

    Parameters
    ----------
    arguments : a preset and the options that change its numbers, which together are `original`.
    begun : the same preset with other settings.
    """
    options = list(arguments)
    for key, setting in settings_by_key().items():
        values = {arm.name: arm.settings.get(key) for arm in begun.arms}
        turned = [arm for arm in original.arms if arm.settings.get(key) != values[arm.name]]
        if not turned:
            continue
        if key == "training.epochs" and "--epochs" in options:  # which would be stronger than what follows
            place = options.index("--epochs")
            del options[place : place + 2]
            turned = list(original.arms)
        # An arm's own value, in the preset or on the command line, is stronger than one for all arms.
        own = any(setting.name in arm.overrides.get(setting.section, {}) for arm in original.arms)
        if len(turned) == len(values) and len(set(map(_as_typed, values.values()))) == 1 and not own:
            options += ["--set", f"{key}={_as_typed(values[turned[0].name])}"]
        else:
            for arm in turned:
                options += ["--arm-set", f"{arm.name}:{key}={_as_typed(values[arm.name])}"]
    return options


def _as_typed(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its header and its text for an arm, both of one line or folded to two."""

    header: str
    text: Callable[[ArmRow], str]
    words: bool = False


def table(rows: Sequence[ArmRow], width: int, ascii_only: bool = False) -> Table:
    """The comparison for a terminal `width` columns wide.

    Everything on one line an arm where that fits; else deviations below means, and epochs below what they belong to;
    else fewer columns. The best arm, where there is one (`best_arm`), is starred and bold.
    """
    verdict, star, sign = best_arm(rows), "*" if ascii_only else "★", "+-" if ascii_only else "±"
    best = verdict.arm
    longest = min(_LONGEST_ARM, max((cell_len(row.arm) for row in rows), default=3)) + (2 if best else 0)
    columns = next(layout for layout in _layouts(sign) if longest + _width(layout, rows) <= width or len(layout) == 3)
    grid = Table(
        box=_RULED_ASCII if ascii_only else _RULED, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False,
        header_style="bold", caption=f"{star} {verdict.why}" if best else verdict.why or None,
        caption_justify="left", caption_style="dim",
    )  # fmt: skip
    grid.add_column("arm", overflow="fold", max_width=longest)
    for column in columns:
        grid.add_column(column.header, justify="left" if column.words else "right", no_wrap=True)
    for row in rows:
        name = Text(row.arm)
        if best:
            name = Text(f"{star} " if row.arm == best else "  ").append(row.arm)
        grid.add_row(name, *(_cell(column.text(row)) for column in columns), style="bold" if row.arm == best else None)
    return grid


def difference_table(events: Sequence[Compared], width: int, ascii_only: bool = False) -> Table:
    """What each arm has more than the reference arm; the unpaired interval is left out where it would not fit."""
    lines = [differences.in_words(event) for event in events]
    grid = Table(
        box=_RULED_ASCII if ascii_only else _RULED, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False,
        header_style="bold",
    )  # fmt: skip
    heads = [differences.heading(events), "mean", "95 % interval", "unpaired", "same sign", ""]
    cells = [[line.arm, line.mean, line.interval, line.unpaired, line.seeds, line.verdict] for line in lines]
    widths = [max(cell_len(row[column]) for row in [heads, *cells]) for column in range(6)]
    widths[0] = min(_LONGEST_ARM, widths[0])
    shown = [0, 1, 2, 3, 4, 5]
    for left_out in (3, 4):
        if sum(widths[column] + _GAP for column in shown[:-1]) + min(widths[5], _LEAST_VERDICT) > width:
            shown.remove(left_out)
    # Rich would shrink what must not be: only the names and the verdict are folded.
    numbers = sum(widths[column] + _GAP for column in shown[1:-1]) + _GAP
    widths[0] = max(_LEAST_NAME, min(widths[0], width - numbers - min(widths[5], _LEAST_VERDICT)))
    widths[5] = max(min(widths[5], _LEAST_VERDICT), min(widths[5], width - numbers - widths[0]))
    for column in shown:
        grid.add_column(
            heads[column], justify="left" if column in (0, 5) else "right", no_wrap=0 < column < 5, overflow="fold",
            width=widths[column],
        )  # fmt: skip
    for event, row in zip(events, cells, strict=True):
        bold = "bold" if event.verdict in ("better", "worse") else None
        grid.add_row(*(Text(row[column]) for column in shown), style=bold)
    return grid


def reported_table(reported: Sequence[Reported], ascii_only: bool = False) -> Table:
    """What others report of the arms, with ours; long notes are folded."""
    grid = Table(
        box=_RULED_ASCII if ascii_only else _RULED, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False,
        header_style="bold",
    )  # fmt: skip
    grid.add_column("reported by others", overflow="fold", max_width=_LONGEST_ARM)
    grid.add_column("metric", no_wrap=True)
    grid.add_column("theirs", justify="right", max_width=24)
    grid.add_column("ours", justify="right", no_wrap=True)
    grid.add_column("")
    for row in reported_rows(reported, "+-" if ascii_only else "±"):
        grid.add_row(
            Text(row.arm), Text(row.metric), Text(row.theirs), Text(row.ours, style="bold"), Text(row.note, "dim")
        )
    return grid


def outcome(record: RunRecord, width: int, ascii_only: bool = False) -> Iterator[RenderableType]:
    """What came out of a run, part by part: the table of the arms, what others report, and the rest in words."""
    rows = summarize(record)
    yield table(rows, width, ascii_only)
    if events := differences.compared(rows):
        yield ""
        grid = difference_table(events, width, ascii_only)
        yield grid
        yield Text(differences.note(any(column.header == "unpaired" for column in grid.columns)), style="dim")
    for words in notes_in_words(record):
        yield Text(words, style="dim")
    if record.reported:
        yield ""
        yield reported_table(record.reported, ascii_only)
    for sentence in (
        left_out_in_words(record) if record.finished else None,
        in_words(rows),
        *averages_in_words(record, "+-" if ascii_only else "±"),
        *would_stop_in_words(record),
    ):
        if sentence:
            yield ""
            yield Text(sentence)


def _layouts(sign: str) -> Iterator[list[_Column]]:
    """From the widest to the three columns that the comparison is about."""
    yield _whole(sign)
    columns = _folded(sign)
    yield columns
    for header in ("test\nloss", "train\nloss", "end", "best\nval loss"):
        columns = [column for column in columns if column.header != header]
        yield columns


def _width(columns: Sequence[_Column], rows: Sequence[ArmRow]) -> int:
    """How wide the columns are, with the gaps before them."""
    texts = ([column.header, *(column.text(row) for row in rows)] for column in columns)
    return sum(_GAP + max(cell_len(line) for text in column for line in text.split("\n")) for column in texts)


def _cell(text: str) -> Text:
    first, newline, second = text.partition("\n")
    return Text(first).append(newline + second, style="dim")


def _whole(sign: str) -> list[_Column]:
    """One line an arm."""

    def losses(header: str, name: str) -> _Column:
        return _Column(header, lambda row: " ".join(_losses(getattr(row, name), sign)))

    def counts(header: str, name: str) -> _Column:
        return _Column(header, lambda row: " ".join(_counts(getattr(row, name), sign)))

    return [
        losses("train loss", "train_loss"),
        losses("val loss", "val_loss"),
        losses("gap", "gap"),
        losses("best val loss", "best_val_loss"),
        counts("best epoch", "best_epoch"),
        counts("epochs", "epochs"),
        losses("test loss", "test_loss"),
        _Column("test acc", lambda row: " ".join(_shares(row.test_acc, sign))),
        _Column("reason", lambda row: row.reason, words=True),
    ]


def _folded(sign: str) -> list[_Column]:
    """Two lines an arm: below each mean its deviation, below the best its epoch, below the epochs why they ended."""

    def losses(header: str, name: str) -> _Column:
        return _Column(header, lambda row: "\n".join(_losses(getattr(row, name), sign)))

    def best(row: ArmRow) -> str:
        epoch = _counts(row.best_epoch, sign)[0]
        return loss(row.best_val_loss.mean if row.best_val_loss else None) + (f"\nat {epoch}" if row.best_epoch else "")

    def end(row: ArmRow) -> str:
        if row.epochs is None:
            return row.reason or "-"
        epochs = f"{row.epochs.mean:.0f} epoch{'' if row.epochs.mean == 1 else 's'}"
        return "\n".join([epochs, *row.reason.split(", ")]).rstrip()

    return [
        losses("train\nloss", "train_loss"),
        losses("val\nloss", "val_loss"),
        losses("gap", "gap"),
        _Column("best\nval loss", best),
        losses("test\nloss", "test_loss"),
        _Column("test\nacc", lambda row: "\n".join(_shares(row.test_acc, sign))),
        _Column("end", end, words=True),
    ]


def _losses(number: Number | None, sign: str) -> list[str]:
    """The mean, and the deviation to as many decimals."""
    if number is None:
        return ["-"]
    if number.std is None:
        return [loss(number.mean)]
    return [loss(number.mean), f"{sign} {loss(number.std, like=number.mean)}"]


def _counts(number: Number | None, sign: str) -> list[str]:
    if number is None or not math.isfinite(number.mean):
        return ["-"]
    return [f"{number.mean:.0f}", *([f"{sign} {number.std:.0f}"] if number.std else [])]


def _shares(number: Number | None, sign: str) -> list[str]:
    if number is None or not math.isfinite(number.mean):
        return ["-"]
    return [percent(number.mean), *([f"{sign} {100 * number.std:.1f}"] if number.std is not None else [])]


def print_report(view: View, arguments: Sequence[str], ascii_only: bool) -> None:
    """Leave in the terminal what a dashboard has come to, and the command line that repeats it."""
    console, record = StdoutConsole(), view.record
    epochs = f": {record.epoch} epoch{'' if record.epoch == 1 else 's'}"
    console.print(Text.assemble((title_of(view.preset), "bold"), epochs))
    for part in outcome(record, console.width, ascii_only):
        console.print(part)
    if arguments:
        console.print(f"again: {reproduce(arguments, command='')}", markup=False, soft_wrap=True)
    turned = record.interventions
    if turned:
        console.print("with these knobs turned on the way:")
        for turn in turned:
            console.print(f"  epoch {turn.epoch:>5}  {turn.arm}: {turn.knob} {turn.old} -> {turn.new}", markup=False)
