"""Whether a source's files lie in the data folder: by their names alone, so that a list can ask without torch.

Reading and downloading are `engine.data`'s; the names here are those that it looks for.
"""

from __future__ import annotations

import os
from pathlib import Path

_IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_CIFAR10 = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")
# Of each source: its folder, the files in it, and the archive that they come in. MNIST's are packed one by one.
_FILES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "mnist": ("MNIST/raw", _IDX, ""),
    "fashionmnist": ("FashionMNIST/raw", _IDX, ""),
    "cifar10": ("cifar-10-batches-py", _CIFAR10, "cifar-10-python.tar.gz"),
    "cifar100": ("cifar-100-python", ("train", "test", "meta"), "cifar-100-python.tar.gz"),
}


def at_hand(source: str) -> bool:
    """Whether nothing has to be downloaded for a source."""
    if source not in _FILES:
        return True
    root = _data_folder()
    folder, names, archive = _FILES[source]
    if archive and os.path.isfile(root / archive):  # it is unpacked when it is first used
        return True
    ends = ("",) if archive else ("", ".gz")
    # os.path's question and not Path's: a folder that may not be entered is no error here.
    return all(any(os.path.isfile(root / folder / f"{name}{end}") for end in ends) for name in names)


def _data_folder() -> Path:
    given = os.environ.get("REGTUI_DATA")
    if given:
        return Path(os.path.expanduser(given))
    import platformdirs

    return platformdirs.user_cache_path("regtui") / "data"
