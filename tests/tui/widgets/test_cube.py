"""Promises of terminals with 256 colours: what is faint stays faint, and no colour becomes another one."""

from __future__ import annotations

from colorsys import rgb_to_hsv

import pytest
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Ground

from tui.charts.bands import OPACITY
from tui.charts.palette import COLOURS, blend, colour
from tui.widgets.cube import Cube, nearest
from tui.widgets.plain import filters

DARK, LIGHT = (18, 18, 18), (255, 255, 255)


def shown(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """The colour that a terminal of 256 draws."""
    return tuple(Color.from_ansi(nearest(*rgb)).get_truecolor())


def hue_apart(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Degrees between two hues."""
    turn = abs(rgb_to_hsv(*one)[0] - rgb_to_hsv(*other)[0]) * 360
    return min(turn, 360 - turn)


def strength(rgb: tuple[int, int, int]) -> int:
    return max(rgb) - min(rgb)


@pytest.mark.parametrize("arm", range(COLOURS))
@pytest.mark.parametrize("ground", [DARK, LIGHT])
def test_a_tint_is_faint_and_of_its_hue_or_grey(arm: int, ground: tuple[int, int, int]) -> None:
    dark = ground == DARK
    for share in (OPACITY[dark], *(0.15 + 0.45 * step / 24 for step in range(25))):
        tint = blend(colour(arm, dark), ground, share)
        drawn = shown(tint)
        assert strength(drawn) <= strength(tint) + (15 if share == OPACITY[dark] else 75), (tint, drawn)
        assert strength(drawn) == 0 or hue_apart(tint, drawn) <= 45, (tint, drawn)
        assert abs(sum(drawn) - sum(tint)) / 3 <= 40, (tint, drawn)


def test_the_tint_of_the_orange_arm_is_not_the_olive_that_rounding_makes_of_it() -> None:
    tint = blend(colour(0, True), DARK, OPACITY[True])
    rounded = Color.from_rgb(*tint).downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    assert strength(tuple(rounded)) > 80
    assert strength(shown(tint)) == 0


@pytest.mark.parametrize("dark", [True, False])
def test_the_arms_stay_apart(dark: bool) -> None:
    assert len({nearest(*colour(arm, dark)) for arm in range(COLOURS)}) == COLOURS


def test_colours_of_the_256_are_themselves_and_greys_are_of_the_ramp() -> None:
    for number in range(16, 256):
        rgb = tuple(Color.from_ansi(number).get_truecolor())
        assert shown(rgb) == rgb
    assert nearest(18, 18, 18) == 233
    assert strength(shown((60, 61, 60))) == 0


def test_only_a_terminal_of_256_colours_is_given_them() -> None:
    (cube,) = [one for one in filters(False, False, "256") if isinstance(one, Cube)]
    assert not any(isinstance(one, Cube) for one in (*filters(False, False, "truecolor"), *filters(False, True, "256")))
    style = Style(color=Color.from_rgb(230, 159, 0), bgcolor=Color.from_rgb(18, 18, 18), bold=True)
    ((text, drawn, _),) = cube.apply([Segment("x", style)], Ground(0, 0, 0))
    assert (text, drawn.bold, drawn.bgcolor.number) == ("x", True, 233)
    assert drawn.color.number is not None
