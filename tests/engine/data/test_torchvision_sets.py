"""mnist, fashionmnist, cifar10 and cifar100 that are on the disk already."""

from __future__ import annotations

import io
import pickle
import tarfile
import urllib.request

import numpy as np
import pytest

from engine.data import data_folder
from tests.engine.data.common import (
    counts,
    error,
    inputs,
    labels,
    real_mnist,
    task,
    write_cifar10,
    write_idx,
    write_mnist,
)


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    """An empty data folder, and no network."""

    def refuse(*args, **kwargs):
        raise AssertionError("the network was touched")

    monkeypatch.setenv("REGTUI_DATA", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    return tmp_path


def test_the_data_folder_is_the_environments_or_the_users_cache(root, monkeypatch):
    assert data_folder() == root
    monkeypatch.delenv("REGTUI_DATA")
    assert data_folder().parts[-2:] == ("regtui", "data")


def test_real_digits_are_what_torchvision_reads(monkeypatch):
    folder = real_mnist()
    monkeypatch.setenv("REGTUI_DATA", str(folder))
    from torchvision.datasets import MNIST

    loaded = task(source="mnist", train=300, validation=500, split="first", scale="unit")
    train, test = (MNIST(str(folder), train=part, download=False) for part in (True, False))
    assert np.array_equal(inputs(loaded, "train"), train.data[:300].reshape(300, -1).numpy() / 255)
    assert np.array_equal(labels(loaded, "val"), train.targets[300:800].numpy())
    assert np.array_equal(labels(loaded, "test"), test.targets.numpy())
    assert (loaded.features, loaded.classes, loaded.image_shape) == (784, 10, (1, 28, 28))
    assert loaded.class_names == tuple("0123456789")
    random = task(source="mnist", train=300, seeds=(1,))
    assert np.abs(np.bincount(labels(random, "train")) - 300 * np.bincount(train.targets) / len(train)).max() <= 1


@pytest.mark.parametrize("packed", [False, True])
def test_fashionmnist_is_read_plain_and_gzipped(root, packed):
    write_mnist(root / "FashionMNIST" / "raw", packed=packed)
    loaded = task(source="FashionMNIST", unchecked=True, split="first", scale="none", train=40)
    assert counts(loaded) == (40, 20, 30)
    assert loaded.class_names[0] == "T-shirt/top"
    pixels = np.random.default_rng(0).integers(0, 256, (60, 28, 28))
    assert np.array_equal(inputs(loaded, "train").reshape(40, 28, 28), pixels[:40])


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({}, (48, 12, 30)),
        ({"train": 40, "test": 7}, (40, 20, 7)),
        ({"train": 40, "validation": 5, "test": 700}, (40, 5, 30)),
        ({"train": 0.5, "validation": 0.25, "test": 0.1}, (30, 15, 3)),
        ({"validation": 20}, (40, 20, 30)),
    ],
)
def test_the_official_test_part_takes_nothing_from_training(root, amounts, expected):
    write_mnist(root / "MNIST" / "raw")
    loaded = task(source="mnist", unchecked=True, **amounts)
    assert counts(loaded) == expected
    official = {row.tobytes() for row in np.random.default_rng(0).integers(0, 256, (90, 784))[60:].astype(float)}
    stored = task(source="mnist", unchecked=True, scale="none", **amounts)
    assert {row.tobytes() for row in inputs(stored, "test")} <= official
    assert official.isdisjoint(row.tobytes() for row in inputs(stored, "train"))


def test_more_training_than_the_official_part_has_is_refused(root):
    write_mnist(root / "MNIST" / "raw")
    assert (
        error(source="mnist", unchecked=True, train=80)
        == "data.train = 80: the source mnist has only 60 training examples"
    )
    assert error(source="mnist", unchecked=True, train=60).startswith(
        "data.validation: nothing is left of the 60 training examples of mnist after train = 60"
    )


def test_cifar10_is_flattened_channel_first(root):
    pixels = write_cifar10(root / "cifar-10-batches-py")
    loaded = task(source="cifar10", unchecked=True, split="first", scale="none", train=10)
    assert counts(loaded) == (10, 90, 20)
    assert np.array_equal(inputs(loaded, "train"), pixels[:10])
    assert (loaded.image_shape, loaded.classes, loaded.class_names[3]) == ((3, 32, 32), 10, "thing 3")
    assert inputs(task(source="cifar10", unchecked=True, train=10), "test").max() <= 1


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_cifar100_uses_the_fine_labels_whatever_python_wrote_it(root, protocol):
    folder = root / "cifar-100-python"
    folder.mkdir()
    for name, count in (("train", 200), ("test", 100)):
        fields = {
            "data": np.zeros((count, 3072), np.uint8),
            "fine_labels": [number % 100 for number in range(count)],
            "coarse_labels": [0] * count,
        }
        (folder / name).write_bytes(pickle.dumps(fields, protocol=protocol))
    (folder / "meta").write_bytes(pickle.dumps({"fine_label_names": [f"n{n}" for n in range(100)]}))
    loaded = task(source="cifar100", unchecked=True, train=100, scale="standard")
    assert sorted(labels(loaded, "train")) == list(range(100))
    assert loaded.class_names[99] == "n99"


def test_an_archive_that_was_put_there_is_unpacked(root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "cifar-10-batches-py"
    write_cifar10(elsewhere)
    with tarfile.open(root / "cifar-10-python.tar.gz", "w:gz") as tar:
        tar.add(elsewhere, "cifar-10-batches-py")
        escape = tarfile.TarInfo("../escaped")
        tar.addfile(escape, io.BytesIO())
    reports = []
    assert counts(task(source="cifar10", unchecked=True, train=50, report=reports.append)) == (50, 50, 20)
    assert reports[0].text == "unpacking cifar-10-python.tar.gz"
    assert not (root.parent / "escaped").exists()


@pytest.mark.parametrize("packed", [False, True])
def test_a_cut_file_is_named_with_the_mend(root, packed):
    write_mnist(root / "MNIST" / "raw", packed=packed)
    path = root / "MNIST" / "raw" / f"train-images-idx3-ubyte{'.gz' if packed else ''}"
    path.write_bytes(path.read_bytes()[:1000])
    message = error(source="mnist", unchecked=True)
    assert message.startswith(f"{path} is damaged (")
    assert message.endswith("delete it, and it is downloaded again")


@pytest.mark.parametrize("cut", [0, 5, 1000])
def test_a_cut_batch_and_a_cut_archive_are_named_too(root, cut):
    (root / "cifar-10-python.tar.gz").write_bytes(b"\x1f\x8b" + bytes(cut))
    assert error(source="cifar10", unchecked=True).startswith(f"{root / 'cifar-10-python.tar.gz'} is damaged (")
    write_cifar10(root / "cifar-10-batches-py")
    path = root / "cifar-10-batches-py" / "data_batch_2"
    path.write_bytes(path.read_bytes()[:cut])
    assert error(source="cifar10", unchecked=True).startswith(f"{path} is damaged (")


def test_images_and_labels_must_belong_together(root):
    write_mnist(root / "MNIST" / "raw")
    write_idx(root / "MNIST" / "raw" / "train-labels-idx1-ubyte", np.zeros(10))
    assert "do not belong together" in error(source="mnist", unchecked=True)


def test_a_label_beyond_the_last_class_is_refused(root):
    write_mnist(root / "MNIST" / "raw")
    write_idx(root / "MNIST" / "raw" / "train-labels-idx1-ubyte", np.full(60, 10))
    assert "beyond the last class" in error(source="mnist", unchecked=True)


def test_a_file_in_the_data_folder_cannot_run_code(root):
    class Trap:
        def __reduce__(self):
            return (open, (str(root / "ran"), "w"))

    write_cifar10(root / "cifar-10-batches-py")
    (root / "cifar-10-batches-py" / "batches.meta").write_bytes(pickle.dumps({"label_names": Trap()}))
    assert "does not belong in it" in error(source="cifar10", unchecked=True)
    assert not (root / "ran").exists()
