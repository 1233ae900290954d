"""What to try next: a preset with a try's settings, as a run of its own or as knobs to turn in the one at hand."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from engine.preset.errors import PresetError
from engine.preset.schema import Arm, Preset, Settings, Try
from engine.preset.subject import as_written


def tried(preset: Preset, chosen: Try) -> Preset:
    """The preset with a try's settings: its sentence is then the question, and its result what is revealed.

    As with `--set`, what an arm sets itself is stronger than a change of the base.

    Raises
    ------
    PresetError : the settings do not go with what the preset has become by turned knobs.
    """
    base_table = preset.base.model_dump()
    if not chosen.arm:
        base_table = _merged(base_table, chosen.changes)
    arms = []
    try:
        base = Settings.model_validate(base_table)
        for arm in preset.arms:
            overrides = _merged(arm.overrides, chosen.changes) if chosen.arm == arm.name else arm.overrides
            settings = Settings.model_validate(_merged(base_table, overrides))
            arms.append(Arm(name=arm.name, settings=settings, overrides=overrides))
    except ValidationError as error:
        raise PresetError(f"{in_settings(chosen)}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    return preset.model_copy(
        update={
            "base": base,
            "arms": tuple(arms),
            "question": chosen.text,
            "reveal": chosen.reveal,
            "tries": tuple(other for other in preset.tries if other != chosen),
            "written": as_written(preset),
        }
    )


def turns(preset: Preset, chosen: Try) -> list[tuple[str, Any, str]]:
    """The knobs (key, value, arm) that make a running preset the one that is tried; empty where it is one already.

    Only of a try with an `epoch`. Raises PresetError as `tried` does.
    """
    other = tried(preset, chosen)
    return [
        (key, value, arm.name)
        for key in keys(chosen)
        for arm in preset.arms
        if (value := other.arm(arm.name).settings.get(key)) != arm.settings.get(key)
    ]


def keys(chosen: Try) -> Iterator[str]:
    """The dotted keys of the settings that a try changes."""
    for section, table in chosen.changes.items():
        for name in table if isinstance(table, dict) else ():
            yield f"{section}.{name}"


def in_settings(chosen: Try) -> str:
    """What a try changes, as it is typed: `training.lr = 0.03`, and in which arm."""
    values = [
        f"{section}.{name} = {_typed(value)}"
        for section, table in chosen.changes.items()
        for name, value in table.items()
    ]
    return ", ".join(values) + (f" in '{chosen.arm}'" if chosen.arm else "")


def how_to_try(chosen: Try) -> str:
    """What a try does to the settings, and when."""
    settings = in_settings(chosen)
    return f"a new run with {settings}" if chosen.epoch is None else f"from epoch {chosen.epoch}: {settings}"


def _typed(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(base)
    for section, table in changes.items():
        merged[section] = {**merged.get(section, {}), **table}
    return merged
