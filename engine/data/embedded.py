"""The small sets that come with scikit-learn: digits, iris, wine, breast_cancer."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from engine.data.pool import Array, Part, Pool

_FILES = {
    "digits": "digits.csv.gz",
    "iris": "iris.csv",
    "wine": "wine_data.csv",
    "breast_cancer": "breast_cancer.csv",
}


def load_embedded(source: str) -> Pool:
    """All examples of an embedded set, in scikit-learn's order."""
    try:
        table, class_names = _read(source)
    except (OSError, ValueError):  # a scikit-learn that keeps its files elsewhere
        table, class_names = _ask(source)
    x_NI, y_N = table[:, :-1], table[:, -1].astype(np.int64)
    if source == "digits":
        return Pool(Part(x_NI.astype(np.uint8), y_N), class_names, image_shape=(1, 8, 8), top=16.0)
    return Pool(Part(x_NI, y_N), class_names)


def _read(source: str) -> tuple[Array, tuple[str, ...]]:
    """Features and class number of each example, from scikit-learn's own file.

    Importing scikit-learn takes 0.7 s, reading the file 0.01 s, and the default preset waits for it.
    """
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("scikit-learn")
    path = Path(spec.submodule_search_locations[0], "datasets", "data", _FILES[source])
    if source == "digits":
        return np.loadtxt(path, delimiter=","), _numbered(10)
    with path.open(encoding="utf-8") as lines:  # first line: examples, features, names of the classes
        examples, features, *class_names = lines.readline().strip().split(",")
        table = np.loadtxt(lines, delimiter=",")
    if table.shape != (int(examples), int(features) + 1):
        raise ValueError(f"{path}: not as its first line says")
    return table, tuple(class_names)


def _ask(source: str) -> tuple[Array, tuple[str, ...]]:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{source}")()
    table = np.column_stack([bunch.data, bunch.target])
    return table, tuple(str(name) for name in bunch.target_names)


def _numbered(classes: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(classes))
