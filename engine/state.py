"""A lab at one moment as plain data: tensors and JSON values, lane by lane."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

Lane = tuple[str, int]  # arm, seed


@dataclass(slots=True)
class LaneState:
    """All that one lane needs to go on exactly.

    Attributes
    ----------
    tensors : by dotted name, without the lanes' axis: `theta`, `optimizer.mean` and so on.
    values : texts, numbers, lists and dicts of such; numbers may be infinite or NaN.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class LabState:
    """All that a lab of the same arms and seeds needs to go on exactly; of others, what they share with it.

    Attributes
    ----------
    epoch, batch : whole epochs trained, and batches of the next one.
    finished : the test data have been touched.
    preset : with the knobs as they stand, as JSON (`Preset.model_validate_json`).
    interventions : the knobs turned so far, each as the fields of `engine.events.Intervention`.
    lanes : by (arm, seed).
    timeline : what of the preset's timeline has been done, as JSON values; empty where nothing is known of it.
    """

    epoch: int
    batch: int
    finished: bool
    preset: str
    interventions: list[dict[str, Any]]
    lanes: dict[Lane, LaneState]
    timeline: dict[str, Any] = field(default_factory=dict)


def under(prefix: str, state: LaneState) -> LaneState:
    """What of the state lies under a prefix, the prefix taken off."""
    return LaneState(
        {name.removeprefix(prefix): tensor for name, tensor in state.tensors.items() if name.startswith(prefix)},
        {name.removeprefix(prefix): value for name, value in state.values.items() if name.startswith(prefix)},
    )
