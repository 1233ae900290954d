"""A folder of the user's images in torchvision's ImageFolder layout: one folder for each class."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.data.images import EXTENSIONS, quiet, read_image
from engine.data.pool import Part, Pool
from engine.data.walk import Walk
from engine.data.words import shown
from engine.events import Loading
from engine.memory import free_memory, refuse_what_cannot_fit
from engine.preset.errors import PresetError
from engine.text import printable, quoted

_LAYOUT = "one folder for each class, images in it"
_PARTS = ("train", "test", "val", "valid", "validation")

Classes = dict[str, list[Path]]
Report = Callable[[Loading], None]


def load_folder(path: str, size: int, report: Report) -> Pool:
    """All images below `path`, as RGB of `size` x `size` pixels, uint8.

    Classes are the folders directly below `path` in alphabetical order; those without images are left out. A class has
    the images in its folder and, at any depth, in the folders below it. Links are followed, but no file and no folder
    is taken twice, and what truly lies in a class is never another's. What is neither a file nor a folder is left out.

    Where `path` has a folder `train` and a folder `test`, classes are the folders in these, and the images of `test`
    are the source's own test part.

    Raises
    ------
    PresetError
        No such folder, fewer than two classes, a file that is no image, or a layout that is neither of the two.
    """
    prefix = f"data.path = {quoted(path, 80)}"
    root = Path(os.path.expanduser(path))
    train, test = images_of(path, report)
    names = tuple(train)
    count = sum(len(images) for part in (train, test) for images in part.values())
    subject = f"{count:,} images of {size} x {size} pixels"
    refuse_what_cannot_fit(count * 3 * size**2, free_memory(), subject, "a smaller data.size, or fewer images")
    with quiet():
        pool, official = (_part(classes, names, root, size, prefix, report) for classes in (train, test))
    return Pool(
        pool, tuple(map(printable, names)), image_shape=(3, size, size), top=255.0, test=official if test else None
    )


def images_of(path: str, report: Report) -> tuple[Classes, Classes]:
    """The images of each class to train on, and to test on; none is opened. Raises PresetError as `load_folder`."""
    prefix = f"data.path = {quoted(path, 80)}"
    root = Path(os.path.expanduser(path))
    try:
        if not root.is_dir():
            reason = "is not a folder" if root.exists() else "no such folder"
            raise PresetError(f"{prefix}: {reason} (expected {_LAYOUT})")
        train, test = _classes(root, Walk(root, EXTENSIONS, prefix, report), prefix)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        name = shown(getattr(error, "filename", None) or root, 90)
        raise PresetError(f"{prefix}: {name} cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if len(train) < 2:
        raise PresetError(
            f"{prefix}: images of {quoted(next(iter(train)), 40)} only: two classes are the least ({_LAYOUT})"
        )
    if others := [name for name in test if name not in train]:
        raise PresetError(f"{prefix}: class {quoted(others[0], 40)} is in 'test' and not in 'train'")
    return train, test


def _classes(root: Path, walk: Walk, prefix: str) -> tuple[Classes, Classes]:
    """The images of each class to train on, and to test on, in alphabetical order; no class without images."""
    folders = walk.folders(root)
    parts = {folder.name.lower(): folder for folder in folders if folder.name.lower() in _PARTS}
    if "train" not in parts or len(parts) < 2:
        return _with_images(walk.files(folders), prefix), {}
    train = walk.folders(parts["train"])
    test = walk.folders(parts["test"]) if "test" in parts else []
    others = [folder for folder in folders if folder.name.lower() not in ("train", "test")]
    found = walk.files([*train, *test, *others])
    if full := [folder.name for folder in others if found[folder]]:
        raise PresetError(
            f"{prefix}: has {quoted(full[0], 40)} beside {quoted(parts['train'].name)}: expected either classes, or"
            " 'train' and 'test' with the classes in them and no other images"
        )
    return (
        _with_images({folder: found[folder] for folder in train}, f"{prefix}: {quoted(parts['train'].name)}"),
        _with_images({folder: found[folder] for folder in test}, f"{prefix}: 'test'"),
    )


def _with_images(images_in: dict[Path, list[Path]], prefix: str) -> Classes:
    classes = {folder.name: images for folder, images in images_in.items() if images}
    if not classes:
        raise PresetError(f"{prefix}: no images found (expected {_LAYOUT}: {', '.join(EXTENSIONS)})")
    return classes


def _part(classes: Classes, names: tuple[str, ...], root: Path, size: int, prefix: str, report: Report) -> Part:
    paths = [path for images in classes.values() for path in images]
    y_N = np.repeat([names.index(name) for name in classes], [len(images) for images in classes.values()])
    x_NI = np.empty((len(paths), 3 * size * size), dtype=np.uint8)
    for row, path in enumerate(paths):
        if row % 10 == 0:
            report(Loading(f"reading {len(paths)} images of {shown(root.name)}", row / len(paths)))
        try:
            x_NI[row] = read_image(path, size)
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            name = shown(path.relative_to(root), 90)
            raise PresetError(f"{prefix}: {name} cannot be read as an image ({why}): mend or remove it") from error
    return Part(x_NI, y_N.astype(np.int64))
