"""Two classes of points in the plane: moons, circles, gauss, xor, spiral."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.data.pool import Array, Ints, Part, Pool

# The points are the same in every run: a lane's seed decides how they are split, not what they are.
_SEED = 20240229


def load_synthetic(source: str, samples: int, noise: float) -> Pool:
    """`samples` points, the classes taking turns, each coordinate moved by N(0, noise)."""
    rng = np.random.default_rng(_SEED)
    y_N = np.arange(samples, dtype=np.int64) % 2
    x_NI = _SHAPES[source](y_N, rng) + noise * rng.standard_normal((samples, 2))
    return Pool(Part(x_NI, y_N), ("0", "1"))


def _moons(y_N: Ints, rng: np.random.Generator) -> Array:
    """Two half circles hooked into each other (scikit-learn's make_moons)."""
    angle_N = rng.uniform(0, np.pi, len(y_N))
    upper_NI = np.stack([np.cos(angle_N), np.sin(angle_N)], axis=1)
    x_NI: Array = np.where(y_N[:, None] == 0, upper_NI, np.array([1.0, 0.5]) - upper_NI)
    return x_NI


def _circles(y_N: Ints, rng: np.random.Generator) -> Array:
    """Radius 1 around radius 0.5."""
    angle_N = rng.uniform(0, 2 * np.pi, len(y_N))
    radius_N = np.where(y_N == 0, 1.0, 0.5)
    x_NI: Array = radius_N[:, None] * np.stack([np.cos(angle_N), np.sin(angle_N)], axis=1)
    return x_NI


def _gauss(y_N: Ints, rng: np.random.Generator) -> Array:
    """Normal clouds of standard deviation 0.5 around (-1, -1) and (1, 1)."""
    x_NI: Array = (2.0 * y_N - 1)[:, None] + 0.5 * rng.standard_normal((len(y_N), 2))
    return x_NI


def _xor(y_N: Ints, rng: np.random.Generator) -> Array:
    """The square from -1 to 1: class 0 where both coordinates have one sign, class 1 elsewhere."""
    size_NI = rng.uniform(0, 1, (len(y_N), 2))
    sign_N = rng.choice([-1.0, 1.0], len(y_N))
    x_NI: Array = size_NI * np.stack([sign_N, sign_N * (1 - 2 * y_N)], axis=1)
    return x_NI


def _spiral(y_N: Ints, rng: np.random.Generator) -> Array:
    """Two arms of radius 5 and 1.75 turns, half a turn apart (TensorFlow Playground's)."""
    along_N = rng.uniform(0, 1, len(y_N))
    angle_N = 1.75 * 2 * np.pi * along_N + np.pi * y_N
    x_NI: Array = 5 * along_N[:, None] * np.stack([np.sin(angle_N), np.cos(angle_N)], axis=1)
    return x_NI


_SHAPES: dict[str, Callable[[Ints, np.random.Generator], Array]] = {
    "moons": _moons,
    "circles": _circles,
    "gauss": _gauss,
    "xor": _xor,
    "spiral": _spiral,
}
