"""The images that a network is fed, and its worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from tui.graphics.painted import strip_of_images
from tui.graphics.placed import Placed
from tui.looks.registry import MOST_ARMS, LookOfEach, Moment, register
from tui.widgets.blocks import Block, Pixel, append_half_blocks, side_by_side, stacked

if TYPE_CHECKING:
    from engine.looks.pictures import Picture

# The least side of an image, in pixels; the most of an arm's name that a strip makes room for, in cells; the largest
# side.
_SMALL, _NAME, _LARGEST = 8, 17, 32
# Columns that an image takes at least, with its label below it and a blank behind it.
_SLOT = 10
# From black to white, where there are no colours.
_RAMP = " .:-=+*#%@"


@register
class Pictures(LookOfEach):
    name, key, shown, place = "pictures", "m", "images", 4
    help = "training inputs, and the worst mistakes"
    title = "images"
    needs = ("pictures",)
    needs_of_each = ("fed",)

    def heading(self, moment: Moment) -> str:
        heading = super().heading(moment)
        each = moment.selected is None and len(moment.arms) > 1
        return heading.replace(self.title, "what each arm is fed", 1) if each else heading

    def draw_one(self, moment: Moment, arm: str, width: int, height: int, name: Text | None) -> list[Text]:
        """A strip of what the network is fed, and one of its worst mistakes, each image with its label."""
        seen = moment.seen("pictures", arm)
        if seen is None:
            return moment.instead(arm, "pictures")
        strips = (("training inputs of the next batch", seen.fed), ("worst mistakes on validation", seen.mistakes))
        shown = [pictures for _, pictures in strips if pictures]
        size = min(28, len(shown[0][0].pixels)) if shown else 0
        if height >= 4 + size:
            block = Block()
            for title, pictures in strips:
                block.add_below(_strip(title, pictures, width, (height - 4) // 2, moment))
            return block
        # Too low for two strips, one above the other.
        half = (width - 2) // 2
        left, right = (_strip(title, pictures, half, height - 2, moment) for title, pictures in strips)
        return side_by_side(left, right, half + 2)

    def draw_each(self, moment: Moment) -> list[Text]:
        """A strip of what each arm is fed: the same examples in each arm of a seed, as that arm sees them."""
        arms = moment.arms[:MOST_ARMS]
        sides = [len(seen.fed[0].pixels) for arm in arms if (seen := moment.seen("fed", arm)) is not None and seen.fed]
        # Small images are shown whole: a digit of 8 pixels is none any more on 6.
        least = min(_SMALL, max(sides)) // 2 if sides else 0
        # An image and the arm's name at least, so that as many arms as can be stand beside one another.
        name = min(_NAME, max(moment.name(arm).cell_len for arm in arms))
        return stacked(
            arms, len(moment.arms), moment.width, moment.height, (max(_SLOT, name) + 1, least + 2),
            lambda arm, width, lines: _fed(moment, arm, width, lines),
        )  # fmt: skip


def _fed(moment: Moment, arm: str, width: int, height: int) -> list[Text]:
    seen = moment.seen("fed", arm)
    if seen is None:
        return moment.instead(arm, "fed")
    title = moment.name(arm)
    if not seen.fed:
        title.append(": none any more", style="dim")
    title.truncate(width)
    return _strip(title, seen.fed, width, height - 2, moment)


def _strip(title: Text | str, pictures: Sequence[Picture], width: int, height: int, moment: Moment) -> Block:
    """Images `height` lines high at most, with a title above and their labels below."""
    if isinstance(title, str):
        title = Text(title if pictures else f"{title}: none", style="bold", no_wrap=True)
    lines = Block([title])
    if not pictures:
        return lines
    side = _side(2 * max(3, height), len(pictures[0].pixels))
    slot = max(side, _SLOT - 1) + 1
    shown = pictures[: max(1, width // slot)]
    scaled = [_scaled(picture.pixels, side) for picture in shown]
    for y in range(0, side, 2):
        line = Text(no_wrap=True)
        for image in scaled:
            if moment.colourless:
                line.append("".join(map(_letter, image[y], image[y + 1])))
            elif moment.ascii_only:  # one colour a cell: that of both pixels, so that no row of the image is lost
                both = [_mean(above, below) for above, below in zip(image[y], image[y + 1], strict=True)]
                append_half_blocks(line, both, both, ascii_only=True)
            else:
                append_half_blocks(line, image[y], image[y + 1], ascii_only=False)
            line.append(" " * (slot - side))
        lines.append(line)
    images = tuple(picture.pixels for picture in shown)
    lines.pictures.append(
        Placed(
            0, 1, slot * (len(shown) - 1) + side, side // 2, (images, slot, side),
            lambda wide, high, ground: strip_of_images(images, slot, side, wide, high, ground),
        )
    )  # fmt: skip
    captions = Text(no_wrap=True, style="dim")
    for picture in shown:
        captions.append(f"{picture.caption[: slot - 1]:<{slot}}")
    lines.append(captions)
    return lines


def _mean(above: Pixel, below: Pixel) -> Pixel:
    red, green, blue = ((one + other) // 2 for one, other in zip(above, below, strict=True))
    return red, green, blue


def _letter(above: Pixel, below: Pixel) -> str:
    """A letter as bright as two pixels, one above the other."""
    return _RAMP[min(len(_RAMP) - 1, sum(_mean(above, below)) * len(_RAMP) // (3 * 256))]


def _side(room: int, pixels: int) -> int:
    """Of an image of so many pixels a side, as it is drawn: made smaller to fit, or each pixel as a square of them."""
    side = min(room, _LARGEST) // pixels * pixels or min(room, _LARGEST)
    return side + side % 2


def _scaled(pixels: Sequence[Sequence[Pixel]], side: int) -> list[list[Pixel]]:
    high, wide = len(pixels), len(pixels[0])
    return [[pixels[y * high // side][x * wide // side] for x in range(side)] for y in range(side)]
