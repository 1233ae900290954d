"""What each technique adds to a training step: the same lane with it and without it, one beside the other.

On the network of the preset `dropout` and data (digits, batches of 100), or where a technique needs images on a
convolutional or residual net on the same data. Evaluation, which no technique but the averages touches, is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.lab import Lab
from engine.preset import Preset, load_preset, settings_by_key, with_value
from tests.benchmarks.result import Result

DEAR = 0.30
ROUNDS, SECONDS = 7, 0.03  # each case: so many rounds of so long, with and without


@dataclass(frozen=True, slots=True)
class Case:
    """A technique: its settings, the kind of network it is measured on, and why it is dear where it is."""

    name: str
    settings: dict[str, Any]
    kind: str = "mlp"
    why: str = ""


_WALKS = "whole passes over activations, beside products that are small"
_DRAWS = "a normal number for each of them at every step, beside products that are small"
_TAPS = "the gradient passes through the activations once more, beside products that are small"
_PIXELS = "each pixel of each image is drawn from its four neighbours"
_MIXES = "some dozens of small operations: partners, shares, gathered rows, and a second loss"

CASES = [
    Case("l2", {"regularization.l2": 0.01}),
    Case("l1", {"regularization.l1": 0.001}),
    Case("bias l2", {"regularization.bias_l2": 0.01}),
    Case("bias l1", {"regularization.bias_l1": 0.001}),
    Case("l2 on one layer", {"regularization.l2": 0.01, "regularization.l2_layers": [1]}),
    Case("l1 on one layer", {"regularization.l1": 0.01, "regularization.l1_layers": [1]}),
    Case("activity l1", {"regularization.activity_l1": 1e-4}, why=_TAPS),
    Case("activity l2", {"regularization.activity_l2": 1e-4}, why=_TAPS),
    Case("activity l2 on one layer", {"regularization.activity_l2": 1e-4, "regularization.activity_layers": [1]}),
    Case("orthogonal", {"regularization.orthogonal": 0.01}, why="two products of in x in x out for each matrix"),
    Case("weight decay", {"regularization.weight_decay": 0.01}),
    Case("max-norm", {"regularization.max_norm": 2.0}, why="a norm and a product for each of the weight matrices"),
    Case("dropout", {"regularization.dropout": 0.2}, why="a draw for each hidden unit, " + _WALKS),
    Case("dropout on one layer", {"regularization.dropout": 0.2, "regularization.dropout_layers": [1]}),
    Case("dropout, style book", {"regularization.dropout": 0.2, "regularization.dropout_style": "book"}, why=_WALKS),
    Case("gaussian dropout", {"regularization.gaussian_dropout": 0.2}, why=f"hidden units: {_DRAWS}"),
    Case("input noise", {"regularization.input_noise": 0.2}),
    Case("weight noise", {"regularization.weight_noise": 0.01}, why=f"weights: {_DRAWS}"),
    Case("spatial dropout", {"regularization.spatial_dropout": 0.2}, "cnn", _WALKS),
    Case("drop-path", {"regularization.drop_path": 0.2}, "resnet", _WALKS),
    Case("label smoothing", {"regularization.label_smoothing": 0.1}),
    Case("mixup", {"regularization.mixup": 0.4}, why=_MIXES),
    Case("cutmix", {"regularization.cutmix": 1.0}, why=_MIXES),
    Case("cutmix on images", {"regularization.cutmix": 1.0}, "cnn", _MIXES),
    Case("cutout", {"augment.cutout": 3}, "cnn"),
    Case("shift", {"augment.shift": 1.0}, "cnn"),
    Case("rotate", {"augment.rotate": 15.0}, "cnn"),
    Case("zoom", {"augment.zoom": 0.1}, "cnn"),
    Case("horizontal flip", {"augment.hflip": 0.5}, "cnn"),
    Case("vertical flip", {"augment.vflip": 0.5}, "cnn"),
    Case(
        "all augmentation",
        {"augment.shift": 1.0, "augment.rotate": 15.0, "augment.zoom": 0.1, "augment.hflip": 0.5, "augment.cutout": 3},
        "cnn",
        _PIXELS,
    ),
    *(
        Case(f"{norm} norm", {"model.norm_groups": 4, "model.norm": norm}, kind, _WALKS)
        for norm, kind in [
            *((norm, "mlp") for norm in ("batch", "layer", "group")),
            *((norm, "cnn") for norm in ("batch", "layer", "group", "instance")),
        ]
    ),
    *(
        Case(name, {"training.optimizer": name})
        for name in ("momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
    ),
    Case("gradient clipping", {"training.clip_norm": 1.0}),
    Case("sharpness-aware (SAM)", {"training.sam": 0.05}, why="two passes a step, forward and backward"),
    Case("EMA of the weights", {"training.ema": 0.9}),
    Case("SWA of the weights", {"training.swa_start": 1}),
    *(
        Case(f"schedule: {kind.replace('_', ' ')}", {"schedule.kind": kind})
        for kind in settings_by_key()["schedule.kind"].choices
        if kind != "constant"
    ),
    Case("schedule: warm-up", {"schedule.warmup": 1000}),
]  # fmt: skip


def techniques(device: str = "cpu") -> Iterator[Result]:
    """A line for each technique, as soon as it is measured. Raises ValueError where a technique is not."""
    measured = {key for case in CASES for key in case.settings}
    left_out = [
        key for key in settings_by_key() if key.startswith(("regularization.", "augment.")) and key not in measured
    ]
    if left_out:
        raise ValueError(f"not measured: {', '.join(left_out)}")
    for case in CASES:
        without, with_it = (_Steps(_preset(case.kind, settings), device) for settings in ({}, case.settings))
        slow, fast = _lowest(with_it, without)
        cost = slow / fast - 1
        dear = cost > DEAR
        cost_in_words = f"{100 * cost:+.0f} % ({1e3 * slow:.2f} ms a step against {1e3 * fast:.2f})"
        yield Result(
            f"technique: {case.name} ({case.kind})",
            f"at most {100 * DEAR:.0f} % more, or a reason",
            cost_in_words + (f": {case.why or 'no reason known'}" if dear else ""),
            not dear or bool(case.why),
        )


def _preset(kind: str, settings: dict[str, Any]) -> Preset:
    """The preset `dropout` with one lane."""
    preset = load_preset("dropout", seeds=1)
    preset = preset.model_copy(update={"arms": preset.arms[:1]})
    # Long enough for the schedules not to come to their end.
    for key, value in {"model.kind": kind, "training.epochs": 100_000, **settings}.items():
        preset = with_value(preset, key, value)
    return preset


class _Steps:
    """A lane that makes training steps and nothing else."""

    def __init__(self, preset: Preset, device: str) -> None:
        lab = Lab(preset, device)
        (self._stack,) = lab.stacks
        self._device, self._epoch, self._number = device, 0, 0

    def seconds(self, count: int) -> float:
        """For one step, as the mean of so many."""
        begin = time.perf_counter()
        for _ in range(count):
            if self._number == 0:
                self._epoch += 1
                self._stack.begin_epoch(self._epoch)
            self._stack.step(self._number)
            self._number = (self._number + 1) % self._stack.steps_per_epoch
        if self._device.startswith("cuda"):
            import torch

            torch.cuda.synchronize()
        return (time.perf_counter() - begin) / count


def _lowest(first: _Steps, other: _Steps) -> tuple[float, float]:
    """Round after round the one and the other, so that what else the machine does falls on both; the lowest of each."""
    for steps in (first, other):
        steps.seconds(3)
    # Whole epochs, for what happens at the end of one.
    count = 3 * max(1, round(SECONDS / (3 * other.seconds(3))))
    rounds = [(first.seconds(count), other.seconds(count)) for _ in range(ROUNDS)]
    return min(a for a, _ in rounds), min(b for _, b in rounds)
