"""A run whose knobs were turned, as a preset that repeats it: its turned knobs stand in the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.events import Intervention
from engine.preset import Preset, TimelineEntry, with_value
from engine.preset.timeline import MOST_ENTRIES
from engine.record import RunRecord


def repeated(record: RunRecord) -> Preset | None:
    """The preset that trains as this run has, bit for bit; None where no knob was turned by hand, or it cannot be told.

    What was turned stands behind the preset's own timeline, with the epoch and the batch; before the first step, where
    there is no such timeline, it is a setting like any other. It cannot be told where so many knobs were turned that
    the first are no longer known, or where some were set after the run's end: the run as it stands is then another one.
    """
    interventions = record.interventions
    by_hand = [turned for turned in interventions if not turned.by]
    if not by_hand or len(interventions) >= MOST_ENTRIES or not _explain(record, interventions):
        return None
    preset, gestures = record.begun, list(_gestures(by_hand))
    while gestures and not preset.timeline and (gestures[0][0].epoch, gestures[0][0].batch) == (0, 0):
        entry = _entry(gestures.pop(0))
        for knob, value in entry.settings:
            preset = with_value(preset, knob, value, entry.arm or None)
    entries = (*preset.timeline, *map(_entry, gestures))
    return preset.model_copy(update={"timeline": entries}) if len(entries) <= MOST_ENTRIES else None


def _explain(record: RunRecord, interventions: Iterable[Intervention]) -> bool:
    """Whether the settings are as the run's events have left them."""
    if record.parked or any(arm.birth is not None and arm.birth.place > (0, 0) for arm in record.preset.arms):
        return False  # arms that were forked on the way, or taken out, are not written yet
    newest = {(turned.arm, turned.knob): turned.new for turned in interventions}
    for arm in record.preset.arms:
        begun = record.begun.arm(arm.name).settings
        if begun != arm.settings:
            knobs = {knob for name, knob in newest if name == arm.name}
            left = {section: dict(table) for section, table in begun.model_dump().items()}
            for knob in knobs:
                section, _, name = knob.partition(".")
                left[section][name] = newest[arm.name, knob]
            if left != arm.settings.model_dump():
                return False
        elif any(name == arm.name and begun.get(knob) != value for (name, knob), value in newest.items()):
            return False
    return True


def _gestures(turned: Sequence[Intervention]) -> Iterator[list[Intervention]]:
    """Events that one command has made, for all arms at once, at one batch; each of the others alone."""
    gesture: list[Intervention] = []
    for event in turned:
        first = gesture[0] if gesture else None
        if first is None or not (_of_one(first, event) and event.arm not in {other.arm for other in gesture}):
            if gesture:
                yield gesture
            gesture = []
        gesture.append(event)
    if gesture:
        yield gesture


def _of_one(first: Intervention, event: Intervention) -> bool:
    places = [(turned.epoch, turned.batch, turned.knob, turned.new) for turned in (first, event)]
    return first.of_all and event.of_all and places[0] == places[1]


def _entry(turns: Sequence[Intervention]) -> TimelineEntry:
    first = turns[0]
    section, _, name = first.knob.partition(".")
    # Arms without an event had the value already; of a gesture in stacks that stood at other batches each has its own.
    arm = "" if first.of_all and len(turns) > 1 else first.arm
    fields = {"at": first.epoch, "batch": first.batch, "arm": arm, "set": {section: {name: first.new}}}
    return TimelineEntry.model_validate(fields)
