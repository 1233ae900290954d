"""All of a run at one moment as lines, and the record that is rebuilt from them elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from engine.events import Event, Loading, Rearranged
from engine.preset import Preset
from engine.record import RunRecord

# The curves are thinned to about so many numbers in all, but never below so many epochs.
_NUMBERS, _EPOCHS = 100_000, 100


def header(record: RunRecord) -> str:
    """The presets as JSON."""
    return json.dumps({"begun": record.begun.model_dump_json(), "preset": record.preset.model_dump_json()})


def as_events(record: RunRecord) -> Iterator[Event]:
    """The events that make the record again, the curves thinned. The record's history must be its own."""
    if record.started is None or record.history is None:
        yield Loading(record.loading, record.share)
    else:
        yield record.started
        numbers = len(record.history.lanes) * max(1, len(record.history.metrics))
        epochs = {(epoch.epoch, epoch.arm, epoch.seed): epoch for epoch in record.last.values()}
        for epoch in record.history.as_events(max(_EPOCHS, _NUMBERS // numbers)):
            epochs.setdefault((epoch.epoch, epoch.arm, epoch.seed), epoch)
        yield from (epochs[key] for key in sorted(epochs))
        yield from record.interventions
        if record.parked:
            preset = record.preset.model_dump(mode="json")
            yield Rearranged("joined", record.epoch, 0, preset, record.started, dict(record.parked))
    yield from record.said
    for questions in (record.asked, record.predicted, record.answered):
        yield from questions.values()
    for held in (record.would_stop, record.stopped, record.finished):
        yield from held.values()
    yield from record.reported
    yield from record.found.values()
    yield from record.seen.values()
    if record.failed is not None:
        yield record.failed


def revive(begun: str, preset: str, events: Iterable[Event]) -> RunRecord:
    """The record of a snapshot. Raises ValueError where it is none."""
    record = RunRecord(Preset.model_validate_json(begun))
    record.take_all(events)
    record.preset = Preset.model_validate_json(preset)  # a long run's snapshot leaves out its first turned knobs
    return record
