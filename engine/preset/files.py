"""Where downloaded sets lie and which files they are: by names alone, so that a list can ask without torch.

Reading and downloading them is `engine.data`'s.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SetFiles:
    """The files of a set, in torchvision's own format."""

    name: str  # of torchvision's class
    folder: str  # under the data folder
    train: tuple[str, ...]
    test: tuple[str, ...]
    meta: tuple[str, str] = ("", "")  # the file with the names of the classes, and the key they lie under
    labels: str = ""
    archive: str = ""
    class_names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return self.train + self.test + ((self.meta[0],) if self.meta[0] else ())


_IDX_TRAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
_IDX_TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
SET_FILES = {
    "mnist": SetFiles("MNIST", "MNIST/raw", _IDX_TRAIN, _IDX_TEST, class_names=tuple("0123456789")),
    "fashionmnist": SetFiles("FashionMNIST", "FashionMNIST/raw", _IDX_TRAIN, _IDX_TEST, class_names=_CLOTHES),
    "cifar10": SetFiles(
        "CIFAR10",
        "cifar-10-batches-py",
        tuple(f"data_batch_{number}" for number in range(1, 6)),
        ("test_batch",),
        ("batches.meta", "label_names"),
        "labels",
        "cifar-10-python.tar.gz",
    ),
    "cifar100": SetFiles(
        "CIFAR100",
        "cifar-100-python",
        ("train",),
        ("test",),
        ("meta", "fine_label_names"),
        "fine_labels",
        "cifar-100-python.tar.gz",
    ),
}


def data_folder() -> Path:
    """Where downloaded sets lie: the environment's REGTUI_DATA, or the user's cache."""
    given = os.environ.get("REGTUI_DATA")
    if given:
        return Path(os.path.expanduser(given))
    import platformdirs

    return platformdirs.user_cache_path("regtui") / "data"


def at_hand(source: str) -> bool:
    """Whether nothing has to be downloaded for a source."""
    if source not in SET_FILES:
        return True
    files, root = SET_FILES[source], data_folder()
    if files.archive and os.path.isfile(root / files.archive):  # it is unpacked when it is first used
        return True
    ends = ("",) if files.archive else ("", ".gz")
    # os.path's question and not Path's: a folder that may not be entered is no error here.
    return all(any(os.path.isfile(root / files.folder / f"{name}{end}") for end in ends) for name in files.names)
