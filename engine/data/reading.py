"""Opening files that others wrote: regular files only, and no more of one than there can be."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# Bytes of one file of a set, packed or not. The largest, CIFAR-100's train, has 155 million.
LARGEST = 1 << 28
# Every read of the disk lets another thread take Python's lock, and takes it back before that one is awake. A thread
# that waits asks for the lock only after 5 ms without such a moment: among reads of the usual 8 KB it waits seconds.
_CHUNK = 1 << 20


class _Blocks(io.BufferedReader):
    """A file that lines of text, too, are read from in large blocks."""

    def read1(self, size: int = -1, /) -> bytes:
        return super().read1(max(size, _CHUNK))


@contextmanager
def regular(path: Path) -> Iterator[IO[bytes]]:
    """A regular file, open for reading.

    Opened without waiting: a pipe without a writer would otherwise block the program for ever.

    Raises
    ------
    OSError
        It cannot be opened, or is a pipe, a device, a socket.
    """
    careful = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    with _Blocks(io.FileIO(path, opener=lambda name, flags: os.open(name, flags | careful)), _CHUNK) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("is no regular file")
        yield file


def whole(path: Path, most: int = LARGEST) -> bytes:
    """The bytes of a file. Raises ValueError where there are more than `most`."""
    with regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise ValueError(f"has {size:,} bytes, and at most {most:,} are read")
        return file.read(size)


def md5_of(file: IO[bytes]) -> str:
    """The md5 of an open file, from where it stands; it guards against accidents and mix-ups only."""
    digest = hashlib.md5(usedforsecurity=False)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
