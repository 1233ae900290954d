"""TOML in, Preset out. Every error is one line that names the file, the line, what was given and what was expected."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.preset import library
from engine.preset.errors import PresetError, did_you_mean, did_you_mean_setting
from engine.preset.schema import SECTIONS, Arm, Preset, ReportedNumber, Settings, knobs
from engine.preset.setting import ONE
from engine.preset.source import line_of

_TOP_TEXTS = ("title", "summary", "lesson", "group")
_TOP = (*_TOP_TEXTS, "speed", *SECTIONS, "arm", "reported")


@dataclass
class _Reading:
    """A TOML table on its way to a Preset, with what an error message needs."""

    table: dict[str, Any]
    place: str
    text: str = ""
    overridden: dict[tuple[str | int, ...], str] = field(default_factory=dict)

    def fail(self, path: tuple[str | int, ...], message: str) -> PresetError:
        option = self.overridden.get(path)
        if option:
            return PresetError(f"{option}: {message}")
        line = line_of(self.text, path) if path else None
        return PresetError(f"{self.place}:{line}: {message}" if line else f"{self.place}: {message}")


def load_preset(
    ref: str,
    sets: Sequence[str] = (),
    arm_sets: Sequence[str] = (),
    seeds: int | None = None,
    epochs: int | None = None,
) -> Preset:
    """The preset of a name (`dropout`) or a file (`mine.toml`), with the command line's changes.

    Parameters
    ----------
    sets : `KEY=VALUE`, for the base.
    arm_sets : `ARM:KEY=VALUE`, for one arm.
    seeds : how many seeds, 0 to seeds - 1.
    epochs : the length of every arm.

    Raises
    ------
    PresetError : one line for the person.
    """
    path = Path(ref)
    if ref.endswith(".toml") or "/" in ref:
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise PresetError(f"{ref}: no such file (`regtui presets` lists the built-in experiments)") from None
        except (OSError, UnicodeDecodeError) as error:
            raise PresetError(f"{ref}: cannot be read: {error}") from None
        name, place = path.stem, ref
    else:
        name, text = ref, library.builtin_text(ref)
        place = f"presets/{ref}.toml"
    reading = _Reading(_parse(text, place), place, text)
    for given in sets:
        _set(reading, reading.table, (), f"--set {given}", given)
    for given in arm_sets:
        _arm_set(reading, given)
    if seeds is not None:
        if seeds < 1:
            raise PresetError(f"--seeds {seeds}: must be at least 1")
        _put(reading, reading.table, (), "training.seeds", list(range(seeds)), f"--seeds {seeds}")
    if epochs is not None:
        _put(reading, reading.table, (), "training.epochs", epochs, f"--epochs {epochs}")
        for number, arm in enumerate(_arm_tables(reading)):
            if isinstance(arm, dict) and isinstance(arm.get("training"), dict) and "epochs" in arm["training"]:
                _put(reading, arm, ("arm", number), "training.epochs", epochs, f"--epochs {epochs}")
    return _build(reading, name)


def read_preset(text: str, name: str = "preset", place: str = "preset") -> Preset:
    """The preset of a TOML text. Raises PresetError."""
    return _build(_Reading(_parse(text, place), place, text), name)


def _parse(text: str, place: str) -> dict[str, Any]:
    try:
        return _canonical(tomllib.loads(text))
    except ValueError as error:  # TOMLDecodeError, and Python's own for a number of thousands of digits
        words = str(error)
        line = words.partition("(at line ")[2].partition(",")[0]
        what = words.partition(" (at")[0]
        raise PresetError(
            f"{place}:{line}: broken TOML: {what}" if line else f"{place}: broken TOML: {words}"
        ) from None


def _canonical(table: dict[str, Any]) -> dict[str, Any]:
    """Short words under their full names, so that a base, an arm and an option that mean one setting meet."""
    arms = table.get("arm")
    for each in (table, *(arms if isinstance(arms, list) else ())):
        section = each.get("regularization") if isinstance(each, dict) else None
        if isinstance(section, dict) and "style" in section and "dropout_style" not in section:
            section["dropout_style"] = section.pop("style")
    return table


def _set(reading: _Reading, table: dict[str, Any], prefix: tuple[str | int, ...], option: str, given: str) -> None:
    key, equals, value = given.partition("=")
    key = key.strip()
    if not equals or not key:
        raise PresetError(f"{option}: expected KEY=VALUE, such as training.lr=0.1")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    _put(reading, table, prefix, key, parsed, option)


def _put(
    reading: _Reading, table: dict[str, Any], prefix: tuple[str | int, ...], key: str, value: Any, option: str
) -> None:
    known = knobs()
    if key not in known and key not in (*_TOP_TEXTS, "speed"):
        raise PresetError(f"{option}: unknown setting {key!r}{did_you_mean_setting(key, known, known)}")
    *tables, name = key.split(".")
    for part in tables:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise PresetError(f"{option}: {part!r} in the preset is no table")
    table[name] = value
    reading.overridden[(*prefix, *key.split("."))] = option


def _arm_tables(reading: _Reading) -> list[Any]:
    arms = reading.table.get("arm")
    return arms if isinstance(arms, list) else []


def _arm_set(reading: _Reading, given: str) -> None:
    option = f"--arm-set {given}"
    arms = [arm for arm in _arm_tables(reading) if isinstance(arm, dict)]
    names = [str(arm.get("name")) for arm in arms]
    arm_name, colon, rest = given.partition(":")
    if fitting := [name for name in names if given.startswith(f"{name}:")]:  # a name may have colons of its own
        arm_name = max(fitting, key=len)
        rest = given[len(arm_name) + 1 :]
    if not colon or "=" not in rest:
        raise PresetError(f"{option}: expected ARM:KEY=VALUE, such as 'dropout 0.2:regularization.dropout=0.5'")
    if arm_name not in names:
        raise PresetError(f"{option}: no arm {arm_name!r}{did_you_mean(arm_name, names)}")
    number = names.index(arm_name)
    _set(reading, arms[number], ("arm", number), option, rest)


def _build(reading: _Reading, name: str) -> Preset:
    table = reading.table
    for key in table:
        if key not in _TOP:
            raise reading.fail((key,), f"unknown key {key!r}{did_you_mean_setting(key, knobs(), _TOP)}")
    for key in _TOP_TEXTS:
        if not isinstance(table.get(key, ""), str):
            raise reading.fail((key,), f"{key} = {table[key]!r}: must be a text in quotes")
    speed = table.get("speed")
    if speed is not None and (isinstance(speed, bool) or not isinstance(speed, (int, float)) or not 0 < speed <= 1e6):
        raise reading.fail(("speed",), f"speed = {speed!r}: must be a number of epochs per second above 0")
    base_table = {section: table[section] for section in SECTIONS if section in table}
    base = _settings(reading, base_table, (), "")
    arms = _arms(reading, base_table, base)
    return Preset(
        name=name,
        title=table.get("title") or name,
        summary=table.get("summary", ""),
        lesson=table.get("lesson", "").strip(),
        group=table.get("group", ""),
        speed=None if speed is None else float(speed),
        base=base,
        arms=arms,
        reported=_reported(reading, [arm.name for arm in arms]),
    )


def _reported(reading: _Reading, arms: list[str]) -> tuple[ReportedNumber, ...]:
    tables = reading.table.get("reported", [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise reading.fail(
            ("reported",), "reported numbers are written as [[reported]] tables, each with arm and metric"
        )
    told: list[ReportedNumber] = []
    for number, table in enumerate(tables):
        path: tuple[str | int, ...] = ("reported", number)
        try:
            each = ReportedNumber.model_validate(table)
        except ValidationError as error:
            detail = error.errors()[0]
            name = ".".join(str(part) for part in detail["loc"])
            raise reading.fail((*path, *detail["loc"]), _explain_reported(detail, name)) from None
        if each.arm not in arms:
            raise reading.fail((*path, "arm"), f"reported: no arm {each.arm!r}{did_you_mean(each.arm, arms)}")
        told.append(each)
    return tuple(told)


def _explain_reported(detail: ErrorDetails, name: str) -> str:
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return f"reported: unknown key {name!r}{did_you_mean(name, ReportedNumber.model_fields)}"
    if kind == "missing":
        return f'reported: has no {name}: add {name} = "..."'
    if kind == "value_error":
        reason = detail["msg"].removeprefix("Value error, ")
        return f"reported.{name} = {given!r}: {reason}" if name else f"reported: {reason}"
    return f"reported.{name} = {given!r}: must be {'a number' if name == 'value' else 'a text in quotes'}"


def _arms(reading: _Reading, base_table: dict[str, Any], base: Settings) -> tuple[Arm, ...]:
    tables = reading.table.get("arm")
    if tables is None:
        return (Arm(name="base", settings=base),)
    if not isinstance(tables, list) or not tables or not all(isinstance(arm, dict) for arm in tables):
        raise reading.fail(("arm",), "arms are written as [[arm]] tables, each with a name")
    arms: list[Arm] = []
    for number, table in enumerate(tables):
        path = ("arm", number)
        arm_name = table.get("name")
        if arm_name is None:
            raise reading.fail(path, f'arm {number + 1} has no name: add name = "..."')
        if not isinstance(arm_name, str) or not arm_name.strip():
            raise reading.fail((*path, "name"), f"name = {arm_name!r}: must be a text that is not empty")
        if any(arm.name == arm_name for arm in arms):
            raise reading.fail((*path, "name"), f"two arms are named {arm_name!r}: give each a name of its own")
        overrides = {key: value for key, value in table.items() if key != "name"}
        for key in overrides:
            if key not in SECTIONS:
                hint = did_you_mean_setting(key, knobs(), SECTIONS)
                raise reading.fail((*path, key), f"arm {arm_name!r}: unknown key {key!r}{hint}")
        if isinstance(overrides.get("training"), dict) and "seeds" in overrides["training"]:
            raise reading.fail(
                (*path, "training", "seeds"),
                f"arm {arm_name!r}: training.seeds: all arms share the seeds, set them in [training]",
            )
        settings = _settings(reading, _merge(base_table, overrides), path, f"arm {arm_name!r}: ")
        arms.append(Arm(name=arm_name, settings=settings, overrides=overrides))
    return tuple(arms)


def _merge(base: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(base)
    for section, table in overrides.items():
        merged[section] = {**merged.get(section, {}), **table} if isinstance(table, dict) else table
    return merged


def _settings(reading: _Reading, table: dict[str, Any], prefix: tuple[str | int, ...], who: str) -> Settings:
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        detail = error.errors()[0]
        path = tuple(detail["loc"])
        if not path and detail["type"] == "value_error":  # settings that do not go together: the reason names one
            reason = detail["msg"].removeprefix("Value error, ")
            raise reading.fail((*prefix, *reason.partition(" ")[0].split(".")), who + reason) from None
        names = tuple(str(part) for part in path[:2] if isinstance(part, str))
        raise reading.fail((*prefix, *names), who + _explain(detail, ".".join(names))) from None


def _explain(detail: ErrorDetails, key: str) -> str:
    """One validation error in words: what was given, what was expected, the nearest valid name."""
    kind, given = detail["type"], detail["input"]
    section, _, name = key.partition(".")
    if kind == "extra_forbidden":
        names = SECTIONS[section].model_fields if section in SECTIONS else SECTIONS
        return f"unknown setting {key!r}{did_you_mean_setting(name or section, knobs(), names)}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"{key} = {given!r}: must be a table, [{section}]"
    knob = knobs().get(key)
    if kind == "value_error":
        reason = detail["msg"].removeprefix("Value error, ")
        return f"{key} = {given!r}: {reason}" if knob else f"{key}.{reason}"
    if knob is None:
        return f"{key} = {given!r}: {detail['msg']}"
    if knob.choices and bool not in map(type, knob.choices):
        return f"{key} = {given!r}: must be one of {knob.bounds}{did_you_mean(str(given), knob.choices)}"
    if knob.choices:
        return f"{key} = {given!r}: must be true or false"
    number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if number and kind not in ("int_type", "list_type", "string_type"):
        return f"{key} = {given!r}: {knob.refuse(given) or detail['msg']}{_nearest_number(given, knob.maximum)}"
    expected = {
        "string_type": "a text in quotes",
        "list_type": "a list of whole numbers, such as [100, 100]",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
    }.get(kind, "a whole number" if knob.whole else "a number")
    return f"{key} = {given!r}: must be {expected}"


def _nearest_number(given: float, maximum: float | None) -> str:
    if maximum not in (1, ONE) or given < 1:
        return ""
    return f" (did you mean {given / 100 if given >= 2 else given - 1:.6g}?)" if given != 1 and given < 100 else ""
