"""A run as one HTML page that needs neither network nor script: charts, table, what was turned, lesson and preset."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from html import escape
from typing import IO

from engine import compared as differences
from engine.export.curves import COLOURS, drawings
from engine.export.svg import chart
from engine.numbers import percent, with_spread
from engine.outcome import in_words
from engine.preset import title_of, write_preset
from engine.runs.reader import RunReader
from engine.summary import (
    Number,
    averages_in_words,
    left_out_in_words,
    notes_in_words,
    reported_rows,
    summarize,
    would_stop_in_words,
)
from engine.text import printable
from engine.verdict import best_arm

# The same for a dark ground.
ON_DARK = ("#e69f00", "#56b4e9", "#00b282", "#db8ab8", "#f0e442", "#f5763c", "#688eff", "#d0d0d0")
_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1500px; margin: 1.5rem auto; padding: 0 1rem;
  overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
.facts, .note { opacity: .75; } .lesson { max-width: 46rem; } .note { margin: .4rem 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; display: block; overflow: visible; }
.grid { stroke: currentColor; opacity: .12; fill: none; } .axis { stroke: currentColor; opacity: .5; fill: none; }
.tick { font-size: 11px; fill: currentColor; opacity: .75; }
.curve { fill: none; stroke: var(--c); stroke-width: 1.7; stroke-linejoin: round; stroke-linecap: round; }
.dashed { stroke-dasharray: 5 3; } .band { fill: var(--c); opacity: .15; } .best { fill: var(--c); }
.turned { stroke: currentColor; opacity: .35; fill: none; }
.key span { color: var(--c); font-weight: 600; margin-right: 1.2rem; }
.wide { overflow-x: auto; margin-bottom: .8rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .7rem; border-bottom: 1px solid rgb(128 128 128 / .3); white-space: nowrap; }
th:first-child, td:first-child, .words { text-align: left; } td.arm { color: var(--c); font-weight: 600; }
tr.star { font-weight: 700; } pre { padding: .8rem; background: rgb(128 128 128 / .12); white-space: pre-wrap; }
.lesson pre { overflow-x: auto; white-space: pre; }
@media (max-width: 600px) { .tick { font-size: 17px; } }
"""


def write(reader: RunReader, file: IO[bytes]) -> None:
    """Write the page. Raises RunError where the run's file is damaged."""
    file.write(page(reader).encode("utf-8", "replace"))


def page(reader: RunReader) -> str:
    """The page's text."""
    title = _text(reader.meta.name or title_of(reader.preset))
    body = [
        f"<h1>{title}</h1>",
        f'<p class="facts">{_facts(reader)}</p>',
        _paragraphs(reader.preset.summary),
        _paragraphs(reader.meta.notes),
        *(f'<p class="note">{_text(line)}</p>' for line in reader.damage),
        _key(reader),
        *_charts(reader),
        *_results(reader),
        *_turned(reader),
        *_lesson("Lesson", reader.preset.lesson),
        *_lesson("What came out", reader.preset.reveal),
        f"<h2>Preset, with the current settings</h2><pre>{_text(write_preset(reader.preset))}</pre>",
        *_made_with(reader),
    ]
    return "\n".join([
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        # Whatever a preset says, the page asks nobody for anything.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}{_colours(len(reader.preset.arms))}</style></head><body>",
        *body,
        "</body></html>\n",
    ])  # fmt: skip


def _text(words: object) -> str:
    return escape(printable(str(words), lines=True))


def _paragraphs(words: str) -> str:
    return f"<p>{_text(words)}</p>" if words else ""


def _lesson(head: str, words: str) -> Iterable[str]:
    """The paragraphs of a lesson; one whose columns are set by spaces keeps them, in letters of one width."""
    if words:
        paragraphs = (part.strip("\n") for part in re.split(r"\n[ \t]*\n", words))
        parts = (
            f"<pre>{_text(part)}</pre>" if re.search(r"\S {2,}\S|^ ", part, re.MULTILINE) else f"<p>{_text(part)}</p>"
            for part in paragraphs
            if part.strip()
        )
        yield f'<h2>{head}</h2><div class="lesson">{"".join(parts)}</div>'


def _colours(arms: int) -> str:
    def rules(palette: Sequence[str]) -> str:
        return " ".join(f".arm-{place} {{ --c: {palette[place % len(palette)]}; }}" for place in range(arms))

    return f"{rules(COLOURS)} @media (prefers-color-scheme: dark) {{ {rules(ON_DARK)} }}"


def _facts(reader: RunReader) -> str:
    meta, progress = reader.meta, reader.meta.progress
    seeds = meta.identity.seeds
    facts = [
        f"run {meta.id}",
        f"preset {meta.identity.preset}",
        meta.state,
        f"{progress.epoch:,} of {progress.epochs:,} epochs",
        f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}",
        time.strftime("%Y-%m-%d %H:%M", time.localtime(meta.identity.began)),
        f"{meta.environment.host} {meta.environment.device}".strip(),
    ]
    return " &middot; ".join(map(_text, facts))


def _key(reader: RunReader) -> str:
    arms = "".join(
        f'<span class="arm-{place}">{_text(arm)}</span>' for place, arm in enumerate(reader.preset.arm_names)
    )
    return f'<p class="key">{arms}</p>'


def _charts(reader: RunReader) -> Iterable[str]:
    found = drawings(reader)
    if not found:
        yield "<p>No epoch is recorded yet.</p>"
        return
    yield '<div class="charts">'
    for drawing in found:
        dashed = any(curve.dashed for curve in drawing.curves)
        caption = f"{drawing.title}{': solid train, dashed validation' if dashed else ''}"
        yield f"<figure><figcaption>{_text(caption)}</figcaption>{chart(drawing)}</figure>"
    yield "</div>"
    several = len(reader.meta.identity.seeds) > 1
    signs = [
        *(["the mean over the seeds, with a band from the least to the greatest"] if several else []),
        *(["a diamond at the best epoch"] if any(drawing.best for drawing in found) else []),
        *(["a vertical line where a knob was turned"] if found[0].turned else []),
    ]
    if signs:
        yield f'<p class="note">Drawn are: {"; ".join(signs)}.</p>'


def _table(heads: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]], words: int = 1) -> str:
    """Cells are HTML; `words` columns from the left are words, the others numbers."""
    head = "".join(
        f"<th{' class=words' if place < words else ''}>{_text(name)}</th>" for place, name in enumerate(heads)
    )
    body = "\n".join(
        f"<tr{attributes}>" + "".join(
            cell if cell.startswith("<td") else f"<td{' class=words' if place < words else ''}>{cell}</td>"
            for place, cell in enumerate(cells)
        ) + "</tr>"
        for attributes, cells in rows
    )  # fmt: skip
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _measured(number: Number | None) -> str:
    return "-" if number is None else _text(with_spread(number.mean, number.std))


def _count(number: Number | None) -> str:
    return "-" if number is None else f"{number.mean:.0f}"


def _share(number: Number | None) -> str:
    return "-" if number is None else percent(number.mean)


def _results(reader: RunReader) -> Iterable[str]:
    record = reader.record
    rows = summarize(record)
    verdict = best_arm(rows)
    heads = (
        "arm", "train loss", "val loss", "gap", "best val loss", "best epoch", "epochs", "test loss", "test acc", "end"
    )  # fmt: skip
    yield "<h2>Comparison</h2>"
    yield _table(
        heads,
        [
            (
                " class=star" if row.arm == verdict.arm else "",
                [
                    f'<td class="arm arm-{place}">{"&#9733; " if row.arm == verdict.arm else ""}{_text(row.arm)}</td>',
                    *(_measured(number) for number in (row.train_loss, row.val_loss, row.gap, row.best_val_loss)),
                    _count(row.best_epoch), _count(row.epochs), _measured(row.test_loss), _share(row.test_acc),
                    _text(row.reason or "-"),
                ],
            )
            for place, row in enumerate(rows)
        ],
    )  # fmt: skip
    if events := differences.compared(rows):
        words = [differences.in_words(event) for event in events]
        yield f"<h2>{_text(differences.heading(events).capitalize())}</h2>"
        yield _table(
            ("arm", "mean", "95 % interval", "unpaired", "same sign", ""),
            [("", [_text(x) for x in (w.arm, w.mean, w.interval, w.unpaired, w.seeds, w.verdict)]) for w in words],
        )
        yield f'<p class="note">{_text(differences.note(unpaired=True))}</p>'
    for sentence in (
        f"The star: {verdict.why}." if verdict.arm else verdict.why,
        *notes_in_words(record),
        in_words(rows),
        left_out_in_words(record) if record.finished else None,
        *averages_in_words(record),
        *would_stop_in_words(record),
    ):
        if sentence:
            yield f'<p class="note">{_text(sentence)}</p>'
    if record.reported:
        yield "<h2>Reported by others</h2>"
        yield _table(
            ("arm", "metric", "theirs", "ours", ""),
            [
                ("", [_text(cell) for cell in (row.arm, row.metric, row.theirs, row.ours, row.note)])
                for row in reported_rows(record.reported)
            ],
            words=2,
        )


def _turned(reader: RunReader) -> Iterable[str]:
    if not reader.record.interventions:
        return
    yield "<h2>Knobs that were turned</h2>"
    yield _table(
        ("arm", "knob", "after epoch", "from", "to"),
        [
            ("", [_text(cell) for cell in (turn.arm, turn.knob, f"{turn.epoch:,}", turn.old, turn.new)])
            for turn in reader.record.interventions
        ],
        words=2,
    )


def _made_with(reader: RunReader) -> Iterable[str]:
    yield "<h2>Made with</h2>"
    rows = []
    for environment in reader.meta.environments:
        versions = ", ".join(f"{name} {version}" for name, version in environment.versions.items() if version)
        rows.append(
            (
                "",
                [
                    _text(cell)
                    for cell in (environment.host, environment.device, versions, f"from epoch {environment.epoch:,}")
                ],
            )
        )
    yield _table(("host", "device", "versions", ""), rows, words=4)
    for data in reader.meta.data:
        counts = f"{data.train:,} training, {data.validation:,} validation and {data.test:,} test examples"
        yield f'<p class="note">Data: {_text(data.source)}, {counts}, SHA-256 {_text(data.sha256)}</p>'
