"""How fast the engine is, as ratios taken in one run on one machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

import torch

from engine.data import data_folder
from engine.lab import Lab
from engine.preset import Preset, load_preset
from tests.benchmarks import plain_torch
from tests.benchmarks.result import Result

SHARED = Path(__file__).parents[3] / "shared" / "data"


def run(preset: Preset, device: str = "cpu") -> float:
    """Seconds from the first step to the end, test included."""
    lab = Lab(preset, device)
    begin = time.perf_counter()
    while not lab.finished:
        lab.advance()
    return time.perf_counter() - begin


def have_mnist() -> bool:
    """Point REGTUI_DATA at the real MNIST beside the checkout, where there is one and none is set."""
    if "REGTUI_DATA" not in os.environ and SHARED.exists():
        os.environ["REGTUI_DATA"] = str(SHARED)
    return (data_folder() / "MNIST" / "raw").exists()


def matrix_seconds(lab: Lab, epochs: int) -> float:
    """The time that the run's matrix products alone take, each shape timed by itself on this machine.

    Forward and the two backward products of every layer for every step, and the forward products of the two
    evaluations of every epoch, for each lane.
    """
    stack = lab._stacks[0]
    lanes = len(stack.lanes)
    examples = stack.task.train_y_SN.shape[1]
    batch, rows = min(100, examples), examples + stack.task.val_y_SN.shape[1]
    steps = stack.steps_per_epoch * epochs
    total = 0.0
    for place, slot in enumerate(stack.layout.matrices):
        inputs, outputs = slot.shape
        x, w = torch.randn(batch, inputs), torch.randn(inputs, outputs)
        gradient, many = torch.randn(batch, outputs), torch.randn(rows, inputs)
        total += steps * lanes * (_timed(lambda x=x, w=w: x @ w) + _timed(lambda x=x, g=gradient: x.T @ g))
        if place:
            total += steps * lanes * _timed(lambda w=w, g=gradient: g @ w.T)
        total += epochs * lanes * _timed(lambda many=many, w=w: many @ w)
    return total


def _timed(product: object, repeats: int = 30) -> float:
    assert callable(product)
    for _ in range(3):
        product()
    best = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        for _ in range(repeats):
            product()
        best = min(best, (time.perf_counter() - begin) / repeats)
    return best


def saitoh_pair(epochs: int = 301) -> list[Result]:
    """Saitoh's (2016) pair on MNIST against the plain loop, and against its own matrix products."""
    if not have_mnist():
        return [Result("Saitoh's pair on MNIST", "at least 4 x", "skipped: no MNIST in REGTUI_DATA", None)]
    preset = load_preset("mnist-dropout", epochs=epochs)
    lab = Lab(preset, "cpu")
    task = lab._stacks[0].task
    ours = min(run(preset) for _ in range(2))
    hidden = list(preset.base.model.hidden)

    def plain(evaluation_batch: int) -> float:
        begin = time.perf_counter()
        for arm in preset.arms:
            plain_torch.train(
                task.train_x_SNI[0], task.train_y_SN[0], task.val_x_SNI[0], task.val_y_SN[0],
                hidden, arm.settings.regularization.dropout, epochs, evaluation_batch,
            )  # fmt: skip
        return time.perf_counter() - begin

    theirs, large = plain(100), plain(1000)
    products = matrix_seconds(lab, epochs)
    return [
        Result(
            "Saitoh's pair on MNIST against a plain torch loop",
            "at least 4 x",
            f"{theirs / ours:.1f} x ({ours:.1f} s against {theirs:.1f} s)",
            theirs / ours >= 4,
        ),
        Result(
            "the same where the plain loop measures in batches of 1,000",
            "-",
            f"{large / ours:.1f} x ({ours:.1f} s against {large:.1f} s)",
            None,
        ),
        Result(
            "the same against its matrix products alone",
            "aim: 1.5 x",
            f"{ours / products:.2f} x ({products:.1f} s of products)",
            ours / products <= 1.5,
        ),
    ]
