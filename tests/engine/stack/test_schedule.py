"""Schedules are torch's, restarts and plateaus Keras'; lanes with different ones share a stack."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from engine.events import Event, Stopped
from engine.looks import take_look
from engine.preset.schema import Schedule
from engine.stack.schedule import Plateau, lr_factor, observe_plateau
from tests.engine.small import Settings, lab_of, only, weights_of
from tests.engine.stack.keras import (
    keras_cosine_decay,
    keras_cosine_decay_restarts,
    keras_exponential_decay,
    keras_reduce_on_plateau,
)

TOTAL = 60


def torch_rates(make: Any, steps: int = TOTAL, lr: float = 1.0) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler, rates = make(optimizer), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


TORCH: dict[str, tuple[Settings, Any]] = {
    "step": ({"kind": "step", "step_size": 7, "gamma": 0.3}, lambda o: lr_scheduler.StepLR(o, 7, 0.3)),
    "exponential": (
        {"kind": "exponential", "step_size": 1, "gamma": 0.95},
        lambda o: lr_scheduler.ExponentialLR(o, 0.95),
    ),
    "exponential, a step_size of 5": (
        {"kind": "exponential", "step_size": 5, "gamma": 0.3},
        lambda o: lr_scheduler.ExponentialLR(o, 0.3 ** (1 / 5)),
    ),
    "cosine": ({"kind": "cosine", "alpha": 0.2}, lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL, 0.2)),
    "one cycle": (
        {"kind": "one_cycle", "pct_start": 0.25, "div_factor": 10.0, "final_div_factor": 100.0},
        lambda o: lr_scheduler.OneCycleLR(
            o, 1.0, total_steps=TOTAL + 1, pct_start=0.25, div_factor=10.0, final_div_factor=100.0
        ),
    ),
    "warm-up": (
        {"warmup": 9},
        lambda o: lr_scheduler.LinearLR(o, 1 / 10, total_iters=9),
    ),
    "warm-up, then cosine": (
        {"kind": "cosine", "warmup": 20},
        lambda o: lr_scheduler.SequentialLR(
            o,
            [lr_scheduler.LinearLR(o, 1 / 21, total_iters=20), lr_scheduler.CosineAnnealingLR(o, TOTAL - 20)],
            [20],
        ),
    ),
    "warm-up, then steps": (
        {"kind": "step", "warmup": 5, "step_size": 10, "gamma": 0.5},
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.LinearLR(o, 1 / 6, total_iters=5), lr_scheduler.StepLR(o, 10, 0.5)], [5]
        ),
    ),
}


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize("name", TORCH)
def test_every_schedule_is_torchs(name: str) -> None:
    settings, make = TORCH[name]
    total = TOTAL + 1 if name == "one cycle" else TOTAL
    ours = [lr_factor(Schedule(**settings), step, total) for step in range(TOTAL)]
    assert ours == pytest.approx(torch_rates(make), rel=1e-9, abs=1e-12)
    assert len({round(rate, 9) for rate in ours}) > 3


def test_an_exponential_over_step_size_steps_is_keras_and_has_no_stairs() -> None:
    schedule = Schedule(kind="exponential", step_size=5, gamma=0.5)
    ours = [lr_factor(schedule, step, TOTAL) for step in range(TOTAL)]
    assert ours == pytest.approx([keras_exponential_decay(step, 5, 0.5) for step in range(TOTAL)], rel=1e-12)
    assert ours[5] == 0.5


@pytest.mark.parametrize("warmup", [0, 7])
def test_decay_steps_are_counted_after_the_warm_up_as_keras_does_and_the_rate_stays_where_they_end(warmup: int) -> None:
    schedule = Schedule(kind="cosine", decay_steps=25, alpha=0.2, warmup=warmup)
    rises = [(step + 1) / (warmup + 1) for step in range(warmup)]
    falls = [keras_cosine_decay(step, 25, 0.2, warmup) for step in range(warmup, TOTAL)]
    assert [lr_factor(schedule, step, TOTAL) for step in range(TOTAL)] == pytest.approx(rises + falls, rel=1e-12)
    assert falls[24] > falls[25] == falls[-1] == pytest.approx(0.2)


@pytest.mark.parametrize("warmup", [0, 7])
def test_one_cycle_of_decay_steps_is_torchs_of_so_many_steps_after_the_warm_up(warmup: int) -> None:
    settings = {"pct_start": 0.25, "div_factor": 10.0, "final_div_factor": 100.0}
    schedule = Schedule(kind="one_cycle", decay_steps=25, warmup=warmup, **settings)
    rises = [(step + 1) / (warmup + 1) / 10 for step in range(warmup)]  # to where the cycle begins
    # One step less: torch's scheduler will not be asked for more than all its steps.
    cycle = torch_rates(lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=25, **settings), 24)
    rest = [1 / 10 / 100] * (TOTAL - warmup - 24)
    ours = [lr_factor(schedule, step, TOTAL) for step in range(TOTAL)]
    assert ours == pytest.approx(rises + cycle + rest, rel=1e-9)


@pytest.mark.parametrize(("t_mul", "m_mul", "alpha"), [(2.0, 1.0, 0.0), (1.0, 0.8, 0.1), (1.5, 0.5, 0.0)])
def test_restarts_are_keras(t_mul: float, m_mul: float, alpha: float) -> None:
    schedule = Schedule(kind="cosine_restarts", first_decay_steps=10, t_mul=t_mul, m_mul=m_mul, alpha=alpha)
    # Between restarts: at one, Keras' own logarithm may round to either side.
    steps = [step for step in range(200) if step % 5]
    ours = [lr_factor(schedule, step, 9999) for step in steps]
    expected = [keras_cosine_decay_restarts(step, 10, t_mul, m_mul, alpha) for step in steps]
    assert ours == pytest.approx(expected, abs=1e-9)


def test_a_restart_begins_at_the_top_however_the_logarithm_rounds() -> None:
    for ratio in (2, 3, 5, 7):
        schedule, start, length = Schedule(kind="cosine_restarts", first_decay_steps=10, t_mul=float(ratio)), 0, 10
        for _ in range(8):
            assert lr_factor(schedule, start, 1) == pytest.approx(1.0, abs=1e-9)
            assert lr_factor(schedule, start + length - 1, 1) < 0.03
            start, length = start + length, length * ratio


GROWING: Settings = {
    "schedule.kind": "cosine_restarts",
    "schedule.first_decay_steps": 1,
    "schedule.t_mul": 1.0,
    "schedule.m_mul": 1.0,
}


def test_restarts_that_grow_beyond_every_float_are_held_and_the_lane_diverges_by_itself() -> None:
    for alpha in (0.0, 0.5, 1.0):
        schedule = Schedule(kind="cosine_restarts", first_decay_steps=2, t_mul=1.0, m_mul=2.0, alpha=alpha)
        # 2 ** 1023 is the last power that a float holds.
        assert lr_factor(schedule, 2046, 1) == pytest.approx(alpha + (1 - alpha) * 2.0**1023, rel=1e-12)
        rates = [lr_factor(schedule, step, 1) for step in (2047, 2048, 2049, 10**6, 10**9)]
        assert not any(math.isnan(rate) for rate in rates)
        assert rates[-2] == (1.0 if alpha == 1 else pytest.approx((1 - alpha) * sys.float_info.max))

    base = {"training.epochs": 100_000, "early_stopping.restore_best": False}
    lab, plain = (lab_of(base, {"growing": arm, "still": {}}) for arm in (GROWING, {}))
    events: list[Event] = []
    for epoch in range(120):
        if epoch == 2:
            lab.turn("schedule.m_mul", 10.0, "growing")
        if epoch in (2, 119):
            line = take_look(lab, "schedule", "growing", 0).data
            assert isinstance(line, tuple)
            assert len(line) == 200
            assert not any(math.isnan(rate) for _, rate in line)
        events += lab.run_epoch()
        plain.run_epoch()
    assert [(stop.arm, stop.reason) for stop in only(events, Stopped)] == [("growing", "diverged")]
    assert torch.equal(weights_of(lab, "still"), weights_of(plain, "still"))


def test_a_warm_up_before_one_cycle_climbs_to_where_the_cycle_begins() -> None:
    schedule = Schedule(kind="one_cycle", warmup=4, div_factor=20.0)
    assert [lr_factor(schedule, step, 104) for step in range(5)] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    cycle = [lr_factor(Schedule(kind="one_cycle", div_factor=20.0), step, 100) for step in range(100)]
    assert [lr_factor(schedule, step, 104) for step in range(4, 104)] == cycle
    assert max(cycle) == pytest.approx(1.0)


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("cooldown", [0, 1, 4])
def test_reduce_on_plateau_is_keras(patience: int, cooldown: int) -> None:
    rng = np.random.default_rng(patience * 10 + cooldown)
    schedule = Schedule(kind="plateau", factor=0.5, patience=patience, min_delta=0.02, cooldown=cooldown)
    for _ in range(30):
        losses = (1 / np.sqrt(np.arange(1, 60)) + rng.normal(0, 0.05, 59)).tolist()
        plateau, scales = Plateau(), []
        for loss in losses:
            plateau = observe_plateau(plateau, schedule, loss)
            scales.append(plateau.scale)
        assert scales == keras_reduce_on_plateau(losses, 0.5, patience, 0.02, cooldown)
        assert scales[-1] < 1
