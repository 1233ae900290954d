"""Which classes a lane takes for which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.looks.registry import look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Inputs
    from engine.lab import Lab

# Of more classes the first so many are shown: a terminal has no room for others.
MOST = 256


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of true class (rows) by predicted class: on the validation data, once the run has ended on test data."""

    counts: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    part: str


def _classifies(inputs: Inputs, layers: Sequence[str]) -> bool:
    return inputs.task != "regression"


@look("confusion", Confusion, of_weights=True, needs="classes to tell apart", fits=_classifies)
def confusion(lab: Lab, arm: str, seed: int) -> Confusion:
    """On the validation data; at the weights that the lane ended with on the test data."""
    counts, part = lab.test_confusion(arm, seed), "test"
    if counts is None:
        counts, part = lab.confusion(arm, seed), "validation"
    assert counts is not None  # what has no classes does not fit
    names = lab.lane(arm, seed)[0].task.class_names[:MOST]
    return Confusion(tuple(tuple(row) for row in counts[:MOST, :MOST].tolist()), names, part)
