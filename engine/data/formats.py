"""The file formats of the torchvision sets: IDX (MNIST), tar archives of CIFAR's pickles."""

from __future__ import annotations

import math
import struct
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from engine.data.pool import Array
from engine.data.reading import LARGEST, regular
from engine.files import written

# What reading a cut or foreign file raises, beyond OSError.
DAMAGED = (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, MemoryError)

_UNPACKED = 1 << 28  # bytes of a whole archive, unpacked: CIFAR's have 186 million
_BLOCK, _CHUNK = 512, 1 << 20  # a tar is made of blocks


def read_idx(raw: bytes, packed: bool, item: tuple[int, ...]) -> Array:
    """The uint8 array of an IDX file (format: http://yann.lecun.com/exdb/mnist), shaped (N, *item).

    Parameters
    ----------
    packed : whether the file is gzipped.
    item : the shape of one example: (28, 28) of images, () of labels.

    Raises
    ------
    ValueError, EOFError, zlib.error
        It is no such file, or not as its header says.
    """
    header_size = 4 + 4 * (1 + len(item))
    unpacker = zlib.decompressobj(wbits=31) if packed else None
    header = unpacker.decompress(raw, header_size) if unpacker else raw[:header_size]
    if len(header) < header_size or header[:4] != bytes([0, 0, 8, 1 + len(item)]):
        raise ValueError(f"no IDX file of bytes in {1 + len(item)} dimensions")
    count, *shape = struct.unpack(f">{1 + len(item)}I", header[4:])
    if tuple(shape) != item:
        raise ValueError(f"holds {_by(shape)} where {_by(item)} belongs")
    size = count * math.prod(item)
    if not count:
        raise ValueError("holds 0 examples")
    if size > LARGEST:
        raise ValueError(f"claims {size:,} bytes, and at most {LARGEST:,} are read")
    # Reading one byte more than there should be shows whether there is more, however large it unpacks.
    body = unpacker.decompress(unpacker.unconsumed_tail, size + 1) if unpacker else memoryview(raw)[header_size:]
    if len(body) != size:
        raise ValueError(f"{'more' if len(body) > size else 'fewer'} bytes than the {size:,} its header says")
    if unpacker and not unpacker.eof:
        raise EOFError("is cut")
    return np.frombuffer(body, np.uint8).reshape(count, *item)


def _by(lengths: Sequence[int]) -> str:
    return " x ".join(map(str, lengths)) or "single numbers"


def unpack(archive: Path, members: Sequence[str], root: Path, most: int = LARGEST) -> None:
    """Write these members of a tar.gz, each of at most `most` bytes, and nothing else, to their places below `root`.

    Raises
    ------
    ValueError, EOFError, zlib.error
        It is no such archive, has not all members, or is larger than one can be.
    OSError
        It cannot be read, or they cannot be written.
    """
    wanted = set(members)
    with regular(archive) as file:
        stream = _Unzipped(file)
        for name, size in _members(stream):
            if name not in wanted:
                continue
            if size > most:
                raise ValueError(f"claims {size:,} bytes for {name}, and at most {most:,} are read")
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            with written(root / name) as place:
                for chunk in stream.chunks(size):
                    place.write(chunk)
            wanted.remove(name)
            if not wanted:
                return
    raise ValueError(f"has no {sorted(wanted)[0]}")


def _members(stream: _Unzipped) -> Iterator[tuple[str, int]]:
    """Name and size of each file, the stream standing at its first byte; what is left unread of it is skipped.

    Headers are read here and not by tarfile, which keeps whatever length of a name an archive claims in memory.
    """
    while header := stream.read(_BLOCK):
        if not header.strip(b"\0"):  # the end's two empty blocks
            return
        member = tarfile.TarInfo.frombuf(header, "latin1", "strict")
        if member.size < 0:
            raise ValueError("claims a size below 0")
        end = stream.done + -(-member.size // _BLOCK) * _BLOCK
        if member.isreg():
            yield member.name, member.size
        for _ in stream.chunks(end - stream.done):
            pass


class _Unzipped:
    """What a gzipped file holds, in small pieces, and no more than an archive can have."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpacker = zlib.decompressobj(wbits=31)
        self.done = 0

    def read(self, size: int) -> bytes:
        """So many bytes; empty at the end. Raises EOFError where the end comes within them."""
        pieces: list[bytes] = []
        missing = size
        while missing and not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._file.read(1 << 16)
            piece = self._unpacker.decompress(packed, missing)
            if not packed and not piece:
                raise EOFError("is cut")
            pieces.append(piece)
            missing -= len(piece)
        self.done += size - missing
        if self.done > _UNPACKED:
            raise ValueError(f"unpacks to more than {_UNPACKED:,} bytes")
        if missing and missing < size:
            raise EOFError("is cut")
        return b"".join(pieces)

    def chunks(self, size: int) -> Iterator[bytes]:
        """So many bytes, piece by piece. Raises EOFError where the end comes before."""
        while size:
            chunk = self.read(min(size, _CHUNK))
            if not chunk:
                raise EOFError("is cut")
            size -= len(chunk)
            yield chunk
