"""What the tests of the data share: a short way to a task, and files in the true formats."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.data import Task, load_task
from engine.preset.errors import PresetError
from engine.preset.schema import Data
from tests.engine.data import python2

PARTS = ("train", "val", "test")


def task(seeds: tuple[int, ...] = (0,), report: Any = lambda event: None, **settings: Any) -> Task:
    return load_task(Data(**settings), seeds, torch.device("cpu"), torch.float64, report)


def error(**settings: Any) -> str:
    """The one short line that these settings are refused with."""
    with pytest.raises(PresetError) as raised:
        task(**settings)
    message = str(raised.value)
    assert message.isprintable(), message
    assert len(message) <= 300, message
    return message


def inputs(loaded: Task, part: str, seed: int = 0) -> np.ndarray:
    return getattr(loaded, f"{part}_x_SNI")[seed].numpy()


def labels(loaded: Task, part: str, seed: int = 0) -> np.ndarray:
    return getattr(loaded, f"{part}_y_SN")[seed].numpy()


def counts(loaded: Task) -> tuple[int, ...]:
    return tuple(getattr(loaded, f"{part}_y_SN").shape[1] for part in PARTS)


def write_idx(path: Path, array: np.ndarray, packed: bool = False) -> str:
    """A file in MNIST's format; its md5."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    raw = header + array.astype(np.uint8).tobytes()
    raw = gzip.compress(raw, mtime=0) if packed else raw
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return hashlib.md5(raw).hexdigest()


def write_mnist(folder: Path, train: int = 60, test: int = 30, packed: bool = False) -> dict[str, str]:
    """The four files of an MNIST of random pixels; the md5 of each."""
    rng, end, md5 = np.random.default_rng(0), ".gz" if packed else "", {}
    for part, count in (("train", train), ("t10k", test)):
        images = rng.integers(0, 256, (count, 28, 28))
        for name, array in (
            (f"{part}-images-idx3-ubyte{end}", images),
            (f"{part}-labels-idx1-ubyte{end}", np.arange(count) % 10),
        ):
            md5[name] = write_idx(folder / name, array, packed)
    return md5


def write_cifar10(folder: Path, images: int = 20) -> np.ndarray:
    """Six batches and the names; the pixels of the first batch, (images, 3 * 32 * 32)."""
    rng = np.random.default_rng(1)
    folder.mkdir(parents=True)
    batches = [rng.integers(0, 256, (images, 3072), dtype=np.uint8) for _ in range(6)]
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    for name, pixels in zip(names, batches, strict=True):
        fields = {"data": pixels, "labels": [number % 10 for number in range(images)], "batch_label": name}
        (folder / name).write_bytes(python2.dumps(fields))
    classes = [f"thing {number}" for number in range(10)]
    (folder / "batches.meta").write_bytes(python2.dumps({"label_names": classes}))
    return batches[0]


def real_mnist() -> Path:
    """The folder of the real digits; skips the test where there is none."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    root = Path(os.environ.get("REGTUI_TEST_DATA") or beside)
    if not (root / "MNIST" / "raw").is_dir():
        pytest.skip("no real MNIST: set REGTUI_TEST_DATA to a folder with MNIST/raw")
    return root
