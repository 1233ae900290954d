"""Python values as JSON has them, and dataclasses of such values back from it."""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin

T = TypeVar("T")


def plain(value: Any) -> Any:
    """The value in lists, dicts, texts, numbers and None. Numbers that JSON has no word for become None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {spec.name: plain(getattr(value, spec.name)) for spec in dataclasses.fields(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def from_plain(cls: type[T], fields: Mapping[str, Any]) -> T:
    """The dataclass of such fields, each checked against its annotation; None where a number belongs becomes NaN.

    Raises ValueError where a field is missing, unknown or of another type.
    """
    hashable: Any = cls
    types_of = _annotations(hashable)
    unknown = fields.keys() - types_of.keys()
    if unknown:
        raise ValueError(f"{cls.__name__} has no field {sorted(unknown)[0]!r}")
    values = {name: value_of(types_of[name], value, f"{cls.__name__}.{name}") for name, value in fields.items()}
    try:
        return cls(**values)
    except TypeError as error:
        raise ValueError(str(error)) from None


@functools.cache
def _annotations(cls: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {spec.name: hints[spec.name] for spec in dataclasses.fields(cls)}


def value_of(wanted: Any, value: Any, name: str) -> Any:
    """The value in the wanted type: a dataclass, tuple, dict, number, text or a union of one with None.

    Raises ValueError, which calls the value by `name`, where it is of another type.
    """
    origin, inner = get_origin(wanted), get_args(wanted)
    if wanted is Any:
        return value
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
        if isinstance(value, wanted):
            return value
        if isinstance(value, Mapping):
            return from_plain(wanted, value)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in inner:
            return None
        return value_of(next(kind for kind in inner if kind is not type(None)), value, name)
    if wanted is float and value is None:
        return math.nan
    if wanted in (int, float) and isinstance(value, (int, wanted)) and not isinstance(value, bool):
        return value
    if origin is tuple and isinstance(value, list | tuple):
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
        if len(kinds) == len(value):
            return tuple(value_of(kind, item, name) for kind, item in zip(kinds, value, strict=True))
    if origin in (dict, collections.abc.Mapping) and isinstance(value, Mapping):
        return {value_of(inner[0], key, name): value_of(inner[1], item, name) for key, item in value.items()}
    if wanted in (str, bool) and isinstance(value, wanted):
        return value
    raise ValueError(f"{name} = {str(value)[:40]!r}: no {getattr(wanted, '__name__', wanted)}")
