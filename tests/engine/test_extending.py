"""What a newcomer adds, added from outside in one place each, is then at work everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

import engine
from engine.data.pool import Part, Pool
from engine.preset import read_preset, settings_by_key
from engine.preset.sources import SOURCES, source
from engine.stack.forward_pass import ForwardPass
from engine.stack.modules import ON_ACTIVATIONS, Place
from tests.engine.small import lab_of


@dataclass(frozen=True, slots=True)
class _Halve:
    """Halves the outputs of a layer in training."""

    def __call__(self, h: Tensor, forward: ForwardPass) -> Tensor:
        return h / 2 if forward.training else h


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


@pytest.fixture
def ring() -> Iterator[str]:
    @source("ring", family="synthetic")
    def load(data, report):  # type: ignore[no-untyped-def]
        angle = np.linspace(0, 20, data.samples)
        radius = 1 + np.arange(data.samples) % 2
        points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return Pool(Part(points, np.arange(data.samples, dtype=np.int64) % 2), ("inner", "outer"))

    settings_by_key.cache_clear()
    yield "ring"
    del SOURCES["ring"]
    settings_by_key.cache_clear()


def test_a_source_of_data_is_one_declared_function(ring: str) -> None:
    preset = read_preset('[data]\nsource = "ring"\nsamples = 60\n[training]\nepochs = 3\n[model]\nhidden = [6]')
    record = engine.run(preset, "cpu")
    assert record.started is not None
    assert record.started.train + record.started.validation + record.started.test == 60
    assert record.over
    assert "ring" in settings_by_key()["data.source"].choices
