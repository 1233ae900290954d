"""The learning-rate finder (Smith 2017): a short sweep from far too small to far too big, on copies of the lanes."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch

from engine.events import Found
from engine.lab import Lab
from engine.preset import PresetError
from engine.stack import Stack

# The weight of the past in the smoothed loss. fastai has 0.98 for sweeps of thousands of batches; over 100 steps that
# would lag behind by half of them.
_SMOOTHING = 0.9
# A lane is reported until its smoothed loss is this many times the best (fastai).
_DIVERGED = 4.0
# The first share of the sweep is too little smoothed to be the steepest descent (fastai leaves out as much).
_UNSETTLED = 0.1
# A loss that falls by less than this share of itself does not fall.
_FALL = 0.01


def _never() -> bool:
    return False


def find_lr(
    lab: Lab, low: float = 1e-6, high: float = 10.0, steps: int = 100, cancelled: Callable[[], bool] = _never
) -> dict[str, Found]:
    """Train copies of all lanes, the rate growing exponentially, and leave the lab bit for bit as it was.

    The losses are those of the training step, without penalties and at the knobs as they stand, but at the sweep's
    rate: schedules do not act. Lanes that have stopped are swept too, from the weights they ended with.

    Parameters
    ----------
    low, high : the first and the last rate.
    steps : of the sweep, at least 10.
    cancelled : called at each step; where it returns True the sweep ends and nothing is found.

    Raises
    ------
    PresetError : the bounds make no sweep.
    """
    if not (0 < low < high <= 1e9) or not 10 <= steps <= 100_000:
        raise PresetError(
            f"find_lr from {low:g} to {high:g} in {steps} steps: needs 0 < low < high <= 1e9 and 10 to 100000 steps"
        )
    rates = [low * (high / low) ** (number / (steps - 1)) for number in range(steps)]
    found: dict[str, Found] = {}
    with lab.undisturbed():
        for stack in lab.stacks:
            stack.thaw()
            losses = _sweep(stack, rates, lab.epoch + 1, cancelled)
            if losses is None:
                return {}
            for place, arm in enumerate(stack.arms):
                of_seeds = [losses[lane] for lane in range(place, len(stack.lanes), len(stack.arms))]
                means = [sum(losses_of_rate) / len(losses_of_rate) for losses_of_rate in zip(*of_seeds, strict=True)]
                found[arm.name] = _found(arm.name, rates, means)
    return {name: found[name] for name in lab.preset.arm_names}


def _sweep(stack: Stack, rates: Sequence[float], epoch: int, cancelled: Callable[[], bool]) -> list[list[float]] | None:
    """The losses of every lane, one for each rate; the device is waited for once, at the end."""
    measured = []
    for place, rate in enumerate(rates):
        if cancelled():
            return None
        number = place % stack.steps_per_epoch
        if number == 0:
            stack.begin_epoch(epoch + place // stack.steps_per_epoch)
        stack.rates.fixed = rate
        stack.step(number)
        measured.append(stack.loss_L)
    losses: list[list[float]] = torch.stack(measured, dim=1).double().cpu().tolist()
    return losses


def smoothed(losses: Sequence[float]) -> list[float]:
    """The exponential moving average, corrected for its start at 0 as Adam's means are."""
    mean, averages = 0.0, []
    for number, loss in enumerate(losses, start=1):
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        averages.append(mean / (1 - _SMOOTHING**number))
    return averages


def _found(arm: str, rates: Sequence[float], measured: Sequence[float]) -> Found:
    losses = smoothed(measured)
    best, end = math.inf, len(losses)
    for number, loss in enumerate(losses):
        if not math.isfinite(loss) or loss > _DIVERGED * best:
            end = number
            break
        best = min(best, loss)
    noise = statistics.median([abs(value - other) for value, other in pairwise(measured[:end])] or [0.0])
    return Found(arm, tuple(rates[:end]), tuple(losses[:end]), steepest(rates[:end], losses[:end], len(rates), noise))


def steepest(rates: Sequence[float], losses: Sequence[float], steps: int, noise: float = 0.0) -> float | None:
    """The rate where the loss falls most for a factor in the rate (fastai's `steep`), or None where it does not fall.

    Only the way down to its lowest point counts: a network thrown off its place may fall steeply again afterwards.

    Parameters
    ----------
    rates, losses : up to where the loss diverged.
    steps : of the whole sweep.
    noise : by how much the measured loss jumps from one batch to the next; a smoothed one that falls by less in all
        has not fallen.
    """
    start = math.ceil(_UNSETTLED * steps)
    rates, losses = rates[start:], losses[start:]
    if len(losses) < 2 or min(losses) > losses[0] - max(noise, _FALL * abs(losses[0])):
        return None
    slopes = [
        (losses[number + 1] - losses[number]) / math.log(rates[number + 1] / rates[number])
        for number in range(losses.index(min(losses)))
    ]
    return rates[slopes.index(min(slopes))]
