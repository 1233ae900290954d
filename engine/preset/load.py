"""A preset by its name or file, with what the command line changes of it."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from engine.preset import built_in, read
from engine.preset.errors import PresetError, did_you_mean, did_you_mean_setting
from engine.preset.read import Reading, build
from engine.preset.schema import Preset, settings_by_key
from engine.preset.toml import BrokenTomlError, parsed, text_of
from engine.preset.training import MOST_SEEDS
from engine.text import harmful, printable, quoted, shortened

# Which option causes an error is found by leaving them out one by one, up to so many options.
_MOST_SUSPECTS = 20
# An option stands before what is wrong with it, which needs room on the line too.
_LONGEST_OPTION = 100


@dataclass(frozen=True, slots=True)
class _Option:
    """A change that the command line asks for; `words` are the option as it was typed, or its two ends."""

    words: str
    apply: Callable[[Reading, str], None]


def load_preset(
    ref: str,
    sets: Sequence[str] = (),
    arm_sets: Sequence[str] = (),
    seeds: int | None = None,
    epochs: int | None = None,
    text: str | None = None,
) -> Preset:
    """The preset of a name (`dropout`) or a file (`mine.toml`), with the command line's changes.

    Parameters
    ----------
    sets : `KEY=VALUE`, for the base.
    arm_sets : `ARM:KEY=VALUE`, for one arm.
    seeds : how many seeds, 0 to seeds - 1.
    epochs : the length of every arm.
    text : the preset's TOML, where `ref` is what it was proposed for (`engine.propose`).

    Raises
    ------
    PresetError : one line for the user.
    """
    name, place, text = _found(ref) if text is None else (Path(ref).resolve().stem, ref, text)
    options = [_option("--set", given, partial(_set, given)) for given in sets]
    options += [_option("--arm-set", given, partial(_arm_set, given)) for given in arm_sets]
    if seeds is not None:
        options.append(_option("--seeds", seeds, partial(_set_seeds, seeds)))
    if epochs is not None:
        options.append(_option("--epochs", epochs, partial(_set_epochs, epochs)))

    def reading_of(some: Sequence[_Option]) -> Reading:
        reading = Reading.of(text, place)
        for option in some:
            option.apply(reading, option.words)
        return reading

    reading = reading_of(options)
    try:
        return _with_its_subject(build(reading, name), lambda: build(reading_of([]), name) if options else None)
    except PresetError:
        if not options or reading.failed_at in reading.overridden:
            raise
    build(reading_of([]), name)  # where the file itself is wrong, that is the error
    reading.blamed = _culprit(options, lambda some: build(reading_of(some), name))
    return build(reading, name)


def _with_its_subject(preset: Preset, unchanged: Callable[[], Preset | None]) -> Preset:
    """The preset, which knows how it was written; one that cannot be read without its options was written with them."""
    with contextlib.suppress(PresetError):
        if (plain := unchanged()) is not None:
            return preset.model_copy(update={"written": plain.written})
    return preset


def _option(name: str, given: object, apply: Callable[[Reading, str], None]) -> _Option:
    return _Option(shortened(printable(f"{name} {given}"), _LONGEST_OPTION), apply)


def _culprit(options: Sequence[_Option], building: Callable[[Sequence[_Option]], Preset]) -> str:
    """The option without which the preset is fine, the last of several; all of them where there is none."""
    if len(options) <= _MOST_SUSPECTS:
        for place in reversed(range(len(options))):
            with contextlib.suppress(PresetError):
                building([*options[:place], *options[place + 1 :]])
                return options[place].words
    return " ".join(option.words for option in options)


def _found(ref: str) -> tuple[str, str, str]:
    """The name of a preset, the file that its errors name, and its text."""
    _refuse_data(ref)
    if not (ref.endswith(".toml") or "/" in ref):
        return ref, f"presets/{ref}.toml", built_in.builtin_text(ref)
    path = Path(ref)
    try:
        return path.stem, ref, text_of(path)
    except FileNotFoundError:
        raise PresetError(f"{ref}: no such file (`regtui presets` lists the built-in experiments)") from None
    except UnicodeDecodeError as error:
        raise PresetError(f"{ref}: cannot be read: byte {error.start + 1} is no UTF-8 text") from None
    except (OSError, ValueError) as error:  # a ValueError: a name with a null character
        raise PresetError(f"{ref}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except BrokenTomlError as error:
        raise PresetError(f"{ref}: {error.reason}") from None


def _refuse_data(ref: str) -> None:
    """Refuse data that are given as a preset, and say how data are used."""
    if os.path.isdir(ref) and ref not in built_in.builtin_names():
        kind = "a folder"
    elif ref.lower().endswith((".csv", ".tsv")) and os.path.isfile(ref):
        kind = "a table"
    else:
        return
    name = shlex.quote(ref)
    raise PresetError(f"{ref} is {kind} and no preset: regtui {name} trains on it, regtui new {name} writes a preset")


def _set(
    given: str, reading: Reading, option: str, table: dict[str, Any] | None = None, prefix: read.Path = ()
) -> None:
    key, equals, value = given.partition("=")
    key = key.strip()
    if not equals or not key:
        raise PresetError(f"{option}: expected KEY=VALUE, such as training.lr=0.1")
    if sign := harmful(given):
        hint = "one setting each: repeat the option for another" if sign == "U+000A" else "leave it out"
        raise PresetError(f"{option}: holds the character {sign}: {hint}")
    try:
        parsed_value = parsed(f"value = {value}")["value"]
    except BrokenTomlError:
        parsed_value = value.strip()
    _put(reading, reading.table if table is None else table, prefix, key, parsed_value, option)


def _put(reading: Reading, table: dict[str, Any], prefix: read.Path, key: str, value: Any, option: str) -> None:
    settings = settings_by_key()
    if key not in settings and key not in (*read.TEXTS, "speed"):
        raise PresetError(f"{option}: unknown setting {quoted(key)}{did_you_mean_setting(key, settings, settings)}")
    *tables, name = key.split(".")
    for part in tables:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise PresetError(f"{option}: {part!r} in the preset is no table")
    table[name] = value
    reading.overridden[(*prefix, *key.split("."))] = option


def _arm_tables(reading: Reading) -> list[Any]:
    arms = reading.table.get("arm")
    return arms if isinstance(arms, list) else []


def _arm_set(given: str, reading: Reading, option: str) -> None:
    arms = [arm for arm in _arm_tables(reading) if isinstance(arm, dict)]
    names = [str(arm.get("name")) for arm in arms]
    arm_name, colon, rest = given.partition(":")
    if fitting := [name for name in names if given.startswith(f"{name}:")]:  # a name may have colons of its own
        arm_name = max(fitting, key=len)
        rest = given[len(arm_name) + 1 :]
    if not colon or "=" not in rest:
        raise PresetError(f"{option}: expected ARM:KEY=VALUE, such as 'dropout 0.2:regularization.dropout=0.5'")
    if arm_name not in names:
        raise PresetError(f"{option}: no arm {quoted(arm_name)}{did_you_mean(arm_name, names)}")
    number = names.index(arm_name)
    _set(rest, reading, option, arms[number], ("arm", number))


def _set_seeds(seeds: int, reading: Reading, option: str) -> None:
    if not 1 <= seeds <= MOST_SEEDS:
        raise PresetError(f"{option}: must be at least 1 and at most {MOST_SEEDS:,}")
    _put(reading, reading.table, (), "training.seeds", list(range(seeds)), option)


def _set_epochs(epochs: int, reading: Reading, option: str) -> None:
    _put(reading, reading.table, (), "training.epochs", epochs, option)
    for number, arm in enumerate(_arm_tables(reading)):
        if isinstance(arm, dict) and isinstance(arm.get("training"), dict) and "epochs" in arm["training"]:
            _put(reading, arm, ("arm", number), "training.epochs", epochs, option)
