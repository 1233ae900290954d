"""The looks by name. Imports no torch: what a look saw can be drawn where nothing trains."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.events import Inputs, Seen
from engine.plain import value_of

if TYPE_CHECKING:
    from engine.lab import Lab

See = Callable[["Lab", str, int], Any]
# Whether a look has a meaning for what an arm is trained on, and for the names of its layers.
Fits = Callable[[Inputs, Sequence[str]], bool]
_BEST = ".best"


def _fits_all(inputs: Inputs, layers: Sequence[str]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Registered:
    """A look.

    Attributes
    ----------
    see : the function that takes it.
    kind : the type of what it gives, None aside.
    updates : whether it needs the weights before the epoch's last step (`Lab.watch_updates`).
    fits, needs : which lanes it has a meaning for, and what the others lack, in words.
    """

    see: See
    kind: Any
    updates: bool = False
    fits: Fits = _fits_all
    needs: str = ""


LOOKS: dict[str, Registered] = {}


def look(
    name: str, kind: Any, *, updates: bool = False, of_weights: bool = False, needs: str = "", fits: Fits | None = None
) -> Callable[[See], See]:
    """Register the decorated function. What it gives must be bounded, and of dataclasses, tuples, numbers and texts, so
    that it turns into JSON. Raises ValueError on a taken name.

    Parameters
    ----------
    of_weights : it depends on the weights: there is one at the best weights too, called `NAME.best`.
    needs, fits : what a lane needs for the look to have a meaning, such as "two inputs", and whether it has that.
    """

    def register(see: See) -> See:
        if name in LOOKS:
            raise ValueError(f"there is a look {name!r} already")
        registered = Registered(see, kind, updates, fits or _fits_all, needs)
        LOOKS[name] = registered
        if of_weights:
            LOOKS[name + _BEST] = replace(registered, see=functools.partial(_see_best, see), updates=False)
        return see

    return register


def _see_best(see: See, lab: Lab, arm: str, seed: int) -> Any:
    stack, lane = lab.lane(arm, seed)
    with stack.at_best(lane):
        return see(lab, arm, seed)


def at_best(name: str) -> str:
    """The name of the look at the best weights; of one that does not depend on the weights its own."""
    return name + _BEST if name + _BEST in LOOKS else name


def lacking(name: str, inputs: Inputs, layers: Sequence[str]) -> str:
    """What such a lane lacks for the look to have a meaning, in words; empty where it lacks nothing."""
    registered = LOOKS[name]
    return "" if registered.fits(inputs, layers) else registered.needs


def take_look(lab: Lab, name: str, arm: str, seed: int) -> Seen:
    """One look at one lane, now. Raises KeyError where there is no such look, PresetError where there is no lane."""
    registered, (stack, _) = LOOKS[name], lab.lane(arm, seed)
    fits = registered.fits(stack.task.inputs, stack.layout.layers)
    return Seen(name, arm, seed, lab.epoch, registered.see(lab, arm, seed) if fits else None)


def revived(seen: Seen) -> Any:
    """The data of a look in its own dataclasses, also where the event has come as JSON. Raises ValueError."""
    return None if seen.data is None else value_of(LOOKS[seen.look].kind, seen.data, seen.look)


def watched(wanted: frozenset[tuple[str, str, int]]) -> set[tuple[str, int]]:
    """The lanes (arm, seed) whose updates some of the wanted looks need."""
    return {(arm, seed) for name, arm, seed in wanted if LOOKS[name].updates}


for _module in pkgutil.iter_modules(importlib.import_module("engine.looks").__path__):
    if _module.name != "registry":
        importlib.import_module(f"engine.looks.{_module.name}")
