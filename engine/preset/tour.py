"""The guided tour (`regtui demo`): built-in presets, each with a timeline that asks before it shows."""

from __future__ import annotations

import functools
from importlib import resources

from engine.preset.built_in import builtin_text
from engine.preset.library import GROUPS, Listed
from engine.preset.read import read_preset
from engine.preset.schema import LONGEST_TITLE, Preset
from engine.text import shortened

# What the tour is called in the list of presets, and what that shows of it.
TOUR = "demo"
LISTED = Listed(
    name=TOUR,
    title="A guided tour: predict, then see",
    summary="Six experiments, each of which asks what will happen before it shows it.",
    arms=(),
    lesson="In ten minutes, by the keys ) and (. regtui demo begins it too, and regtui demo --auto gives it by itself.",
    source="",
    group=GROUPS[0],
)


@functools.cache
def tour() -> tuple[Preset, ...]:
    """The presets of the tour in their order. Each is a built-in one with the timeline of `presets/tour/N-NAME.toml`.

    Raises PresetError where such a file is broken.
    """
    files = sorted(
        (entry for entry in (resources.files("presets") / "tour").iterdir() if entry.name.endswith(".toml")),
        key=lambda entry: entry.name,
    )
    found = []
    for number, file in enumerate(files, start=1):
        name = file.name.removesuffix(".toml").partition("-")[2]
        text = f"{builtin_text(name)}\n{file.read_text(encoding='utf-8')}"
        preset = read_preset(text, name, f"presets/tour/{file.name}")
        key = ") goes on" if number < len(files) else "( goes back"
        title = shortened(f"Tour {number} of {len(files)}, {key}: {preset.title}", LONGEST_TITLE)
        found.append(preset.model_copy(update={"title": title}))
    return tuple(found)


def stop_of(preset: Preset) -> int | None:
    """Which stop of the tour a preset is, from 0; None where it is none."""
    if not preset.title.startswith("Tour "):
        return None
    return next((number for number, stop in enumerate(tour()) if stop.title == preset.title), None)
