"""What a closer look shows as lines of text: histograms, tables, half-block pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.text import Text

from engine.worker import View
from tui.widgets.palette import blend, colour
from tui.widgets.words import bar, number

if TYPE_CHECKING:
    from engine.probes import Picture

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ASCII_EIGHTHS = " .:-=+*#@"
Pixel = tuple[int, int, int]


def _nothing(view: View, why: str) -> list[Text]:
    return [Text(why if view.state != "loading" else f"{view.loading} ...", style="dim")]


def stacked(
    arms: Sequence[str], count: int, width: int, height: int, columns: int, block: Callable[[str, int], list[Text]]
) -> list[Text]:
    """A block of lines for each arm in so many columns, and how many of `count` arms found no room.

    `block` makes an arm's lines, and is told how many it had better keep to.
    """
    lines: list[Text] = []
    rows = -(-len(arms) // columns)
    for first in range(0, len(arms), columns):
        blocks = [block(arm, max(1, height // rows)) for arm in arms[first : first + columns]]
        made = blocks[0]
        for other in blocks[1:]:
            made = _side_by_side(made, other, width // columns)
        if first and len(lines) + len(made) > height - (first + columns < count):
            left = count - first
            return [*lines, Text(f"{left} more arm{'s' * (left > 1)}: tab chooses one, z enlarges", style="dim")]
        lines += made
    return lines


def _side_by_side(left: Sequence[Text], right: Sequence[Text], half: int) -> list[Text]:
    """Two blocks of lines, the second from column `half` on."""
    lines = []
    for one, other in zip_longest(left, right, fillvalue=Text("", no_wrap=True)):
        line = one.copy()
        line.truncate(half, pad=True)
        lines.append(line.append_text(other))
    return lines


def _headed(head: str, name: Text | None, room: int) -> Text:
    """A table's head, with the arm's name in the room that its first column leaves."""
    line = Text(no_wrap=True)
    if name is not None:
        line.append_text(name.copy())
        line.truncate(room, pad=True)
        head = head[room:]
    return line.append(head, style="dim")


def activity_lines(
    view: View, arm: str, width: int, height: int, ascii_only: bool, name: Text | None = None
) -> list[Text]:
    """A histogram of each layer's outputs, mean and spread, the share of dead or saturated units.

    Histograms grow to the room there is: up to four lines high, and as many columns to a bin as fit.
    """
    layers = view.seen.get(("activity", arm, view.preset.seeds[0]))
    if layers is None:
        return _nothing(view, "looking ...")
    if not layers:
        return _nothing(view, "This network has no hidden layer.")
    names = min(14, max(*(len(layer.layer) for layer in layers), name.cell_len if name else 0))
    bins = len(layers[0].counts)
    each = max(1, min(3, (width - names - 49) // bins))
    tall = max(1, min(4, (height - 1) // len(layers)))
    roomy = width >= names + 74
    spread = f"{'std':<8} " if roomy else ""
    head = f"{'':{names}} {'low':>8} {'outputs':^{bins * each}} {'high':<8} {'mean':<8} {spread}{'dead':>5} {'sat.':>5}"
    lines = [_headed(head, name, names + 1)]
    for layer in layers:
        for row, cells in enumerate(_histogram(layer.counts, tall, each, ascii_only)):
            last = row == tall - 1
            line = Text(no_wrap=True)
            line.append(f"{layer.layer[:names] if last else '':{names}} ", style="bold")
            line.append(f"{number(layer.low, 3) if last else '':>8} ", style="dim")
            line.append(cells, style="cyan")
            if last:
                line.append(f" {number(layer.high, 3):<8} ", style="dim")
                line.append(f"{number(layer.mean, 3):<8} " + (f"{number(layer.std, 3):<8} " if roomy else ""))
                line.append(f"{layer.dead:>5.0%} ", style="bold red" if layer.dead > 0.3 else "")
                line.append(f"{layer.saturated:>5.0%}", style="bold red" if layer.saturated > 0.3 else "")
            line.truncate(width)
            lines.append(line)
    return lines


def _histogram(counts: Sequence[int], tall: int, each: int, ascii_only: bool) -> list[str]:
    """Rows from the top, in eighths of a cell."""
    steps = _ASCII_EIGHTHS if ascii_only else _EIGHTHS
    # The tallest bin is most often the zeros of relu: a square root lets the others be seen beside it.
    most = max(counts) ** 0.5 or 1.0
    heights = [round(count**0.5 / most * 8 * tall) for count in counts]
    return [
        "".join(steps[min(8, max(0, height - 8 * below))] * each for height in heights)
        for below in reversed(range(tall))
    ]


def weight_lines(view: View, arm: str, width: int, ascii_only: bool, name: Text | None = None) -> list[Text]:
    """One layer a line: norm, the last step's change against it, and the share of weights near zero."""
    layers = view.seen.get(("weights", arm, view.preset.seeds[0]))
    if layers is None:
        return _nothing(view, "looking ...")
    names = min(16, max(*(len(layer.layer) for layer in layers), name.cell_len if name else 0))
    lines = [_headed(f"{'':{names}} {'norm':>9} {'update':>9}  below 0.001", name, names + 1)]
    room = max(4, width - names - 30)
    for layer in layers:
        line = Text(no_wrap=True)
        line.append(f"{layer.layer[:names]:{names}} ", style="bold")
        line.append(f"{number(layer.norm):>9} {_ratio(layer.update_ratio):>9}  {layer.near_zero:>4.0%} ")
        line.append(bar(layer.near_zero, room, ascii_only), style="cyan")
        line.truncate(width)
        lines.append(line)
    return lines


def _ratio(value: float) -> str:
    """A healthy step changes a thousandth: two digits of whatever size."""
    return f"{value:.1e}" if 0 < abs(value) < 0.1 else number(value, 3)


def surface_lines(
    view: View, arms: Sequence[str], width: int, height: int, dark: bool, ascii_only: bool
) -> list[Text] | None:
    """Each arm's classes over the plane in half-blocks, fainter where it is unsure, with train and validation points.

    None where the inputs are not two.
    """
    seen = [(arm, view.seen.get(("surface", arm, view.preset.seeds[0]), "missing")) for arm in arms]
    if all(surface is None for _, surface in seen):
        return None
    if any(surface == "missing" for _, surface in seen):
        return _nothing(view, "looking ...")
    columns = max(8, (width - len(arms) + 1) // len(arms))
    rows = max(2, height - 1)
    title = Text(no_wrap=True)
    blocks, signs = [], []
    for place, (arm, surface) in enumerate(seen):
        r, g, b = colour(view.preset.arm_names.index(arm), dark)
        title.append(
            f"{arm[: columns - 1]:<{columns}}" + (" " if place + 1 < len(seen) else ""), style=f"bold rgb({r},{g},{b})"
        )
        blocks.append(_surface_rows(surface, columns, 2 * rows, dark))
        signs.append(_surface_signs(surface, columns, rows) if ascii_only else {})
    lines = [title]
    for y in range(rows):
        line = Text(no_wrap=True)
        for place, block in enumerate(blocks):
            if place:
                line.append(" ")
            _append_half_blocks(line, block[2 * y], block[2 * y + 1], ascii_only, signs[place].get(y))
        lines.append(line)
    return lines


def _surface_signs(surface: object, columns: int, rows: int) -> dict[int, dict[int, str]]:
    """Where half-blocks cannot show the points: row -> column -> `o` (train) or `.` (validation)."""
    from engine.probes import Surface

    assert isinstance(surface, Surface)
    signs: dict[int, dict[int, str]] = {}
    for x, y, _, part in sorted(surface.points, key=lambda point: point[3] == "train"):
        at = round((x - surface.left) / (surface.right - surface.left) * (columns - 1))
        up = round((surface.top - y) / (surface.top - surface.bottom) * (rows - 1))
        signs.setdefault(up, {})[at] = "o" if part == "train" else "."
    return signs


def _surface_rows(surface: object, columns: int, rows: int, dark: bool) -> list[list[Pixel]]:
    from engine.probes import Surface

    assert isinstance(surface, Surface)
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


def _append_half_blocks(
    line: Text,
    upper: Sequence[Pixel],
    lower: Sequence[Pixel],
    ascii_only: bool,
    signs: Mapping[int, str] | None = None,
) -> None:
    """Two rows of pixels as one line; without the half-block as blanks (or signs) on the lower row's colour."""
    for at, ((r, g, b), (r2, g2, b2)) in enumerate(zip(upper, lower, strict=True)):
        if ascii_only:
            line.append((signs or {}).get(at, " "), style=f"default on rgb({r2},{g2},{b2})")
        else:
            line.append("▀", style=f"rgb({r},{g},{b}) on rgb({r2},{g2},{b2})")


def picture_lines(view: View, arm: str, width: int, height: int, ascii_only: bool) -> list[Text]:
    """A strip of what the network is fed, and one of its worst mistakes, each image with its label."""
    look = ("pictures", arm, view.preset.seeds[0])
    if look not in view.seen:
        return _nothing(view, "looking ...")
    seen = view.seen[look]
    if seen is None:
        return _nothing(view, "This preset's examples are no images.")
    strips = (("fed in the next batch", seen.fed), ("worst mistakes on validation", seen.mistakes))
    shown = [pictures for _, pictures in strips if pictures]
    size = min(28, len(shown[0][0].pixels)) if shown else 0
    if height >= 4 + size:
        return [
            line for title, pictures in strips for line in _strip(title, pictures, width, (height - 4) // 2, ascii_only)
        ]
    # Too low for two strips, one above the other.
    half = (width - 2) // 2
    left, right = (_strip(title, pictures, half, height - 2, ascii_only) for title, pictures in strips)
    return _side_by_side(left, right, half + 2)


def fed_lines(view: View, arm: str, width: int, height: int, ascii_only: bool, name: Text) -> list[Text]:
    """A strip of what one arm's network is fed: the same examples in each arm of a seed, as that arm sees them."""
    look = ("fed", arm, view.preset.seeds[0])
    if look not in view.seen:
        return _nothing(view, "looking ...")
    seen = view.seen[look]
    if seen is None:
        return _nothing(view, "This preset's examples are no images.")
    title = name.copy().append(" is fed" if seen.fed else " is fed nothing any more: the run has ended", style="dim")
    return _strip(title, seen.fed, width, max(3, height - 2), ascii_only)


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
            _append_half_blocks(line, image[y], image[y + 1], ascii_only)
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


def confusion_lines(view: View, arm: str, width: int, height: int, dark: bool, ascii_only: bool) -> list[Text]:
    """True classes down, predicted ones across: numbers where they fit, shades where they do not."""
    look = ("confusion", arm, view.preset.seeds[0])
    if look not in view.seen:
        return _nothing(view, "looking ...")
    seen = view.seen[look]
    if seen is None:
        return _nothing(view, "A regression takes nothing for something else.")
    classes = len(seen.counts)
    names = [seen.names[at] if at < len(seen.names) else str(at) for at in range(classes)]
    left = min(12, max(len(name) for name in names))
    cell = min(7, max(3, (width - left - 1) // max(1, classes)))
    title = f"{seen.part} data: true class down, predicted across"
    lines = [Text(title, style="dim", no_wrap=True)]
    ground: Pixel = (18, 18, 18) if dark else (245, 245, 245)
    if left + 1 + cell * classes > width or classes + 2 > height:
        largest = max(max(row) for row in seen.counts) or 1
        # As many pixels to a class as fit, or as many classes to a pixel as must; a pixel is as wide as two are high.
        tall = max(1, 2 * (height - 1) // classes) * min(classes, 2 * (height - 1))
        tall += tall % 2
        wide = min(width, 2 * tall)
        rows = []
        for y in range(tall):
            row = seen.counts[y * classes // tall]
            rows.append(
                [blend(colour(1, dark), ground, (row[x * classes // wide] / largest) ** 0.5) for x in range(wide)]
            )
        told = _mistakes(seen.counts, names)
        for y in range(0, tall, 2):
            line = Text(no_wrap=True)
            _append_half_blocks(line, rows[y], rows[y + 1], ascii_only)
            line.append("  " + (told[y // 2] if y // 2 < len(told) else ""))
            line.truncate(width)
            lines.append(line)
        return lines
    head = Text(f"{'':{left}} ", style="dim", no_wrap=True)
    for name in names:
        head.append(f"{name[: cell - 1]:>{cell}}")
    lines.append(head)
    for place, row in enumerate(seen.counts):
        line = Text(no_wrap=True)
        line.append(f"{names[place][:left]:<{left}} ", style="bold")
        total = sum(row) or 1
        for at, count in enumerate(row):
            r, g, b = blend(colour(2 if at == place else 5, dark), ground, 0.7 * (count / total) ** 0.5)
            line.append(f"{count if count else '.':>{cell}}", style=f"on rgb({r},{g},{b})" if count else "dim")
        lines.append(line)
    return lines


def _mistakes(counts: Sequence[Sequence[int]], names: Sequence[str]) -> list[str]:
    """The commonest first."""
    wrong = [
        (-count, true, at) for true, row in enumerate(counts) for at, count in enumerate(row) if at != true and count
    ]
    return [f"{-count:>4} x {names[true]} taken for {names[at]}" for count, true, at in sorted(wrong)]
