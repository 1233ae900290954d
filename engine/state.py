"""A lab at one moment as plain data: tensors and JSON values, lane by lane."""

from __future__ import annotations

from collections.abc import Collection
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


@dataclass(frozen=True, slots=True)
class Parked:
    """An arm that is not trained now: a fork that waits for its first turned knob, or one that was taken out.

    epoch, batch : the place where it stands.
    waits : for its first turned knob.
    taken_out : of training, and of the view, by a person.
    """

    epoch: int
    batch: int = 0
    waits: bool = False
    taken_out: bool = False

    @property
    def place(self) -> tuple[int, int]:
        return self.epoch, self.batch


@dataclass(slots=True)
class LabState:
    """All that a lab of the same arms and seeds needs to go on exactly; of others, what they share with it.

    Attributes
    ----------
    epoch, batch : whole epochs trained, and batches of the next one.
    finished : the test data have been touched.
    preset : with the knobs as they stand, as JSON (`Preset.model_validate_json`).
    interventions : the knobs turned so far, each as the fields of `engine.events.Intervention`.
    lanes : by (arm, seed). A parked arm's are as they were left; it has none where it begins at the first epoch.
    parked : the arms that are not trained, by name.
    tested : the lanes for which the test data have been touched.
    timeline : what of the preset's timeline has been done, as JSON values; empty where nothing is known of it.
    """

    epoch: int
    batch: int
    finished: bool
    preset: str
    interventions: list[dict[str, Any]]
    lanes: dict[Lane, LaneState]
    parked: dict[str, Parked] = field(default_factory=dict)
    tested: tuple[Lane, ...] = ()
    timeline: dict[str, Any] = field(default_factory=dict)


def is_source(state: LabState, epoch: int, lanes: Collection[Lane]) -> bool:
    """Whether these lanes can be trained from a state to the place after so many whole epochs."""
    there = (state.epoch, state.batch) <= (epoch, 0)
    return there and all(lane in state.lanes and lane[0] not in state.parked for lane in lanes)


def under(prefix: str, state: LaneState) -> LaneState:
    """What of the state lies under a prefix, the prefix taken off."""
    return LaneState(
        {name.removeprefix(prefix): tensor for name, tensor in state.tensors.items() if name.startswith(prefix)},
        {name.removeprefix(prefix): value for name, value in state.values.items() if name.startswith(prefix)},
    )
