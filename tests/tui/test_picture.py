"""The screen in pixels: letters, dots and blocks where their cells are, in their colours."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from textual.app import App
from textual.widgets import Static

from tui.picture import cells_of, image

GROUND = tuple(SVG_EXPORT_THEME.background_color)
RED, BLUE = Style.parse("rgb(255,0,0)"), Style.parse("on rgb(0,0,255)")


def drawn(text: str, style: Style = RED):
    """The cells of one line, each as its 24 rows of 12 pixels."""
    picture = image([[Segment(text, style)]])
    assert picture.size == (12 * len(text), 24)
    return [
        [[picture.getpixel((12 * column + x, y)) for x in range(12)] for y in range(24)] for column in range(len(text))
    ]


def share(pixels, colour=(255, 0, 0)) -> float:
    """How much of some rows of pixels has the colour."""
    flat = [pixel for row in pixels for pixel in row]
    return sum(pixel == colour for pixel in flat) / len(flat)


def test_blocks_cover_what_they_are_defined_to_cover():
    upper, lower, full, left, right, three, quadrant = drawn("▀▂█▌▐▆▚")
    assert (share(upper[:12]), share(upper[12:])) == (1, 0)
    assert (share(lower[:18]), share(lower[18:])) == (0, 1)
    assert share(full) == 1
    assert all(row == [(255, 0, 0)] * 6 + [GROUND] * 6 for row in left)
    assert all(row == [GROUND] * 6 + [(255, 0, 0)] * 6 for row in right)
    assert (share(three[:6]), share(three[6:])) == (0, 1)
    assert all(row == [(255, 0, 0)] * 6 + [GROUND] * 6 for row in quadrant[:12])
    assert all(row == [GROUND] * 6 + [(255, 0, 0)] * 6 for row in quadrant[12:])


@pytest.mark.parametrize(("bit", "rows", "left"), [(0, (0, 6), True), (3, (0, 6), False), (7, (18, 24), False)])
def test_a_braille_dot_is_in_its_eighth_of_the_cell(bit, rows, left):
    (cell,) = drawn(chr(0x2800 + (1 << bit)))
    coloured = [(x, y) for y, row in enumerate(cell) for x, pixel in enumerate(row) if pixel != GROUND]
    assert coloured
    assert all(rows[0] <= y < rows[1] and (x < 6) == left for x, y in coloured)


def test_letters_take_the_colours_of_their_cell():
    plain, behind = drawn("M"), drawn(" ", BLUE)
    assert 0.1 < share(plain[0], GROUND) < 0.9
    assert share(plain[0]) > 0.05
    assert share(behind[0], (0, 0, 255)) == 1
    (turned,) = drawn(" ", RED + Style(reverse=True))
    assert share(turned) == 1


class Words(App[None]):
    CSS = "Static { background: rgb(0,0,255); color: white; width: 4; height: 1; }"

    def compose(self):
        yield Static("████")


async def test_what_is_on_the_screen_is_drawn_where_it_is():
    async with Words().run_test(size=(10, 3)) as pilot:
        await pilot.pause()
        picture = image(cells_of(pilot.app))
    assert picture.size == (120, 72)
    assert picture.getpixel((47, 23)) == (255, 255, 255)
    assert picture.getpixel((48, 23)) != (255, 255, 255)
    assert picture.getpixel((10, 30)) != (255, 255, 255)
