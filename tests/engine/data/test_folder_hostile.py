"""Folders and images that lead astray: links, pipes, decoders that trip, sizes that nobody has the memory for."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.images import EXTENSIONS, MOST_PIXELS
from engine.preset.errors import PresetError
from tests.engine.data import limited
from tests.engine.data.bad_images import bad_images, png
from tests.engine.data.common import counts, error, inputs, labels, task

RNG = np.random.default_rng(0)


def images(folder: Path, count: int, ending: str = "png") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        pixels = RNG.integers(0, 256, (6, 6, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.{ending}")


@pytest.fixture
def root(tmp_path):
    """Two classes of eight images."""
    root = tmp_path / "photos"
    for name in "ab":
        images(root / name, 8)
    return root


def classes(root: Path) -> dict[str, int]:
    loaded = task(source="folder", path=str(root), size=4, split="all")
    return dict(zip(loaded.class_names, np.bincount(labels(loaded, "train")).tolist(), strict=True))


@contextlib.contextmanager
def allow_refusal(message: str) -> Iterator[None]:
    try:
        yield
    except PresetError as refused:
        if message not in str(refused):
            raise


# Links and what is no file -------------------------------------------------------------------------------------------

LINKS = {
    "to itself": {"a/loop": "."},
    "two to itself": {"a/one": ".", "a/two": "."},
    "to the folder above": {"a/up": ".."},
    "to all folders above": {"a/up": "../..", "b/up": "../../..", "a/top": "/"},
    "to the other class": {"a/other": "../b", "b/other": "../a"},
    "to an image of the other class": {"a/x.png": "../b/0.png", "a/y.png": "../b/0.png"},
    "to an image of its own": {"a/x.png": "0.png"},
    "beside the classes": {"loop": ".", "up": "..", "top": "/"},
    "in a round": {"a/deep/x": "../../b/deep", "b/deep/y": "../../a/deep"},
    "to nowhere": {"a/gone": "nowhere", "gone": "nowhere"},
    "to devices": {"a/zero.png": "/dev/zero", "b/tty.png": "/dev/tty"},
}


@pytest.mark.parametrize("name", LINKS)
def test_links_give_no_image_twice_and_none_to_another_class(root, name):
    (root / "a" / "deep").mkdir()
    (root / "b" / "deep").mkdir()
    for place, target in LINKS[name].items():
        (root / place).symlink_to(target)
    assert classes(root) == {"a": 8, "b": 8}


def test_links_to_images_elsewhere_are_followed(root, tmp_path):
    images(tmp_path / "elsewhere", 3)
    (root / "a" / "more").symlink_to(tmp_path / "elsewhere")
    images(tmp_path / "third", 4)
    (root / "c").symlink_to(tmp_path / "third")
    images(tmp_path / "single", 1)
    (root / "b" / "single.png").symlink_to(tmp_path / "single" / "0.png")
    assert classes(root) == {"a": 11, "b": 9, "c": 4}


def test_two_names_of_one_class_are_refused(root):
    (root / "0").symlink_to("b")
    assert error(source="folder", path=str(root)).endswith("'0' is a link to a folder taken already: remove it")


def test_a_link_to_no_image_is_named(root):
    (root / "a" / "gone.png").symlink_to("nowhere")
    assert "gone.png cannot be read (No such file or directory)" in error(source="folder", path=str(root))


def test_a_file_linked_into_two_places_is_one(root):
    os.link(root / "a" / "0.png", root / "b" / "copy.png")
    assert classes(root) == {"a": 8, "b": 8}


def test_pipes_and_sockets_with_names_of_images_are_left_out(root):
    os.mkfifo(root / "a" / "x.png")
    os.mkfifo(root / "pipe")
    (root / "b" / "y.png").symlink_to("../a/x.png")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root / "b")  # the path of a socket must be short
        try:
            server.bind("s.png")
        finally:
            os.chdir(here)
        assert classes(root) == {"a": 8, "b": 8}


def test_names_that_no_terminal_should_get_are_written_out(root):
    images(root / "c\x1b]0;x\x07", 8)
    os.rename(root / "a", os.fsencode(root) + b"/\xff")
    assert classes(root) == {"b": 8, "c\\x1b]0;x\\x07": 8, "\\udcff": 8}
    (root / "b" / "\x1b[2J\n.png").write_bytes(b"")
    assert "b/\\x1b[2J\\n.png cannot be read" in error(source="folder", path=str(root))


def test_long_names_leave_the_message_short(tmp_path):
    root = tmp_path
    for _ in range(6):
        root = root / ("long" * 60)
    images(root / "a", 2)
    images(root / "b" / ("deep" * 60), 2)
    (root / "b" / ("deep" * 60) / "bad.png").write_bytes(b"")
    assert "bad.png cannot be read as an image" in error(source="folder", path=str(root))


# train and test -------------------------------------------------------------------------------------------------------


def test_train_and_test_are_parts_and_no_classes(tmp_path):
    for part, count in (("train", 10), ("test", 5)):
        for name in ("cats", "dogs"):
            images(tmp_path / part / name, count)
    loaded = task(source="folder", path=str(tmp_path), size=6, train=15, scale="none")
    assert loaded.class_names == ("cats", "dogs")
    assert counts(loaded) == (15, 5, 10)
    official = {np.asarray(Image.open(path)).transpose(2, 0, 1).tobytes() for path in tmp_path.glob("test/*/*.png")}
    assert {row.astype(np.uint8).tobytes() for row in inputs(loaded, "test")} == official


def test_an_image_of_train_linked_into_test_is_of_train_alone(tmp_path):
    for part in ("train", "test"):
        for name in ("cats", "dogs"):
            images(tmp_path / part / name, 5)
    (tmp_path / "test" / "cats" / "x.png").symlink_to("../../train/cats/0.png")
    (tmp_path / "train" / "cats" / "all").symlink_to("../../test/cats")
    loaded = task(source="folder", path=str(tmp_path), size=4)
    assert sum(counts(loaded)) == 20
    assert counts(loaded)[2] == 10


def test_a_test_part_may_lack_a_class_and_may_not_have_one_of_its_own(tmp_path):
    for place in ("train/a", "train/b", "train/c", "Test/c"):
        images(tmp_path / place, 4)
    loaded = task(source="folder", path=str(tmp_path), size=4, train=9)
    assert labels(loaded, "test").tolist() == [2] * 4
    images(tmp_path / "Test" / "d", 1)
    assert error(source="folder", path=str(tmp_path)).endswith("class 'd' is in 'test' and not in 'train'")


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (("train/a", "train/b", "val/a", "val/b"), "has 'val' beside 'train': expected either classes, or 'train'"),
        (("train/a", "train/b", "test/a", "valid/a"), "has 'valid' beside 'train'"),
        (("train/a", "train/b", "test/a", "more"), "has 'more' beside 'train'"),
        (("train", "test"), "'train': no images found"),
        (("train/a", "train/b", "test"), "'test': no images found"),
        (("train/a", "test/a"), "images of 'a' only"),
    ],
)
def test_parts_that_are_not_train_and_test_with_classes_are_refused(tmp_path, places, message):
    for place in places:
        images(tmp_path / place, 2)
    assert message in error(source="folder", path=str(tmp_path))


def test_train_may_be_a_class_among_others(tmp_path):
    for name in ("bus", "car", "train"):
        images(tmp_path / name, 3)
    assert classes(tmp_path) == {"bus": 3, "car": 3, "train": 3}


# Images ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the size of a process is read from /proc")
def test_every_bad_image_is_named_in_a_line_in_little_memory_and_time(tmp_path):
    cases = []
    bad = bad_images(tmp_path)
    for number, (name, raw) in enumerate(bad.items()):
        root = tmp_path / str(number)
        images(root / "a", 1)
        images(root / "b", 1)
        (root / "a" / name).write_bytes(raw)
        cases.append({"source": "folder", "path": str(root), "size": 4})
    root = tmp_path / "sparse"
    images(root / "a", 1)
    images(root / "b", 1)
    bad["sparse.png"] = b""
    with (root / "b" / "sparse.png").open("wb") as file:
        file.truncate(1 << 40)
    cases.append({"source": "folder", "path": str(root), "size": 4})
    for name, line in zip(bad, limited.refusals(cases, megabytes=600), strict=True):
        assert f"/{name} cannot be read as an image (" in line, name


def test_the_pixels_that_are_too_many_are_told(tmp_path):
    images(tmp_path / "b", 1)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.png").write_bytes(png(13_000, 13_000, b""))
    message = error(source="folder", path=str(tmp_path))
    assert f"(13,000 x 13,000 pixels, and at most {MOST_PIXELS:,} are read): mend or remove it" in message


@pytest.mark.parametrize("ending", [ending[1:] for ending in EXTENSIONS])
def test_every_ending_is_read_and_every_cut_of_it_read_or_refused(tmp_path, ending, capfd):
    for name in "ab":
        images(tmp_path / name, 2, ending)
    assert classes(tmp_path) == {"a": 2, "b": 2}
    path = tmp_path / "a" / f"0.{ending}"
    raw = path.read_bytes()
    for end in range(0, len(raw), max(1, len(raw) // 20)):
        path.write_bytes(raw[:end])
        with allow_refusal(f"a/0.{ending} cannot be read as an image"):
            classes(tmp_path)
    for place in range(0, len(raw), max(1, len(raw) // 60)):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :])
        with allow_refusal(f"a/0.{ending} cannot be read as an image"):
            classes(tmp_path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("error")
def test_what_pillow_warns_of_is_read_in_silence(tmp_path, capfd):
    images(tmp_path / "a", 1)
    (tmp_path / "b").mkdir()
    palette = Image.fromarray(np.zeros((4, 4), np.uint8), "L").convert("P")
    palette.save(tmp_path / "b" / "x.png", transparency=bytes([0, 128]))
    assert classes(tmp_path) == {"a": 1, "b": 1}
    assert capfd.readouterr() == ("", "")
