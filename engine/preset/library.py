"""The presets that travel with the program."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

from engine.preset.errors import PresetError, did_you_mean

DEFAULT = "dropout"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of presets."""

    name: str
    title: str
    summary: str
    arms: tuple[str, ...]
    lesson: str
    source: str


def builtin_names() -> list[str]:
    """The names of the built-in presets: the default first, then by name."""
    names = [
        entry.name.removesuffix(".toml")
        for entry in resources.files("presets").iterdir()
        if entry.name.endswith(".toml")
    ]
    return sorted(names, key=lambda name: (name != DEFAULT, name))


def builtin_text(name: str) -> str:
    """The TOML of a built-in preset. Raises PresetError where there is none of that name."""
    names = builtin_names()
    if name not in names:
        hint = did_you_mean(name, names)
        raise PresetError(f"no preset {name!r}{hint}; a file of yours ends in .toml")
    return (resources.files("presets") / f"{name}.toml").read_text(encoding="utf-8")


def builtin_list() -> list[Listed]:
    """Every built-in preset with its title and summary."""
    listed = []
    for name in builtin_names():
        table = tomllib.loads(builtin_text(name))
        arms = tuple(str(arm.get("name")) for arm in table.get("arm", [])) or ("base",)
        source = str(table.get("data", {}).get("source", "digits"))
        listed.append(
            Listed(
                name, table.get("title", name), table.get("summary", ""), arms, table.get("lesson", "").strip(), source
            )
        )
    return listed
