"""Learning-rate schedules: pure functions of the step, so that nothing needs saving, and reduce-on-plateau.

Sources: torch.optim.lr_scheduler (StepLR, ExponentialLR, CosineAnnealingLR, OneCycleLR, LinearLR) and Keras
(CosineDecayRestarts, ReduceLROnPlateau). All is worked out on the host, for an arm at a time.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.preset.schema import Schedule, Settings
from engine.stack.settings import LaneSettings


def lr_factor(schedule: Schedule, step: int, total_steps: int) -> float:
    """What `training.lr` is multiplied by in step `step` (counted from 0) of a run of `total_steps`.

    With t the steps since the warm-up and T `decay_steps`, or where that is 0 all steps after the warm-up:

    - warm-up: `(step + 1) / (warmup + 1)`, which is torch's LinearLR(1 / (warmup + 1), total_iters=warmup), times
      what the schedule begins with: 1, but in a one_cycle, which climbs by itself from there
    - step: `gamma ** floor(t / step_size)`; exponential: `gamma ** (t / step_size)`
    - cosine: `alpha + (1 - alpha) (1 + cos(pi t / T)) / 2`, alpha from T on
    - cosine_restarts: a cosine over `first_decay_steps`, then again and again, each `t_mul` times as long and
      `m_mul` times as high as the one before (Loshchilov and Hutter 2017, as Keras has it)
    - one_cycle: half a cosine up from 1 / div_factor to 1, then half a cosine down to
      1 / (div_factor * final_div_factor) (Smith and Topin 2018, as torch has it)
    - constant, plateau: 1; what plateaus make of a lane is `Plateau.scale`
    """
    length = schedule.decay_steps or max(1, total_steps - schedule.warmup)
    if step < schedule.warmup:
        begins = _one_cycle(schedule, 0, length) if schedule.kind == "one_cycle" else 1.0
        return (step + 1) / (schedule.warmup + 1) * begins
    t = step - schedule.warmup
    match schedule.kind:
        case "step":
            return float(schedule.gamma ** (t // schedule.step_size))
        case "exponential":
            return float(schedule.gamma ** (t / schedule.step_size))
        case "cosine":
            return schedule.alpha + (1 - schedule.alpha) * _half_cosine(min(1.0, t / length))
        case "cosine_restarts":
            return _restarts(schedule, t)
        case "one_cycle":
            return _one_cycle(schedule, t, length)
    return 1.0


def _half_cosine(share: float) -> float:
    """From 1 down to 0 as `share` goes from 0 to 1."""
    return (1 + math.cos(math.pi * share)) / 2


def _restarts(schedule: Schedule, t: int) -> float:
    first, ratio = schedule.first_decay_steps, schedule.t_mul
    if ratio == 1:
        number, share = divmod(t / first, 1)
    else:
        # The lengths are a geometric series. At a restart the logarithm may round to the wrong side of a whole number.
        number = math.floor(math.log(1 + t / first * (ratio - 1)) / math.log(ratio) + 1e-9)
        share = (t / first - (ratio**number - 1) / (ratio - 1)) / ratio**number
    height = _power(schedule.m_mul, number) * _half_cosine(max(0.0, share))
    return schedule.alpha + (1 - schedule.alpha) * height


def _power(base: float, number: float) -> float:
    """`base ** number`, held at the largest float: infinity times the cosine's 0, or times 1 - alpha = 0, is no number.

    A lane whose rate has grown so far diverges and is reported as such; it must not stop the others.
    """
    try:
        return float(base**number)
    except OverflowError:
        return sys.float_info.max


def _one_cycle(schedule: Schedule, t: int, length: int) -> float:
    top, end = schedule.pct_start * length - 1, length - 1
    low = 1 / schedule.div_factor
    if t <= top:
        return low + (1 - low) * (1 - _half_cosine(t / top if top > 0 else 1.0))
    lowest = low / schedule.final_div_factor
    share = min(1.0, (t - top) / (end - top)) if end > top else 1.0
    return lowest + (1 - lowest) * _half_cosine(share)


@dataclass(frozen=True, slots=True)
class Plateau:
    """What reduce-on-plateau remembers of one lane; `scale` is the factor by which it has reduced the learning rate."""

    best: float = math.inf
    wait: int = 0
    cooldown: int = 0
    scale: float = 1.0


def observe_plateau(plateau: Plateau, schedule: Schedule, val_loss: float) -> Plateau:
    """The lane's memory after an epoch (Keras ReduceLROnPlateau, mode "min", without a lowest rate).

    After `patience` epochs that were not better than the best by more than `min_delta` the rate is times `factor`;
    then `cooldown` epochs are not counted.
    """
    cooldown = plateau.cooldown
    wait = plateau.wait
    if cooldown > 0:
        cooldown, wait = cooldown - 1, 0
    if val_loss < plateau.best - schedule.min_delta:
        return replace(plateau, best=val_loss, wait=0, cooldown=cooldown)
    if cooldown > 0:
        return replace(plateau, wait=wait, cooldown=cooldown)
    wait += 1
    if wait < schedule.patience:
        return replace(plateau, wait=wait, cooldown=cooldown)
    return replace(plateau, wait=0, cooldown=schedule.cooldown, scale=plateau.scale * schedule.factor)


class Rates:
    """The learning rates of a stack's lanes: `training.lr`, times the arm's schedule, times the plateaus' factor.

    Parameters
    ----------
    arms : the settings of each arm; lanes are ordered seed by seed.
    settings : the lanes' live settings, which hold `training.lr`.
    steps_per_epoch : of the stack.
    """

    def __init__(self, arms: Sequence[Settings], settings: LaneSettings, steps_per_epoch: int) -> None:
        self._settings, self._steps_per_epoch = settings, steps_per_epoch
        self._scales = [1.0] * len(settings.host["training.lr"])
        self.fixed: float | None = None  # where set, every lane's rate: the finder's sweep
        self.plan(arms)

    def plan(self, arms: Sequence[Settings]) -> None:
        """Take over the arms' schedules and lengths as they are set now."""
        self._plans = [(arm.schedule, arm.training.epochs * self._steps_per_epoch) for arm in arms]
        self._moves = any(plan.kind != "constant" or plan.warmup for plan, _ in self._plans)

    def scale(self, lane: int, scale: float) -> None:
        """Set the factor of plateaus on a lane's rate; it counts as long as the lane's schedule is `plateau`."""
        self._scales[lane] = scale

    def of(self, lane: int, step: int) -> float:
        """The rate of a lane in step `step`, counted from 1."""
        schedule, total = self._plans[lane % len(self._plans)]
        return self._settings.host["training.lr"][lane] * self._factor(lane, lr_factor(schedule, step - 1, total))

    def _factor(self, lane: int, factor: float) -> float:
        reduced = self._plans[lane % len(self._plans)][0].kind == "plateau"
        return factor * self._scales[lane] if reduced else factor

    def at(self, step: int) -> Tensor:
        """The rates of all lanes in step `step`, counted from 1, [L]. Constant ones cost nothing."""
        lr_L = self._settings["training.lr"]
        if self.fixed is not None:
            return torch.full_like(lr_L, self.fixed)
        if not self._moves:
            return lr_L
        factors = [lr_factor(schedule, step - 1, total) for schedule, total in self._plans]
        rates = [
            lr * self._factor(lane, factors[lane % len(factors)])
            for lane, lr in enumerate(self._settings.host["training.lr"])
        ]
        # One small copy, for which nothing waits.
        return torch.tensor(rates, dtype=lr_L.dtype).to(lr_L.device, non_blocking=True)

    def steps(self, lane: int, points: int) -> list[int]:
        """Steps (from 1) spread evenly over the lane's run from its first to its last, at most `points`."""
        total = self._plans[lane % len(self._plans)][1]
        count = min(points, total)
        return [1 + round(number * (total - 1) / max(1, count - 1)) for number in range(count)]
