"""Files with an image's name that are none, or are more than they seem."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes | None = None, more: bytes = b"", depth: int = 1) -> bytes:
    """A black PNG of one bit a pixel, or one whose header says so."""
    data = zlib.compress(bytes((1 + -(-width * depth // 8)) * height) if rows is None else rows)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def many_scans(tmp_path: Path, count: int, side: int = 64) -> bytes:
    """A progressive JPEG whose last scan is there so many times; its header says that it is `side` pixels wide."""
    path = tmp_path / "scans.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)).save(
        path, progressive=True
    )
    raw = path.read_bytes()
    size = raw.index(b"\xff\xc2") + 5
    raw = raw[:size] + struct.pack(">HH", side, side) + raw[size + 4 :]
    start = raw.rindex(b"\xff\xda")
    return raw[:start] + raw[start:-2] * count + raw[-2:]


def webp(width: int, height: int) -> bytes:
    """An animation on a canvas of that size, without frames."""
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0"
    canvas += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + canvas + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(width: int, height: int, compression: int, data: bytes) -> bytes:
    tags = {256: width, 257: height, 258: 8, 259: compression, 262: 1, 273: 8, 277: 1, 278: height, 279: len(data)}
    directory = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()
    )
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory + bytes(4)


DDS = b"DDS " + struct.pack("<IIIIIII", 124, 0x1007, 8, 8, 0, 0, 0) + bytes(44) + struct.pack("<II", 32, 4)
DDS += b"XXXX" + bytes(40)


def bad_images(tmp_path: Path) -> dict[str, bytes]:
    """Files of an image's name, by that name."""
    return {
        "empty.png": b"",
        "dds.png": DDS,
        "avif.jpg": struct.pack(">I", 32) + b"ftypavif\0\0\0\0avifmif1miaf" + bytes(100),
        "eps.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n",
        "gif.png": b"GIF89a" + struct.pack("<HH", 65535, 65535) + bytes(100),
        "icns.png": b"icns" + bytes(100),
        "169 megapixels.png": png(13_000, 13_000),
        "header of 4 gigapixels.png": png(65_535, 65_535, b""),
        "header of 2 to the 62.png": png(2**31 - 1, 2**31 - 1, b""),
        "no pixels.png": png(0, 0, b""),
        "too few rows.png": png(9_000, 9_000, b""),
        "a text of 256 megabytes.png": png(
            8, 8, more=chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(1 << 28)))
        ),
        "huge.ppm": b"P6 60000 60000 255\n",
        "endless.ppm": b"P6 " + b"9" * 100_000,
        "negative.bmp": b"BM" + struct.pack("<IIIIiiHHIIiiII", 100, 0, 54, 40, -5, -5, 1, 24, 0, 0, 0, 0, 0, 0),
        "huge.bmp": b"BM" + struct.pack("<IIIIiiHHIIiiII", 100, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0),
        "canvas.webp": webp(16_383, 16_383),
        "cut.webp": webp(16, 16)[:20],
        "lzw.tif": tiff(64, 64, 5, b"\xff" * 50),
        "deflate.tif": tiff(64, 64, 8, b"no deflate"),
        "unknown.tif": tiff(64, 64, 12345, b"\0" * 50),
        "huge.tif": tiff(60_000, 60_000, 1, b"\0" * 50),
        "huge packed.tif": tiff(9_000, 9_000, 5, b"\xff" * 50),
        "scans.jpg": many_scans(tmp_path, 5000),
        "large scans.jpg": many_scans(tmp_path, 50, 9000),
        "cut.jpg": b"\xff\xd8\xff\xe0",
    }  # fmt: skip
