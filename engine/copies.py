"""A lane's state as that of another arm, and the arm that has it."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from engine.events import Epoch, Event
from engine.preset import Arm, Birth
from engine.state import Lane, LaneState

# Whole epochs, and batches of the next one.
Place = tuple[int, int]


def renamed(state: LaneState, arm: str) -> LaneState:
    """A lane's state as that of another arm; the tensors are copies."""
    values = copy.deepcopy(state.values)
    for name in ("last", "best", "end"):
        if values.get(name) is not None:
            values[name]["arm"] = arm
    return LaneState({name: tensor.clone() for name, tensor in state.tensors.items()}, values)


def copies(lanes: Mapping[Lane, LaneState], arm: str, name: str) -> dict[Lane, LaneState]:
    """An arm's lanes as those of its copy."""
    return {(name, seed): renamed(state, name) for (of, seed), state in lanes.items() if of == arm}


def begins(arm: Arm) -> Place:
    """The place from which an arm is there."""
    return (0, 0) if arm.birth is None else arm.birth.place


def born(arm: Arm, name: str, place: Place) -> Arm:
    """A copy of an arm under another name, which begins at a place."""
    birth = Birth(parent=arm.name, epoch=place[0], batch=place[1])
    return arm.model_copy(update={"name": name, "birth": birth}, deep=True)


def newest_epochs(lanes: Mapping[Lane, LaneState]) -> list[Event]:
    """The newest epoch of each lane."""
    found = (state.values.get("last") for state in lanes.values())
    return [Epoch.from_fields(last) for last in found if last is not None]
