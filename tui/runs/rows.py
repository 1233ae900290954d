"""A run in the list of runs: its columns, and the list filtered and sorted. No torch and no screen is needed."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.numbers import loss
from engine.plain import plain
from engine.runs.library import Listed
from engine.text import printable

_GAP = 2
# What is cut keeps so many columns.
_SHORTEST = 14


def name_of(run: Listed) -> str:
    """What a person calls it: its name, else its preset's, else its file's."""
    if run.meta is None:
        return run.path.name
    return run.meta.name or run.meta.identity.preset


def state_of(run: Listed) -> str:
    """Its state in a word."""
    return "damaged" if run.meta is None else run.meta.state


def _best(run: Listed) -> str:
    best = run.meta.progress.best if run.meta else None
    return "-" if best is None else loss(best.val_loss)


def _epochs(run: Listed) -> str:
    return "-" if run.meta is None else f"{run.meta.progress.epoch}/{run.meta.progress.epochs}"


def began(run: Listed) -> float:
    """When it began; of a damaged one, when its file was last written. Seconds since 1970."""
    return run.changed if run.meta is None else run.meta.identity.began


def when(seconds: float) -> str:
    """A moment in the time of this place."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def when_in_short(seconds: float) -> str:
    """The time of a day in this year, the day of a year before."""
    here = time.localtime(seconds)
    return time.strftime("%m-%d %H:%M" if here.tm_year == time.localtime().tm_year else "%Y-%m-%d", here)


def until(began: float, ended: float) -> str:
    """From when to when, such as `2026-03-01 09:10 to 11:45`."""
    first, last = when(began), when(ended)
    return f"{first} to {last.removeprefix(first[:11])}"


def where(run: Listed) -> str:
    """The host and the device that it was last trained on: `gpu-box cuda:0`."""
    if run.meta is None:
        return "-"
    environment = run.meta.environment
    return f"{environment.host} {environment.device.partition(' ')[0]}".strip()


def bytes_in_words(count: int) -> str:
    """Such as `38 kB` or `1.2 GB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def much_in_words(total: int) -> str:
    """What there is to do where the runs together take so many bytes."""
    return f"The runs take {bytes_in_words(total)}: `regtui runs --prune` deletes finished ones without name and note."


SORTS: dict[str, Callable[[Listed], Any]] = {
    "when": lambda run: -began(run),
    "name": lambda run: name_of(run).casefold(),
    "state": state_of,
    "epochs": lambda run: -(run.meta.progress.epoch if run.meta else -1),
    "best": lambda run: run.meta.progress.best.val_loss if run.meta and run.meta.progress.best else math.inf,
    "size": lambda run: -run.bytes,
}


def in_order(runs: Iterable[Listed], by: str = "when") -> list[Listed]:
    """Sorted by one of `SORTS`; equal ones stay as they were, damaged ones come last."""
    return sorted(runs, key=lambda run: (run.meta is None, SORTS[by](run)))


def with_words(runs: Iterable[Listed], words: Sequence[str]) -> list[Listed]:
    """Those that have every one of the words, anywhere in what is listed of them."""
    folded = [word.casefold() for word in words]
    return [run for run in runs if all(word in _searched(run) for word in folded)]


def _searched(run: Listed) -> str:
    facts = [run.path.name, name_of(run), state_of(run), when(began(run))]
    if (meta := run.meta) is not None:
        facts += [meta.id, meta.identity.preset, meta.notes, meta.environment.host, *meta.identity.arms]
    return "\n".join(facts).casefold()


def as_fields(run: Listed) -> dict[str, Any]:
    """All that is listed of it, as JSON has it; times are seconds since 1970."""
    fields: dict[str, Any] = {"path": str(run.path), "bytes": run.bytes, "state": state_of(run)}
    if (meta := run.meta) is None:
        return {**fields, "problem": run.problem}
    identity, progress, environment = meta.identity, meta.progress, meta.environment
    columns = {
        "id": meta.id, "name": meta.name, "preset": identity.preset, "arms": identity.arms, "seeds": identity.seeds,
        **fields, "epoch": progress.epoch, "epochs": progress.epochs, "best": progress.best, "began": identity.began,
        "ended": meta.standing.ended, "host": environment.host, "device": environment.device, "notes": meta.notes,
    }  # fmt: skip
    return {name: plain(value) for name, value in columns.items()}


HEADS = ("id", "name", "preset", "arms", "state", "epochs", "best", "when", "where")
_RIGHT = ("epochs", "best")
# These are cut where the list is narrow, the widest of them first.
_CUT = ("name", "preset", "arms")


def cells(run: Listed) -> dict[str, str]:
    """Its columns by their heads. The name is empty where the user has given none."""
    meta = run.meta
    texts = {
        "id": meta.id if meta else "-",
        "name": meta.name if meta else "",
        "preset": meta.identity.preset if meta else run.path.name,
        "arms": ", ".join(meta.identity.arms) if meta else "-",
        "state": state_of(run),
        "epochs": _epochs(run),
        "best": _best(run),
        "when": when(began(run)),
        "where": where(run),
    }
    return {head: printable(text) for head, text in texts.items()}


def lines(runs: Sequence[Listed], width: int | None = None) -> tuple[str, list[str]]:
    """The head and a line for each run, at most `width` columns wide; as wide as they are without one.

    Where it is narrow the names of the arms give way to their count, the presets to the names that the user gave, the
    dates to short ones; then the hosts, the arms and the dates are left out.
    """
    rows = [cells(run) for run in runs]
    heads = [head for head in HEADS if head != "name" or any(row["name"] for row in rows)]
    steps = (_count_arms, _merge_names, _shorten_dates, _without("where"), _without("arms"), _without("when"))
    for narrower in steps:
        if width is None or _least_width(heads, rows) <= width:
            break
        narrower(heads, runs, rows)
    widths = {head: _widest(head, rows) for head in heads}
    cut = [head for head in _CUT if head in widths]
    for _ in range(sum(widths.values()) + _GAP * (len(heads) - 1) - (width or sys.maxsize)):
        widest = max(cut, key=widths.__getitem__)
        widths[widest] = max(4, widths[widest] - 1)
    head, *lines = (_line(row, widths)[:width] for row in ({head: head for head in heads}, *rows))
    return head, lines


def _count_arms(heads: list[str], runs: Sequence[Listed], rows: Sequence[dict[str, str]]) -> None:
    for run, row in zip(runs, rows, strict=True):
        row["arms"] = str(len(run.meta.identity.arms)) if run.meta else "-"


def _merge_names(heads: list[str], runs: Sequence[Listed], rows: Sequence[dict[str, str]]) -> None:
    if "name" in heads:
        heads.remove("preset")
        for row in rows:
            row["name"] = row["name"] or row["preset"]


def _shorten_dates(heads: list[str], runs: Sequence[Listed], rows: Sequence[dict[str, str]]) -> None:
    for run, row in zip(runs, rows, strict=True):
        row["when"] = when_in_short(began(run))


def _without(head: str) -> Callable[[list[str], Sequence[Listed], Sequence[dict[str, str]]], None]:
    return lambda heads, runs, rows: heads.remove(head)


def _widest(head: str, rows: Sequence[dict[str, str]]) -> int:
    return max([len(head), *(len(row[head]) for row in rows)])


def _least_width(heads: Sequence[str], rows: Sequence[dict[str, str]]) -> int:
    """With what can be cut as short as it may be."""
    widths = (min(_widest(head, rows), _SHORTEST) if head in _CUT else _widest(head, rows) for head in heads)
    return sum(widths) + _GAP * (len(heads) - 1)


def _line(row: dict[str, str], widths: dict[str, int]) -> str:
    texts = []
    for head, width in widths.items():
        text = row[head] if len(row[head]) <= width else f"{row[head][: width - 1]}…"
        texts.append(f"{text:>{width}}" if head in _RIGHT else f"{text:<{width}}")
    return (" " * _GAP).join(texts).rstrip()
