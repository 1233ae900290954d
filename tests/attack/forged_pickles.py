"""CIFAR batches that are not what they say: pickles that want to run something, take all memory, or forge arrays.

Pickle's opcodes are written by hand where `pickle` itself would not write such a thing.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from tests.attack.hostile import SIGNS, junk

# What a payload that is carried out leaves in the working folder.
MARK = "carried-out"
IMAGES = 12


class _Call:
    """Pickled, it is the call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> Any:
        return self._call


def batch(rng: Random) -> bytes:
    """A batch of 12 images with something wrong in it, or nothing."""
    return rng.choice(_FORGERIES)(rng)


def honest(rng: Random, **changed: Any) -> bytes:
    """A batch as CIFAR's are, but for what is changed."""
    pixels = np.frombuffer(rng.randbytes(IMAGES * 3072), dtype=np.uint8).reshape(IMAGES, 3072)
    held = {"data": pixels, "labels": [number % 10 for number in range(IMAGES)], "batch_label": "b", "filenames": ["x"]}
    return pickle.dumps({**held, **changed}, protocol=rng.randint(0, 5))


def names(rng: Random) -> bytes:
    """The file with the names of the classes, some of which would act on a terminal."""
    class_names = [f"thing {number}" for number in range(10)]
    if rng.random() < 0.5:
        class_names[rng.randrange(10)] = rng.choice(SIGNS)
    return pickle.dumps(
        {
            "label_names": rng.choice(
                (class_names, class_names, class_names, class_names[:3], "thing", [[1]], class_names * 1000)
            )
        },
        protocol=2,
    )


def _damaged(rng: Random) -> bytes:
    data = bytearray(honest(rng))
    for _ in range(rng.randint(1, 6)):
        # Around the pixels, which may be anything.
        place = rng.choice((rng.randrange(200), len(data) - 1 - rng.randrange(400)))
        data[place : place + rng.choice((0, 1, 1, 3))] = junk(rng, rng.randint(0, 3))
    return bytes(data)


def _calls(rng: Random) -> bytes:
    import builtins
    import os
    import subprocess

    call = rng.choice((
        _Call(os.system, f"touch {MARK}"), _Call(subprocess.call, ["touch", MARK]), _Call(open, MARK, "w"),
        _Call(builtins.exec, f"open({MARK!r}, 'w')"), _Call(os.mkdir, MARK),
        _Call(np.memmap, MARK, "u1", "w+", 0, (9,)),
        _Call(np.save, MARK, 1), _Call(np.fromfile, "/dev/zero", "u1", 10**11), _Call(np.zeros, 10**12),
        _Call(bytearray, 10**12),
    ))  # fmt: skip
    return honest(rng, **{rng.choice(("data", "labels", "more")): call})


_NAMES = (
    ("os", "system"), ("builtins", "eval"), ("numpy", "load"), ("numpy", "memmap"), ("numpy", "vectorize"), ("", ""),
    ("numpy.core.multiarray", "scalar"), ("numpy.f2py", "compile"), ("numpy.testing", "runstring"), ("a" * 9999, "b"),
    ("numpy.core.multiarray", "_reconstruct.__globals__"), ("numpy", "ndarray.tofile"), ("_codecs", "lookup"),
)  # fmt: skip


def _global(rng: Random) -> bytes:
    """A name that no batch has need of, by one of the opcodes that look names up."""
    module, name = rng.choice(_NAMES)
    text = lambda word: b"\x8c" + bytes([len(word) % 256]) + word.encode()  # noqa: E731
    look = rng.choice(
        (f"c{module}\n{name}\n".encode(), text(module) + text(name) + b"\x93", f"i{module}\n{name}\n".encode())
    )
    return b"\x80\x04(" + look + rng.choice((b"(tR.", b"(X\x01\x00\x00\x00aX\x00\x00\x00\x00tR.", b")\x81}b.", b"."))


def _dtype(rng: Random) -> bytes:
    """An array whose dtype has a forged state: objects of raw bytes would be pointers of the file's choosing."""
    kind = rng.choice(("O8", "O8", "V16", "u1", "f8", "M8", "S8", "U8", "i8", "c16"))
    flags = rng.choice((0, 0, 0x3F, 0x1B, 1, -1, 2**31 - 1))
    state = rng.choice((
        (3, "|", None, None, None, -1, -1, flags),
        (3, "<", None, None, None, rng.choice((8, 0, -8, 2**31 - 1)), 1, flags),
        (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, flags),
        (4, "|", ("u1", (2**20, 2**20)), None, None, 8, 1, 0, {}),
        (), None, ("x",) * 8,
    ))  # fmt: skip
    # c numpy dtype (kind, False, True) -> R, state -> b: what numpy's own pickles have.
    dtype = (
        b"cnumpy\ndtype\n" + _plain((kind, False, True)) + b"R" + (_plain(state) + b"b" if state is not None else b"")
    )
    shape = rng.choice(((1,), (IMAGES, 3072), (0,), (-1,), (2**62,), (2**31, 2**31), (1,) * 40, (), ("a",)))
    raw = rng.choice((b"A" * 8, b"\x10" + b"\0" * 7, b"A" * (IMAGES * 3072), b"", [1, 2, None], "text"))
    module = rng.choice((b"numpy.core.multiarray", b"numpy._core.multiarray"))
    array = b"c" + module + b"\n_reconstruct\n(cnumpy\nndarray\n" + _plain((0,)) + _plain(b"b") + b"tR"
    array += b"(K\x01" + _plain(shape) + dtype + rng.choice((b"\x88", b"\x89")) + _plain(raw) + b"tb"
    if rng.random() < 0.4:
        module = rng.choice((b"numpy.core.numeric", b"numpy._core.numeric"))
        array = b"c" + module + b"\n_frombuffer\n(" + _plain(raw) + dtype + _plain(shape) + _plain("C") + b"tR"
    return b"\x80\x03}(" + _plain("data") + array + _plain("labels") + _plain(list(range(10))) + b"u."


def _bomb(rng: Random) -> bytes:
    """Small on disk, large in memory."""
    doubled = b"]" + b"q\x00" + b"".join(b"](" + b"h%c" % (n - 1) * 10 + b"eq%c" % n for n in range(1, 40))
    return rng.choice((
        lambda: b"\x80\x02" + doubled + b".",
        lambda: b"\x80\x04\x8d" + struct.pack("<Q", rng.choice((2**40, 2**62, 2**64 - 1))) + b"x.",
        lambda: b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x.",
        lambda: b"\x80\x04\x95" + struct.pack("<Q", 2**63) + b"N.",
        lambda: b"\x80\x02\x8b" + struct.pack("<i", rng.choice((2**31 - 1, -1))) + b"\1.",
        lambda: b"\x80\x02N" + b"r" + struct.pack("<I", 2**32 - 1) + b".",
        lambda: b"\x80\x02" + b"(" * 10**6 + b".",
        lambda: b"\x80\x02" + b"]" * 10**5 + b"a" * (10**5 - 1) + b".",
        lambda: b"\x80\x02](" + b"K\x01" * 5 * 10**6 + b"e.",
        lambda: b"\x80\x02" + b"I" + b"9" * 10**6 + b"\n.",
        lambda: b"\x80\x05\x96" + struct.pack("<Q", 2**50) + b".",
    ))()  # fmt: skip


def _wrong(rng: Random) -> bytes:
    """Plain values, of another kind or number than a batch has."""
    pixels = np.zeros((IMAGES, 3072), dtype=np.uint8)
    labels = rng.choice((
        [-1] * IMAGES, [10**30] * IMAGES, [99] * IMAGES, ["1"] * IMAGES, [float("nan")] * IMAGES, [0.5] * IMAGES,
        [None] * IMAGES, [[]] * IMAGES, [True] * IMAGES, 7, [], None, np.zeros(IMAGES), b"0" * IMAGES,
    ))  # fmt: skip
    data = rng.choice((
        pixels[:3], pixels.astype(object), pixels.astype(np.int64), pixels.T, np.asfortranarray(pixels), pixels[:0],
        pixels.tobytes(), pixels.tolist(), pixels.view("V3072"), None, "text", [[]] * IMAGES,
    ))  # fmt: skip
    whole = rng.choice(([1, 2], {}, None, "text", {b"data": pixels, b"labels": [0] * IMAGES}))
    return rng.choice((
        lambda: honest(rng, labels=labels), lambda: honest(rng, data=data), lambda: pickle.dumps(whole),
        lambda: honest(rng, data=data, labels=labels), lambda: rng.choice((b"", b".", b"N.")), lambda: honest(rng),
    ))()  # fmt: skip


def _plain(value: Any) -> bytes:
    """The opcodes that put a plain value on the stack."""
    return pickle.dumps(value, protocol=3)[2:-1]


_FORGERIES: tuple[Callable[[Random], bytes], ...] = (
    _damaged, _damaged, _calls, _global, _dtype, _dtype, _dtype, _bomb, _wrong, _wrong,
)  # fmt: skip
