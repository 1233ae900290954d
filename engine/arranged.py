"""A run as a person has arranged it: some arms called otherwise, some left out. Training knows nothing of it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.preset import Preset
from engine.record import RunRecord
from engine.state import Lane
from engine.view import View

Held = TypeVar("Held")


@dataclass(frozen=True)
class Arrangement:
    """Arms by their own names: what they are called, and which are hidden."""

    names: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    def shown(self, arms: Sequence[str]) -> dict[str, str]:
        """What the arms that are not hidden are called, by their own names."""
        return {arm: self.names.get(arm, arm) for arm in arms if arm not in self.hidden}


def arranged_preset(preset: Preset, names: Mapping[str, str]) -> Preset:
    """The preset with the arms of `names` alone, called so."""
    return preset.model_copy(
        update={
            "arms": tuple(arm.model_copy(update={"name": names[arm.name]}) for arm in preset.arms if arm.name in names),
            "reported": tuple(
                number.model_copy(update={"arm": names[number.arm]})
                for number in preset.reported
                if number.arm in names
            ),
            "timeline": tuple(
                entry.model_copy(update={"arm": names.get(entry.arm, entry.arm)})
                for entry in preset.timeline
                if entry.arm not in preset.arm_names or entry.arm in names
            ),
            "written": {names[arm]: subject for arm, subject in preset.written.items() if arm in names},
        }
    )


def arranged_record(record: RunRecord, names: Mapping[str, str], preset: Preset, begun: Preset) -> RunRecord:
    """A snapshot of a record with the arms of `names` alone, called so; `preset` and `begun` are arranged already."""
    from engine.history import ArrangedHistory  # numpy, which a record that is only begun does not wait for

    other = copy.copy(record)
    other.preset, other.begun = preset, begun
    if record.history is not None:
        other.history = ArrangedHistory(record.history, names)
    if record.ghost is not None:
        other.ghost = ArrangedHistory(record.ghost, names)
    other.parked = {names[arm]: held for arm, held in record.parked.items() if arm in names}
    if record.travel is not None:
        other.travel = renamed(record.travel, names)
    if started := record.started:
        other.started = dataclasses.replace(
            started,
            arms=tuple(names[arm] for arm in started.arms if arm in names),
            parameters_by_arm=_of(started.parameters_by_arm, names),
            layers_by_arm=_of(started.layers_by_arm, names),
            inputs_by_arm=_of(started.inputs_by_arm, names),
        )
    for name in ("last", "would_stop", "stopped", "finished"):
        lanes: Mapping[Lane, Any] = getattr(record, name)
        setattr(other, name, {
            (names[arm], seed): renamed(event, names) for (arm, seed), event in lanes.items() if arm in names
        })  # fmt: skip
    other.reported = tuple(renamed(number, names) for number in record.reported if number.arm in names)
    other.answered = {
        number: dataclasses.replace(
            answered, happened=tuple(renamed(change, names) for change in answered.happened if change.arm in names)
        )
        for number, answered in record.answered.items()
    }
    other.found = {names[arm]: renamed(found, names) for arm, found in record.found.items() if arm in names}
    other.seen = {
        (look, names[arm], seed): renamed(seen, names)
        for (look, arm, seed), seen in record.seen.items()
        if arm in names
    }
    return other


def renamed(event: Held, names: Mapping[str, str]) -> Held:
    """An event or a command of an arm, with the arm called as in `names`."""
    arm = getattr(event, "arm", None)
    name = names.get(arm, arm) if arm is not None else None
    return event if name == arm else dataclasses.replace(event, arm=name)  # type: ignore[type-var]


def _of(by_arm: Mapping[str, Held], names: Mapping[str, str]) -> dict[str, Held]:
    return {names[arm]: held for arm, held in by_arm.items() if arm in names}


def arranged_view(view: View, names: Mapping[str, str], preset: Preset, begun: Preset) -> View:
    """A view of the arms of `names` alone, called so."""
    return dataclasses.replace(
        view,
        record=arranged_record(view.record, names, preset, begun),
        pending=tuple(renamed(turn, names) for turn in view.pending if turn.arm is None or turn.arm in names),
    )
