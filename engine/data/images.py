"""One image file of the user's, which may be anything that has an image's name."""

from __future__ import annotations

import contextlib
import ctypes
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.data.pool import Array
from engine.data.reading import regular

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
# The decoders of these names alone: Pillow has 40 more, of which one starts another program.
_FORMATS = ("JPEG", "PNG", "PPM", "BMP", "TIFF", "WEBP")
# Decoded, an image takes up to twice four bytes a pixel. Pillow warns from here on.
MOST_PIXELS = 89_478_485
_MOST_BYTES = 1 << 27
# A progressive JPEG of a few kilobytes can have thousands of scans, each over all its pixels; usual ones have ten.
_MOST_SCANS, _MOST_SCANNED = 100, 12 * MOST_PIXELS
_SCAN = b"\xff\xda"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence Pillow and libtiff, which would write across the screen."""
    from PIL import _imaging

    # libtiff writes to the terminal directly, past Python. Where it cannot be found, it goes on doing so.
    with contextlib.suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(_imaging.__file__)
        library.TIFFSetErrorHandler(None)
        library.TIFFSetWarningHandler(None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_image(path: Path, size: int) -> Array:
    """An image as RGB of `size` x `size` pixels, flattened (channel, height, width), uint8.

    Raises
    ------
    ValueError
        It cannot be read as an image, and why.
    OSError
        It cannot be opened.
    """
    from PIL import Image

    with regular(path) as file:
        if os.fstat(file.fileno()).st_size > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES:,} bytes")
        try:
            with Image.open(file, formats=_FORMATS) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise _TooLargeError(f"{width:,} x {height:,} pixels, and at most {MOST_PIXELS:,} are read")
                if image.format in ("JPEG", "MPO"):
                    scans = _scans(path)
                    if scans > _MOST_SCANS or scans * width * height > _MOST_SCANNED:
                        raise _TooLargeError(f"{scans} scans of {width:,} x {height:,} pixels")
                square = image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
        except _TooLargeError as error:
            raise ValueError(str(error)) from None
        except Image.DecompressionBombError:  # Pillow's own limit, twice ours
            raise ValueError(f"more than the {MOST_PIXELS:,} pixels that are read") from None
        except MemoryError:
            raise ValueError("more memory needed than there is") from None
        except Exception as error:
            # A decoder raises whatever it trips over: NotImplementedError, RuntimeError, struct.error, KeyError.
            raise ValueError("none, or damaged") from error
    return np.asarray(square).transpose(2, 0, 1).reshape(-1)


def side_of(path: Path) -> int | None:
    """The shorter side of an image in pixels, by its header alone; None where that cannot be read."""
    from PIL import Image

    try:
        with quiet(), regular(path) as file, Image.open(file, formats=_FORMATS) as image:
            return min(image.size)
    except Exception:  # whatever a decoder trips over; read_image names it
        return None


class _TooLargeError(Exception):
    """A refusal of our own, as opposed to whatever a decoder may raise."""


def _scans(path: Path) -> int:
    """How often a JPEG starts a pass over its pixels: within one, these two bytes never come together."""
    with regular(path) as file:
        return file.read(_MOST_BYTES).count(_SCAN)
