"""The looks by name. Imports no torch: what a look saw can be drawn where nothing trains."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.events import Seen
from engine.plain import value_of

if TYPE_CHECKING:
    from engine.lab import Lab

See = Callable[["Lab", str, int], Any]


@dataclass(frozen=True, slots=True)
class Registered:
    """A look: the function that takes it, the type of what it gives (None aside), and whether it needs the weights
    before the epoch's last step (`Lab.watch_updates`)."""

    see: See
    kind: Any
    updates: bool = False


LOOKS: dict[str, Registered] = {}


def look(name: str, kind: Any, *, updates: bool = False) -> Callable[[See], See]:
    """Register the decorated function. What it gives must be bounded, and of dataclasses, tuples, numbers and texts, so
    that it turns into JSON; None where the look has no meaning for the lane's data. Raises ValueError on a taken name.
    """

    def register(see: See) -> See:
        if name in LOOKS:
            raise ValueError(f"there is a look {name!r} already")
        LOOKS[name] = Registered(see, kind, updates)
        return see

    return register


def take_look(lab: Lab, name: str, arm: str, seed: int) -> Seen:
    """One look at one lane, now. Raises KeyError where there is no such look, PresetError where there is no lane."""
    return Seen(name, arm, seed, lab.epoch, LOOKS[name].see(lab, arm, seed))


def revived(seen: Seen) -> Any:
    """The data of a look in its own dataclasses, also where the event has come as JSON. Raises ValueError."""
    return None if seen.data is None else value_of(LOOKS[seen.look].kind, seen.data, seen.look)


def watched(wanted: frozenset[tuple[str, str, int]]) -> set[tuple[str, int]]:
    """The lanes (arm, seed) whose updates some of the wanted looks need."""
    return {(arm, seed) for name, arm, seed in wanted if LOOKS[name].updates}


for _module in pkgutil.iter_modules(importlib.import_module("engine.looks").__path__):
    if _module.name != "registry":
        importlib.import_module(f"engine.looks.{_module.name}")
