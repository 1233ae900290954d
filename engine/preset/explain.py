"""What the schema refuses, in words: what was given, what was expected, the nearest valid name."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from engine.preset.errors import did_you_mean, did_you_mean_setting
from engine.preset.schema import SECTIONS, ReportedNumber, Try, settings_by_key
from engine.preset.setting import ONE
from engine.text import quoted

_TEXTS = 'a list of texts, such as ["id", "name"]'


def explain(detail: ErrorDetails, key: str) -> str:
    """One validation error of the setting `key`, or of a section."""
    kind, given, shown = detail["type"], detail["input"], quoted(detail["input"])
    section, _, name = key.partition(".")
    if kind == "extra_forbidden":
        names = SECTIONS[section].model_fields if section in SECTIONS else SECTIONS
        return f"unknown setting {quoted(key)}{did_you_mean_setting(name or section, settings_by_key(), names)}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"{key} = {shown}: must be a table, [{section}]"
    setting = settings_by_key().get(key)
    if kind == "value_error":
        reason = detail["msg"].removeprefix("Value error, ")
        return f"{key} = {shown}: {reason}" if setting else f"{key}.{reason}"
    if setting is None:
        return f"{key} = {shown}: {detail['msg']}"
    if setting.choices and bool not in map(type, setting.choices):
        near = did_you_mean(given, setting.choices) if isinstance(given, str) else ""
        return f"{key} = {shown}: must be one of {setting.bounds}{near}"
    if setting.choices:
        return f"{key} = {shown}: must be true or false"
    number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if number and kind not in ("int_type", "list_type", "string_type"):
        return f"{key} = {shown}: {setting.refuse(given) or detail['msg']}{_nearest_number(given, setting.maximum)}"
    texts = SECTIONS[section].model_fields[name].annotation == list[str]
    expected = {
        "string_type": "a text in quotes",
        "list_type": _TEXTS if texts else "a list of whole numbers, such as [100, 100]",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
    }.get(kind, "a whole number" if setting.whole else "a number")
    return f"{key} = {shown}: must be {expected}"


def explain_reported(detail: ErrorDetails, name: str) -> str:
    """One validation error of the key `name` of a [[reported]] table."""
    kind, shown = detail["type"], quoted(detail["input"])
    if kind == "extra_forbidden":
        return f"reported: unknown key {quoted(name)}{did_you_mean(name, ReportedNumber.model_fields)}"
    if kind == "missing":
        return f'reported: has no {name}: add {name} = "..."'
    if kind == "value_error":
        reason = detail["msg"].removeprefix("Value error, ")
        return f"reported.{name} = {shown}: {reason}" if name else f"reported: {reason}"
    return f"reported.{name} = {shown}: must be {'a number' if name == 'value' else 'a text in quotes'}"


def explain_try(detail: ErrorDetails, name: str) -> str:
    """One validation error of the key `name` of a [[try]] table."""
    kind, shown = detail["type"], quoted(detail["input"])
    if kind == "extra_forbidden":
        allowed = [*(field for field in Try.model_fields if field != "changes"), *SECTIONS]
        return f"try: unknown key {quoted(name)}{did_you_mean_setting(name, settings_by_key(), allowed)}"
    if kind == "missing":
        return f'try: has no {name}: add {name} = "..."'
    return f"try.{name} = {shown}: must be {'a whole number, 1 or more' if name == 'epoch' else 'a text in quotes'}"


def _nearest_number(given: float, maximum: float | None) -> str:
    if maximum not in (1, ONE) or given < 1:
        return ""
    return f" (did you mean {given / 100 if given >= 2 else given - 1:.6g}?)" if given != 1 and given < 100 else ""
