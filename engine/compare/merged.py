"""Several runs as the record of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, TypeVar

from engine.compare.differences import Compared, differences
from engine.compare.history import ComparedHistory
from engine.events import Started
from engine.preset import Preset
from engine.record import RunRecord

Held = TypeVar("Held")


def names_of(runs: Sequence[Compared]) -> list[dict[str, str]]:
    """What each run's arms are called beside the others, by their own names."""
    return [{arm: f"{run.label}: {arm}" for arm in run.preset.arm_names} for run in runs]


def merged_preset(runs: Sequence[Compared]) -> Preset:
    """A preset that holds the arms of all; its lesson is in what the runs differ."""
    first = runs[0].preset
    arms = tuple(
        arm.model_copy(update={"name": names[arm.name]})
        for run, names in zip(runs, names_of(runs), strict=True)
        for arm in run.preset.arms
    )
    seeds = list(dict.fromkeys(seed for run in runs for seed in run.preset.seeds))
    training = first.base.training.model_copy(update={"seeds": seeds})
    found = differences(runs)
    lesson = "\n".join(f"- {line}" for line in found) if found else "They do not differ in anything that is recorded."
    return first.model_copy(
        update={
            "name": "comparison",
            "title": " / ".join(run.label for run in runs),
            "summary": "What the runs differ in:",
            "question": "",
            "lesson": lesson,
            "reveal": "",
            "tries": (),
            "base": first.base.model_copy(update={"training": training}),
            "arms": arms,
            "reported": (),
            "written": {},
            "speed": None,
        }
    )


def merged_record(runs: Sequence[Compared], records: Sequence[RunRecord], preset: Preset) -> RunRecord:
    """The record of that preset, from those of the runs. What has no epoch yet has no curve."""
    merged = RunRecord(preset)
    named = names_of(runs)
    parts = list(zip(records, named, strict=True))
    begun = [(record, names) for record, names in parts if record.history is not None]
    merged.begun = merged_preset([
        dataclasses.replace(run, preset=record.begun) for run, record in zip(runs, records, strict=True)
    ])  # fmt: skip
    merged.started = _started(preset, parts)
    if begun:
        merged.history = ComparedHistory(
            [record.history for record, _ in begun if record.history], [n for _, n in begun]
        )
    merged.epoch = max(record.epoch for record in records)
    for field in ("last", "would_stop", "stopped", "finished"):
        setattr(merged, field, {
            (names[arm], seed): _renamed(held, names)
            for record, names in parts for (arm, seed), held in getattr(record, field).items()
        })  # fmt: skip
    merged.reported = tuple(_renamed(event, names) for record, names in parts for event in record.reported)
    return merged


def _renamed(event: Any, names: dict[str, str]) -> Any:
    return dataclasses.replace(event, arm=names[event.arm])


def _started(preset: Preset, parts: Sequence[tuple[RunRecord, dict[str, str]]]) -> Started:
    starts = [(record.started, names) for record, names in parts if record.started is not None]
    first = starts[0][0] if starts else Started(preset.name, (), (), "", 0, 0, 0, 0)

    def by_arm(field: str) -> dict[str, Any]:
        return {names[arm]: value for started, names in starts for arm, value in getattr(started, field).items()}

    return dataclasses.replace(
        first,
        preset=preset.name,
        arms=preset.arm_names,
        seeds=preset.seeds,
        device=", ".join(dict.fromkeys(started.device for started, _ in starts)),
        parameters_by_arm=by_arm("parameters_by_arm"),
        layers_by_arm=by_arm("layers_by_arm"),
        inputs_by_arm=by_arm("inputs_by_arm"),
        warnings=(),
    )
