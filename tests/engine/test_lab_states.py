"""A lab's state, from which another lab goes on bit for bit."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
import torch

from engine.events import Finished
from engine.state import LabState, LaneState
from tests.engine.small import BASE, NOISY, OVERFITS, Settings, lab_of, only, through_a_file, train_to, weights_of

RUNS: dict[str, tuple[Settings, dict[str, Settings]]] = {
    "adam, dropout, all else": ({**OVERFITS, "training.epochs": 12}, {"a": NOISY, "b": {}}),
    "nesterov, two stacks": (
        {"training.optimizer": "nesterov", "training.epochs": 10, "training.seeds": [0, 1]},
        {"a": NOISY, "b": {"model.hidden": [12], "training.batch_size": 7}, "short": {"training.epochs": 2}},
    ),
    "with replacement": ({"training.sampling": "replacement", "training.epochs": 9}, {"a": NOISY}),
}


def same(one: Any, other: Any) -> bool:
    """Equal with NaN equal to NaN, tensors bit for bit."""
    if isinstance(one, (LabState, LaneState)):
        return all(same(getattr(one, spec.name), getattr(other, spec.name)) for spec in dataclasses.fields(one))
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize(
    ("steps", "into"),
    [(0, "a new lab"), (3, "the same lab"), (4, "a new lab"), (13, "a new lab, through a file"), (25, "the same lab")],
)
def test_a_restored_lab_goes_on_bit_for_bit_also_from_the_middle_of_an_epoch(name: str, steps: int, into: str) -> None:
    base, arms = RUNS[name]
    lab = lab_of(base, arms)
    for step in range(steps):
        if step == 2:
            lab.turn("training.lr", 0.013, "a")
            lab.turn("early_stopping.patience", 3)
        lab.advance()
    held = lab.state()
    kept = through_a_file(held)
    expected = list(lab.run())[1:]
    assert expected
    assert same(kept, held), "training on must not reach into a state taken before"
    other = lab if into == "the same lab" else lab_of(base, arms)
    if into == "a new lab":
        other.advance()
        other.turn("regularization.l2", 0.5)
    other.restore(kept if "file" in into else held)
    assert same(other.state(), held)
    events = list(other.run())[1:]
    assert [repr(event) for event in events] == [repr(event) for event in expected]
    assert same(other.state(), lab.state())
    assert same(kept, held)


def test_a_finished_lab_can_be_taken_back_to_before_its_end() -> None:
    lab = lab_of()
    train_to(lab, 2)
    held = lab.state()
    list(lab.run())
    end = weights_of(lab)
    lab.restore(held)
    assert not lab.finished
    assert only(list(lab.run()), Finished)
    assert torch.equal(weights_of(lab), end)


def test_the_same_preset_gives_the_same_run_twice() -> None:
    runs = [[repr(event) for event in lab_of({**BASE, **NOISY}).run()] for _ in range(2)]
    assert runs[0] == runs[1]
