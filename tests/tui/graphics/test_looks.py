"""Promises of the looks that hold pictures: these lie exactly over the half-blocks that show the same."""

from __future__ import annotations

import numpy as np
import pytest

from engine.looks.pictures import Picture, Pictures
from engine.looks.surface import Surface
from tests.tui.dashboard import dashboard, experiment
from tests.tui.views import moment
from tui.graphics import overlay as module
from tui.graphics.encoded import Encoded
from tui.looks import LOOKS, Moment
from tui.panes.look import LookPane
from tui.widgets.blocks import Block, pictures_of
from tui.widgets.lines import Lines

DIGIT = Picture(tuple(tuple((x, y, 0) for x in range(8)) for y in range(8)), "8 not 3")
STRIPS = Pictures((DIGIT,) * 4, (DIGIT,) * 4)
SURE = tuple((0.9,) * 96 for _ in range(48))
HALVES = Surface(-1.0, 1.0, -1.0, 1.0, tuple((0,) * 48 + (1,) * 48 for _ in range(48)), SURE, ((0.0, 0.0, 0, "train"),))
ARMS = ("plain", "dropped", "a third one")


def drawn(look: str, kind: str, width: int, height: int, arm: str | None, dark: bool = True) -> Block:
    seen = {(kind, name, 0): HALVES if kind == "surface" else STRIPS for name in ARMS}
    seen |= {("fit", name, 0): None for name in ARMS}
    view = moment(seen=seen, arms={name: {} for name in ARMS})
    lines = LOOKS[look].draw(Moment(view, arm, width, height, dark))
    assert isinstance(lines, Block)
    return lines


@pytest.mark.parametrize("height", [8, 13, 30])
@pytest.mark.parametrize("width", [30, 77, 156])
@pytest.mark.parametrize(
    ("look", "kind", "arm"),
    [("surface", "surface", "plain"), ("pictures", "pictures", "plain"), ("pictures", "fed", None)],
)
def test_pictures_lie_over_half_blocks_and_over_nothing_else(look, kind, arm, width, height):
    lines = drawn(look, kind, width, height, arm)
    covered = {
        (row, column)
        for picture in lines.pictures
        for row in range(picture.row, picture.row + picture.rows)
        for column in range(picture.column, picture.column + picture.columns)
    }
    blocks = {(row, column) for row, line in enumerate(lines) for column, sign in enumerate(line.plain) if sign == "▀"}
    assert blocks
    if (look, height) != ("pictures", 8):  # where a strip is cut its picture would be over the other
        assert blocks <= covered
    texts = {lines[row].plain[column] for row, column in covered if column < len(lines[row].plain)}
    assert texts <= {"▀", " "}


def test_the_picture_of_a_plane_has_the_colours_of_its_half_blocks():
    pytest.importorskip("PIL")
    for dark in (True, False):
        lines = drawn("surface", "surface", 60, 12, "plain", dark)
        first = lines.pictures[0]
        pixels = np.asarray(first.paint(first.columns * 10, first.rows * 20, (0, 0, 0)).convert("RGB"))
        shown = lines[1].spans[0].style.color.triplet, lines[1].spans[1].style.color.triplet
        assert tuple(map(int, pixels[0, 0])) == shown[0]
        assert tuple(map(int, pixels[0, first.columns * 10 - 1])) == shown[1]
        half = first.columns * 5
        assert (pixels[0, : half - 6] == pixels[0, 0]).all()
        assert (pixels[0, half + 6 :] == pixels[0, -1]).all()
        assert (pixels[first.rows * 10, half] != pixels[0, half]).any(), "a point"


def test_what_looks_the_same_is_the_same_picture():
    one, again = (drawn("surface", "surface", 60, 12, "plain").pictures for _ in range(2))
    assert one == again
    assert one != drawn("surface", "surface", 60, 12, "plain", dark=False).pictures
    assert one != drawn("surface", "surface", 63, 12, "plain").pictures


async def test_half_blocks_stand_still_below_pictures_and_are_of_this_moment_behind_a_dialog(monkeypatch):
    made: list[object] = []
    stood: dict[str, object] = {}
    monkeypatch.setattr(module, "encoded", lambda image, *_: made.append(image) or Encoded("", ("",), f"{len(made)}"))
    pytest.importorskip("PIL")
    async with dashboard(experiment(), looks=True) as person:
        pane = person.main.query_one(LookPane)
        await person.sees(lambda: pictures_of(pane._drawn))
        person.app.overlay.protocol = "kitty"
        await person.sees(lambda: person.app.overlay.covers(pane.query_one(Lines), pane._drawn.pictures))
        await person.sees(lambda: stand_still(pane, made, stood))
        await person.sees(lambda: pane._drawn[1:] != pane._below[1:])

        await person.press("?")
        await person.sees("what every key and every setting does")
        await person.sees(lambda: pane._drawn is pane._below)
        assert not person.app.overlay.fits(pane.query_one(Lines), pane._drawn.pictures)
        person.app.overlay.rest_of_frame()
        await person.press("escape")
        await person.sees(lambda: person.app.overlay.covers(pane.query_one(Lines), pane._drawn.pictures))


def stand_still(pane: LookPane, made: list[object], stood: dict[str, object]) -> bool:
    """Whether the half-blocks have stood while some pictures were made; others over other cells begin anew."""
    cells = [(picture.column, picture.row, picture.columns, picture.rows) for picture in pictures_of(pane._drawn)]
    rows = [line.spans for line in pane._below[1 : 1 + cells[0][3]]]
    if stood.get("cells") != cells or not pane.app.overlay.covers(pane.query_one(Lines), pane._drawn.pictures):
        stood |= {"cells": cells, "rows": rows, "made": len(made)}
    assert rows == stood["rows"]
    return len(made) > stood["made"] + 2
