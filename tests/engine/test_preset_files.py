"""Whether a source's files are there is decided by their names, which are those that the loader looks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.preset import DOWNLOADED, at_hand
from engine.preset.files import SET_FILES
from tests.engine.data.common import write_cifar10, write_mnist
from tests.test_presets_downloads import write_cifar100


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path))
    return tmp_path


def test_what_comes_with_the_program_or_is_the_persons_own_is_at_hand() -> None:
    assert all(at_hand(source) for source in ("digits", "moons", "csv", "folder"))
    assert not any(at_hand(source) for source in DOWNLOADED)


def test_files_in_the_true_formats_are_at_hand(root: Path) -> None:
    write_mnist(root / "MNIST" / "raw")
    write_mnist(root / "FashionMNIST" / "raw", packed=True)
    write_cifar10(root / "cifar-10-batches-py")
    write_cifar100(root / "cifar-100-python", train=100, test=100)
    assert all(at_hand(source) for source in DOWNLOADED)


@pytest.mark.parametrize("source", DOWNLOADED)
def test_every_file_that_the_loader_looks_for_is_needed_and_no_other(source: str, root: Path) -> None:
    files = SET_FILES[source]
    paths = [root / files.folder / name for name in files.names]
    paths[0].parent.mkdir(parents=True)
    for path in paths:
        assert not at_hand(source)
        path.touch()
    assert at_hand(source)
    for path in paths:
        path.unlink()
        assert not at_hand(source), path
        path.touch()


@pytest.mark.parametrize("source", ["cifar10", "cifar100"])
def test_an_archive_is_at_hand_too(source: str, root: Path) -> None:
    (root / SET_FILES[source].archive).touch()
    assert at_hand(source)
