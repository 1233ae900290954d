"""Colours for terminals that have 256 of them: the nearest to the eye, and of the same hue or grey.

Rounding each of red, green and blue to the cube's levels, as it is usually done, makes a strong olive of a dark orange.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import hypot

from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Ground
from textual.filter import LineFilter

Lab = tuple[float, float, float]

# The levels of the 6x6x6 cube, colours 16 to 231; 232 to 255 are greys from 8 to 238. The 16 before them are whatever
# the terminal's theme makes of them.
_LEVELS = (0, 95, 135, 175, 215, 255)
_NEAR = 3
# A turned hue counts so much more than a difference in lightness, and so do a faded and a stronger colour:
# where no colour is near, grey is better than another colour.
_HUE, _FADED, _STRONGER = 6.0, 2.0, 4.0


def _linear(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


@lru_cache(maxsize=4096)
def oklab(red: int, green: int, blue: int) -> Lab:
    """Lightness, and the two axes of hue, in which distances are those that are seen (B. Ottosson, Oklab, 2020)."""
    r, g, b = _linear(red), _linear(green), _linear(blue)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _cost(wanted: Lab, offered: Lab) -> float:
    """How unlike two colours look: the squared distance, in which a wrong or too strong colour counts more."""
    strength, other = hypot(*wanted[1:]), hypot(*offered[1:])
    along = wanted[1] * offered[1] + wanted[2] * offered[2]
    turned = 2 * (strength * other - along)
    faded = (strength - other) ** 2
    return (wanted[0] - offered[0]) ** 2 + faded * (_STRONGER if other > strength else _FADED) + _HUE * turned


@lru_cache(maxsize=8192)
def nearest(red: int, green: int, blue: int) -> int:
    """The number of the colour of the 256 that looks most like this one (0 to 255 each)."""
    wanted = oklab(red, green, blue)
    near = [sorted(range(6), key=lambda place: abs(_LEVELS[place] - value))[:_NEAR] for value in (red, green, blue)]
    offered = [
        (_cost(wanted, oklab(_LEVELS[r], _LEVELS[g], _LEVELS[b])), 16 + 36 * r + 6 * g + b)
        for r, g, b in product(*near)
    ]
    offered += [(_cost(wanted, oklab(level, level, level)), 232 + (level - 8) // 10) for level in range(8, 239, 10)]
    return min(offered)[1]


class Cube(LineFilter):
    """Gives every colour the number of what looks most like it."""

    def apply(self, segments: list[Segment], background: Ground) -> list[Segment]:
        """Change the colours of each segment."""
        return [Segment(text, _in_cube(style) if style else style, control) for text, style, control in segments]


@lru_cache(maxsize=4096)
def _in_cube(style: Style) -> Style:
    color, ground = style.color, style.bgcolor
    if not any(part is not None and part.type is ColorType.TRUECOLOR for part in (color, ground)):
        return style
    return style + Style(color=_number(color), bgcolor=_number(ground))


def _number(color: Color | None) -> Color | None:
    if color is None or color.type is not ColorType.TRUECOLOR or color.triplet is None:
        return None
    return Color.from_ansi(nearest(*color.triplet))
