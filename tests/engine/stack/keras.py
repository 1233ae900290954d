"""Keras' schedules, by the formulas of its documentation."""

from __future__ import annotations

import numpy as np


def keras_exponential_decay(step: int, decay_steps: int, decay_rate: float) -> float:
    """keras.optimizers.schedules.ExponentialDecay(1, decay_steps, decay_rate, staircase=False)."""
    return float(np.power(decay_rate, step / decay_steps))


def keras_cosine_decay(step: int, decay_steps: int, alpha: float, warmup: int) -> float:
    """keras.optimizers.schedules.CosineDecay with warmup_steps, in NumPy, where it is no longer warming up."""
    step = min(step, decay_steps + warmup) - warmup
    completed = step / decay_steps
    cosine = 0.5 * (1.0 + np.cos(np.pi * completed))
    return float((1 - alpha) * cosine + alpha)


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


def keras_reduce_on_plateau(losses: list[float], factor: float, patience: int, delta: float, rest: int) -> list[float]:
    """keras.callbacks.ReduceLROnPlateau(mode="min"), transcribed: the rate after each epoch, from 1."""
    best, wait, counter, lr, rates = np.inf, 0, 0, 1.0, []
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
        rates.append(lr)
    return rates
