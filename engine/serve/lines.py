"""Events as they stand on the line between two processes: numbered, and epochs as quick to write and read as they come.

A lane's epoch is `{"seq": NUMBER, "epoch": [ARM, SEED, EPOCH], "metrics": {...}}`, other events are as `to_json` has
them. A number that JSON has no word for is null.
"""

from __future__ import annotations

import json
import math
from typing import Any

from engine.events import Epoch, Event, from_fields, to_json
from engine.plain import plain

_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def write_event(event: Event, number: int = 0) -> str:
    """A line and its end; an event without a number belongs to a snapshot."""
    if not isinstance(event, Epoch):
        return f'{{"seq": {number}, {to_json(event)[1:]}\n'
    fields = {"seq": number, "epoch": (event.arm, event.seed, event.epoch), "metrics": event.metrics}
    try:
        return _ENCODER.encode(fields) + "\n"
    except ValueError:
        return _ENCODER.encode({**fields, "metrics": plain(event.metrics)}) + "\n"


def read_line(line: bytes) -> dict[str, Any]:
    """The fields of a line. Raises ValueError where it is no object."""
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ValueError("no object")
    return fields


def is_event(fields: dict[str, Any]) -> bool:
    """Whether a line of these fields is an event."""
    return "event" in fields or "metrics" in fields


def event_of(fields: dict[str, Any]) -> tuple[int, Event]:
    """The number of an event, and it. Raises ValueError where the fields are none's."""
    number = fields.pop("seq")
    if "metrics" not in fields:
        return number, from_fields(fields)
    arm, seed, epoch = fields["epoch"]
    metrics = {name: math.nan if value is None else value for name, value in fields["metrics"].items()}
    return number, Epoch(arm, seed, epoch, metrics)
