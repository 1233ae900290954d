"""A folder of the user's images."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.engine.data.common import PARTS, error, inputs, labels, task


def whole(path, **settings):
    loaded = task(source="folder", path=str(path), split="first", scale="none", **settings)
    x_NI = np.concatenate([inputs(loaded, part) for part in PARTS])
    return loaded, x_NI, np.concatenate([labels(loaded, part) for part in PARTS])


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    for name, mode, kind in (("bees", "RGB", "png"), ("ants", "L", "JPG"), ("cats/deep", "RGBA", "png")):
        (tmp_path / name).mkdir(parents=True)
        for number in range(5):
            pixels = rng.integers(0, 256, (10, 12, len(mode))).astype(np.uint8).squeeze()
            Image.fromarray(pixels, mode).save(
                tmp_path / name / f"{number}.{kind}", format="JPEG" if kind == "JPG" else None
            )
    (tmp_path / "ants" / "notes.txt").write_text("no image")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_images_are_what_torchvisions_image_folder_gives(photos):
    from torchvision.datasets import ImageFolder

    theirs = ImageFolder(photos, allow_empty=True)
    loaded, x_NI, y_N = whole(photos, size=7)
    assert loaded.class_names == ("ants", "bees", "cats")
    assert loaded.image_shape == (3, 7, 7)
    assert y_N.tolist() == [{"ants": 0, "bees": 1, "cats": 2}[theirs.classes[target]] for target in theirs.targets]
    for row, (image, _) in zip(x_NI, theirs, strict=True):
        expected = np.asarray(image.resize((7, 7), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
        assert np.array_equal(row.reshape(3, 7, 7), expected)


def test_unit_is_from_black_to_white(photos):
    loaded = task(source="folder", path=str(photos), size=4, scale="unit")
    assert 0 <= inputs(loaded, "train").min() < inputs(loaded, "train").max() <= 1
    assert np.isfinite(inputs(task(source="folder", path=str(photos), size=4, scale="standard"), "test")).all()


def test_reading_reports_how_far_it_is(photos):
    reports = []
    task(source="folder", path=str(photos), size=4, report=reports.append)
    assert reports[0].text.startswith("reading 15 images")
    assert reports[0].share == 0


def test_a_missing_folder_a_file_and_a_folder_without_images_are_told_apart(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "none" / "ants").mkdir(parents=True)
    (tmp_path / "flat").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "flat" / "a.png")
    for name, message in (
        ("missing", "no such folder"),
        ("file", "is not a folder"),
        ("none", "no images found"),
        ("flat", "no images found (expected one folder for each class"),
    ):
        assert f"{name}': {message}" in error(source="folder", path=str(tmp_path / name))


def test_one_class_is_too_few(tmp_path):
    (tmp_path / "ants").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "ants" / "a.png")
    assert "images of 'ants' only" in error(source="folder", path=str(tmp_path))


def test_a_file_that_is_no_image_is_named(photos):
    (photos / "bees" / "broken.png").write_bytes(b"\x89PNG nothing")
    assert "broken.png cannot be read as an image" in error(source="folder", path=str(photos))
