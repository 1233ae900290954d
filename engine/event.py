"""The base of all events; `engine.events` has them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events; `kind` is the word under "event" in JSON."""

    kind: ClassVar[str] = ""
