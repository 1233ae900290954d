"""Pictures over the cells of one widget: sent with the frames, and again where a frame has drawn over them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.css.query import NoMatches
from textual.dom import NoScreen
from textual.errors import NoWidget
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets._toast import Toast, ToastRack

from engine.log import write_log
from tui.graphics.encoded import Encoded, encoded, passed_through
from tui.graphics.placed import Placed, Rgb
from tui.graphics.terminals import USUAL_CELL, Cell, Protocol

_SAVE_CURSOR, _RESTORE_CURSOR = "\x1b7", "\x1b8"
# Pictures are drawn so far apart at least, seconds: the frames that draw over them when a dialog goes are several.
_PAUSE = 0.2
# Pictures that change take about so many letters a second: what the whole screen may send while a run trains.
_RATE = 40_000
# Ends a command that was cut off, so that those after it are read.
_END_OF_COMMAND = "\x1b\\"


@dataclass(frozen=True, slots=True)
class _Shown:
    placed: Placed
    ground: Rgb
    cell: Cell
    encoded: Encoded


class Overlay:
    """The pictures that are on the screen now; none before `protocol` is set.

    Parameters
    ----------
    measure : gives the size of a cell, in pixels, None where the system does not know it.
    send : sends what is due where no frame is on its way, after so many seconds.
    through_tmux : kitty's commands go through tmux to the terminal around it.
    on_change : called with what takes all pictures out of the terminal, whenever that is something else.
    """

    def __init__(
        self,
        measure: Callable[[], Cell | None],
        send: Callable[[float], None] = lambda seconds: None,
        through_tmux: bool = False,
        on_change: Callable[[bytes], None] = lambda farewell: None,
    ) -> None:
        self.protocol: Protocol | None = None
        self.answered_cell: Cell | None = None
        self._send = send
        self._measure, self._through_tmux, self._on_change = measure, through_tmux, on_change
        self._widget: Widget | None = None
        self._on_lost: Callable[[], None] = lambda: None
        self._region = Region()
        self._shown: list[_Shown] = []
        self._due = False  # the cells show something else
        self._drawn = 0.0  # when they last showed all pictures
        self._not_before = 0.0  # is the time for other pictures
        self._waiting = False  # for the time to draw them again
        self._sent: set[str] = set()  # what has to be deleted of pictures in the terminal's memory
        self._obsolete: list[str] = []

    @property
    def cell(self) -> Cell:
        """The size of a cell in pixels."""
        return self._measure() or self.answered_cell or USUAL_CELL

    def fits(self, widget: Widget, pictures: Sequence[Placed]) -> bool:
        """Whether these can be shown over a widget now: all of it is in sight, and nothing lies over it."""
        region = None if self.protocol is None else _free_region(widget)
        return region is not None and all(
            picture.column + picture.columns <= region.width and picture.row + picture.rows <= region.height
            for picture in pictures
        )

    def covers(self, widget: Widget, pictures: Sequence[Placed]) -> bool:
        """Whether the same cells of it are covered now."""
        return widget is self._widget and [_cells(shown.placed) for shown in self._shown] == [*map(_cells, pictures)]

    def show(
        self,
        widget: Widget,
        pictures: Sequence[Placed],
        ground: Rgb,
        on_lost: Callable[[], None],
        at_once: bool = True,
    ) -> bool:
        """Show these over the widget, on such a ground, from the next frame on, until something lies over it.

        Then `on_lost` is called, and its cells are drawn again. False where it is too soon for others over the same
        cells, which need not be shown `at_once`: those before stay.
        """
        region = _free_region(widget)
        if self.protocol is None or region is None or not pictures:
            self.clear()
            return True
        covered = self.covers(widget, pictures)
        if not at_once and covered and time.monotonic() < self._not_before:
            return [shown.placed for shown in self._shown] == list(pictures)
        if self._widget is not None and not covered:
            self._widget.refresh()  # what was covered is not any more
        try:
            now = self._made(pictures, ground, self.cell, self.protocol)
        except Exception as error:  # of another package, which asks too much of the system or has changed
            write_log("pictures, which are drawn in half-blocks from now on", error)
            self.protocol = None
            self.clear()
            return True
        self._obsolete += [shown.encoded.deleted for shown in self._shown if shown not in now]
        self._due |= now != self._shown or region != self._region or widget is not self._widget
        self._widget, self._region, self._shown, self._on_lost = widget, region, now, on_lost
        return True

    def _made(self, pictures: Sequence[Placed], ground: Rgb, cell: Cell, protocol: Protocol) -> list[_Shown]:
        """The pictures ready to be sent; those that are shown already as they are."""
        made: list[_Shown] = []
        for place, placed in enumerate(pictures):
            old = self._shown[place] if place < len(self._shown) else None
            if old is not None and (old.placed, old.ground, old.cell) == (placed, ground, cell):
                made.append(old)
                continue
            picture = placed.paint(placed.columns * cell[0], placed.rows * cell[1], ground)
            made.append(_Shown(placed, ground, cell, encoded(picture, placed.columns, placed.rows, protocol, cell)))
        return made

    def clear(self) -> None:
        """Show none: the cells below are drawn again."""
        widget, self._widget, self._due = self._widget, None, False
        self._obsolete += [shown.encoded.deleted for shown in self._shown]
        self._shown = []
        if widget is not None:
            widget.refresh()
            self._on_lost()

    def forget(self) -> None:
        """The terminal has forgotten all it was sent: it is sent again with the next frame."""
        self._sent.clear()
        self._obsolete.clear()
        self._due = bool(self._shown)

    def touched(self, frame: object) -> None:
        """A frame is about to be drawn: whether over pictures."""
        if not self._shown or self._due:
            return
        covered = [self._place(shown.placed) for shown in self._shown]
        if isinstance(frame, ChopsUpdate):
            self._due = any(
                region.y <= y < region.bottom and start < region.right and region.x < end
                for y, start, end in frame.spans
                for region in covered
            )
        else:
            self._due = not isinstance(frame, LayoutUpdate) or any(map(frame.region.overlaps, covered))

    def rest_of_frame(self) -> str:
        """What is sent behind a frame, so that the pictures are where they belong."""
        parts: list[str] = []
        if self._widget is not None:
            region = _free_region(self._widget)
            if region is None or region.size != self._region.size:
                self.clear()
            elif region != self._region:
                self._region, self._due = region, True
        if self._due and (wait := self._drawn + _PAUSE - time.monotonic()) > 0:
            self.send_soon(wait)
            return ""
        if self._due:
            self._due, self._drawn = False, time.monotonic()
            for shown in self._shown:
                parts += self._commands(shown)
        parts += [command for command in self._obsolete if command in self._sent]
        self._sent -= set(self._obsolete)
        self._obsolete.clear()
        if not parts:
            return ""
        self._on_change(self.farewell())
        text = "".join((_SAVE_CURSOR, *parts, _RESTORE_CURSOR))
        self._not_before = time.monotonic() + len(text) / _RATE
        return passed_through(text) if self._through_tmux else text

    def send_soon(self, seconds: float = 0.0) -> None:
        """Send what is due, if no frame has done it meanwhile."""
        if not self._waiting:
            self._waiting = True
            self._send(seconds)

    def begin_to_send(self) -> bool:
        """The time has come: whether something is due still."""
        self._waiting = False
        return self._due or bool(self._obsolete)

    def farewell(self) -> bytes:
        """What takes all pictures out of the terminal's memory; nothing where there are none in it."""
        text = _END_OF_COMMAND + "".join(sorted(self._sent)) if self._sent else ""
        return (passed_through(text) if self._through_tmux else text).encode()

    def _place(self, placed: Placed) -> Region:
        return Region(self._region.x + placed.column, self._region.y + placed.row, placed.columns, placed.rows)

    def _commands(self, shown: _Shown) -> list[str]:
        picture, place = shown.encoded, self._place(shown.placed)
        commands = []
        if picture.deleted and picture.deleted not in self._sent:
            self._sent.add(picture.deleted)
            commands.append(picture.sent)
        for row, line in enumerate(picture.lines):
            commands += (f"\x1b[{place.y + row + 1};{place.x + 1}H", line)
        return commands


def _cells(placed: Placed) -> tuple[int, int, int, int]:
    return placed.column, placed.row, placed.columns, placed.rows


def _free_region(widget: Widget) -> Region | None:
    """Where the widget is on the screen; None where something is over a part of it, or it is not shown whole."""
    try:
        screen = widget.screen
        if widget.app.screen is not screen:
            return None
        place = screen.find_widget(widget)
        toasts = [*screen.get_child_by_type(ToastRack).query(Toast)]
    except (NoScreen, NoWidget):
        return None
    except NoMatches:
        toasts = []
    region = place.region
    if not region.area or place.visible_region != region:
        return None
    return None if any(toast.region.overlaps(region) for toast in toasts) else region
