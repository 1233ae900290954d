"""Small images, labs that learn from them, and any lane of any kind of model as an ordinary `torch.nn` network."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from engine.data import Task
from engine.lab import Lab
from engine.preset.schema import Model
from engine.stack import Stack
from engine.stack.layout import Layout, Slot
from tests.engine.reference import ACTIVATIONS
from tests.engine.small import BASE, Settings, preset_of, task_of

SHAPE = (2, 6, 5)
IMAGES: Settings = {**BASE, "data.source": "digits", "model.hidden": [6], "model.channels": [4, 6], "training.lr": 0.05}


def image_task_of(
    seeds: Sequence[int] = (0,), dtype: torch.dtype = torch.float64, shared: bool = False, shape: Any = SHAPE
) -> Task:
    """The three clouds of `small`, each feature smeared over an image with noise of its own."""
    flat = task_of(seeds, torch.float64, shared)
    generator = torch.Generator().manual_seed(7)
    pattern_FI = torch.randn(flat.features, math.prod(shape), generator=generator, dtype=torch.float64)

    def seen(x_SNF: Tensor) -> Tensor:
        x_SNI = x_SNF @ pattern_FI / flat.features
        # One noise for all seeds, so that a seed's images are its own whatever seeds are beside it.
        noise_NI = torch.randn(x_SNI.shape[1:], generator=generator, dtype=torch.float64)
        return (x_SNI + 0.5 * noise_NI).to(dtype)

    return Task(
        seen(flat.train_x_SNI), flat.train_y_SN, seen(flat.val_x_SNI), flat.val_y_SN, seen(flat.test_x_SNI),
        flat.test_y_SN, math.prod(shape), flat.classes, shape, flat.class_names,
    )  # fmt: skip


def image_lab_of(
    base: Settings | None = None, arms: dict[str, Settings] | None = None, dtype: torch.dtype = torch.float64
) -> Lab:
    """A lab on the CPU with the small images."""

    def load(data: Any, seeds: Sequence[int], device: torch.device, dtype: torch.dtype, report: Any = None) -> Task:
        return image_task_of(seeds, dtype, shared=data.split == "first")

    return Lab(preset_of({**IMAGES, **(base or {})}, arms), "cpu", dtype, load=load)


class Permuted(nn.Module):
    """Rows of numbers as images, or images as rows in the engine's order (row, column, channel)."""

    def __init__(self, turn: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.turn = turn

    def forward(self, x: Tensor) -> Tensor:
        return self.turn(x)


class Residual(nn.Module):
    """`shortcut(x) + branch(x)`."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.branch(x)


class Reference:
    """One lane of a stack as a `torch.nn` network with its present weights and running statistics."""

    def __init__(self, stack: Stack, lane: int) -> None:
        self.model: Model = stack.arms[0].settings.model
        self.layout: Layout = stack.layout
        self._links: list[tuple[Slot, nn.Parameter, Callable[[Tensor], Tensor]]] = []
        self._batch_norms: list[nn.BatchNorm1d | nn.BatchNorm2d] = []
        self._theta_P = stack.theta_LP[lane]
        self.network = self._build(stack.task).to(self._theta_P.dtype)
        with torch.no_grad():
            for slot, parameter, turned in self._links:
                turned(parameter).copy_(self._theta_P[slot.columns].view(slot.shape))

    def row(self) -> Tensor:
        """The network's parameters as a lane's row."""
        row_P = torch.zeros_like(self._theta_P)
        for slot, parameter, turned in self._links:
            row_P[slot.columns] = turned(parameter.detach()).reshape(-1)
        return row_P

    def statistics(self) -> Tensor:
        """Running means and variances, layer by layer."""
        statistics = [statistic for norm in self._batch_norms for statistic in (norm.running_mean, norm.running_var)]
        return torch.cat(
            [torch.zeros(0, dtype=torch.float64), *[statistic for statistic in statistics if statistic is not None]]
        )

    def _slot(self, name: str, kind: str) -> Slot:
        (found,) = (slot for slot in self.layout.slots if (slot.layer, slot.kind) == (name, kind))
        return found

    def _link(self, name: str, kind: str, parameter: Any, turned: Callable[[Tensor], Tensor] = lambda p: p) -> None:
        self._links.append((self._slot(name, kind), parameter, turned))

    def _dense(self, name: str, inputs: int, outputs: int) -> nn.Module:
        linear = nn.Linear(inputs, outputs)
        self._link(name, "weight", linear.weight, lambda p: p.T)
        self._link(name, "bias", linear.bias)
        return linear

    def _conv(self, name: str, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Module:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)
        shape = (kernel * kernel * inputs, outputs)
        if self._slot(name, "weight").shape != shape:
            raise AssertionError(f"{name}: {self._slot(name, 'weight').shape}, expected {shape}")
        # A view of the parameter in the engine's order, which may be written to: four axes instead of two.
        self._links.append(
            (
                _seen_as(self._slot(name, "weight"), (kernel, kernel, inputs, outputs)),
                conv.weight,
                lambda p: p.permute(2, 3, 1, 0),
            )
        )
        self._link(name, "bias", conv.bias)
        return conv

    def _norm(self, name: str, shape: tuple[int, ...]) -> list[nn.Module]:
        """`shape` is (units,) or (C, H, W)."""
        images, channels = len(shape) == 3, shape[0]
        norm: Any
        match self.model.norm:
            case "batch":
                norm = nn.BatchNorm2d(channels) if images else nn.BatchNorm1d(channels)
                self._batch_norms.append(norm)
            case "layer":
                norm = nn.LayerNorm(shape)
            case "group":
                norm = nn.GroupNorm(self.model.norm_groups, channels)
            case "instance" if images:
                norm = nn.InstanceNorm2d(channels, affine=True)
            case _:
                return []
        whole = self.model.norm == "layer" and images
        for kind, parameter in (("gain", norm.weight), ("shift", norm.bias)):
            slot = self._slot(name, kind)
            if whole:
                slot = _seen_as(slot, (shape[1], shape[2], shape[0]))
            self._links.append((slot, parameter, (lambda p: p.permute(1, 2, 0)) if whole else (lambda p: p)))
        return [norm]

    def _activated(self, name: str, shape: tuple[int, ...]) -> list[nn.Module]:
        norm, activation = self._norm(name, shape), ACTIVATIONS[self.model.activation]()
        return [*norm, activation] if self.model.norm_position == "before" else [activation, *norm]

    def _build(self, task: Task) -> nn.Sequential:
        parts: list[nn.Module] = []
        features = task.features
        if self.model.kind in ("cnn", "resnet"):
            shape = task.image_shape or (0, 0, 0)
            parts.append(Permuted(lambda x: x.unflatten(1, shape)))
            parts += self._cnn(shape) if self.model.kind == "cnn" else self._resnet(shape)
            height, width = shape[1], shape[2]
            for _ in self.model.channels:
                height, width = height // 2, width // 2
            features = self.model.channels[-1] * (height * width if self.model.kind == "cnn" else 1)
        if self.model.kind in ("mlp", "cnn"):
            for number, units in enumerate(self.model.hidden, start=1):
                parts += [self._dense(f"hidden {number}", features, units)]
                parts += self._activated(f"hidden {number}", (units,))
                features = units
        return nn.Sequential(*parts, self._dense("output", features, task.classes))

    def _cnn(self, shape: tuple[int, int, int]) -> list[nn.Module]:
        parts: list[nn.Module] = []
        inputs, height, width = shape
        for number, channels in enumerate(self.model.channels, start=1):
            parts += [self._conv(f"conv {number}", inputs, channels)]
            parts += [*self._activated(f"conv {number}", (channels, height, width)), nn.MaxPool2d(2)]
            inputs, height, width = channels, height // 2, width // 2
        return [*parts, Permuted(lambda x: x.permute(0, 2, 3, 1).flatten(1))]

    def _resnet(self, shape: tuple[int, int, int]) -> list[nn.Module]:
        images, height, width = shape
        inputs, before = self.model.channels[0], self.model.norm_position == "before"
        parts = [self._conv("stem", images, inputs), *self._activated("stem", (inputs, height, width))]
        for number, channels in enumerate(self.model.channels, start=1):
            name, stride = f"block {number}", 1 if channels == inputs else 2
            height, width = math.ceil(height / stride), math.ceil(width / stride)
            shape = (channels, height, width)
            first, second = f"{name} conv 1", f"{name} conv 2"
            branch = [self._conv(first, inputs, channels, stride=stride), *self._activated(first, shape)]
            branch += [self._conv(second, channels, channels), *(self._norm(second, shape) if before else [])]
            shortcut: list[nn.Module] = []
            if channels != inputs:
                shortcut = [self._conv(f"{name} shortcut", inputs, channels, 1, stride)]
                shortcut += self._norm(f"{name} shortcut", shape) if before else []
            parts.append(Residual(nn.Sequential(*branch), nn.Sequential(*shortcut)))
            parts += [ACTIVATIONS[self.model.activation](), *([] if before else self._norm(name, shape))]
            inputs = channels
        return [*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten()]


def _seen_as(slot: Slot, shape: tuple[int, ...]) -> Slot:
    return Slot(slot.layer, slot.kind, shape, slot.fan_in, slot.fan_out, slot.start)
