"""Small images for the engine's tests: not square and of two channels, so that no axis can be taken for another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.data import Task
from engine.lab import Lab
from engine.stack.objective import Targets
from engine.stack.stack import Stack
from tests.engine.small import Settings, preset_of

SHAPE = CHANNELS, HEIGHT, WIDTH = 2, 6, 5
CLASSES, COUNTS = 3, {"train": 40, "val": 30, "test": 20}
AUGMENT: Settings = {
    "augment.shift": 1.5,
    "augment.rotate": 30.0,
    "augment.zoom": 0.3,
    "augment.hflip": 0.5,
    "augment.vflip": 0.4,
    "augment.cutout": 3,
}
MIXING: Settings = {"regularization.mixup": 0.6, "regularization.cutmix": 1.2}


def image_task(seeds: Sequence[int] = (0,), dtype: torch.dtype = torch.float64) -> Task:
    """Noise on three patterns; no pixel is 0, and no two pixels are equal."""
    parts: dict[str, list[Tensor]] = {}
    for seed in seeds:
        generator = torch.Generator().manual_seed(77 + seed)
        patterns = torch.rand(CLASSES, CHANNELS * HEIGHT * WIDTH, generator=generator, dtype=torch.float64)
        for part, count in COUNTS.items():
            y_N = torch.randint(CLASSES, (count,), generator=generator)
            noise_NI = torch.rand(count, patterns.shape[1], generator=generator, dtype=torch.float64)
            parts.setdefault(f"{part}_x_SNI", []).append((0.01 + patterns[y_N] + 0.8 * noise_NI).to(dtype))
            parts.setdefault(f"{part}_y_SN", []).append(y_N)
    tensors: dict[str, Any] = {name: torch.stack(rows) for name, rows in parts.items()}
    features = CHANNELS * HEIGHT * WIDTH
    return Task(**tensors, features=features, classes=CLASSES, image_shape=SHAPE, class_names=tuple("abc"))


def _load(data: Any, seeds: Sequence[int], device: torch.device, dtype: torch.dtype, report: Any = None) -> Task:
    return image_task(seeds, dtype)


def image_lab(
    base: Settings | None = None, arms: dict[str, Settings] | None = None, dtype: torch.dtype = torch.float64
) -> Lab:
    """A lab on the CPU with the small images."""
    preset = preset_of({"data.source": "digits", "model.hidden": [8], **(base or {})}, arms)
    return Lab(preset, "cpu", dtype, load=_load)


def spy_on_steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tensor, Targets]]:
    """The inputs and targets of every step of any stack."""
    seen: list[tuple[Tensor, Targets]] = []
    plain = Stack.train_on

    def spy(self: Stack, x_LBI: Tensor, targets: Targets) -> None:
        seen.append((x_LBI.clone(), targets))
        plain(self, x_LBI, targets)

    monkeypatch.setattr(Stack, "train_on", spy)
    return seen
