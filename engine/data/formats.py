"""The file formats of the torchvision sets: IDX (MNIST), pickled batches in a tar archive (CIFAR)."""

from __future__ import annotations

import gzip
import pickle
import shutil
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.pool import Array
from engine.files import written

# What reading a cut or foreign file raises, beyond OSError: a pickle's opcodes can trip over almost anything.
DAMAGED = (
    OSError, EOFError, zlib.error, tarfile.TarError, pickle.UnpicklingError,
    ValueError, KeyError, IndexError, TypeError, AttributeError, ImportError, OverflowError, MemoryError,
)  # fmt: skip


def read_idx(path: Path) -> Array:
    """The uint8 array of an IDX file, plain or gzipped (format: http://yann.lecun.com/exdb/mnist)."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if len(raw) < 4 or raw[:3] != b"\0\0\x08":
        raise ValueError("no IDX file of bytes")
    dimensions = raw[3]
    shape = np.frombuffer(raw, ">i4", dimensions, offset=4).tolist()
    body = np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions)
    if any(length < 0 for length in shape) or body.size != int(np.prod(shape, dtype=np.int64)):
        raise ValueError(f"{body.size} bytes where its header says {' x '.join(map(str, shape))}")
    return body.reshape(shape)


# Taken from the arrays themselves, since NumPy has moved these functions between versions.
_ALLOWED = {
    "_reconstruct": np.empty(1).__reduce__()[0],
    "_frombuffer": np.empty(1).__reduce_ex__(5)[0],
    "ndarray": np.ndarray,
    "dtype": np.dtype,
    "encode": lambda text, _encoding: text.encode("latin1"),
}


class _Arrays(pickle.Unpickler):
    """Arrays and plain values only: a file that lies in a data folder must not be able to run code."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] in ("numpy", "_codecs") and name in _ALLOWED:
            return _ALLOWED[name]
        raise pickle.UnpicklingError(f"{module}.{name} does not belong in it")


def read_pickle(path: Path) -> Any:
    """What a batch of CIFAR holds (written by Python 2, hence latin1)."""
    with path.open("rb") as file:
        return _Arrays(file, encoding="latin1").load()


def unpack(archive: Path, members: Sequence[str], root: Path) -> None:
    """Write these members of a tar.gz, and nothing else, to their places below `root`."""
    with tarfile.open(archive, "r:gz") as tar:
        wanted = set(members)
        for member in tar:
            packed = tar.extractfile(member) if member.name in wanted and member.isfile() else None
            if packed is not None:
                place = root / member.name
                place.parent.mkdir(parents=True, exist_ok=True)
                with written(place) as file:
                    shutil.copyfileobj(packed, file)
                wanted.remove(member.name)
    if wanted:
        raise ValueError(f"has no {sorted(wanted)[0]}")
