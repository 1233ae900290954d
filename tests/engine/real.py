"""Small experiments on real and drawn data, one of each kind, for the engine's tests."""

from __future__ import annotations

import torch

from engine.lab import Lab
from tests.engine.small import Settings, preset_of

DIGITS: Settings = {"data.source": "digits", "data.train": 150, "training.batch_size": 50, "model.hidden": [12]}


DATA: dict[str, Settings] = {
    "moons": {"data.source": "moons", "data.samples": 120},
    "binary": {"data.source": "breast_cancer", "data.task": "binary"},
    "digits": DIGITS,
    "cnn": {**DIGITS, "model.kind": "cnn", "model.channels": [4], "model.hidden": [8], "training.batch_size": 64},
    "curve": {"data.source": "curve", "data.samples": 100, "training.lr": 0.01},
    "iris": {"data.source": "iris"},
}


def real_lab(base: Settings, arms: dict[str, Settings] | None = None) -> Lab:
    return Lab(preset_of({"training.epochs": 3, **base}, arms), "cpu", torch.float64)
