"""A folder of the user's images in torchvision's ImageFolder layout: one folder for each class."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.data.pool import Array, Part, Pool
from engine.events import Loading
from engine.preset.errors import PresetError

_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
_LAYOUT = "one folder for each class, images in it"


def load_folder(path: str, size: int, report: Callable[[Loading], None]) -> Pool:
    """All images below `path`, as RGB of `size` x `size` pixels, uint8.

    Classes are the folders that hold images, at any depth, in alphabetical order.

    Raises
    ------
    PresetError
        No such folder, fewer than two classes, or a file that is no image.
    """
    root = Path(path).expanduser()
    given = f"data.path = {path!r}"
    if not root.is_dir():
        raise PresetError(f"{given}: {'is not a folder' if root.exists() else 'no such folder'} (expected {_LAYOUT})")
    try:
        found = {folder.name: _images(folder) for folder in sorted(root.iterdir()) if folder.is_dir()}
    except OSError as error:
        raise PresetError(f"{given}: cannot be read ({error.strerror or error})") from error
    classes = {name: images for name, images in found.items() if images}
    if not classes:
        raise PresetError(f"{given}: no images found (expected {_LAYOUT}: {', '.join(_EXTENSIONS)})")
    if len(classes) < 2:
        raise PresetError(f"{given}: images of {next(iter(classes))!r} only: two classes are the least ({_LAYOUT})")

    paths = [image for images in classes.values() for image in images]
    y_N = np.repeat(np.arange(len(classes), dtype=np.int64), [len(images) for images in classes.values()])
    x_NI = np.empty((len(paths), 3 * size * size), dtype=np.uint8)
    for row, image in enumerate(paths):
        if row % 100 == 0:
            report(Loading(f"reading {len(paths)} images of {root.name}", row / len(paths)))
        x_NI[row] = _pixels(image, size, given)
    return Pool(Part(x_NI, y_N), tuple(classes), image_shape=(3, size, size), top=255.0)


def _images(folder: Path) -> list[Path]:
    return [
        Path(parent, name)
        for parent, _, names in sorted(os.walk(folder, followlinks=True))
        for name in sorted(names)
        if name.lower().endswith(_EXTENSIONS)
    ]


def _pixels(path: Path, size: int, given: str) -> Array:
    """One image, flattened (channel, height, width)."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            square = image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PresetError(f"{given}: {path} cannot be read as an image: mend or remove it") from error
    return np.asarray(square).transpose(2, 0, 1).reshape(-1)
