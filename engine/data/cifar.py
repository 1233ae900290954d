"""CIFAR's files: pickled batches of images, and the names of the classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.data.pickles import Named, Said, read_plain
from engine.data.pool import Array, Part
from engine.text import printable

PIXELS = 3 * 32 * 32
_PLAIN_BYTES = ("|", None, None, None)  # a dtype's state: byte order, then base, names and fields of a structured one


def read_batch(raw: bytes, labels: str, classes: int) -> Part:
    """One batch, its rows flattened (channel, height, width) already.

    Parameters
    ----------
    labels : the key of the labels.
    classes : how many there are; labels are 0 to classes - 1.

    Raises
    ------
    ValueError
        It is none.
    """
    held = _dict(raw)
    values = held.get(labels)
    if not isinstance(values, list) or not values:
        raise ValueError(f"has no list of {labels}")
    # bool is an int to isinstance.
    for label in values:
        if type(label) is not int or not 0 <= label < classes:
            shown = label if type(label) is int else "no number"
            raise ValueError(f"a label is {shown}: must be 0 to {classes - 1}")
    return Part(_bytes_array(held.get("data"), (len(values), PIXELS)), np.array(values, dtype=np.int64))


def read_class_names(raw: bytes, key: str, classes: int) -> tuple[str, ...]:
    """The names of the classes, printable. Raises ValueError."""
    values = _dict(raw).get(key)
    if not isinstance(values, list) or len(values) != classes:
        raise ValueError(f"has no list of {classes} {key}")
    names = [name.decode("latin1") if isinstance(name, bytes) else name for name in values]
    if not all(isinstance(name, str) and 0 < len(name) <= 100 for name in names):
        raise ValueError(f"has {key} that are no texts of 1 to 100 characters")
    return tuple(map(printable, names))


def _dict(raw: bytes) -> dict[str, Any]:
    held = read_plain(raw)
    if not isinstance(held, dict):
        raise ValueError("holds no dict")
    return held


def _bytes_array(built: Any, shape: tuple[int, int]) -> Array:
    """The uint8 array of that shape that a pickle describes, made of its bytes alone."""
    match built:
        case Said("_reconstruct", (Named("ndarray"), _, _), (_, stored, Said() as dtype, False, data)):
            pass
        case Said("_frombuffer", (data, Said() as dtype, stored, b"C" | "C"), None):
            pass
        case _:
            raise ValueError("its data are no array in the order of C")
    if not _is_uint8(dtype):
        raise ValueError("its data are no uint8")
    if stored != shape or not isinstance(data, bytes) or len(data) != shape[0] * shape[1]:
        raise ValueError("not images of 3 x 32 x 32, one for each label")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _is_uint8(dtype: Said) -> bool:
    match dtype:
        case Said("dtype", (b"u1" | "u1", *_), (_, order, *rest)):
            plain = (order.decode("latin1") if isinstance(order, bytes) else order, *rest[:3])
            return plain == _PLAIN_BYTES
    return False
