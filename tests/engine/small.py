"""Small experiments for the engine's tests: data, presets and labs that train in milliseconds."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Sequence
from typing import Any

import tomli_w
import torch
from torch import Tensor

from engine.data import Task
from engine.events import Epoch, Event
from engine.lab import Lab
from engine.preset import Preset, read_preset
from engine.state import LabState, LaneState

CPU = torch.device("cpu")
FEATURES, CLASSES, TRAIN, VAL, TEST = 5, 3, 40, 30, 20
BASE = {
    "data.source": "iris",
    "model.hidden": [8, 6],
    "training.epochs": 5,
    "training.batch_size": 16,
    "training.lr": 0.1,
}
Settings = dict[str, Any]
Lane = tuple[str, int]


def task_of(seeds: Sequence[int] = (0,), dtype: torch.dtype = torch.float64, shared: bool = False) -> Task:
    """Three overlapping clouds with a few wrong labels, so that a net can memorize; a seed's data are its own."""
    parts: dict[str, list[Tensor]] = {}
    for seed in [1234] if shared else seeds:
        generator = torch.Generator().manual_seed(1000 + seed)
        for part, count in (("train", TRAIN), ("val", VAL), ("test", TEST)):
            y_N = torch.randint(CLASSES, (count,), generator=generator)
            x_NI = torch.randn(count, FEATURES, generator=generator, dtype=torch.float64)
            x_NI[torch.arange(count), y_N] += 1.5
            wrong = torch.rand(count, generator=generator) < 0.2
            y_N = torch.where(wrong, (y_N + 1) % CLASSES, y_N)
            parts.setdefault(f"{part}_x_SNI", []).append(x_NI)
            parts.setdefault(f"{part}_y_SN", []).append(y_N)
    stacked = {name: torch.stack(rows) for name, rows in parts.items()}
    tensors = {name: tensor.to(dtype) if "_x_" in name else tensor for name, tensor in stacked.items()}
    return Task(
        **tensors, features=FEATURES, classes=CLASSES, image_shape=None, class_names=tuple("abc")
    )  # fmt: skip


def load_small(data: Any, seeds: Sequence[int], device: torch.device, dtype: torch.dtype, report: Any = None) -> Task:
    """Stands in for `engine.data.load_task`."""
    return task_of(seeds, dtype, shared=data.split == "first")


def preset_of(base: Settings | None = None, arms: dict[str, Settings] | None = None) -> Preset:
    """A preset of dotted keys; without `arms` it has the one arm `base`."""
    table = _nested({**BASE, **(base or {})})
    if arms is not None:
        table["arm"] = [{"name": name, **_nested(settings)} for name, settings in arms.items()]
    return read_preset(tomli_w.dumps(table))


def _nested(settings: Settings) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        table.setdefault(section, {})[name] = value
    return table


def lab_of(
    base: Settings | None = None, arms: dict[str, Settings] | None = None, dtype: torch.dtype = torch.float64
) -> Lab:
    """A lab on the CPU with the small data."""
    return Lab(preset_of(base, arms), "cpu", dtype, load=load_small)


def through_a_file(state: LabState) -> LabState:
    """The state as it comes back from tensors that torch loads without pickled code, and a text of JSON."""
    file = io.BytesIO()
    torch.save({f"{arm}/{seed}": lane.tensors for (arm, seed), lane in state.lanes.items()}, file)
    lanes = [[arm, seed, lane.values] for (arm, seed), lane in state.lanes.items()]
    text = json.dumps({**dataclasses.asdict(dataclasses.replace(state, lanes={})), "lanes": lanes})
    file.seek(0)
    tensors, fields = torch.load(file, weights_only=True), json.loads(text)
    fields["lanes"] = {
        (arm, seed): LaneState(tensors[f"{arm}/{seed}"], values) for arm, seed, values in fields["lanes"]
    }
    return LabState(**fields)


def epochs_by_lane(events: Sequence[Event]) -> dict[Lane, list[Epoch]]:
    curves: dict[Lane, list[Epoch]] = {}
    for event in events:
        if isinstance(event, Epoch):
            curves.setdefault((event.arm, event.seed), []).append(event)
    return curves


def only(events: Sequence[Event], kind: type[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def weights_of(lab: Lab, arm: str = "base", seed: int = 0) -> Tensor:
    """A copy of the lane's row of parameters."""
    for stack in lab._stacks:
        if (arm, seed) in stack.lanes:
            return stack.theta_LP[stack.lanes.index((arm, seed))].clone()
    raise KeyError((arm, seed))


# Overfits the small data within a few dozen epochs, so that early stopping has something to do.
OVERFITS: Settings = {
    "model.hidden": [30, 30],
    "training.optimizer": "adam",
    "training.lr": 0.02,
    "training.epochs": 50,
    "training.seeds": [0, 1],
    "early_stopping.patience": 4,
}


NOISY: Settings = {
    "regularization.dropout": 0.3,
    "regularization.input_noise": 0.2,
    "regularization.l2": 0.01,
    "regularization.weight_decay": 0.01,
    "regularization.max_norm": 2.0,
    "regularization.label_smoothing": 0.1,
}


def train_to(lab: Lab, epoch: int) -> list[Event]:
    events: list[Event] = []
    while lab.epoch < epoch and not lab.finished:
        events += lab.advance()
    return events
