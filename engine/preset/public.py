"""The names of the package, with all that they need."""

from engine.preset.built_in import DEFAULT, builtin_names, builtin_text
from engine.preset.change import (
    all_from_the_start,
    before,
    refuse_name,
    with_arm,
    with_arms,
    with_copy,
    with_seeds,
    with_value,
    write_preset,
)
from engine.preset.errors import PresetError
from engine.preset.files import at_hand
from engine.preset.knobs import own_knobs, sets_itself, turned_since, without_effect
from engine.preset.library import GROUPS, OTHERS, Listed, builtin_list, by_group
from engine.preset.load import load_preset
from engine.preset.read import read_preset
from engine.preset.schema import (
    DOWNLOADED,
    EMBEDDED,
    IMAGES,
    SYNTHETIC,
    Arm,
    Birth,
    Data,
    Preset,
    ReportedNumber,
    Settings,
    TimelineEntry,
    Try,
    live_knobs,
    settings_by_key,
)
from engine.preset.setting import Setting
from engine.preset.subject import changed, in_a_row, question_of, speaks_of, title_of
from engine.preset.tries import how_to_try, in_settings, tried, turns

__all__ = [
    "DEFAULT",
    "DOWNLOADED",
    "EMBEDDED",
    "GROUPS",
    "IMAGES",
    "OTHERS",
    "SYNTHETIC",
    "Arm",
    "Birth",
    "Data",
    "Listed",
    "Preset",
    "PresetError",
    "ReportedNumber",
    "Setting",
    "Settings",
    "TimelineEntry",
    "Try",
    "all_from_the_start",
    "at_hand",
    "before",
    "builtin_list",
    "builtin_names",
    "builtin_text",
    "by_group",
    "changed",
    "how_to_try",
    "in_a_row",
    "in_settings",
    "live_knobs",
    "load_preset",
    "own_knobs",
    "question_of",
    "read_preset",
    "refuse_name",
    "sets_itself",
    "settings_by_key",
    "speaks_of",
    "title_of",
    "tried",
    "turned_since",
    "turns",
    "with_arm",
    "with_arms",
    "with_copy",
    "with_seeds",
    "with_value",
    "without_effect",
    "write_preset",
]  # fmt: skip
