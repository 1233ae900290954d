"""A run in the list of runs: its columns, and the list filtered and sorted. No torch and no screen is needed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.numbers import loss
from engine.plain import plain
from engine.runs.library import Listed
from engine.text import printable

_GAP = 2
_SHORTEST_NAMES = 12


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


def bytes_in_words(count: int) -> str:
    """Such as `38 kB` or `1.2 GB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


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
    """Those that have every one of the words, in whatever is told of them."""
    wanted = [word.casefold() for word in words]
    return [run for run in runs if all(word in _told(run) for word in wanted)]


def _told(run: Listed) -> str:
    told = [run.path.name, name_of(run), state_of(run), when(began(run))]
    if (meta := run.meta) is not None:
        told += [meta.id, meta.identity.preset, meta.notes, meta.environment.host, *meta.identity.arms]
    return "\n".join(told).casefold()


def as_fields(run: Listed) -> dict[str, Any]:
    """All that is told of it, as JSON has it; times are seconds since 1970."""
    fields: dict[str, Any] = {"path": str(run.path), "bytes": run.bytes, "state": state_of(run)}
    if (meta := run.meta) is None:
        return {**fields, "problem": run.problem}
    identity, progress, environment = meta.identity, meta.progress, meta.environment
    told = {
        "id": meta.id, "name": meta.name, "preset": identity.preset, "arms": identity.arms, "seeds": identity.seeds,
        **fields, "epoch": progress.epoch, "epochs": progress.epochs, "best": progress.best, "began": identity.began,
        "ended": meta.standing.ended, "host": environment.host, "device": environment.device, "notes": meta.notes,
    }  # fmt: skip
    return {name: plain(value) for name, value in told.items()}


HEADS = ("id", "name", "arms", "state", "epochs", "best", "when", "where")
_RIGHT = ("epochs", "best")


def cells(run: Listed) -> dict[str, str]:
    """Its columns by their heads."""
    meta = run.meta
    told = {
        "id": meta.id if meta else "-",
        "name": name_of(run),
        "arms": ", ".join(meta.identity.arms) if meta else "-",
        "state": state_of(run),
        "epochs": _epochs(run),
        "best": _best(run),
        "when": when(began(run)),
        "where": meta.environment.host if meta else "-",
    }
    return {head: printable(text) for head, text in told.items()}


def lines(runs: Sequence[Listed], width: int | None = None) -> tuple[str, list[str]]:
    """The head and a line for each run, at most `width` columns wide; as wide as they are without one.

    Where it is narrow the names of the arms give way to their count, then the host and the arms are left out.
    """
    rows = [cells(run) for run in runs]
    heads = list(HEADS)
    if width is not None:
        if _width(heads, rows) > width and _width(heads, rows) - _widest("arms", rows) + _SHORTEST_NAMES > width:
            for run, row in zip(runs, rows, strict=True):
                row["arms"] = str(len(run.meta.identity.arms)) if run.meta else "-"
        for head in ("where", "arms"):
            if _width(heads, rows) - max(0, _widest("name", rows) - _SHORTEST_NAMES) > width:
                heads.remove(head)
    widths = {head: _widest(head, rows) for head in heads}
    if width is not None:
        for head in ("arms", "name"):
            if head in widths and (over := sum(widths.values()) + _GAP * (len(heads) - 1) - width) > 0:
                widths[head] = max(4, widths[head] - over)
    return _line({head: head for head in heads}, widths), [_line(row, widths) for row in rows]


def _widest(head: str, rows: Sequence[dict[str, str]]) -> int:
    return max([len(head), *(len(row[head]) for row in rows)])


def _width(heads: Sequence[str], rows: Sequence[dict[str, str]]) -> int:
    return sum(_widest(head, rows) for head in heads) + _GAP * (len(heads) - 1)


def _line(row: dict[str, str], widths: dict[str, int]) -> str:
    told = []
    for head, width in widths.items():
        text = row[head] if len(row[head]) <= width else f"{row[head][: width - 1]}…"
        told.append(f"{text:>{width}}" if head in _RIGHT else f"{text:<{width}}")
    return (" " * _GAP).join(told).rstrip()
