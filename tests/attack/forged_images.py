"""Folders of images: files that are no images, images that are too much, and links and pipes among them."""

from __future__ import annotations

import io
import os
import socket
import struct
import zlib
from pathlib import Path
from random import Random

from tests.attack.hostile import SIGNS, junk

# By Pillow's names; what a file is comes from its first bytes, whatever its name says.
_FORMATS = (
    "PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "DDS", "AVIF", "ICO", "PCX", "TGA", "SGI", "JPEG2000",
    "MPO", "IM",
)  # fmt: skip
_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".webp", ".ppm", ".pgm", ".PNG")
_POSTSCRIPT = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(carried-out) (w) file closefile showpage\n"
)


def folder(rng: Random, root: Path) -> None:
    """Fill `root` with two classes of images, and with something that does not belong there, or with nothing more."""
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        for number in range(8):
            (root / name / f"{number}.png").write_bytes(_image(rng, "PNG"))
    for _ in range(rng.choice((0, 1, 1, 2))):
        if (root / "a").is_dir():  # not parted into train and test already
            rng.choice((_spoil_image, _spoil_image, _spoil_image, _spoil_tree))(rng, root)


def _image(rng: Random, kind: str) -> bytes:
    from PIL import Image

    mode = rng.choice(("RGB", "RGB", "L", "1", "P", "RGBA", "CMYK", "I;16", "F", "LA"))
    raw = io.BytesIO()
    try:
        Image.frombytes("RGB", (9, 9), rng.randbytes(243)).convert(mode).save(raw, kind)
    except (OSError, ValueError, KeyError):  # a format that knows no such mode
        return _image(rng, "PNG")
    return raw.getvalue()


def _spoil_image(rng: Random, root: Path) -> None:
    raw = bytearray(_image(rng, rng.choice(_FORMATS)))
    kind = rng.randrange(8)
    if kind == 0:
        del raw[rng.randrange(len(raw)) :]
    elif kind <= 3:
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(min(len(raw), 120))
            raw[place : place + rng.choice((0, 1, 1, 4))] = junk(rng, rng.randint(0, 4))
    elif kind == 4:
        raw[:] = rng.choice(
            (b"", b"text", _POSTSCRIPT, b"\0" * 5000, junk(rng, 500), b"P6 99999 99999 255\n", b"P5 0 0 255\n")
        )
    elif kind == 5:
        raw[:] = _large(
            *rng.choice(((13_000, 13_000), (20_000, 20_000), (2**31 - 1, 1), (0, 5), (1, 200_000), (2**32 - 1,) * 2))
        )
    (root / rng.choice("ab") / f"{rng.randrange(8)}{rng.choice(_SUFFIXES)}").write_bytes(raw)


def _large(width: int, height: int) -> bytes:
    """A PNG of so many pixels: its header, and rows of black as far as they are cheap."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * min((width // 8 + 2) * height, 50 << 20), 1)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _spoil_tree(rng: Random, root: Path) -> None:
    """Something that is no image and no folder of them."""
    place = root / rng.choice("ab") / rng.choice(("x.png", "y", "0.png"))
    place.unlink(missing_ok=True)
    make = rng.choice((
        lambda: place.symlink_to("."), lambda: place.symlink_to(".."), lambda: (place.symlink_to("."), _twin(place)),
        lambda: os.mkfifo(place), lambda: place.symlink_to("/dev/zero"), lambda: place.symlink_to("gone.png"),
        lambda: place.symlink_to(place.name), lambda: place.symlink_to("../b/1.png"), lambda: place.mkdir(),
        lambda: (root / "c" / "train").mkdir(parents=True), lambda: (root / "c").symlink_to("a"),
        lambda: _named(root, rng.choice(SIGNS)), lambda: _named(root, os.fsdecode(b"\xff\xfe\x9b31m")),
        lambda: [(root / f"empty {number}").mkdir() for number in range(500)], lambda: _deep(root / "b"),
        lambda: _parted(root), lambda: _socket(place),
    ))  # fmt: skip
    make()


def _twin(place: Path) -> None:
    place.with_name("twin").symlink_to(".")


def _socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(place.parent, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{here}/{place.name}")  # a socket's path may be no longer than about 100 bytes
        os.close(here)


def _named(root: Path, name: str) -> None:
    """A class, and an image in it, whose name is no text or acts on a terminal."""
    name = name.replace("\0", "").replace("/", "")[:40] or "x"
    try:
        (root / name).mkdir()
        (root / name / f"{name}.png").write_bytes(b"no image")
        (root / name / "1.png").write_bytes((root / "a" / "1.png").read_bytes())
    except (OSError, UnicodeEncodeError):  # a name that the file system refuses
        return


def _parted(root: Path) -> None:
    """A root that holds train/ and test/, each with the classes."""
    for part in ("train", "test"):
        (root / part).mkdir()
    (root / "a").rename(root / "train" / "a")
    (root / "b").rename(root / "test" / "b")


def _deep(folder: Path) -> None:
    for _ in range(300):
        folder /= "deeper"
        folder.mkdir()
