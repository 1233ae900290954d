"""Tables in, Preset out. Every error is one line: the file, the line, what was given and what was expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from engine.preset.errors import PresetError, did_you_mean, did_you_mean_setting
from engine.preset.explain import explain, explain_reported, explain_try
from engine.preset.read_timeline import read_timeline
from engine.preset.schema import (
    LONGEST_NAME,
    LONGEST_TITLE,
    SECTIONS,
    Arm,
    Preset,
    ReportedNumber,
    Settings,
    Subject,
    Try,
    settings_by_key,
)
from engine.preset.setting import LARGEST_WHOLE
from engine.preset.source import line_of
from engine.preset.toml import BrokenTomlError, parsed
from engine.preset.tries import keys
from engine.text import harmful, printable, quoted, shortened

# The texts of a preset, and how long each may be.
TEXTS = {"title": LONGEST_TITLE, "summary": 2_000, "question": 200, "lesson": 20_000, "reveal": 20_000, "group": 200}
_TOP = (*TEXTS, "speed", *SECTIONS, "arm", "reported", "try", "timeline")
# The texts that are of several lines.
_OF_LINES = ("summary", "lesson", "reveal", "note", "say")
MOST_ARMS, MOST_LANES, MOST_REPORTED = 1_000, 10_000, 1_000
MOST_TRIES = 9  # a number key chooses one
_LONGEST_TRY = 300

_OBEYED = ", a character that a terminal obeys or hides: leave it out"

Path = tuple[str | int, ...]


@dataclass
class Reading:
    """A TOML table on its way to a Preset, with what an error message needs.

    Attributes
    ----------
    place : the file, as it was given.
    overridden : the settings that an option has changed, and that option.
    blamed : the option that is the cause of whatever is wrong beside the settings it changed.
    failed_at : what the last error was of.
    """

    table: dict[str, Any]
    place: str
    text: str = ""
    overridden: dict[Path, str] = field(default_factory=dict)
    blamed: str | None = None
    failed_at: Path = ()

    @classmethod
    def of(cls, text: str, place: str) -> Reading:
        """The tables of a TOML text. Raises PresetError."""
        try:
            return cls(_canonical(parsed(text)), place, text)
        except BrokenTomlError as error:
            where = f"{place}:{error.line}" if error.line else place
            raise PresetError(f"{where}: broken TOML: {error.reason}") from None

    def fail(self, path: Path, message: str) -> PresetError:
        """The error of what stands at `path`: of the option that put it there, or of its line in the file."""
        self.failed_at = path
        option = self.overridden.get(path) or self.blamed
        if option:
            return PresetError(f"{option}: {message}")
        line = line_of(self.text, path) if path else None
        return PresetError(f"{self.place}:{line}: {message}" if line else f"{self.place}: {message}")


def read_preset(text: str, name: str = "preset", place: str = "preset") -> Preset:
    """The preset of a TOML text. Raises PresetError."""
    return build(Reading.of(text, place), name)


def _canonical(table: dict[str, Any]) -> dict[str, Any]:
    """Short words under their full names, so that a base, an arm, a try and an option that mean one setting meet."""
    lists = [table[key] for key in ("arm", "try") if isinstance(table.get(key), list)]
    for settings in (table, *(below for tables in lists for below in tables)):
        section = settings.get("regularization") if isinstance(settings, dict) else None
        if isinstance(section, dict) and "style" in section and "dropout_style" not in section:
            section["dropout_style"] = section.pop("style")
    return table


def build(reading: Reading, name: str) -> Preset:
    """The preset of the tables; `name` is what it is called without a title. Raises PresetError."""
    table = reading.table
    _refuse_harmful_texts(reading)
    _refuse_endless_numbers(reading)
    for key in table:
        if key not in _TOP:
            raise reading.fail((key,), f"unknown key {quoted(key)}{did_you_mean_setting(key, settings_by_key(), _TOP)}")
    for key, longest in TEXTS.items():
        if not isinstance(table.get(key, ""), str):
            raise reading.fail((key,), f"{key} = {quoted(table[key])}: must be a text in quotes")
        if len(table.get(key, "")) > longest:
            raise reading.fail((key,), f"{key} has {len(table[key]):,} characters: must be at most {longest:,}")
    speed = table.get("speed")
    if speed is not None and (isinstance(speed, bool) or not isinstance(speed, (int, float)) or not 0 < speed <= 1e6):
        raise reading.fail(("speed",), f"speed = {quoted(speed)}: must be a number of epochs per second above 0")
    _refuse_too_many(reading, "arm", MOST_ARMS)
    _refuse_too_many(reading, "reported", MOST_REPORTED)
    _refuse_too_many(reading, "try", MOST_TRIES)
    base_table = {section: table[section] for section in SECTIONS if section in table}
    base = _settings(reading, base_table, (), "")
    arms = _arms(reading, base_table, base)
    lanes = len(arms) * len(base.training.seeds)
    if lanes > MOST_LANES:
        size = f"{len(arms)} arms under {len(base.training.seeds)} seeds are {lanes:,} lanes"
        raise reading.fail(("training", "seeds"), f"{size}: must be at most {MOST_LANES:,}")
    preset = Preset(
        name=printable(name),
        title=table.get("title") or shortened(printable(name), LONGEST_TITLE),
        summary=table.get("summary", ""),
        question=table.get("question", "").strip(),
        lesson=table.get("lesson", "").strip(),
        reveal=table.get("reveal", "").strip(),
        group=table.get("group", ""),
        speed=None if speed is None else float(speed),
        base=base,
        arms=arms,
        reported=_reported(reading, [arm.name for arm in arms]),
        tries=_tries(reading, base_table, arms),
        written={arm.name: Subject.of(arm.settings) for arm in arms},
    )
    return preset.model_copy(update={"timeline": read_timeline(reading, preset)})


def _refuse_too_many(reading: Reading, key: str, most: int) -> None:
    tables = reading.table.get(key)
    if isinstance(tables, list) and len(tables) > most:
        raise reading.fail((key,), f"{len(tables):,} [[{key}]] tables: must be at most {most:,}")


def _refuse_harmful_texts(reading: Reading) -> None:
    """Refuse control characters, which a terminal would obey, and halves of characters, which it cannot show."""
    for path, key in _keys(reading.table, ()):
        if sign := harmful(key):
            raise reading.fail(path, f"the key {quoted(key)} holds {sign}{_OBEYED}")
    for path, value in _leaves(reading.table, ()):
        if isinstance(value, str) and (sign := harmful(value, lines=path[-1] in _OF_LINES)):
            raise reading.fail(path, f"{_name_of(path)} holds {sign}{_OBEYED}")


def _refuse_endless_numbers(reading: Reading) -> None:
    """Refuse whole numbers beyond TOML's 64 bits; Python's own have no limit, and some cannot even be written out."""
    for path, value in _leaves(reading.table, ()):
        if isinstance(value, int) and not -LARGEST_WHOLE <= value <= LARGEST_WHOLE:
            raise reading.fail(path, f"{_name_of(path)}: a whole number must be at most {LARGEST_WHOLE:,}")


def _name_of(path: Path) -> str:
    """`data.path`, or `arm 2: data.path` in the second of the arms."""
    if len(path) > 2 and isinstance(path[1], int):
        return f"{path[0]} {path[1] + 1}: {_name_of(path[2:])}"
    return ".".join(str(part) for part in path)


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every value below that is no table and no list, and where it stands."""
    if isinstance(value, (dict, list)):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(below, (*path, key))
    else:
        yield path, value


def _keys(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every key below, and the table that it stands in."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield path, key
            yield from _keys(below, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _keys(below, (*path, number))


def _reported(reading: Reading, arms: list[str]) -> tuple[ReportedNumber, ...]:
    tables = reading.table.get("reported", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise reading.fail(
            ("reported",), "reported numbers are written as [[reported]] tables, each with arm and metric"
        )
    numbers: list[ReportedNumber] = []
    for index, table in enumerate(tables):
        path: Path = ("reported", index)
        try:
            number = ReportedNumber.model_validate(table)
        except ValidationError as error:
            detail = error.errors()[0]
            name = ".".join(str(part) for part in detail["loc"])
            raise reading.fail((*path, *detail["loc"]), explain_reported(detail, name)) from None
        if number.arm not in arms:
            raise reading.fail((*path, "arm"), f"reported: no arm {quoted(number.arm)}{did_you_mean(number.arm, arms)}")
        numbers.append(number)
    return tuple(numbers)


def _tries(reading: Reading, base_table: dict[str, Any], arms: tuple[Arm, ...]) -> tuple[Try, ...]:
    """What to try next, each with settings that every arm it changes can have."""
    tables = reading.table.get("try", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise reading.fail(("try",), "what to try next is written as [[try]] tables, each with a text and its settings")
    tries: list[Try] = []
    for number, table in enumerate(tables):
        path: Path = ("try", number)
        changes = {key: table[key] for key in table if key in SECTIONS}
        try:
            if "changes" in table:  # the name of ours, and no key of a preset
                raise reading.fail((*path, "changes"), "try: unknown key 'changes': write each setting by its name")
            words = {key: table[key] for key in table if key not in SECTIONS}
            found = Try.model_validate({**words, "changes": changes})
        except ValidationError as error:
            detail = error.errors()[0]
            name = str(detail["loc"][0]) if detail["loc"] else ""
            raise reading.fail((*path, name), explain_try(detail, name)) from None
        for key, longest in (("text", _LONGEST_TRY), ("reveal", TEXTS["reveal"])):
            if len(getattr(found, key)) > longest:
                size = f"try.{key} has {len(getattr(found, key)):,} characters: must be at most {longest:,}"
                raise reading.fail((*path, key), size)
        if not found.text.strip():
            raise reading.fail((*path, "text"), "try.text is empty: say in a sentence what to do and what to watch")
        if not any(changes.values()):
            raise reading.fail(path, "try: changes nothing: add a setting, such as training.lr = 0.03")
        if found.epoch is not None and (fixed := next((key for key in keys(found) if not _is_live(key)), None)):
            raise reading.fail((*path, "epoch"), f"try: {fixed} cannot be turned while training: leave epoch out")
        names = [arm.name for arm in arms]
        if found.arm and found.arm not in names:
            raise reading.fail((*path, "arm"), f"try: no arm {quoted(found.arm)}{did_you_mean(found.arm, names)}")
        if found.arm and isinstance(changes.get("training"), dict) and "seeds" in changes["training"]:
            raise reading.fail(path, "try: training.seeds: all arms share the seeds: leave arm out")
        try:
            _refuse_settings(reading, base_table, arms, found, path)
        except PresetError:
            if not reading.overridden:
                raise
            continue  # it does not fit the preset as the command line has changed it
        tries.append(found.model_copy(update={"text": found.text.strip(), "reveal": found.reveal.strip()}))
    return tuple(tries)


def _is_live(key: str) -> bool:
    setting = settings_by_key().get(key)
    return setting is None or setting.live  # one that is unknown is refused as such


def _refuse_settings(
    reading: Reading, base_table: dict[str, Any], arms: tuple[Arm, ...], found: Try, path: Path
) -> None:
    """Refuse a try whose settings the base or an arm cannot have."""
    changes = found.changes
    if not found.arm:
        base_table = _merge(base_table, changes)
        base = _settings(reading, base_table, path, "try: ")
        if (lanes := len(arms) * len(base.training.seeds)) > MOST_LANES:
            raise reading.fail(path, f"try: {lanes:,} lanes: must be at most {MOST_LANES:,}")
    for arm in arms:
        if not found.arm or arm.name == found.arm:
            overrides = _merge(arm.overrides, changes) if found.arm else arm.overrides
            _settings(reading, _merge(base_table, overrides), path, f"try, in arm {quoted(arm.name)}: ")


def _arms(reading: Reading, base_table: dict[str, Any], base: Settings) -> tuple[Arm, ...]:
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
            raise reading.fail((*path, "name"), f"name = {quoted(arm_name)}: must be a text that is not empty")
        if len(arm_name) > LONGEST_NAME:
            raise reading.fail(
                (*path, "name"), f"name has {len(arm_name):,} characters: must be at most {LONGEST_NAME}"
            )
        if any(arm.name == arm_name for arm in arms):
            raise reading.fail((*path, "name"), f"two arms are named {quoted(arm_name)}: give each a name of its own")
        overrides = {key: value for key, value in table.items() if key != "name"}
        for key in overrides:
            if key not in SECTIONS:
                hint = did_you_mean_setting(key, settings_by_key(), SECTIONS)
                raise reading.fail((*path, key), f"arm {quoted(arm_name)}: unknown key {quoted(key)}{hint}")
        if isinstance(overrides.get("training"), dict) and "seeds" in overrides["training"]:
            raise reading.fail(
                (*path, "training", "seeds"),
                f"arm {quoted(arm_name)}: training.seeds: all arms share the seeds, set them in [training]",
            )
        settings = _settings(reading, _merge(base_table, overrides), path, f"arm {quoted(arm_name)}: ")
        arms.append(Arm(name=arm_name, settings=settings, overrides=overrides))
    return tuple(arms)


def _merge(base: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for section, table in overrides.items():
        merged[section] = {**merged.get(section, {}), **table} if isinstance(table, dict) else table
    return merged


def _settings(reading: Reading, table: dict[str, Any], prefix: Path, who: str) -> Settings:
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        detail = error.errors()[0]
        path = tuple(detail["loc"])
        if not path and detail["type"] == "value_error":  # settings that do not go together: the reason names one
            reason = detail["msg"].removeprefix("Value error, ")
            raise reading.fail((*prefix, *reason.partition(" ")[0].split(".")), who + reason) from None
        names = tuple(str(part) for part in path[:2] if isinstance(part, str))
        raise reading.fail((*prefix, *names), who + explain(detail, ".".join(names))) from None
