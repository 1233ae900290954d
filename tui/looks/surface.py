"""The networks' outputs over the plane of two inputs, or along one: classes with their boundary, or fitted curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.text import Text

from tui.charts.palette import blend, class_colour
from tui.charts.plot import Plot, Series, Stroke
from tui.graphics.painted import plane
from tui.graphics.placed import Placed, Rgb
from tui.looks.registry import MOST_ARMS, Look, Moment, Request, register
from tui.widgets.blocks import Block, Pixel, append_half_blocks, grid, left_out, pictures_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from engine.looks.fit import Fit
    from engine.looks.surface import Surface as Seen

# So many shades from unsure to sure.
_STEPS = 24
# The least width and height of a plane with the arm's name above it, in cells: a smaller one shows nothing.
_LEAST = (16, 6)
# What the classes' regions are filled with where there are no colours.
_FILLS, _ASCII_FILLS = " ░▒▓", " :=#"


def arms_in_view(arms: Sequence[str], arm: str, most: int = MOST_ARMS) -> list[str]:
    """As many arms as are shown beside one another, the selected one among them."""
    first = max(0, arms.index(arm) - most + 1)
    return list(arms[first : first + most])


@register
class Surface(Look):
    name, key, shown, place = "surface", "b", "decision boundary", 3
    help = "classes over the plane, or the fitted curve"
    title = "decision boundary"
    needs = ("surface", "fit")
    of_all_arms = True

    def requests(self, arms: Sequence[str], selected: str | None, seed: int) -> list[Request]:
        return [(need, arm, seed) for need in self.needs for arm in arms_in_view(arms, selected or arms[-1])]

    def heading(self, moment: Moment) -> str:
        heading = super().heading(moment)
        if not self._is_fit(moment):
            return heading
        return heading.replace(self.title, "the fitted curve" + (f": {moment.arm}" if moment.selected else ""), 1)

    def _is_fit(self, moment: Moment) -> bool:
        return moment.seen("fit", moment.arm) is not None

    def subtitle(self, moment: Moment) -> str:
        """The legend of the parts of the data."""
        surface, fit = moment.seen("surface", moment.arm), moment.seen("fit", moment.arm)
        seen = surface or fit
        if seen is None:
            return ""
        held = seen.points[-1][-1]
        if surface is None:
            return f"* train  . {held}" if moment.ascii_only else f"large points: train  small: {held}"
        if moment.colourless:
            return f"points are classes; bold: train  others: {held}"
        if moment.ascii_only:
            return f"o train  . {held}"
        return f"{'pale' if moment.dark else 'dark'}: train  full: {held}"

    def draw(self, moment: Moment) -> Plot | list[Text]:
        arms = arms_in_view(moment.arms, moment.arm)
        if not all(moment.has_seen(need, arm) for need in self.needs for arm in arms):
            return moment.instead(moment.arm, *self.needs)
        surfaces = {arm: seen for arm in arms if (seen := moment.seen("surface", arm)) is not None}
        if surfaces:
            return surface_lines(moment, surfaces)
        fits = {
            arm: seen
            for arm in ([moment.arm] if moment.selected else arms)
            if (seen := moment.seen("fit", arm)) is not None
        }
        if fits:
            return fit_plot(moment, fits)
        return moment.instead(moment.arm, *self.needs)


def fit_plot(moment: Moment, fits: dict[str, Fit]) -> Plot:
    """The arms' curves over their one input with the examples."""
    points = next(iter(fits.values())).points
    held = [(x, y) for x, y, part in points if part != "train"]
    train = [(x, y) for x, y, part in points if part == "train"]
    strongest: Rgb = (235, 235, 235) if moment.dark else (20, 20, 20)
    clouds: list[tuple[list[tuple[float, float]], Rgb, Stroke]] = [
        (sorted(held), (128, 128, 128), "light"),
        (sorted(train), strongest, "heavy"),  # few, and what the curve goes through: seen at once, in any colours
    ]
    scattered = [
        Series([x for x, _ in cloud], [y for _, y in cloud], rgb, stroke, scattered=True)
        for cloud, rgb, stroke in clouds
        if cloud
    ]
    lines = [
        Series(fit.x, fit.y, place, label=arm, number=place + 1)
        for arm, fit in fits.items()
        for place in [moment.places[arm]]
    ]
    return Plot((*scattered, *lines), x_label="x", y_label="y")


def surface_lines(moment: Moment, surfaces: dict[str, Seen]) -> Block:
    """Each arm's classes over the plane in half-blocks, fainter where it is unsure, with some examples as points."""
    count = len(moment.arms)
    columns, rows, shown = grid(count, moment.width, moment.height, *_LEAST, most=len(surfaces))
    arms = arms_in_view(list(surfaces), moment.arm if moment.arm in surfaces else next(iter(surfaces)), shown)
    room = (moment.height - (shown < count)) // rows
    # What does not divide evenly goes to the first lines of arms, so that no row is left empty.
    spare = moment.height - (shown < count) - room * rows
    width = (moment.width - columns + 1) // columns
    lines = Block()
    for row, first in enumerate(range(0, shown, columns)):
        high = max(1, room - 1 + (row < spare))
        blocks = [_block(moment, arm, surfaces[arm], max(8, width), high) for arm in arms[first : first + columns]]
        joined = Block()
        for place, block in enumerate(blocks):
            joined.pictures += [picture.moved(place * (max(8, width) + 1), 0) for picture in pictures_of(block)]
        for parts in zip(*blocks, strict=True):
            line = parts[0]
            for part in parts[1:]:
                line.append(" ").append_text(part)
            joined.append(line)
        lines.add_below(joined)
    if shown < count:
        lines.append(left_out(shown, count))
    return lines


def _block(moment: Moment, arm: str, surface: Seen, columns: int, rows: int) -> Block:
    """One arm's name, and its plane in so many rows."""
    name = moment.name(arm)
    name.truncate(columns, pad=True)
    if moment.colourless:
        return Block([name, *_letters(surface, columns, rows, moment.ascii_only)])
    pixels = _pixels(surface, columns, rows if moment.ascii_only else 2 * rows, moment.dark)
    if moment.ascii_only:  # a cell is one pixel: twice in a row, so that no point is lost
        pixels = [row for row in pixels for _ in range(2)]
    signs = _signs(surface, columns, rows) if moment.ascii_only else {}
    lines = Block([name], [_picture(surface, columns, rows, moment.dark)])
    for y in range(rows):
        line = Text(no_wrap=True)
        append_half_blocks(line, pixels[2 * y], pixels[2 * y + 1], moment.ascii_only, signs.get(y))
        lines.append(line)
    return lines


def _letters(surface: Seen, columns: int, rows: int, ascii_only: bool) -> list[Text]:
    """Without colours: a shade for each class, and the number of its class for each point, bold for one of training."""
    fills = _ASCII_FILLS if ascii_only else _FILLS
    shades = [fills[label % len(fills)] for label in range(1 + int(np.max(surface.classes, initial=0)))]
    high, wide = len(surface.classes), len(surface.classes[0])
    points: dict[tuple[int, int], tuple[int, bool]] = {}
    for x, y, label, part in sorted(surface.points, key=lambda point: point[3] == "train"):
        points[_cell_of(surface, x, y, columns, rows)] = (label, part == "train")
    lines = []
    for y in range(rows):
        row = surface.classes[y * high // rows]
        line = Text("".join(shades[row[x * wide // columns]] for x in range(columns)), no_wrap=True)
        for x in range(columns):
            if (point := points.get((x, y))) is not None:
                label, train = point
                line = Text.assemble(line[:x], (str(label % 10), "bold" if train else ""), line[x + 1 :])
        lines.append(line)
    return lines


def _cell_of(surface: Seen, x: float, y: float, columns: int, rows: int) -> tuple[int, int]:
    """Column and row, from the top, of a place in the plane."""
    column = round((x - surface.left) / (surface.right - surface.left) * (columns - 1))
    row = round((surface.top - y) / (surface.top - surface.bottom) * (rows - 1))
    return column, row


def _signs(surface: Seen, columns: int, rows: int) -> dict[int, dict[int, str]]:
    """Where half-blocks cannot show the points: row -> column -> `o` (train) or `.` (validation)."""
    signs: dict[int, dict[int, str]] = {}
    for x, y, _, part in sorted(surface.points, key=lambda point: point[3] == "train"):
        column, row = _cell_of(surface, x, y, columns, rows)
        signs.setdefault(row, {})[column] = "o" if part == "train" else "."
    return signs


def _picture(surface: Seen, columns: int, rows: int, dark: bool) -> Placed:
    """The same at the resolution of the terminal's pixels."""

    def paint(wide: int, high: int, ground: Rgb) -> Image:
        places, shades = _shaded(surface, dark)
        points = [
            (
                (x - surface.left) / (surface.right - surface.left),
                (surface.top - y) / (surface.top - surface.bottom),
                _colour_of_point(label, part, dark),
            )
            for x, y, label, part in surface.points
        ]
        return plane(places, shades, points, wide, high, _ground(dark))

    return Placed(0, 1, columns, rows, (surface, dark), paint)


def _ground(dark: bool) -> Pixel:
    return (18, 18, 18) if dark else (245, 245, 245)


def _colour_of_point(label: int, part: str, dark: bool) -> Pixel:
    rgb = class_colour(label, dark)
    return blend(rgb, (255, 255, 255) if dark else (0, 0, 0), 0.55) if part == "train" else rgb


def _shaded(surface: Seen, dark: bool) -> tuple[NDArray[np.int64], list[Pixel]]:
    """The shade of each measured place, as a number, and the colours that these stand for."""
    classes = np.asarray(surface.classes)
    count = int(classes.max(initial=0)) + 1
    least = 1 / max(2, count)
    sure = np.clip((np.nan_to_num(np.asarray(surface.confidence)) - least) / (1 - least), 0.0, 1.0)
    # In steps, so that most cells look as the one before: a line is sent, and cut, in runs of equal cells.
    shades = [
        blend(class_colour(label, dark), _ground(dark), 0.15 + 0.45 * step / _STEPS)
        for label in range(count)
        for step in range(_STEPS + 1)
    ]
    return classes * (_STEPS + 1) + np.rint(sure * _STEPS).astype(np.int64), shades


def _pixels(surface: Seen, columns: int, rows: int, dark: bool) -> list[list[Pixel]]:
    places, shades = _shaded(surface, dark)
    high, wide = places.shape
    taken = places[np.arange(rows)[:, None] * high // rows, np.arange(columns) * wide // columns]
    pixels = [[shades[place] for place in row] for row in taken.tolist()]
    for x_value, y_value, label, part in surface.points:
        column, line = _cell_of(surface, x_value, y_value, columns, rows)
        if 0 <= column < columns and 0 <= line < rows:
            pixels[line][column] = _colour_of_point(label, part, dark)
    return pixels
