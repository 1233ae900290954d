"""What came out of a run, a row for each arm: Markdown for people to read, CSV for programs to calculate with."""

from __future__ import annotations

import codecs
import csv
import math
import re
from collections.abc import Iterator, Sequence
from typing import IO

from engine.compared import compared, heading, note
from engine.compared import in_words as difference_in_words
from engine.numbers import percent_with_spread, with_spread
from engine.outcome import in_words
from engine.preset import title_of
from engine.record import RunRecord
from engine.runs.reader import RunReader
from engine.summary import ArmRow, Number, left_out_in_words, notes_in_words, reported_rows, summarize
from engine.text import printable
from engine.verdict import best_arm

_COUNTS = ("best_epoch", "epochs")
# The outcome first. Accuracies are shares from 0 to 1 in the CSV, per cent in Markdown.
_METRICS = ("val_acc", "val_loss", "test_acc", "test_loss", "gap", "train_loss", "best_val_loss", *_COUNTS)
# Of the validation loss with the weights that are kept: the arm's less that of the first one, see `Compared`.
_DIFFERENCE = (
    "reference", "difference_mean", "difference_low", "difference_high", "unpaired_low", "unpaired_high",
    "difference_seeds", "same_sign", "seeds_needed", "verdict",
)  # fmt: skip
# What means something else in a cell of Markdown than in a name.
_MARKUP = re.compile(r"([\\|`*_<>\[\]&~#])")


def write_csv(reader: RunReader, file: IO[bytes]) -> None:
    """Write mean, standard deviation over the seeds and number of seeds of every arm. Raises RunError where damaged."""
    csv_of(reader.record, file)


def write_markdown(reader: RunReader, file: IO[bytes]) -> None:
    """Write the table with its outcome in words. Raises RunError where the run's file is damaged."""
    file.write(markdown(reader.record, reader.meta.name, f"Run {reader.meta.id}").encode("utf-8", "replace"))


def csv_of(record: RunRecord, file: IO[bytes]) -> None:
    """As `write_csv`, of a run in memory. What is not measured is empty."""
    writer = csv.writer(codecs.getwriter("utf-8")(file, "replace"), lineterminator="\n")
    numbers = [f"{metric}_{part}" for metric in _METRICS for part in ("mean", "std")]
    writer.writerow(["arm", "seeds", "diverged", "end", *numbers, *_DIFFERENCE])
    rows = summarize(record)
    against = {event.arm: event for event in compared(rows)}
    for row in rows:
        values = [value for metric in _METRICS for value in _mean_and_std(getattr(row, metric))]
        event = against.get(row.arm)
        difference = [""] * len(_DIFFERENCE)
        if event is not None:
            ends = (event.mean, event.low, event.high, event.unpaired_low, event.unpaired_high)
            needed = "" if event.seeds_needed is None else event.seeds_needed
            counts = map(str, (event.n, event.same_sign, needed))
            difference = [event.reference, *map(_exact, ends), *counts, event.verdict]
        writer.writerow([row.arm, row.lanes, row.diverged, row.reason, *values, *difference])


def _mean_and_std(number: Number | None) -> Iterator[str]:
    for value in (None, None) if number is None else (number.mean, number.std):
        yield _exact(value)


def _exact(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else repr(float(value))


def markdown(record: RunRecord, name: str = "", origin: str = "") -> str:
    """The table in GitHub's Markdown.

    Parameters
    ----------
    name : what the run is called, instead of its preset's title.
    origin : where the numbers come from, in a few words; the preset and the seeds are added.
    """
    rows, preset = summarize(record), record.preset
    best = best_arm(rows)
    shown = [metric for metric in _METRICS if any(_finite(getattr(row, metric)) for row in rows)]
    lines = [f"## {_plain(name or title_of(preset))}", ""]
    if words := in_words(rows):
        lines += [f"{_plain(words[:1].upper() + words[1:])}.", ""]
    heads = ["arm", *(metric.replace("_", " ") for metric in shown), "end"]
    lines += _table(
        heads,
        [
            [
                f"**{_plain(row.arm)}** ★" if row.arm == best.arm else _plain(row.arm),
                *(_cell(row, metric) for metric in shown),
                row.reason or "-",
            ]
            for row in rows
        ],
    )
    seeds = preset.seeds
    spread = "mean ± standard deviation over the seeds" if len(seeds) > 1 else "one seed"
    facts = [
        *([origin] if origin else []),
        f"preset {preset.name}",
        f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}",
        f"{record.epoch:,} of {preset.epochs:,} epochs",
        spread,
    ]
    lines += ["", f"{_plain('; '.join(facts))}."]
    for sentence in (
        f"★ {best.why}" if best.arm else best.why,
        *notes_in_words(record),
        left_out_in_words(record) if record.finished else None,
    ):
        if sentence:
            lines += ["", f"{_plain(sentence)}."]
    if events := compared(rows):
        differences = [difference_in_words(event) for event in events]
        lines += ["", f"{_plain(heading(events))}, {_plain(note(unpaired=True))}:", ""]
        lines += _table(
            ["arm", "mean", "95 % interval", "unpaired", "same sign", "told apart"],
            [[_plain(x.arm), x.mean, x.interval, x.unpaired, x.seeds, x.verdict] for x in differences],
        )
    if record.reported:
        others = [[row.arm, row.metric, row.theirs, row.ours, row.note] for row in reported_rows(record.reported)]
        lines += ["", "Reported by others:", ""]
        lines += _table(
            ["arm", "metric", "theirs", "ours", "note"], [[_plain(cell) for cell in cells] for cells in others], words=2
        )
    return "\n".join(lines) + "\n"


def _finite(number: Number | None) -> bool:
    return number is not None and math.isfinite(number.mean)


def _cell(row: ArmRow, metric: str) -> str:
    number: Number | None = getattr(row, metric)
    if number is None or not math.isfinite(number.mean):
        return "-"
    if metric in _COUNTS:
        return f"{number.mean:.0f}"
    if metric.endswith("_acc"):
        return percent_with_spread(number.mean, number.std)
    return with_spread(number.mean, number.std)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> Iterator[str]:
    """Lines of a table; `words` columns from the left and the last one are words, the others numbers."""
    last = len(heads) - 1
    rule = [":--" if place < words or place == last else "--:" for place in range(len(heads))]
    for cells in (heads, rule, *rows):
        yield f"| {' | '.join(cells)} |"


def _plain(words: str) -> str:
    """Words of others in one line, without what Markdown would take for markup."""
    return _MARKUP.sub(r"\\\1", printable(" ".join(words.split())))
