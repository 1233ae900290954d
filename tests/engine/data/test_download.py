"""Downloads, from a server on this machine that plays the mirror."""

from __future__ import annotations

import functools
import http.server
import threading
import time

import pytest

from engine.data.checksums import MD5
from tests.engine.data.common import counts, error, task, write_mnist

NOBODY = "http://127.0.0.1:9/"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A server of an MNIST that is taken for the true one; its folder."""
    from torchvision.datasets import MNIST

    served = tmp_path / "served"
    md5 = write_mnist(served, packed=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=served))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(MNIST, "mirrors", [NOBODY, f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setitem(MD5, "mnist", md5)
    yield served
    server.shutdown()
    server.server_close()


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "data").rglob("*") if path.is_file())


def test_what_is_missing_is_downloaded_once_and_silently(mirror, tmp_path, capfd):
    reports = []
    assert counts(task(source="mnist", train=40, report=reports.append)) == (40, 20, 30)
    assert left(tmp_path) == sorted(path.name for path in mirror.iterdir())
    assert reports[0].text == "downloading MNIST (1 of 4): train-images-idx3-ubyte.gz"
    shares = [event.share for event in reports if event.text == reports[0].text and event.share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert capfd.readouterr() == ("", "")
    reports.clear()
    task(source="mnist", train=40, report=reports.append)
    assert reports == []


def test_a_wrong_file_is_not_kept_and_the_next_try_goes_on_from_what_is_there(mirror, tmp_path):
    path = mirror / "t10k-images-idx3-ubyte.gz"
    good = path.read_bytes()
    path.write_bytes(good[:100])
    assert "sent something else than the file expected" in error(source="mnist")
    assert left(tmp_path) == ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]
    path.write_bytes(good)
    reports = []
    task(source="mnist", train=40, report=reports.append)
    assert reports[0].text == "downloading MNIST (1 of 2): t10k-images-idx3-ubyte.gz"


def test_a_download_given_up_leaves_nothing_behind(mirror, tmp_path):
    def give_up(event):
        if event.share:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        task(source="mnist", report=give_up)
    assert left(tmp_path) == []


@pytest.mark.parametrize("source", ["mnist", "fashionmnist", "cifar10", "cifar100"])
def test_without_a_network_the_way_out_is_told_at_once(source, tmp_path, monkeypatch, capfd):
    from torchvision import datasets

    for dataset in (datasets.MNIST, datasets.FashionMNIST):
        monkeypatch.setattr(dataset, "mirrors", [NOBODY])
    for dataset in (datasets.CIFAR10, datasets.CIFAR100):
        monkeypatch.setattr(dataset, "url", NOBODY)
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    start = time.monotonic()
    message = error(source=source)
    assert time.monotonic() - start < 5
    assert message.startswith(f"data.source = '{source}': not in ")
    assert str(tmp_path)[:10] in message  # the middle of a long path is left out
    for word in (
        "REGTUI_DATA",
        "digits, iris, wine, breast_cancer",
        "train-images" if "mnist" in source else "python.tar.gz",
    ):
        assert word in message
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_cannot_be_made_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path / "file"))
    assert "REGTUI_DATA" in error(source="mnist")
