"""The events of a run as JSON lines: the lanes of an epoch together, and behind them what else happened in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from engine.events import Event, Started, to_json
from engine.runs.reader import RunReader


def write(reader: RunReader, file: IO[bytes]) -> None:
    """Write the events of the newest attempt. Raises RunError where one is damaged."""
    for event in in_order(reader):
        file.write(f"{to_json(event)}\n".encode("utf-8", "replace"))


def in_order(reader: RunReader) -> Iterator[Event]:
    """The epochs, and the rare events after the epoch that they tell of."""
    rare = [event for _, _, event in reader.events()]
    begins = [place for place, event in enumerate(rare) if isinstance(event, Started)]
    waiting = iter(rare[begins[-1] :] if begins else rare)
    event = next(waiting, None)
    after = 0  # a rare event comes behind this epoch
    for lanes in reader.epochs():
        while event is not None and (after := max(after, _epoch(event))) < lanes[0].epoch:
            yield event
            event = next(waiting, None)
        yield from lanes
    if event is not None:
        yield event
    yield from waiting


def _epoch(event: Event) -> int:
    return int(getattr(event, "epoch", 0))
