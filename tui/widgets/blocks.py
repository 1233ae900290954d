"""How closer looks are laid out: blocks of lines beside and below one another, and pictures in half-block cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, zip_longest

from rich.color import Color
from rich.style import Style
from rich.text import Text

from tui.graphics.placed import Placed

Pixel = tuple[int, int, int]


class Block(list[Text]):
    """Lines, and the pictures that may be shown in place of some of their cells."""

    def __init__(self, lines: Iterable[Text] = (), pictures: Iterable[Placed] = ()) -> None:
        super().__init__(lines)
        self.pictures = list(pictures)

    def add_below(self, lines: Sequence[Text]) -> None:
        """Append lines with their pictures."""
        self.pictures += [picture.moved(0, len(self)) for picture in pictures_of(lines)]
        self += lines

    def cut(self, height: int) -> Block:
        """The first lines, and the pictures that are whole in them."""
        whole = [picture for picture in self.pictures if picture.row + picture.rows <= height]
        return Block(self[:height], whole)


def pictures_of(lines: Sequence[Text]) -> list[Placed]:
    """The pictures that may be shown in place of some of these cells."""
    return lines.pictures if isinstance(lines, Block) else []


def headed(head: str, name: Text | None, room: int) -> Text:
    """A table's head, with the arm's name in the room that its first column leaves."""
    line = Text(no_wrap=True)
    if name is not None:
        line.append_text(name.copy())
        line.truncate(room, pad=True)
        head = head[room:]
    return line.append(head, style="dim")


def grid(
    count: int, width: int, height: int, least_width: int, least_height: int, most: int | None = None
) -> tuple[int, int, int]:
    """How blocks of some least size are laid out in so much room: columns, rows, and how many of `count` there are.

    As many as fit, but no more than `most`; of their layouts the one whose blocks have the longest shorter side, a cell
    being twice as high as it is wide. Where some are left out a line is kept free to say so; there is one block at
    least.
    """
    for shown in range(min(count, most or count), 0, -1):
        room = height - (shown < count)
        layouts = []
        for columns in range(1, shown + 1):
            rows = -(-shown // columns)
            wide, high = width // columns, room // rows
            if wide >= least_width and high >= least_height:
                layouts.append((min(wide, 2 * high), wide, columns, rows))
        if layouts:
            return (*max(layouts)[2:], shown)
    return 1, 1, 1


def left_out(shown: int, count: int) -> Text:
    """The line that says that only some of the arms are shown."""
    return Text(f"{shown} of {count} arms; tab chooses one, z enlarges", style="dim", no_wrap=True)


def stacked(
    arms: Sequence[str],
    count: int,
    width: int,
    height: int,
    least: tuple[int, int],
    block: Callable[[str, int, int], list[Text]],
) -> list[Text]:
    """A block of lines for each of the first arms, in the layout that uses the room best.

    Parameters
    ----------
    count : how many arms there are, also beside those that may be shown.
    least : width and height that a block needs.
    block : makes an arm's lines; it is given the width and the height that there is for it.
    """
    columns, rows, shown = grid(count, width, height, *least, most=len(arms))
    room = height - (shown < count)
    lines = Block()
    for first in range(0, shown, columns):
        row = [
            block(arm, width // columns - (columns > 1), room // rows)
            for arm in arms[first : min(shown, first + columns)]
        ]
        joined = Block(row[0], pictures_of(row[0]))
        for place, other in enumerate(row[1:], start=1):
            joined = side_by_side(joined, other, place * (width // columns))
        lines.add_below(joined.cut(room // rows))
    if shown < count:
        lines.append(left_out(shown, count))
    return lines


def side_by_side(left: Sequence[Text], right: Sequence[Text], half: int) -> Block:
    """Two blocks of lines, the second from column `half` on."""
    whole = (picture for picture in pictures_of(left) if picture.column + picture.columns <= half)
    lines = Block((), [*whole, *(picture.moved(half, 0) for picture in pictures_of(right))])
    for one, other in zip_longest(left, right, fillvalue=Text("", no_wrap=True)):
        line = one.copy()
        line.truncate(half, pad=True)
        lines.append(line.append_text(other))
    return lines


def append_half_blocks(
    line: Text,
    upper: Sequence[Pixel],
    lower: Sequence[Pixel],
    ascii_only: bool,
    signs: Mapping[int, str] | None = None,
) -> None:
    """Two rows of pixels as one line; without the half-block as blanks (or signs) on the lower row's colour.

    Equal cells beside one another are one piece of text: what a line costs to draw goes by its pieces.
    """
    column = 0
    for (above, below), run in groupby(zip(upper, lower, strict=True)):
        count = sum(1 for _ in run)
        if ascii_only:
            shown = "".join((signs or {}).get(place, " ") for place in range(column, column + count))
            line.append(shown, style=_style(None, below))
        else:
            line.append("▀" * count, style=_style(above, below))
        column += count


@lru_cache(maxsize=4096)
def _style(above: Pixel | None, below: Pixel) -> Style:
    top = Color.default() if above is None else Color.from_rgb(*above)
    return Style(color=top, bgcolor=Color.from_rgb(*below))
