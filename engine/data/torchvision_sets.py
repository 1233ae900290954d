"""mnist, fashionmnist, cifar10, cifar100: torchvision's files in torchvision's layout.

The files are read here, since importing torchvision takes over a second and a file that is there needs no more than
a header; torchvision is imported only to ask it for addresses when something must be downloaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from engine.data.checksums import MD5
from engine.data.cifar import read_batch, read_class_names
from engine.data.download import download
from engine.data.formats import DAMAGED, read_idx, unpack
from engine.data.pool import Part, Pool
from engine.data.reading import LARGEST, md5_of, regular, whole
from engine.data.words import shown
from engine.events import Loading
from engine.preset.errors import PresetError
from engine.preset.files import SET_FILES, SetFiles, data_folder
from engine.preset.schema import EMBEDDED

Report = Callable[[Loading], None]
T = TypeVar("T")
_CLASSES = {"mnist": 10, "fashionmnist": 10, "cifar10": 10, "cifar100": 100}


def load_torchvision(source: str, report: Report, unchecked: bool = False) -> Pool:
    """Both parts of a set as uint8, from `data_folder()`; what is missing there is downloaded first.

    Parameters
    ----------
    unchecked : read files that are there even where their md5 is not torchvision's. What is downloaded is checked
        always, and an unpacked IDX file never: torchvision has no sum for it.

    Raises
    ------
    PresetError
        A file cannot be downloaded, is damaged, or is another one than torchvision's: the message names it.
    """
    files, root = SET_FILES[source], data_folder()
    try:
        _complete(source, files, root, report, unchecked)
    except (OSError, RuntimeError, ImportError) as error:
        folder, files_wanted = root / files.folder, f"{files.names[0]}.gz etc."
        if files.archive:
            folder, files_wanted = root, files.archive
        raise PresetError(
            f"data.source = {source!r}: not in {shown(folder)}, and the download failed"
            f" ({shown(' '.join(str(error).split()), 48)}): put {files_wanted} there, set REGTUI_DATA, or use"
            f" {', '.join(EMBEDDED[:4])}"  # not all of them: the line is to stay one
        ) from error
    read = partial(_read, source, unchecked=unchecked)
    class_names = files.class_names
    if files.archive:
        file, key = files.meta
        class_names = read(root / files.folder / file, lambda raw: read_class_names(raw, key, _CLASSES[source]))
    parts = [_part(source, files, root, names, read) for names in (files.train, files.test)]
    shape = (3, 32, 32) if files.archive else (1, 28, 28)
    return Pool(parts[0], class_names, image_shape=shape, top=255.0, test=parts[1])


def _find(files: SetFiles, root: Path, name: str) -> Path | None:
    plain = root / files.folder / name
    packed = plain.with_name(f"{name}.gz")
    if plain.is_file():
        return plain
    return packed if not files.archive and packed.is_file() else None


def _complete(source: str, files: SetFiles, root: Path, report: Report, unchecked: bool) -> None:
    """Download, and unpack, what is missing. Raises OSError, or what a broken torchvision raises on import."""
    missing = [name for name in files.names if _find(files, root, name) is None]
    if not missing:
        return
    if files.archive:
        archive = root / files.archive
        if not archive.is_file():
            text = f"downloading {files.name}"
            _fetch([_torchvision(files).url], archive, MD5[source][archive.name], text, report)
        report(Loading(f"unpacking {archive.name}"))
        _unpack(source, files, root, [f"{files.folder}/{name}" for name in missing], unchecked)
        return
    dataset = _torchvision(files)
    for count, name in enumerate(missing, start=1):
        packed = f"{name}.gz"
        text = f"downloading {files.name} ({count} of {len(missing)}): {packed}"
        urls = [f"{mirror.rstrip('/')}/{packed}" for mirror in dataset.mirrors]
        _fetch(urls, root / files.folder / packed, MD5[source][packed], text, report)


def _torchvision(files: SetFiles) -> Any:
    from torchvision import datasets

    return getattr(datasets, files.name)


def _fetch(urls: Sequence[str], path: Path, md5: str, text: str, report: Report) -> None:
    report(Loading(text))
    download(urls, path, md5, lambda share: report(Loading(text, share)))


def _unpack(source: str, files: SetFiles, root: Path, members: Sequence[str], unchecked: bool) -> None:
    archive = root / files.archive

    def read() -> None:
        if not unchecked:
            with regular(archive) as file:
                _refuse_other(source, archive, md5_of(file))
        unpack(archive, members, root, _most(files))

    _guard(archive, read)


def _part(source: str, files: SetFiles, root: Path, names: Sequence[str], read: Callable[..., Any]) -> Part:
    paths = [_find(files, root, name) or root / files.folder / name for name in names]
    if files.archive:
        batch = partial(read_batch, labels=files.labels, classes=_CLASSES[source])
        batches = [read(path, batch, most=_most(files)) for path in paths]
        return Part(np.concatenate([batch.x_NI for batch in batches]), np.concatenate([batch.y_N for batch in batches]))
    images_NHW, labels_N = (
        read(path, partial(read_idx, packed=path.suffix == ".gz", item=item))
        for path, item in zip(paths, ((28, 28), ()), strict=True)
    )
    if labels_N.shape != images_NHW.shape[:1]:
        raise PresetError(
            f"data.source = {source!r}: {shown(paths[0])} and {shown(paths[1])} do not belong together: delete both"
        )
    if (largest := int(labels_N.max())) >= _CLASSES[source]:
        raise PresetError(
            f"{shown(paths[1], 130)} is damaged (a label is {largest}, beyond the last class {_CLASSES[source] - 1}):"
            " delete it, and it is downloaded again"
        )
    return Part(images_NHW.reshape(len(images_NHW), -1), labels_N.astype(np.int64))


def _most(files: SetFiles) -> int:
    """The bytes that one file may have, so that all of a part together are no more than `LARGEST`."""
    return LARGEST // len(files.train)


def _read(source: str, path: Path, read: Callable[[bytes], T], *, unchecked: bool, most: int = LARGEST) -> T:
    """What `read` makes of a file's bytes, which are torchvision's own unless `unchecked`."""

    def checked() -> T:
        raw = whole(path, most)
        if not unchecked and path.name in MD5[source]:
            _refuse_other(source, path, hashlib.md5(raw, usedforsecurity=False).hexdigest())
        return read(raw)

    return _guard(path, checked)


def _refuse_other(source: str, path: Path, md5: str) -> None:
    if md5 != MD5[source][path.name]:
        raise PresetError(
            f"{shown(path, 110)} is not torchvision's (md5 {md5}, not {MD5[source][path.name]}): delete it, and it is"
            " downloaded again; or go on with --data-unchecked"
        )


def _guard(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno is not None:  # a refusal of the system's, not of the file's
            raise PresetError(f"{shown(path, 130)} cannot be used: {error.strerror}") from error
        why = shown(" ".join(str(error).split()) or type(error).__name__, 100)
        raise PresetError(f"{shown(path, 130)} is damaged ({why}): delete it, and it is downloaded again") from error
