"""What an experiment is: the schema, its reading and writing, and the experiments that come with the program."""

from engine.preset.change import with_value, write_preset
from engine.preset.errors import PresetError
from engine.preset.files import at_hand
from engine.preset.library import DEFAULT, GROUPS, OTHERS, Listed, builtin_list, builtin_names, builtin_text, by_group
from engine.preset.load import load_preset
from engine.preset.read import read_preset
from engine.preset.schema import (
    DOWNLOADED,
    EMBEDDED,
    IMAGES,
    SYNTHETIC,
    Arm,
    Preset,
    ReportedNumber,
    Settings,
    knobs,
    live_knobs,
)
from engine.preset.setting import Knob
from engine.preset.subject import changed, in_a_row, speaks_of, title_of

__all__ = [
    "DEFAULT", "DOWNLOADED", "EMBEDDED", "GROUPS", "IMAGES", "OTHERS", "SYNTHETIC", "Arm", "Knob", "Listed", "Preset",
    "PresetError", "ReportedNumber", "Settings", "at_hand", "builtin_list", "builtin_names", "builtin_text", "by_group",
    "changed", "in_a_row",
    "knobs", "live_knobs", "load_preset", "read_preset", "speaks_of", "title_of", "with_value", "write_preset",
]  # fmt: skip
