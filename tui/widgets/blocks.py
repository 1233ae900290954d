"""How closer looks are laid out: blocks of lines beside and below one another, and pictures in half-block cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, zip_longest

from rich.color import Color
from rich.style import Style
from rich.text import Text

Pixel = tuple[int, int, int]


def headed(head: str, name: Text | None, room: int) -> Text:
    """A table's head, with the arm's name in the room that its first column leaves."""
    line = Text(no_wrap=True)
    if name is not None:
        line.append_text(name.copy())
        line.truncate(room, pad=True)
        head = head[room:]
    return line.append(head, style="dim")


def stacked(
    arms: Sequence[str], count: int, width: int, height: int, columns: int, block: Callable[[str, int], list[Text]]
) -> list[Text]:
    """A block of lines for each arm in so many columns, and how many of `count` arms found no room.

    `block` makes an arm's lines; it is given how many there is room for.
    """
    lines: list[Text] = []
    rows = -(-len(arms) // columns)
    for first in range(0, len(arms), columns):
        blocks = [block(arm, max(1, height // rows)) for arm in arms[first : first + columns]]
        joined = blocks[0]
        for other in blocks[1:]:
            joined = side_by_side(joined, other, width // columns)
        if first and len(lines) + len(joined) > height - (first + columns < count):
            left = count - first
            return [*lines, Text(f"{left} more arm{'s' * (left > 1)}: tab chooses one, z enlarges", style="dim")]
        lines += joined
    return lines


def side_by_side(left: Sequence[Text], right: Sequence[Text], half: int) -> list[Text]:
    """Two blocks of lines, the second from column `half` on."""
    lines = []
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
