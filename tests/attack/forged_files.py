"""IDX files, gzip streams and tar archives that are not what they say."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zlib
from random import Random

from tests.attack import forged_pickles
from tests.attack.hostile import junk

IMAGES = 60
_MIB = 1 << 20


def idx(rng: Random, images: bool) -> bytes:
    """An MNIST file of 60 images or labels, plain, with something wrong in it, or nothing."""
    shape = [IMAGES, 28, 28] if images else [IMAGES]
    body = rng.randbytes(IMAGES * 784) if images else bytes(number % 10 for number in range(IMAGES))
    magic = bytes((0, 0, 8, len(shape)))
    kind = rng.randrange(10)
    if kind == 0:
        magic = rng.choice(
            (b"", b"\0\0\x08", b"\0\0\x0d\x03", b"\0\0\x08\xff", b"\0\0\x08\0", b"\x89PNG", junk(rng, 4))
        )
    elif kind == 1:
        shape[rng.randrange(len(shape))] = rng.choice((0, -1, 1, 2**31 - 1, -(2**31), 27, 10**6))
    elif kind == 2:
        shape = rng.choice(([2**31 - 1] * 3, [65536] * 4, [0, 2**31 - 1, 2**31 - 1], [0, 28, 28], [0], [1] * 255, []))
        magic = bytes((0, 0, 8, len(shape)))
        body = rng.choice((b"", body))
    elif kind == 3:
        body = body[: rng.randrange(len(body))]
    elif kind == 4:
        body += junk(rng, rng.choice((1, 1000)))
    elif kind == 5 and not images:
        body = bytes([rng.choice((10, 255))]) * IMAGES
    raw = magic + struct.pack(f">{len(shape)}i", *shape) + body
    return b"" if kind == 6 and rng.random() < 0.3 else raw


def gzipped(rng: Random, raw: bytes) -> bytes:
    """Packed, and cut, damaged, added to or blown up on the way."""
    packed = gzip.compress(raw, compresslevel=1)
    place = rng.randrange(len(packed))
    return rng.choice((
        lambda: packed, lambda: packed[:place], lambda: packed + junk(rng, 50), lambda: packed + packed,
        lambda: packed[:place] + junk(rng, 3) + packed[place + 3 :], lambda: bomb(rng.choice((1, 16, 4096))),
        lambda: gzip.compress(b"\0" * 64 * _MIB) * 64, lambda: raw, lambda: gzip.compress(packed), lambda: b"",
        lambda: b"\x1f\x8b\x08\x1c" + b"\xff" * 20 + packed, lambda: gzip.compress(raw[:16]) + bomb(4096)[18:],
    ))()  # fmt: skip


def bomb(mebibytes: int) -> bytes:
    """A gzip stream of so many MiB of zeros, a kilobyte for each: one flushed block again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"\0" * _MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08" + b"\0" * 7 + block * mebibytes + packer.flush() + b"\0" * 8


def archive(rng: Random, members: dict[str, bytes]) -> bytes:
    """CIFAR's tar.gz with a member that wants out of the folder, that is none, or that is larger than it is."""
    packed = io.BytesIO()
    forgery = rng.randrange(12)
    with tarfile.open(fileobj=packed, mode="w:gz", format=rng.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))) as tar:
        for name, raw in members.items():
            member = tarfile.TarInfo(name)
            victim = rng.random() < 0.3
            if victim and forgery == 0:
                member.name = rng.choice(
                    (f"../{name}", f"/tmp/{forged_pickles.MARK}", f"./{name}", f"{name}/../../../x")
                )
            elif victim and forgery == 1:
                member.type = rng.choice((tarfile.SYMTYPE, tarfile.LNKTYPE))
                member.linkname = rng.choice(("/etc/passwd", "../../outside", name, "/dev/zero"))
            elif victim and forgery == 2:
                member.type = rng.choice((tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, b"9"))
            elif victim and forgery == 3:
                raw = b"\0" * (256 * _MIB)
            elif victim and forgery == 4:
                continue
            elif victim and forgery == 5:
                tar.addfile(_link(name), None)  # a link first, then the file through it
            elif victim and forgery == 6:
                member.pax_headers = {"path": "a" * 5000, "size": "99999999999999", "GNU.sparse.realsize": "9" * 20}
            member.size = len(raw) if member.isfile() else 0
            tar.addfile(member, io.BytesIO(raw))
    raw = packed.getvalue()
    if forgery == 7:
        raw = raw[: rng.randrange(len(raw))]
    elif forgery == 8:
        place = rng.randrange(len(raw))
        raw = raw[:place] + junk(rng, 4) + raw[place + 4 :]
    elif forgery == 9:
        raw = rng.choice((bomb(4096), b"", junk(rng, 1000), gzip.compress(junk(rng, 5000)), gzip.compress(b"")))
    return raw


def _link(name: str) -> tarfile.TarInfo:
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, "../../outside"
    return link
