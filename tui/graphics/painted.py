"""Pictures as they are painted: what was measured, enlarged and not smoothed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.graphics.placed import Rgb

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

Point = tuple[float, float, Rgb]
Pixels = Sequence[Sequence[Rgb]]

# Colours of a palette, of which pictures are made where they need no more: they are sent with a fraction of the bytes.
_PALETTE = 256


def plane(
    places_HW: NDArray[np.int64], shades: Sequence[Rgb], points: Sequence[Point], wide: int, high: int, rim: Rgb
) -> Image:
    """A grid of shades with points on it, so many pixels wide and high.

    Parameters
    ----------
    places_HW : of each measured place its shade. The outer ones lie on the edges of the picture.
    points : each across and down (0 to 1) and its colour; drawn as a disc with a rim, so that it is seen on its own.
    """
    import numpy as np
    from PIL import Image, ImageDraw

    used, numbers_HW = np.unique(places_HW, return_inverse=True)
    numbers_HW = numbers_HW.reshape(places_HW.shape)
    colours = list(dict.fromkeys([*(shades[place] for place in used.tolist()), rim, *(rgb for _, _, rgb in points)]))
    flat = len(colours) <= _PALETTE
    number_of = {rgb: number for number, rgb in enumerate(colours)}
    drawn_as: list[int] | list[Rgb] = [number_of[shades[place]] for place in used.tolist()]
    if not flat:
        drawn_as = [shades[place] for place in used.tolist()]
    lookup = np.array(drawn_as, dtype=np.uint8)
    rows = np.rint(np.linspace(0, places_HW.shape[0] - 1, high)).astype(np.int64)
    columns = np.rint(np.linspace(0, places_HW.shape[1] - 1, wide)).astype(np.int64)
    picture = Image.fromarray(lookup[numbers_HW][rows[:, None], columns])
    if flat:
        picture = _with_palette(picture, colours)
    draw = ImageDraw.Draw(picture)
    radius = max(2, round(min(wide, high) / 90))
    for across, down, rgb in points:
        x, y = round(across * (wide - 1)), round(down * (high - 1))
        box = (x - radius, y - radius, x + radius, y + radius)
        fill, outline = (number_of[rgb], number_of[rim]) if flat else (rgb, rim)
        draw.ellipse(box, fill=fill, outline=outline)
    return picture


def strip_of_images(images: Sequence[Pixels], slot: int, side: int, wide: int, high: int, ground: Rgb) -> Image:
    """Images beside one another, each pixel as a square of as many whole pixels as there is room for.

    Parameters
    ----------
    slot, side : how far the images lie apart, and how wide the room of each is: in cells, as the half-blocks are.
    wide, high : of the whole strip, in pixels.
    """
    import numpy as np
    from PIL import Image

    cell = wide / (slot * (len(images) - 1) + side)
    strip_HW3 = np.empty((high, wide, 3), dtype=np.uint8)
    strip_HW3[:] = ground
    room = round(side * cell)
    for place, image in enumerate(images):
        pixels_HW3 = np.asarray(image, dtype=np.uint8)
        tall, broad = pixels_HW3.shape[:2]
        times = min(room // broad, high // tall)
        if times >= 1:
            enlarged = pixels_HW3.repeat(times, axis=0).repeat(times, axis=1)
        else:  # no room for every pixel
            size = min(room, high)
            enlarged = pixels_HW3[np.arange(size)[:, None] * tall // size, np.arange(size) * broad // size]
        left = round(place * slot * cell) + (room - enlarged.shape[1]) // 2
        top = (high - enlarged.shape[0]) // 2
        strip_HW3[top : top + enlarged.shape[0], left : left + enlarged.shape[1]] = enlarged
    picture = Image.fromarray(strip_HW3)
    counted = picture.getcolors(_PALETTE)
    if counted is None:
        return picture
    colours: list[Rgb] = [rgb for _, rgb in counted]  # type: ignore[misc]
    code_of = np.array([red << 16 | green << 8 | blue for red, green, blue in colours])
    order = np.argsort(code_of)
    codes_HW = strip_HW3.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    numbers_HW = order[np.searchsorted(code_of[order], codes_HW)].astype(np.uint8)
    return _with_palette(Image.fromarray(numbers_HW), colours)


def _with_palette(numbers: Image, colours: Sequence[Rgb]) -> Image:
    numbers.putpalette([value for rgb in colours for value in rgb])
    return numbers
