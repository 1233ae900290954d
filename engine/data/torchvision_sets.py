"""mnist, fashionmnist, cifar10, cifar100: torchvision's files in torchvision's layout.

The files are read here, since importing torchvision takes over a second and a file that is there needs no more than
a header; torchvision is imported only to ask it for addresses and checksums when something must be downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from engine.data.download import download
from engine.data.formats import DAMAGED, read_idx, read_pickle, unpack
from engine.data.pool import Part, Pool
from engine.events import Loading
from engine.preset.errors import PresetError
from engine.preset.files import LAYOUTS, Layout, data_folder
from engine.preset.schema import EMBEDDED

Report = Callable[[Loading], None]
T = TypeVar("T")


def load_torchvision(source: str, report: Report) -> Pool:
    """Both parts of a set as uint8, from `data_folder()`; what is missing there is downloaded first.

    Raises
    ------
    PresetError
        A file cannot be downloaded, or is damaged: the message names it.
    """
    layout, root = LAYOUTS[source], data_folder()
    try:
        _complete(layout, root, report)
    except (OSError, RuntimeError, ImportError) as error:
        raise PresetError(
            f"data.source = {source!r}: not in {root / layout.folder}, and the download failed"
            f" ({' '.join(str(error).split())}): put {_expected(layout, root)} there, or set REGTUI_DATA to the"
            f" folder that has {layout.folder}, or use a source that needs no download ({', '.join(EMBEDDED)})"
        ) from error
    parts = [_part(source, layout, root, names) for names in (layout.train, layout.test)]
    class_names = layout.class_names or _class_names(source, layout, root)
    for part in parts:
        if len(part) and int(part.y_N.max()) >= len(class_names):
            raise PresetError(f"data.source = {source!r}: a label in {root / layout.folder} is beyond the last class")
    shape = (3, 32, 32) if layout.archive else (1, 28, 28)
    return Pool(parts[0], class_names, image_shape=shape, top=255.0, test=parts[1])


def _expected(layout: Layout, root: Path) -> str:
    names = ", ".join(layout.files)
    return f"{names} (or {root / layout.archive})" if layout.archive else f"{names} (with or without .gz)"


def _find(layout: Layout, root: Path, name: str) -> Path | None:
    plain = root / layout.folder / name
    packed = plain.with_name(f"{name}.gz")
    if plain.is_file():
        return plain
    return packed if not layout.archive and packed.is_file() else None


def _complete(layout: Layout, root: Path, report: Report) -> None:
    """Download, and unpack, what is missing. Raises OSError, or what a broken torchvision raises on import."""
    missing = [name for name in layout.files if _find(layout, root, name) is None]
    if not missing:
        return
    if layout.archive:
        archive = root / layout.archive
        if not archive.is_file():
            known = _torchvision(layout)
            _fetch([known.url], archive, known.tgz_md5, f"downloading {layout.name}", report)
        report(Loading(f"unpacking {archive.name}"))
        _guard(archive, partial(unpack, archive, [f"{layout.folder}/{name}" for name in missing], root))
        return
    known = _torchvision(layout)
    for count, name in enumerate(missing, start=1):
        packed = f"{name}.gz"
        text = f"downloading {layout.name} ({count} of {len(missing)}): {packed}"
        urls = [f"{mirror.rstrip('/')}/{packed}" for mirror in known.mirrors]
        _fetch(urls, root / layout.folder / packed, dict(known.resources)[packed], text, report)


def _torchvision(layout: Layout) -> Any:
    from torchvision import datasets

    return getattr(datasets, layout.name)


def _fetch(urls: Sequence[str], path: Path, md5: str, text: str, report: Report) -> None:
    report(Loading(text))
    download(urls, path, md5, lambda share: report(Loading(text, share)))


def _part(source: str, layout: Layout, root: Path, names: Sequence[str]) -> Part:
    paths = [_find(layout, root, name) or root / layout.folder / name for name in names]
    if layout.archive:
        batches = [_guard(path, partial(_batch, path, layout.labels)) for path in paths]
        return Part(np.concatenate([batch.x_NI for batch in batches]), np.concatenate([batch.y_N for batch in batches]))
    images_NHW, labels_N = (_guard(path, partial(read_idx, path)) for path in paths)
    if images_NHW.shape[1:] != (28, 28) or labels_N.shape != images_NHW.shape[:1]:
        raise PresetError(f"data.source = {source!r}: {paths[0]} and {paths[1]} do not belong together: delete both")
    return Part(images_NHW.reshape(len(images_NHW), -1), labels_N.astype(np.int64))


def _batch(path: Path, labels: str) -> Part:
    """One CIFAR batch. Its rows are flattened (channel, height, width) already."""
    held = read_pickle(path)
    x_NI, y_N = np.asarray(held["data"], dtype=np.uint8), np.asarray(held[labels], dtype=np.int64)
    if x_NI.shape != (len(y_N), 3 * 32 * 32):
        raise ValueError("not images of 3 x 32 x 32, one for each label")
    return Part(x_NI, y_N)


def _class_names(source: str, layout: Layout, root: Path) -> tuple[str, ...]:
    file, key = layout.meta
    path = root / layout.folder / file
    return _guard(path, lambda: tuple(str(name) for name in read_pickle(path)[key]))


def _guard(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno is not None:  # a refusal of the system's, not of the file's
            raise PresetError(f"{path} cannot be used: {error}") from error
        why = " ".join(str(error).split()) or type(error).__name__
        raise PresetError(f"{path} is damaged ({why}): delete it, and it is downloaded again") from error
