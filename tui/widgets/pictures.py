"""Closer looks as pictures: the classes over the plane, the images a network is fed and gets wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from engine.view import View
from tui.widgets.blocks import Pixel, append_half_blocks, seen, side_by_side
from tui.widgets.palette import blend, colour

if TYPE_CHECKING:
    from engine.probes import Picture, Surface

_SMALL = 8
_NO_IMAGES = "This preset's examples are no images."


def surface_lines(
    view: View, arms: Sequence[str], width: int, height: int, dark: bool, ascii_only: bool
) -> list[Text] | None:
    """Each arm's classes over the plane in half-blocks, fainter where it is unsure, with train and validation points.

    None where the inputs are not two.
    """
    surfaces: list[tuple[str, Surface]] = []
    for arm in arms:
        surface, why = seen(view, "surface", arm, "")
        if surface is not None:
            surfaces.append((arm, surface))
        elif why[0].plain:
            return why
    if not surfaces:
        return None
    columns = max(8, (width - len(surfaces) + 1) // len(surfaces))
    rows = max(2, height - 1)
    title = Text(no_wrap=True)
    blocks, signs = [], []
    for place, (arm, surface) in enumerate(surfaces):
        r, g, b = colour(view.preset.arm_names.index(arm), dark)
        title.append(
            f"{arm[: columns - 1]:<{columns}}" + (" " if place + 1 < len(surfaces) else ""),
            style=f"bold rgb({r},{g},{b})",
        )
        blocks.append(_surface_rows(surface, columns, 2 * rows, dark))
        signs.append(_surface_signs(surface, columns, rows) if ascii_only else {})
    lines = [title]
    for y in range(rows):
        line = Text(no_wrap=True)
        for place, block in enumerate(blocks):
            if place:
                line.append(" ")
            append_half_blocks(line, block[2 * y], block[2 * y + 1], ascii_only, signs[place].get(y))
        lines.append(line)
    return lines


def _surface_signs(surface: Surface, columns: int, rows: int) -> dict[int, dict[int, str]]:
    """Where half-blocks cannot show the points: row -> column -> `o` (train) or `.` (validation)."""
    signs: dict[int, dict[int, str]] = {}
    for x, y, _, part in sorted(surface.points, key=lambda point: point[3] == "train"):
        at = round((x - surface.left) / (surface.right - surface.left) * (columns - 1))
        up = round((surface.top - y) / (surface.top - surface.bottom) * (rows - 1))
        signs.setdefault(up, {})[at] = "o" if part == "train" else "."
    return signs


def _surface_rows(surface: Surface, columns: int, rows: int, dark: bool) -> list[list[Pixel]]:
    ground: Pixel = (18, 18, 18) if dark else (245, 245, 245)
    high, wide = len(surface.classes), len(surface.classes[0])
    classes = max((max(row) for row in surface.classes), default=0) + 1
    least = 1 / max(2, classes)
    pixels = []
    for y in range(rows):
        source = y * high // rows
        row = []
        for x in range(columns):
            at = x * wide // columns
            sure = (surface.confidence[source][at] - least) / (1 - least)
            row.append(blend(colour(surface.classes[source][at], dark), ground, 0.15 + 0.45 * min(1.0, max(0.0, sure))))
        pixels.append(row)
    for x, y, label, part in surface.points:
        at = round((x - surface.left) / (surface.right - surface.left) * (columns - 1))
        up = round((surface.top - y) / (surface.top - surface.bottom) * (rows - 1))
        if 0 <= at < columns and 0 <= up < rows:
            rgb = colour(label, dark)
            pixels[up][at] = blend(rgb, (255, 255, 255) if dark else (0, 0, 0), 0.55) if part == "train" else rgb
    return pixels


def picture_lines(view: View, arm: str, width: int, height: int, ascii_only: bool) -> list[Text]:
    """A strip of what the network is fed, and one of its worst mistakes, each image with its label."""
    told, why = seen(view, "pictures", arm, _NO_IMAGES)
    if told is None:
        return why
    strips = (("fed in the next batch", told.fed), ("worst mistakes on validation", told.mistakes))
    shown = [pictures for _, pictures in strips if pictures]
    size = min(28, len(shown[0][0].pixels)) if shown else 0
    if height >= 4 + size:
        return [
            line for title, pictures in strips for line in _strip(title, pictures, width, (height - 4) // 2, ascii_only)
        ]
    # Too low for two strips, one above the other.
    half = (width - 2) // 2
    left, right = (_strip(title, pictures, half, height - 2, ascii_only) for title, pictures in strips)
    return side_by_side(left, right, half + 2)


def fed_lines(view: View, arm: str, width: int, height: int, ascii_only: bool, name: Text) -> list[Text]:
    """A strip of what one arm's network is fed: the same examples in each arm of a seed, as that arm sees them."""
    told, why = seen(view, "fed", arm, _NO_IMAGES)
    if told is None:
        return why
    title = name.copy().append(" is fed" if told.fed else " is fed nothing any more: the run has ended", style="dim")
    # Small images are shown whole: a digit of 8 pixels is none any more on 6.
    least = min(_SMALL, len(told.fed[0].pixels)) // 2 if told.fed else 0
    return _strip(title, told.fed, width, max(least, height - 2), ascii_only)


def _strip(title: Text | str, pictures: Sequence[Picture], width: int, height: int, ascii_only: bool) -> list[Text]:
    """Images `height` lines high at most, with a title above and their labels below."""
    if isinstance(title, str):
        title = Text(title if pictures else f"{title}: none", style="bold", no_wrap=True)
    lines = [title]
    if not pictures:
        return lines
    side = min(2 * max(3, height), len(pictures[0].pixels), 28)
    side += side % 2
    slot = max(side, 9) + 1
    shown = pictures[: max(1, width // slot)]
    scaled = [_scaled(picture.pixels, side) for picture in shown]
    for y in range(0, side, 2):
        line = Text(no_wrap=True)
        for image in scaled:
            append_half_blocks(line, image[y], image[y + 1], ascii_only)
            line.append(" " * (slot - side))
        lines.append(line)
    captions = Text(no_wrap=True, style="dim")
    for picture in shown:
        captions.append(f"{picture.caption[: slot - 1]:<{slot}}")
    lines.append(captions)
    return lines


def _scaled(pixels: Sequence[Sequence[Pixel]], side: int) -> list[list[Pixel]]:
    high, wide = len(pixels), len(pixels[0])
    return [[pixels[y * high // side][x * wide // side] for x in range(side)] for y in range(side)]
