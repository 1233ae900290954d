"""Promises of pictures over a widget: there while nothing lies over it, drawn again where a frame was, gone with it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from rich.text import Text
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import ModalScreen

from tui.graphics import overlay as module
from tui.graphics.encoded import Encoded
from tui.graphics.overlay import Overlay
from tui.graphics.placed import Placed
from tui.widgets.lines import Lines

GROUND = (0, 0, 0)


def picture(content: object = "a", column=2, row=1, columns=4, rows=2) -> Placed:
    return Placed(column, row, columns, rows, content, lambda wide, high, ground: (wide, high, ground))


class Host(App[None]):
    CSS = "Lines { width: 20; height: 6; }"

    def compose(self):
        yield Lines()


@pytest.fixture(autouse=True)
def _no_package_is_needed(monkeypatch):
    """Each picture is sent as words: `+a`, `a:0` and `a:1` in its lines of cells, and `-a` to delete it."""
    numbers = iter(range(100))

    def made(image, columns, rows, protocol, cell):
        assert image == (columns * cell[0], rows * cell[1], GROUND)
        name = next(numbers)
        return Encoded(f"<+{name}>", tuple(f"<{name}:{row}>" for row in range(rows)), f"<-{name}>")

    monkeypatch.setattr(module, "encoded", made)
    monkeypatch.setattr(module, "_PAUSE", 0.0)


@contextlib.asynccontextmanager
async def covered(
    *pictures: Placed, size: tuple[int, int] = (40, 12)
) -> AsyncIterator[tuple[Overlay, Lines, Pilot[None], list[str]]]:
    lost: list[str] = []
    farewells: list[bytes] = []
    overlay = Overlay(lambda: (10, 20), on_change=farewells.append)
    overlay.protocol = "kitty"
    async with Host().run_test(size=size, notifications=True) as pilot:
        lines = pilot.app.query_one(Lines)
        lines.show([Text("x" * 20)] * 6)
        await pilot.pause()
        assert overlay.fits(lines, pictures)
        overlay.show(lines, pictures, GROUND, lambda: lost.append("lost"))
        yield overlay, lines, pilot, lost


def frame(region: Region) -> LayoutUpdate:
    return LayoutUpdate([], region)


async def test_a_picture_is_sent_once_and_its_cells_again_where_a_frame_has_drawn_over_them():
    async with covered(picture()) as (overlay, *_):
        assert overlay.rest_of_frame() == "\x1b7<+0>\x1b[2;3H<0:0>\x1b[3;3H<0:1>\x1b8"
        assert overlay.farewell() == b"\x1b\\<-0>"
        for apart in (frame(Region(0, 4, 20, 2)), ChopsUpdate([], [(0, 0, 20), (1, 0, 2), (2, 6, 9)], [])):
            overlay.touched(apart)
            assert overlay.rest_of_frame() == ""
        for over in (frame(Region(0, 0, 40, 12)), ChopsUpdate([], [(2, 5, 9)], [])):
            overlay.touched(over)
            assert overlay.rest_of_frame() == "\x1b7\x1b[2;3H<0:0>\x1b[3;3H<0:1>\x1b8"


async def test_what_is_shown_already_is_not_sent_and_what_it_replaces_is_deleted_behind_it():
    async with covered(picture("a"), picture("b", column=8)) as (overlay, lines, _, lost):
        overlay.rest_of_frame()
        overlay.show(lines, [picture("a"), picture("b", column=8)], GROUND, lambda: None)
        assert overlay.rest_of_frame() == ""
        overlay.show(lines, [picture("a"), picture("c", column=8)], GROUND, lambda: None)
        sent = overlay.rest_of_frame()
        assert "<+2>" in sent
        assert "<+0>" not in sent
        assert sent.endswith("<-1>\x1b8")
        assert overlay.farewell() == b"\x1b\\<-0><-2>"
        assert not lost


async def test_behind_a_dialog_there_are_no_pictures():
    async with covered(picture()) as (overlay, lines, pilot, lost):
        overlay.rest_of_frame()
        await pilot.app.push_screen(ModalScreen())
        overlay.touched(frame(Region(0, 0, 40, 12)))
        assert overlay.rest_of_frame() == "\x1b7<-0>\x1b8"
        assert lost == ["lost"]
        assert overlay.farewell() == b""
        assert not overlay.fits(lines, [picture()])
        pilot.app.pop_screen()
        assert overlay.fits(lines, [picture()])


async def test_a_message_over_the_pictures_takes_them_away():
    async with covered(picture(), size=(20, 6)) as (overlay, lines, pilot, lost):
        overlay.rest_of_frame()
        pilot.app.notify("over them", timeout=600)
        await pilot.pause()
        assert overlay.rest_of_frame() == "\x1b7<-0>\x1b8"
        assert lost
        assert not overlay.fits(lines, [picture()])
        pilot.app.clear_notifications()
        await pilot.pause()
        assert overlay.fits(lines, [picture()])


@pytest.mark.parametrize("change", ["hidden", "narrower", "too small"])
async def test_pictures_do_not_stay_where_their_widget_is_not_any_more(change):
    async with covered(picture()) as (overlay, lines, pilot, lost):
        overlay.rest_of_frame()
        if change == "hidden":
            lines.display = False
        else:
            lines.styles.width = 10 if change == "narrower" else 5
        await pilot.pause()
        assert overlay.rest_of_frame() == "\x1b7<-0>\x1b8"
        assert lost
        assert overlay.fits(lines, [picture()]) == (change == "narrower")


async def test_pictures_follow_their_widget_and_are_sent_anew_after_a_stop():
    async with covered(picture()) as (overlay, lines, pilot, lost):
        overlay.rest_of_frame()
        lines.styles.margin = (3, 0, 0, 5)
        await pilot.pause()
        assert overlay.rest_of_frame() == "\x1b7\x1b[5;8H<0:0>\x1b[6;8H<0:1>\x1b8"
        overlay.forget()
        assert overlay.rest_of_frame() == "\x1b7<+0>\x1b[5;8H<0:0>\x1b[6;8H<0:1>\x1b8"
        assert not lost


async def test_frames_that_come_close_to_one_another_draw_the_pictures_once(monkeypatch):
    asked: list[float] = []
    async with covered(picture()) as (overlay, *_):
        overlay.rest_of_frame()
        monkeypatch.setattr(module, "_PAUSE", 60.0)
        overlay._send = asked.append
        for _ in range(3):
            overlay.touched(frame(Region(0, 0, 40, 12)))
            assert overlay.rest_of_frame() == ""
        assert len(asked) == 1
        monkeypatch.setattr(module, "_PAUSE", 0.0)
        assert overlay.begin_to_send()
        assert "<0:0>" in overlay.rest_of_frame()
        assert not overlay.begin_to_send()


async def test_a_picture_that_cannot_be_made_leaves_the_half_blocks(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def fails(*_: object) -> Encoded:
        raise AttributeError("of another version")

    async with covered(picture()) as (overlay, lines, _, lost):
        overlay.rest_of_frame()
        monkeypatch.setattr(module, "encoded", fails)
        overlay.show(lines, [picture("b")], GROUND, lambda: None)
        assert overlay.rest_of_frame() == "\x1b7<-0>\x1b8"
        assert lost
        assert overlay.protocol is None
        assert not overlay.fits(lines, [])


async def test_pictures_that_change_take_no_more_of_the_line_than_their_share(monkeypatch):
    async with covered(picture("a")) as (overlay, lines, *_):
        monkeypatch.setattr(module, "_RATE", 1e-6)
        overlay.rest_of_frame()
        assert overlay.show(lines, [picture("a")], GROUND, lambda: None, at_once=False)
        assert not overlay.show(lines, [picture("b")], GROUND, lambda: None, at_once=False), "too soon"
        assert overlay.rest_of_frame() == ""
        assert overlay.show(lines, [picture("b", columns=5)], GROUND, lambda: None, at_once=False), "over other cells"
        assert "<+1>" in overlay.rest_of_frame()
        assert overlay.show(lines, [picture("c", columns=5)], GROUND, lambda: None), "another arm, say"
        assert "<+2>" in overlay.rest_of_frame()
        monkeypatch.setattr(module, "_RATE", 1e12)
        overlay.forget()
        overlay.rest_of_frame()
        assert overlay.show(lines, [picture("d", columns=5)], GROUND, lambda: None, at_once=False), "it is time"
