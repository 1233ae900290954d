"""A preset with one setting changed, and a preset written as TOML again."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import tomli_w
from pydantic import ValidationError

from engine.preset.errors import PresetError, did_you_mean_setting
from engine.preset.schema import LONGEST_NAME, SECTIONS, Arm, Preset, Settings, settings_by_key
from engine.preset.subject import as_written, speaks_of, title_of
from engine.preset.timeline import as_table
from engine.text import printable, quoted


class Turned(Protocol):
    """A turned knob, as `engine.events.Intervention` has it."""

    @property
    def epoch(self) -> int: ...
    @property
    def batch(self) -> int: ...
    @property
    def arm(self) -> str: ...
    @property
    def knob(self) -> str: ...
    @property
    def old(self) -> Any: ...


def with_value(preset: Preset, key: str, value: Any, arm: str | None = None) -> Preset:
    """The preset with `key` set to `value` in one arm, or in all of them and in the base.

    Raises PresetError where the setting is unknown or refuses the value.
    """
    setting = settings_by_key().get(key)
    if setting is None:
        raise PresetError(f"unknown setting {key!r}{did_you_mean_setting(key, settings_by_key(), settings_by_key())}")
    if not isinstance(setting.default, (list, str)) and (reason := setting.refuse(value)):
        raise PresetError(f"{key} = {value!r}: {reason}")
    if arm is not None:
        preset.arm(arm)
    section, name = setting.section, setting.name
    arms = []
    for old in preset.arms:
        overrides = copy.deepcopy(old.overrides)
        settings = old.settings
        if arm is None:
            overrides.get(section, {}).pop(name, None)
        elif old.name == arm:
            overrides.setdefault(section, {})[name] = value
        if arm in (None, old.name):
            settings = _changed(settings, section, name, value)
        kept = {k: v for k, v in overrides.items() if v}
        arms.append(old.model_copy(update={"settings": settings, "overrides": kept}))
    base = _changed(preset.base, section, name, value) if arm is None else preset.base
    return preset.model_copy(update={"base": base, "arms": tuple(arms), "written": as_written(preset)})


def refuse_name(name: str) -> None:
    """Raise PresetError where an arm cannot be called so."""
    if not name.strip():
        raise PresetError(f"name = {quoted(name)}: must be a text that is not empty")
    if len(name) > LONGEST_NAME:
        raise PresetError(f"name has {len(name):,} characters: must be at most {LONGEST_NAME}")
    if printable(name) != name:
        raise PresetError(f"name = {quoted(name)}: holds characters that a terminal would obey")


def with_copy(preset: Preset, arm: str, name: str) -> Preset:
    """The preset with one arm more, a copy of `arm` called `name`, behind the others.

    Raises PresetError where there is no such arm, one of that name already, or the name cannot be one.
    """
    return with_arm(preset, preset.arm(arm).model_copy(update={"name": name}, deep=True), like=arm)


def with_arm(preset: Preset, arm: Arm, like: str = "") -> Preset:
    """The preset with one arm more behind the others; its text speaks of it as of `like`, or as of its parent.

    Raises PresetError where there is one of its name already, or the name cannot be one.
    """
    refuse_name(arm.name)
    if arm.name in preset.arm_names:
        raise PresetError(f"arm {arm.name!r}: there is one of that name already")
    like = like or (arm.birth.parent if arm.birth else "")
    written = dict(as_written(preset))
    if like in written:
        written[arm.name] = written[like]
    return preset.model_copy(update={"arms": (*preset.arms, arm), "written": written})


def with_arms(preset: Preset, arms: Iterable[str]) -> Preset:
    """The preset with these arms alone, in its own order."""
    chosen = set(arms)
    return preset.model_copy(update={"arms": tuple(arm for arm in preset.arms if arm.name in chosen)})


def with_seeds(preset: Preset, seeds: Sequence[int]) -> Preset:
    """The preset with these seeds in the base and every arm. Raises PresetError where they cannot be seeds."""
    if not seeds or len(set(seeds)) < len(seeds):
        raise PresetError(f"training.seeds = {list(seeds)}: seeds must be different whole numbers, at least one")
    base = _changed(preset.base, "training", "seeds", list(seeds))
    arms = [
        arm.model_copy(update={"settings": _changed(arm.settings, "training", "seeds", list(seeds))})
        for arm in preset.arms
    ]
    return preset.model_copy(update={"base": base, "arms": tuple(arms), "written": as_written(preset)})


def all_from_the_start(preset: Preset) -> Preset:
    """The preset as a new start has it: no arm comes from another one."""
    return preset.model_copy(update={"arms": tuple(arm.model_copy(update={"birth": None}) for arm in preset.arms)})


def before(preset: Preset, interventions: Iterable[Turned], place: tuple[int, int]) -> Preset:
    """The preset as it stood at a place of the run: without the knobs that were turned there or later.

    What shapes a network is left as it is: it is turned only where an arm begins.

    Parameters
    ----------
    interventions : all there were, in their order.
    place : whole epochs, and batches of the next one.
    """
    known, arms = settings_by_key(), preset.arm_names
    later = [turn for turn in interventions if (turn.epoch, turn.batch) >= place and turn.arm in arms]
    for turn in reversed([turn for turn in later if known[turn.knob].live]):
        preset = with_value(preset, turn.knob, turn.old, turn.arm)
    return preset


def _changed(settings: Settings, section: str, name: str, value: Any) -> Settings:
    table = getattr(settings, section).model_dump()
    try:
        changed = SECTIONS[section].model_validate({**table, name: value})
        together = settings.model_copy(update={section: changed})
        Settings.model_validate(dict(together))  # whether it goes with the other sections
    except ValidationError as error:
        given, reason = f"{section}.{name} = {value!r}: ", error.errors()[0]["msg"].removeprefix("Value error, ")
        # Settings that do not go together: the reason names one, which may be this.
        raise PresetError(given + reason.removeprefix(given)) from None
    return together


def write_preset(preset: Preset) -> str:
    """The preset as TOML: what differs from the defaults, and every arm's overrides. Reading it gives it back.

    A title and reported numbers that no longer speak of what is trained are left out (`subject`).
    """
    table: dict[str, Any] = {"title": title_of(preset), "summary": preset.summary}
    if preset.question:
        table["question"] = preset.question
    table["lesson"] = preset.lesson
    if preset.reveal:
        table["reveal"] = preset.reveal
    if preset.group:
        table["group"] = preset.group
    if preset.speed is not None:
        table["speed"] = preset.speed
    plain = Settings()
    for section in SECTIONS:
        values, default = getattr(preset.base, section).model_dump(), getattr(plain, section).model_dump()
        differing = {name: value for name, value in values.items() if value is not None and value != default[name]}
        if differing:
            table[section] = differing
    if [(arm.name, arm.overrides) for arm in preset.arms] != [("base", {})]:
        table["arm"] = [{"name": arm.name, **arm.overrides} for arm in preset.arms]
    if reported := [number for number in preset.reported if speaks_of(preset, number.arm)]:
        table["reported"] = [number.model_dump(exclude_defaults=True) for number in reported]
    if preset.timeline:
        table["timeline"] = [as_table(entry) for entry in preset.timeline]
    if preset.tries:
        table["try"] = [
            {**found.model_dump(exclude_defaults=True, exclude={"changes"}), **found.changes} for found in preset.tries
        ]
    return tomli_w.dumps(table, multiline_strings=True)
