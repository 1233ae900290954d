"""Pickles as Python 2 wrote them, which is what CIFAR's files are."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np


def dumps(value: Any) -> bytes:
    """cPickle's protocol 2 of dicts, lists, byte strings, whole numbers and uint8 arrays."""
    return b"\x80\x02" + _Writer().value(value) + b"."


class _Writer:
    def __init__(self) -> None:
        self._memo = 0

    def _put(self) -> bytes:
        self._memo += 1
        return b"q" + bytes([self._memo]) if self._memo < 256 else b"r" + struct.pack("<I", self._memo)

    def value(self, value: Any) -> bytes:
        if isinstance(value, str):
            value = value.encode("latin1")
        if isinstance(value, bytes):
            size = b"U" + bytes([len(value)]) if len(value) < 256 else b"T" + struct.pack("<i", len(value))
            return size + value + self._put()
        if isinstance(value, list):
            start = b"]" + self._put()
            return start + self._marked([self.value(item) for item in value], b"e")
        if isinstance(value, dict):
            start = b"}" + self._put()
            return start + self._marked([self.value(key) + self.value(item) for key, item in value.items()], b"u")
        if isinstance(value, np.ndarray):
            return self._array(value)
        if 0 <= value < 256:
            return b"K" + bytes([value])
        return b"M" + struct.pack("<H", value) if 0 <= value < 1 << 16 else b"J" + struct.pack("<i", value)

    def _marked(self, items: list[bytes], end: bytes) -> bytes:
        return b"".join(
            b"(" + b"".join(items[start : start + 1000]) + end for start in range(0, len(items), 1000)
        )  # as cPickle, in lots of a thousand

    def _array(self, array: np.ndarray) -> bytes:
        rows, columns = (self.value(length) for length in array.shape)
        data = array.astype(np.uint8).tobytes()
        return (
            b"cnumpy.core.multiarray\n_reconstruct\n" + self._put() + b"cnumpy\nndarray\n" + self._put()
            + b"K\x00\x85U\x01b\x87R" + self._put() + b"(K\x01" + rows + columns + b"\x86"
            + b"cnumpy\ndtype\n" + self._put() + b"U\x02u1K\x00K\x01\x87R" + self._put()
            + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
            + b"T" + struct.pack("<i", len(data)) + data + b"tb"
        )  # fmt: skip
