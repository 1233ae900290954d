"""The presets that come with the program, as texts. Imports nothing heavy."""

from __future__ import annotations

from importlib import resources

from engine.preset.errors import PresetError, did_you_mean
from engine.text import quoted

DEFAULT = "clouds"


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
    if not name.strip():
        raise PresetError("no preset is named: give a name that `regtui presets` lists, or a file that ends in .toml")
    names = builtin_names()
    if name not in names:
        hint = did_you_mean(name, names)
        raise PresetError(f"no preset {quoted(name)}{hint}: `regtui presets` lists them; a file of yours ends in .toml")
    return (resources.files("presets") / f"{name}.toml").read_text(encoding="utf-8")
