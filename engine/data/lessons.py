"""Small sets that each teach one thing: truth tables, a noisy curve, exam scores, a thumbtack."""

from __future__ import annotations

import numpy as np

from engine.data.pool import Part, Pool

# The examples are the same in every run: a lane's seed decides how they are split, not what they are.
_SEED = 20240301
_TABLES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "xor4": (0, 1, 1, 0)}


def load_truth_table(source: str) -> Pool:
    """The four rows of and, or, xor: two inputs of 0 or 1, the outcome as the class."""
    x_NI = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float64)
    return Pool(Part(x_NI, np.array(_TABLES[source], dtype=np.int64)), ("0", "1"), top=1.0)


def load_curve(samples: int, noise: float) -> Pool:
    """Points of `sin(pi x)` at x uniform from -1 to 1, each moved by N(0, noise)."""
    rng = np.random.default_rng(_SEED)
    x_NI = rng.uniform(-1, 1, (samples, 1))
    return Pool(Part(x_NI, np.sin(np.pi * x_NI[:, 0]) + noise * rng.standard_normal(samples)), ())


def load_exam(samples: int, noise: float) -> Pool:
    """Students with three exam scores on very different scales (around 5, 60 and 700) and their final mark.

    A score is `middle + spread * z`, where each z is standard normal and a student's three go together (correlation
    0.64). The mark is the mean of the three z, moved by N(0, noise): all exams count the same, however they are
    scored.
    """
    rng = np.random.default_rng(_SEED)
    ability_N = rng.standard_normal(samples)
    z_NI = 0.8 * ability_N[:, None] + 0.6 * rng.standard_normal((samples, 3))
    x_NI = np.array([5.0, 60.0, 700.0]) + np.array([2.0, 15.0, 120.0]) * z_NI
    return Pool(Part(x_NI, z_NI.mean(axis=1) + noise * rng.standard_normal(samples)), ())


def load_thumbtack(samples: int, p_up: float) -> Pool:
    """Tosses of a thumbtack, each up with probability `p_up`; the one input is always 1 and holds no information."""
    rng = np.random.default_rng(_SEED)
    return Pool(Part(np.ones((samples, 1)), (rng.random(samples) < p_up).astype(np.int64)), ("down", "up"))
