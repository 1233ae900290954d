"""Schedules of lanes that train side by side, turned, restored, and drawn over the run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine.events import Epoch, Finished
from engine.lab import Lab
from engine.preset import live_knobs
from engine.preset.schema import Schedule
from engine.stack import Stack
from engine.stack.schedule import lr_factor
from tests.engine.reference import batches, network_of, parameters_of, train, weight_matrices
from tests.engine.small import Settings, epochs_by_lane, lab_of, only, task_of, weights_of
from tests.engine.stack.keras import keras_reduce_on_plateau

ARMS: dict[str, Settings] = {
    "constant": {},
    "step": {"schedule.kind": "step", "schedule.step_size": 4, "schedule.gamma": 0.5},
    "exponential": {"schedule.kind": "exponential", "schedule.step_size": 1, "schedule.gamma": 0.9},
    "cosine": {"schedule.kind": "cosine", "schedule.alpha": 0.1, "schedule.warmup": 3},
    "restarts": {"schedule.kind": "cosine_restarts", "schedule.first_decay_steps": 3, "schedule.m_mul": 0.7},
    "one cycle": {"schedule.kind": "one_cycle"},
    "plateau": {
        "schedule.kind": "plateau",
        "schedule.patience": 1,
        "schedule.min_delta": 10.0,
        "schedule.factor": 0.5,
    },
}


# Beside those, what is only of interest where a network is trained by it.
TRAINED: dict[str, Settings] = {
    **ARMS,
    "slow exponential": {"schedule.kind": "exponential", "schedule.step_size": 5, "schedule.gamma": 0.5},
    "short cosine": {"schedule.kind": "cosine", "schedule.alpha": 0.2, "schedule.decay_steps": 10},
    "plateau after a warm-up": {**ARMS["plateau"], "schedule.warmup": 8},
}


def schedule_of(settings: Settings) -> Schedule:
    return Schedule(**{key.removeprefix("schedule."): value for key, value in settings.items()})


def rates_of(arm: Settings, lr: float, steps: int, total: int, plateaus: list[float]) -> list[float]:
    factors = [lr_factor(schedule_of(arm), step, total) for step in range(steps)]
    return [lr * factor * plateaus[step // 3] for step, factor in enumerate(factors)]


def decayed_rule(optimizer: str, network: nn.Sequential, weight_decay: float) -> torch.optim.Optimizer:
    """torch's AdamW with decay on the weights alone, or SGD with `W * (1 - lr_t * weight_decay)` before each step."""
    weights = weight_matrices(network)
    if optimizer == "adamw":
        biases = [parameter for parameter in network.parameters() if parameter.ndim == 1]
        groups = [{"params": weights, "weight_decay": weight_decay}, {"params": biases, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups)
    rule = torch.optim.SGD(network.parameters())

    def shrink(*_: Any) -> None:
        with torch.no_grad():
            for W in weights:
                W *= 1 - rule.param_groups[0]["lr"] * weight_decay

    rule.register_step_pre_hook(shrink)
    return rule


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_every_lane_of_one_stack_trains_and_decays_at_the_rates_of_its_own_schedule(optimizer: str) -> None:
    decays = {name: 0.3 * number for number, name in enumerate(TRAINED)}
    base: Settings = {
        "training.optimizer": optimizer, "training.epochs": 8, "training.seeds": [0, 3],
        "early_stopping.restore_best": False,
    }  # fmt: skip
    arms = {name: {**arm, "regularization.weight_decay": decays[name]} for name, arm in TRAINED.items()}
    lab = lab_of(base, arms)
    assert len(lab._stacks) == 1
    task, layout = task_of([0, 3]), lab._stacks[0].layout
    expected = {}
    for name, arm in TRAINED.items():
        # Nothing improves by 10: the first epoch is the best, and each later one halves the rate.
        plateaus = [1.0, 1.0, *(0.5**epoch for epoch in range(1, 7))] if "plateau" in name else [1.0] * 8
        rates = rates_of(arm, 0.1, 24, 24, plateaus)
        if name == "plateau after a warm-up":
            rises = [0.1 * (step + 1) / 9 if step < 8 else 0.1 for step in range(24)]
            assert rates == pytest.approx([rate * plateaus[step // 3] for step, rate in enumerate(rises)])
        for row, seed in enumerate([0, 3]):
            network = network_of(layout, weights_of(lab, name, seed))
            rule = decayed_rule(optimizer, network, decays[name])
            for rate, batch in zip(rates, batches(task, seed, 16, 8, row), strict=True):
                for group in rule.param_groups:
                    group["lr"] = rate
                train(network, rule, iter([batch]))
            expected[name, seed] = (parameters_of(network), rates[2::3])
    curves = epochs_by_lane(list(lab.run()))
    for lane, (weights, rates) in expected.items():
        assert [event.lr for event in curves[lane]] == pytest.approx(rates, rel=1e-12)
        torch.testing.assert_close(weights_of(lab, *lane), weights, rtol=0, atol=1e-9)


def test_a_plateau_is_one_of_each_lanes_own_validation_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    arms: dict[str, Settings] = {
        "quick": {"schedule.kind": "plateau", "schedule.patience": 1, "schedule.factor": 0.5},
        "slow": {"schedule.kind": "plateau", "schedule.patience": 3, "schedule.factor": 0.2, "schedule.cooldown": 2},
        "constant": {},
    }
    lab = lab_of({"training.epochs": 12, "training.seeds": [0, 3], "schedule.min_delta": 0.02}, arms)
    (stack,) = lab.stacks
    val_losses = (1 + np.random.default_rng(5).normal(0, 0.1, (len(stack.lanes), 12))).tolist()
    plain = Stack.measure

    def crafted(self: Stack) -> list[dict[str, float]]:
        # Training goes on improving by far, so that whoever watches it never sees a plateau.
        return [
            {**numbers, "val_loss": val_losses[lane][lab.epoch - 1], "train_loss": 100.0 - lab.epoch}
            for lane, numbers in enumerate(plain(self))
        ]

    monkeypatch.setattr(Stack, "measure", crafted)
    curves = epochs_by_lane(list(lab.run()))
    endings = set()
    for lane, key in enumerate(stack.lanes):
        schedule = schedule_of(arms[key[0]])
        after = [1.0] * 12
        if schedule.kind == "plateau":
            after = keras_reduce_on_plateau(
                val_losses[lane], schedule.factor, schedule.patience, 0.02, schedule.cooldown
            )
        rates = [0.1 * scale for scale in [1.0, *after[:-1]]]
        assert [event.lr for event in curves[key]] == pytest.approx(rates, rel=1e-12)
        endings.add(rates[-1])
    assert len(endings) >= 4


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_constant_lane_is_bit_identical_beside_lanes_whose_rates_move(optimizer: str, dtype: torch.dtype) -> None:
    base = {"training.optimizer": optimizer, "training.lr": 0.03, "regularization.weight_decay": 0.1}
    beside = lab_of(base, ARMS, dtype)
    without = lab_of(base, {name: {} for name in ARMS}, dtype)
    one, other = epochs_by_lane(list(beside.run())), epochs_by_lane(list(without.run()))
    assert one["constant", 0] == other["constant", 0]
    assert torch.equal(weights_of(beside, "constant"), weights_of(without, "constant"))
    assert not torch.equal(weights_of(beside, "cosine"), weights_of(without, "cosine"))


def test_a_turned_rate_scales_the_schedule_from_then_on() -> None:
    lab, plain = lab_of({"training.epochs": 6}, ARMS), lab_of({"training.epochs": 6}, ARMS)
    before = [lab.run_epoch() for _ in range(3)]
    assert [before[0], before[1], before[2]] == [plain.run_epoch() for _ in range(3)]
    lab.turn("training.lr", 0.02)
    for _ in range(3):
        turned, events = only(lab.run_epoch(), Epoch), only(plain.run_epoch(), Epoch)
        for one, other in zip(turned, events, strict=True):
            assert one.lr == pytest.approx(other.lr * 0.2, rel=1e-12)


def test_a_turned_schedule_and_a_turned_length_act_from_the_next_step_on() -> None:
    lab = lab_of({"training.epochs": 4})
    lab.run_epoch()
    lab.turn("schedule.kind", "cosine")
    (event,) = only(lab.run_epoch(), Epoch)
    assert event.lr == pytest.approx(0.1 * (1 + math.cos(math.pi * 5 / 12)) / 2)
    lab.turn("training.epochs", 40)
    (event,) = only(lab.run_epoch(), Epoch)
    assert event.lr == pytest.approx(0.1 * (1 + math.cos(math.pi * 8 / 120)) / 2)


def test_a_restored_lab_goes_on_at_the_same_rates_plateaus_included() -> None:
    lab = lab_of({"training.epochs": 12, "training.seeds": [0, 1]}, ARMS)
    for _ in range(4):
        lab.run_epoch()
    lab.advance()
    state = lab.state()
    first = list(iter_to_end(lab))
    lab.restore(state)
    assert list(iter_to_end(lab)) == first
    fresh = lab_of({"training.epochs": 12, "training.seeds": [0, 1]}, ARMS)
    fresh.restore(state)
    assert list(iter_to_end(fresh)) == first
    plateau = [event.lr for event in only(first, Epoch) if event.arm == "plateau"]
    assert plateau[-1] < plateau[0] < 0.1


def iter_to_end(lab: Lab) -> Any:
    while not lab.finished:
        yield from lab.advance()


def test_the_line_over_the_run_is_what_the_epochs_tell() -> None:
    lab = lab_of({"training.epochs": 20}, {name: arm for name, arm in ARMS.items() if name != "plateau"})
    lines = {name: lab.schedule(name) for name in lab.preset.arm_names}
    curves = epochs_by_lane(list(lab.run()))
    for name, line in lines.items():
        rates = {epoch: rate for epoch, rate in line if epoch == int(epoch)}
        assert rates == {float(event.epoch): event.lr for event in curves[name, 0]}
        assert (line[0][0], line[-1][0]) == (pytest.approx(1 / 3), 20.0)
    long = lab_of({"training.epochs": 1_000_000}, ARMS)
    assert len(long.schedule("cosine")) == 200
    assert only(list(lab_of({}, ARMS).run()), Finished)


def test_every_number_of_a_schedule_can_be_turned() -> None:
    assert {f"schedule.{name}" for name in Schedule.model_fields} == {
        knob.key for knob in live_knobs() if knob.section == "schedule"
    }


@pytest.mark.parametrize("total", [1, 2, 3])
@pytest.mark.parametrize("kind", ["step", "exponential", "cosine", "cosine_restarts", "one_cycle", "plateau"])
def test_the_shortest_runs_and_steps_beyond_the_end_have_finite_rates(kind: str, total: int) -> None:
    for warmup in (0, 2, 9):
        for decay_steps in (0, 1, 5):
            schedule = Schedule(kind=kind, warmup=warmup, decay_steps=decay_steps)
            rates = [lr_factor(schedule, step, total) for step in range(40)]
            assert all(0 <= rate <= 1 + 1e-12 for rate in rates)
