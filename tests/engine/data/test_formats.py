"""IDX files and archives that are not what they say: refused in one line, in bounded time and memory."""

from __future__ import annotations

import gzip
import io
import struct
import sys
import tarfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from engine.data.checksums import MD5
from engine.data.formats import read_idx, unpack
from tests.engine.data import limited
from tests.engine.data.common import counts, error, task, write_cifar10, write_idx, write_mnist


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path))
    return tmp_path


def header(*lengths: int, kind: int = 8) -> bytes:
    return bytes([0, 0, kind, len(lengths)]) + struct.pack(f">{len(lengths)}I", *lengths)


def test_the_sums_are_torchvisions_own():
    from torchvision import datasets

    for source, dataset in (("mnist", datasets.MNIST), ("fashionmnist", datasets.FashionMNIST)):
        assert MD5[source] == dict(dataset.resources)
    for source, dataset in (("cifar10", datasets.CIFAR10), ("cifar100", datasets.CIFAR100)):
        listed = [*dataset.train_list, *dataset.test_list, (dataset.meta["filename"], dataset.meta["md5"])]
        assert MD5[source] == {dataset.filename: dataset.tgz_md5, **dict(map(tuple, listed))}


# IDX ------------------------------------------------------------------------------------------------------------------

BAD_IDX = {
    "empty": b"",
    "header cut": header(60, 28, 28)[:10],
    "0 images": header(0, 28, 28),
    "0 images, and more": header(0, 28, 28) + bytes(784),
    "more than is there": header(60, 28, 28) + bytes(59 * 784),
    "fewer than are there": header(60, 28, 28) + bytes(61 * 784),
    "4 billion": header(2**32 - 1, 28, 28) + bytes(784),
    "a product beyond 64 bits": header(2**32 - 1, 2**32 - 1, 2**32 - 1),
    "sides of 0": header(60, 0, 0),
    "sides of 14": header(60, 14, 56) + bytes(60 * 784),
    "floats": header(60, 28, 28, kind=0x0D) + bytes(60 * 784 * 4),
    "labels": header(60) + bytes(60),
    "255 dimensions": bytes([0, 0, 8, 255]) + bytes(255 * 4),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", BAD_IDX)
def test_an_idx_file_that_is_not_what_its_header_says_is_damaged(root, name, packed):
    write_mnist(root / "MNIST" / "raw", packed=packed)
    path = root / "MNIST" / "raw" / f"train-images-idx3-ubyte{'.gz' if packed else ''}"
    path.write_bytes(gzip.compress(BAD_IDX[name]) if packed else BAD_IDX[name])
    message = error(source="mnist", unchecked=True)
    assert message.startswith(f"{path} is damaged (")


@pytest.mark.parametrize("name", ["train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"])
def test_labels_beyond_the_last_class_and_no_labels_are_damaged(root, name):
    write_mnist(root / "MNIST" / "raw")
    path = root / "MNIST" / "raw" / name
    write_idx(path, np.full(60 if "train" in name else 30, 255))
    assert "a label is 255" in error(source="mnist")
    write_idx(path, np.zeros(0))
    assert "holds 0 examples" in error(source="mnist")


def test_every_cut_and_every_turned_byte_of_a_packed_file_is_read_or_refused():
    raw = gzip.compress(header(3, 28, 28) + bytes(3 * 784), mtime=0)
    good = read_idx(raw, True, (28, 28))
    assert good.shape == (3, 28, 28)
    for place in range(len(raw)):
        with pytest.raises((ValueError, EOFError, zlib.error)):
            read_idx(raw[:place], True, (28, 28))
        for turned in range(0, 256, 37):
            try:
                read = read_idx(raw[:place] + bytes([turned]) + raw[place + 1 :], True, (28, 28))
            except (ValueError, EOFError, zlib.error):
                continue
            assert np.array_equal(read, good)


# Archives -------------------------------------------------------------------------------------------------------------


def batch_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere" / "cifar-10-batches-py"
    write_cifar10(folder)
    return folder


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_archives_of_every_format_are_unpacked(root, tmp_path_factory, form):
    folder = batch_folder(tmp_path_factory.mktemp("batches"))
    with tarfile.open(root / "cifar-10-python.tar.gz", "w:gz", format=form) as tar:
        tar.add(folder, "cifar-10-batches-py")
    assert counts(task(source="cifar10", unchecked=True, train=50)) == (50, 50, 20)


def test_an_archive_that_is_another_one_is_not_unpacked(root):
    with tarfile.open(root / "cifar-10-python.tar.gz", "w:gz"):
        pass
    message = error(source="cifar10")
    assert message.startswith(f"{root / 'cifar-10-python.tar.gz'} is not torchvision's (md5 ")
    assert message.endswith("or go on with --data-unchecked")


def member(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "held",
    [
        b"",
        b"x" * 511,
        b"x" * 512,
        member("a", 10),
        member("a", 2**40),
        member("cifar-10-batches-py/data_batch_1", 2**40),
        member("cifar-10-batches-py/data_batch_1", 0),
        member("cifar-10-batches-py/data_batch_1", 100) + bytes(50),
        member("cifar-10-batches-py/data_batch_1", 0, tarfile.SYMTYPE),
        member("cifar-10-batches-py/data_batch_1", 0, tarfile.FIFOTYPE),
        member("x", 2**33, tarfile.XHDTYPE),
        member("x", 2**33, tarfile.GNUTYPE_LONGNAME),
        member("x", 0, tarfile.XHDTYPE) * 5000,
        member("../cifar-10-batches-py/data_batch_1", 0),
        member("a", 0)[:124] + b"\xff" * 12 + member("a", 0)[136:],
    ],
)
def test_an_archive_that_is_not_what_it_says_is_damaged(root, held):
    path = root / "cifar-10-python.tar.gz"
    path.write_bytes(gzip.compress(held))
    message = error(source="cifar10", unchecked=True)
    assert " is damaged (" in message
    assert not list(root.rglob("*.part"))


def test_a_link_in_an_archive_leads_nowhere(root, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    link = tarfile.TarInfo("cifar-10-batches-py")
    link.type, link.linkname = tarfile.SYMTYPE, str(outside)
    with tarfile.open(root / "x.tar.gz", "w:gz") as tar:
        tar.addfile(link)
        info = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    unpack(root / "x.tar.gz", ["cifar-10-batches-py/data_batch_1"], root)
    assert (root / "cifar-10-batches-py" / "data_batch_1").read_bytes() == b"abc"
    assert list(outside.iterdir()) == []


# In little memory -----------------------------------------------------------------------------------------------------


def zeros(path: Path, start: bytes, megabytes: int = 160) -> None:
    """A gzipped file of `start` and so many megabytes of zeros; its end is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, wbits=-15)  # after a full flush any other packer's bytes may follow
    path.write_bytes(head + (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)) * megabytes)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the size of a process is read from /proc")
def test_bombs_take_neither_memory_nor_time(tmp_path):
    cases = []

    def case(name: str, source: str) -> Path:
        cases.append({"root": str(tmp_path / name), "source": source, "unchecked": True})
        return tmp_path / name

    for name, start in (
        ("honest bomb", header(2**31 // 784, 28, 28)),
        ("lying bomb", header(60, 28, 28)),
        ("no header", b""),
    ):
        raw = case(name, "mnist") / "MNIST" / "raw"
        write_mnist(raw)
        (raw / "train-images-idx3-ubyte").unlink()
        zeros(raw / "train-images-idx3-ubyte.gz", start)
    for name, start in (
        ("long name", member("x", 160 << 20, tarfile.GNUTYPE_LONGNAME)),
        ("pax", member("x", 160 << 20, tarfile.XHDTYPE)),
        ("a member", member("cifar-10-batches-py/data_batch_1", 100 << 20)),
        ("one to skip", member("y", 100 << 20)),
        ("members", member("z", 0) * 2000),
    ):
        zeros(case(name, "cifar10") / "cifar-10-python.tar.gz", start)
    batches = case("sparse batch", "cifar10") / "cifar-10-batches-py"
    write_cifar10(batches)
    with (batches / "data_batch_3").open("r+b") as file:
        file.truncate(1 << 40)
    lines = limited.refusals(cases, megabytes=120)
    assert all(" is damaged (" in line for line in lines), lines
    assert not list(tmp_path.rglob("*.part"))
