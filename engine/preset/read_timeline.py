"""The `[[timeline]]` of a preset's text, each entry with settings that the arms can have when it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.preset.change import with_value
from engine.preset.errors import PresetError, did_you_mean, did_you_mean_setting
from engine.preset.schema import SECTIONS, Preset, settings_by_key
from engine.preset.timeline import MOST_ENTRIES, VERBS, TimelineEntry, keys_in_words
from engine.text import quoted

if TYPE_CHECKING:
    from engine.preset.read import Path, Reading

KEYS: tuple[str, ...] = tuple(keys_in_words())
_TEXT = "a text in quotes"
_EXPECTED = {
    "at": "a whole number of epochs, 0 or more",
    "batch": "a whole number of batches, 0 or more",
    "over": "a whole number of epochs, 1 or more",
    "reveal_after": "a whole number of epochs, 1 or more",
    "set": "settings and their values, such as { regularization.dropout = 0.2 }",
    "choices": "a list of texts in quotes",
    "pause": "true or false",
}


def read_timeline(reading: Reading, preset: Preset) -> tuple[TimelineEntry, ...]:
    """The entries in the order of the text. Raises PresetError with the line of what cannot be."""
    tables = reading.table.get("timeline", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise reading.fail(("timeline",), f"a timeline is written as [[timeline]] tables, each with {_verbs()}")
    if len(tables) > MOST_ENTRIES:
        raise reading.fail(("timeline",), f"{len(tables):,} [[timeline]] tables: must be at most {MOST_ENTRIES:,}")
    entries = tuple(_entry(reading, ("timeline", number), table) for number, table in enumerate(tables))
    _refuse_other_arms(reading, entries, preset)
    _refuse_settings(reading, entries, preset)
    return entries


def _verbs() -> str:
    return f"{', '.join(VERBS[:-1])} or {VERBS[-1]}"


def _entry(reading: Reading, path: Path, table: dict[str, Any]) -> TimelineEntry:
    for key in table:
        if key not in KEYS:
            hint = did_you_mean_setting(key, settings_by_key(), KEYS)
            hint = " (settings stand under set)" if key in SECTIONS else hint
            raise reading.fail((*path, *_down(key, table[key])), f"timeline: unknown key {quoted(key)}{hint}")
    if table.get("when") == "":
        raise reading.fail((*path, "when"), 'timeline.when = "": is empty: leave it out, or write a condition')
    try:
        return TimelineEntry.model_validate(table)
    except ValidationError as error:
        detail = error.errors()[0]
        name = str(detail["loc"][0]) if detail["loc"] else ""
        message, at = _explained(detail, name)
        raise reading.fail((*path, at) if at else path, message) from None


def _down(key: str, value: Any) -> list[str]:
    """The keys down to the first that is no table: dotted keys stand on one line."""
    keys = [key]
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        keys.append(key)
    return keys


def _explained(detail: ErrorDetails, name: str) -> tuple[str, str]:
    """One validation error in words, and the key that it is about."""
    kind, shown = detail["type"], quoted(detail["input"])
    if kind == "value_error":
        reason = detail["msg"].removeprefix("Value error, ")
        if name:
            return f"timeline.{name} = {shown}: {reason}", name
        first = reason.partition(":")[0]
        return (f"timeline.{reason}", first) if first in KEYS else (f"timeline: {reason}", "")
    if kind == "string_too_long":
        size = f"{len(detail['input']):,} characters: must be at most {detail['ctx']['max_length']:,}"
        return f"timeline.{name} has {size}", name
    return f"timeline.{name} = {shown}: must be {_EXPECTED.get(name, _TEXT)}", name


def _refuse_other_arms(reading: Reading, entries: tuple[TimelineEntry, ...], preset: Preset) -> None:
    known = list(preset.arm_names)
    for number, entry in enumerate(entries):
        if entry.arm and entry.arm not in known:
            hint = did_you_mean(entry.arm, known)
            raise reading.fail(("timeline", number, "arm"), f"timeline: no arm {quoted(entry.arm)}{hint}")
        if entry.fork:
            if entry.fork in known:
                taken = f"timeline.fork = {quoted(entry.fork)}: there is an arm of that name already"
                raise reading.fail(("timeline", number, "fork"), taken)
            known.append(entry.fork)


def _refuse_settings(reading: Reading, entries: tuple[TimelineEntry, ...], preset: Preset) -> None:
    """Refuse what cannot be turned, and values that an arm cannot have beside what was set before."""
    in_time = sorted(range(len(entries)), key=lambda number: _moment(entries[number]))
    stands = preset
    for number in in_time:
        entry = entries[number]
        path: Path = ("timeline", number, "set")
        for section, table in entry.changes.items():
            if not isinstance(table, dict):
                hint = did_you_mean_setting(section, settings_by_key(), SECTIONS)
                raise reading.fail((*path, section), f"timeline.set: unknown setting {quoted(section)}{hint}")
        before = stands
        for key, value in entry.settings:
            where = (*path, *key.split("."))
            setting = settings_by_key().get(key)
            if setting is None:
                hint = did_you_mean_setting(key, settings_by_key(), settings_by_key())
                raise reading.fail(where, f"timeline.set: unknown setting {quoted(key)}{hint}")
            if not setting.live:
                raise reading.fail(where, f"timeline.set: {key} cannot be turned while training: set it in the preset")
            if reason := setting.refuse(value):
                raise reading.fail(where, f"timeline.set: {key} = {quoted(value)}: {reason}")
            if entry.over and setting.choices:
                raise reading.fail(where, f"timeline.set: {key} is no number: leave over out")
            if entry.arm and entry.arm not in preset.arm_names:
                continue  # a fork, whose settings are its parent's as they will stand
            try:
                before = with_value(before, key, value, entry.arm or None)
            except PresetError as error:
                raise reading.fail(where, f"timeline.set: {error}") from None
        if entry.at is not None:  # what waits for a condition may come at any time, or never
            stands = before


def _moment(entry: TimelineEntry) -> tuple[int, int]:
    return (10**10, 0) if entry.at is None else (entry.at, entry.batch)
