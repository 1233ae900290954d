"""Schedules are torch's, restarts and plateaus Keras'; lanes with different ones share a stack."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from engine.events import Epoch, Event, Finished, Stopped
from engine.lab import Lab
from engine.looks import take_look
from engine.preset import live_knobs
from engine.preset.schema import Schedule
from engine.stack import Stack
from engine.stack.schedule import Plateau, lr_factor, observe_plateau
from tests.engine.reference import batches, network_of, parameters_of, train, weight_matrices
from tests.engine.small import Settings, epochs_by_lane, lab_of, only, task_of, weights_of

TOTAL = 60
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


def torch_rates(make: Any, steps: int = TOTAL, lr: float = 1.0) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler, told = make(optimizer), []
    for _ in range(steps):
        told.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return told


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
    told, make = TORCH[name]
    total = TOTAL + 1 if name == "one cycle" else TOTAL
    ours = [lr_factor(Schedule(**told), step, total) for step in range(TOTAL)]
    assert ours == pytest.approx(torch_rates(make), rel=1e-9, abs=1e-12)
    assert len({round(rate, 9) for rate in ours}) > 3


def keras_exponential_decay(step: int, decay_steps: int, decay_rate: float) -> float:
    """keras.optimizers.schedules.ExponentialDecay(1, decay_steps, decay_rate, staircase=False)."""
    return float(np.power(decay_rate, step / decay_steps))


def test_an_exponential_over_step_size_steps_is_keras_and_has_no_stairs() -> None:
    schedule = Schedule(kind="exponential", step_size=5, gamma=0.5)
    ours = [lr_factor(schedule, step, TOTAL) for step in range(TOTAL)]
    assert ours == pytest.approx([keras_exponential_decay(step, 5, 0.5) for step in range(TOTAL)], rel=1e-12)
    assert ours[5] == 0.5


def keras_cosine_decay(step: int, decay_steps: int, alpha: float, warmup: int) -> float:
    """keras.optimizers.schedules.CosineDecay with warmup_steps, in NumPy, where it is no longer warming up."""
    step = min(step, decay_steps + warmup) - warmup
    completed = step / decay_steps
    cosine = 0.5 * (1.0 + np.cos(np.pi * completed))
    return float((1 - alpha) * cosine + alpha)


@pytest.mark.parametrize("warmup", [0, 7])
def test_decay_steps_are_counted_after_the_warm_up_as_keras_does_and_the_rate_stays_where_they_end(warmup: int) -> None:
    schedule = Schedule(kind="cosine", decay_steps=25, alpha=0.2, warmup=warmup)
    rises = [(step + 1) / (warmup + 1) for step in range(warmup)]
    falls = [keras_cosine_decay(step, 25, 0.2, warmup) for step in range(warmup, TOTAL)]
    assert [lr_factor(schedule, step, TOTAL) for step in range(TOTAL)] == pytest.approx(rises + falls, rel=1e-12)
    assert falls[24] > falls[25] == falls[-1] == pytest.approx(0.2)


@pytest.mark.parametrize("warmup", [0, 7])
def test_one_cycle_of_decay_steps_is_torchs_of_so_many_steps_after_the_warm_up(warmup: int) -> None:
    told = {"pct_start": 0.25, "div_factor": 10.0, "final_div_factor": 100.0}
    schedule = Schedule(kind="one_cycle", decay_steps=25, warmup=warmup, **told)
    rises = [(step + 1) / (warmup + 1) / 10 for step in range(warmup)]  # to where the cycle begins
    # One step less: torch's scheduler will not be asked for more than all its steps.
    cycle = torch_rates(lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=25, **told), 24)
    rest = [1 / 10 / 100] * (TOTAL - warmup - 24)
    ours = [lr_factor(schedule, step, TOTAL) for step in range(TOTAL)]
    assert ours == pytest.approx(rises + cycle + rest, rel=1e-9)


def keras_cosine_decay_restarts(step: int, first: int, t_mul: float, m_mul: float, alpha: float) -> float:
    """keras.optimizers.schedules.CosineDecayRestarts, in NumPy."""
    completed = np.float64(step) / first
    if t_mul == 1.0:
        restart = np.floor(completed)
        completed -= restart
    else:
        restart = np.floor(np.log(1.0 - completed * (1.0 - t_mul)) / np.log(t_mul))
        completed = (completed - (1.0 - t_mul**restart) / (1.0 - t_mul)) / t_mul**restart
    cosine = 0.5 * m_mul**restart * (1.0 + np.cos(np.pi * completed))
    return float((1 - alpha) * cosine + alpha)


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
    assert [(told.arm, told.reason) for told in only(events, Stopped)] == [("growing", "diverged")]
    assert torch.equal(weights_of(lab, "still"), weights_of(plain, "still"))


def test_a_warm_up_before_one_cycle_climbs_to_where_the_cycle_begins() -> None:
    schedule = Schedule(kind="one_cycle", warmup=4, div_factor=20.0)
    assert [lr_factor(schedule, step, 104) for step in range(5)] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    cycle = [lr_factor(Schedule(kind="one_cycle", div_factor=20.0), step, 100) for step in range(100)]
    assert [lr_factor(schedule, step, 104) for step in range(4, 104)] == cycle
    assert max(cycle) == pytest.approx(1.0)


def keras_reduce_on_plateau(losses: list[float], factor: float, patience: int, delta: float, rest: int) -> list[float]:
    """keras.callbacks.ReduceLROnPlateau(mode="min"), transcribed: the rate after each epoch, from 1."""
    best, wait, counter, lr, told = np.inf, 0, 0, 1.0, []
    for current in losses:
        if counter > 0:
            counter -= 1
            wait = 0
        if np.less(current, best - delta):
            best, wait = current, 0
        elif not counter > 0:
            wait += 1
            if wait >= patience and lr > 0:
                lr, counter, wait = lr * factor, rest, 0
        told.append(lr)
    return told


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("cooldown", [0, 1, 4])
def test_reduce_on_plateau_is_keras(patience: int, cooldown: int) -> None:
    rng = np.random.default_rng(patience * 10 + cooldown)
    schedule = Schedule(kind="plateau", factor=0.5, patience=patience, min_delta=0.02, cooldown=cooldown)
    for _ in range(30):
        losses = (1 / np.sqrt(np.arange(1, 60)) + rng.normal(0, 0.05, 59)).tolist()
        plateau, told = Plateau(), []
        for loss in losses:
            plateau = observe_plateau(plateau, schedule, loss)
            told.append(plateau.scale)
        assert told == keras_reduce_on_plateau(losses, 0.5, patience, 0.02, cooldown)
        assert told[-1] < 1


def rates_of(arm: Settings, lr: float, steps: int, total: int, plateaus: list[float]) -> list[float]:
    factors = [lr_factor(schedule_of(arm), step, total) for step in range(steps)]
    return [lr * factor * plateaus[step // 3] for step, factor in enumerate(factors)]


def decayed_rule(optimizer: str, network: nn.Sequential, weight_decay: float) -> torch.optim.Optimizer:
    """torch's AdamW with decay on the weights alone, or SGD with `W * (1 - lr_t * weight_decay)` before each step."""
    weights = weight_matrices(network)
    if optimizer == "adamw":
        biases = [one for one in network.parameters() if one.ndim == 1]
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
    told = epochs_by_lane(list(lab.run()))
    for lane, (weights, rates) in expected.items():
        assert [event.lr for event in told[lane]] == pytest.approx(rates, rel=1e-12)
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
    told = epochs_by_lane(list(lab.run()))
    endings = set()
    for lane, key in enumerate(stack.lanes):
        schedule = schedule_of(arms[key[0]])
        after = [1.0] * 12
        if schedule.kind == "plateau":
            after = keras_reduce_on_plateau(
                val_losses[lane], schedule.factor, schedule.patience, 0.02, schedule.cooldown
            )
        rates = [0.1 * scale for scale in [1.0, *after[:-1]]]
        assert [event.lr for event in told[key]] == pytest.approx(rates, rel=1e-12)
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
        turned, told = only(lab.run_epoch(), Epoch), only(plain.run_epoch(), Epoch)
        for one, other in zip(turned, told, strict=True):
            assert one.lr == pytest.approx(other.lr * 0.2, rel=1e-12)


def test_a_turned_schedule_and_a_turned_length_act_from_the_next_step_on() -> None:
    lab = lab_of({"training.epochs": 4})
    lab.run_epoch()
    lab.turn("schedule.kind", "cosine")
    (told,) = only(lab.run_epoch(), Epoch)
    assert told.lr == pytest.approx(0.1 * (1 + math.cos(math.pi * 5 / 12)) / 2)
    lab.turn("training.epochs", 40)
    (told,) = only(lab.run_epoch(), Epoch)
    assert told.lr == pytest.approx(0.1 * (1 + math.cos(math.pi * 8 / 120)) / 2)


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
    told = epochs_by_lane(list(lab.run()))
    for name, line in lines.items():
        rates = {epoch: rate for epoch, rate in line if epoch == int(epoch)}
        assert rates == {float(event.epoch): event.lr for event in told[name, 0]}
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
