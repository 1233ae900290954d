"""The screen as a picture of pixels: every cell's letter, colour and background, drawn by Pillow.

Letters are those of the font that matplotlib brings (DejaVu Sans Mono), so that a picture is the same on every machine.
What charts are made of, dots and blocks, is drawn from its definition: it must meet its neighbours without a seam.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from textual.app import App

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

# Of the font, in pixels; a letter is then 12 wide, and a line 24 high.
_FONT = 20
_WIDTH, _HEIGHT = 12, 24
_DIM = 0.6  # how much of a dim letter's colour is left beside its background's
_BRAILLE = range(0x2800, 0x2900)
# The dots of a braille letter from the lowest bit on, by column and row.
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
_BLOCKS = range(0x2580, 0x25A0)
# The quarters that a quadrant from U+2596 on is made of: upper left 1, upper right 2, lower left 4, lower right 8.
_QUADRANTS = (4, 8, 1, 13, 9, 7, 11, 2, 6, 14)
_SHADES = {0x2591: 0.25, 0x2592: 0.5, 0x2593: 0.75}

Rgb = tuple[int, int, int]
Lines = Sequence[Sequence[Segment]]


def cells_of(app: App[Any]) -> Lines:
    """What is on the screen now, a list of segments for each line. Called where the app runs, not in a thread."""
    screen = app.screen
    full = screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    if full is None:
        return []
    options = app.console.options.update(width=app.size.width, height=app.size.height)
    lines = Segment.split_lines(segment for segment in app.console.render(full, options) if not segment.control)
    return list(lines)


def png(lines: Lines, file: IO[bytes]) -> None:
    """Write the cells as PNG. Raises ImportError where matplotlib, whose font is used, is not installed."""
    image(lines).save(file, format="png", optimize=True)


def image(lines: Lines) -> Image:
    """The cells as a picture, 12 by 24 pixels a cell. Raises ImportError where matplotlib is not installed."""
    from PIL import Image, ImageDraw

    columns = max((sum(segment.cell_length for segment in line) for line in lines), default=1)
    ground = tuple(SVG_EXPORT_THEME.background_color)
    picture = Image.new("RGB", (max(1, columns) * _WIDTH, max(1, len(lines)) * _HEIGHT), ground)
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "L"
    for row, line in enumerate(lines):
        column = 0
        for segment in line:
            colour, behind = _colours(segment.style or Style.null())
            bold = bool(segment.style and segment.style.bold)
            if behind != ground and segment.cell_length:
                left, top = column * _WIDTH, row * _HEIGHT
                right = left + segment.cell_length * _WIDTH
                draw.rectangle((left, top, right - 1, top + _HEIGHT - 1), fill=behind)
            for letter, cells in _letters(segment.text):
                if letter != " ":
                    _draw_letter(draw, letter, column * _WIDTH, row * _HEIGHT, colour, behind, bold)
                column += cells
            if segment.style and segment.style.underline and segment.text.strip():
                foot = (row + 1) * _HEIGHT - 3
                start = (column - segment.cell_length) * _WIDTH
                draw.line((start, foot, column * _WIDTH - 1, foot), fill=colour)
    return picture


def _letters(text: str) -> Iterable[tuple[str, int]]:
    """The letters with the cells that they take."""
    if text.isascii():
        return ((letter, 1) for letter in text)
    return ((letter, Segment(letter).cell_length) for letter in text)


@lru_cache(maxsize=4096)
def _colours(style: Style) -> tuple[Rgb, Rgb]:
    """Of the letters, and of what is behind them."""
    theme = SVG_EXPORT_THEME
    colour: Rgb = tuple(style.color.get_truecolor(theme) if style.color else theme.foreground_color)  # type: ignore[assignment]
    behind: Rgb = tuple(
        style.bgcolor.get_truecolor(theme, foreground=False) if style.bgcolor else theme.background_color
    )  # type: ignore[assignment]
    if style.reverse:
        colour, behind = behind, colour
    return (_mixed(behind, colour, _DIM) if style.dim else colour), behind


def _mixed(first: Rgb, second: Rgb, share: float) -> Rgb:
    """From the first colour on, so much of the way to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _draw_letter(draw: ImageDraw, letter: str, left: int, top: int, colour: Rgb, behind: Rgb, bold: bool) -> None:
    code = ord(letter[0])
    if code in _BRAILLE:
        for bit, (across, down) in enumerate(_DOTS):
            if code >> bit & 1:
                x, y = left + 2 + 6 * across, top + 1 + 6 * down
                draw.ellipse((x, y, x + 3, y + 3), fill=colour)
    elif code in _SHADES:
        draw.rectangle((left, top, left + _WIDTH - 1, top + _HEIGHT - 1), fill=_mixed(behind, colour, _SHADES[code]))
    elif code in _BLOCKS:
        for x0, y0, x1, y1 in _rectangles(code):
            draw.rectangle((left + x0, top + y0, left + x1 - 1, top + y1 - 1), fill=colour)
    else:
        draw.text((left, top), letter, fill=colour, font=_font(bold))


@lru_cache(maxsize=64)
def _rectangles(code: int) -> tuple[tuple[int, int, int, int], ...]:
    """What a block element covers of its cell: left, top, right and bottom in pixels."""
    if code == 0x2580:
        return ((0, 0, _WIDTH, _HEIGHT // 2),)
    if code <= 0x2588:
        return ((0, _HEIGHT - _HEIGHT * (code - 0x2580) // 8, _WIDTH, _HEIGHT),)
    if code <= 0x258F:
        return ((0, 0, max(1, _WIDTH * (0x2590 - code) // 8), _HEIGHT),)
    if code == 0x2590:
        return ((_WIDTH // 2, 0, _WIDTH, _HEIGHT),)
    if code == 0x2594:
        return ((0, 0, _WIDTH, _HEIGHT // 8),)
    if code == 0x2595:
        return ((_WIDTH - _WIDTH // 8, 0, _WIDTH, _HEIGHT),)
    quarters = _QUADRANTS[code - 0x2596]
    half, middle = _WIDTH // 2, _HEIGHT // 2
    places = ((0, 0), (half, 0), (0, middle), (half, middle))
    return tuple((x, y, x + half, y + middle) for bit, (x, y) in enumerate(places) if quarters >> bit & 1)


@lru_cache(maxsize=2)
def _font(bold: bool) -> FreeTypeFont:
    import matplotlib
    from PIL import ImageFont

    name = "DejaVuSansMono-Bold.ttf" if bold else "DejaVuSansMono.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, _FONT)
