"""What a newcomer adds, added from outside in one place each, is then at work everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from engine.stack.modules import ON_ACTIVATIONS, Place
from engine.stack.run import Run
from tests.engine.small import lab_of


@dataclass(frozen=True, slots=True)
class _Halve:
    """Halves the outputs of a layer in training."""

    def __call__(self, h: Tensor, run: Run) -> Tensor:
        return h / 2 if run.training else h


def test_a_technique_on_activations_is_a_module_in_one_list(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = lab_of()
    places: list[Place] = []

    def halve(place: Place) -> _Halve | None:
        places.append(place)
        return _Halve() if place.name == "hidden 2" else None

    monkeypatch.setattr("engine.stack.modules.noise.ON_ACTIVATIONS", [*ON_ACTIVATIONS, halve])
    lab = lab_of()
    assert {(place.name, place.shape) for place in places} == {("hidden 1", (8,)), ("hidden 2", (6,))}
    plain.run_epoch()
    lab.run_epoch()
    output = lab.stacks[0].layout.matrices[-1]
    assert not torch.equal(output.of(lab.stacks[0].theta_LP), output.of(plain.stacks[0].theta_LP))
