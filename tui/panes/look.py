"""The pane of closer looks: one at a time, as a chart or as lines, in the place of accuracy and norms."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.widget import Widget

from engine.view import View
from tui.charts.chart import Chart
from tui.charts.plot import Plot
from tui.graphics.overlay import Overlay
from tui.looks import LOOKS, Moment
from tui.panes.registry import RunPane, Setup, Shown, register
from tui.widgets.blocks import Block, pictures_of
from tui.widgets.lines import Lines

_NO_PICTURES = Overlay(lambda: None)
# So often it is seen whether a message has gone that lay over pictures, seconds.
_AGAIN = 0.3


@register
class LookPane(RunPane):
    SCOPED_CSS = False
    DEFAULT_CSS = """
    #look { display: none; width: 1fr; overflow-y: auto; }
    .-look #look { display: block; }
    #look-lines { height: auto; min-height: 100%; }
    #look-chart { height: 1fr; }
    """
    part, room, place, page, frame = "look", "trends", 30, 1, "trends"

    def __init__(self, setup: Setup, *children: Widget) -> None:
        super().__init__(setup, *children)
        self._drawn: list[Text] = []  # the look as it is
        self._below: list[Text] = []  # as it stands in the cells, also below pictures
        self._subject: object = None  # what the title said of the pictures that are shown
        self._waiting = False

    def compose(self) -> ComposeResult:
        yield Lines(id="look-lines")
        yield Chart(ascii=self.ascii_only, id="look-chart")

    def update(self, view: View, shown: Shown) -> None:
        if shown.look is None:
            return
        look, cursor = LOOKS[shown.look], view.lens.cursor
        width, height = self.scrollable_content_region.size
        note = ""
        if cursor is not None and not look.of_any_epoch:
            note = f"now, not as of epoch {cursor}: it is computed from the present weights"
            view, height = view.whole, max(0, height - 1)
        moment = Moment(
            view,
            shown.arm,
            width,
            height,
            self.app.current_theme.dark,
            self.ascii_only,
            shown.best,
            self.app.no_color,
            shown.reference,
            shown.metric,
        )
        arms = look.whose_weights(moment)
        weights = f", {moment.weights(arms)}" if arms and not look.why_not(moment) else ""
        drawn = look.draw(moment)
        if note and not isinstance(drawn, Plot):
            headed = Block([Text(note, style="reverse", no_wrap=True)])
            headed.add_below(drawn)
            drawn, note = headed, ""
        self.entitle(f"{look.heading(moment)}{weights}{note and f': {note}'}", look.subtitle(moment))
        chart, lines = self.query_one(Chart), self.query_one(Lines)
        chart.display, lines.display = isinstance(drawn, Plot), not isinstance(drawn, Plot)
        if isinstance(drawn, Plot):
            chart.show(drawn)
            self._overlay.clear()
        else:
            self._illustrate(lines, drawn)

    # Pictures --------------------------------------------------------------------------------------------------------

    @property
    def _overlay(self) -> Overlay:
        return getattr(self.app, "overlay", None) or _NO_PICTURES

    def _illustrate(self, lines: Lines, drawn: list[Text]) -> None:
        """Show the lines, and pictures over them where the terminal can and nothing lies over them."""
        overlay, pictures, before = self._overlay, pictures_of(drawn), self._below
        self._below = self._drawn = drawn
        if not pictures or not overlay.fits(lines, pictures):
            overlay.clear()
            lines.show(drawn)
            self._wait_for_room()
            return
        if overlay.covers(lines, pictures):
            # What nobody sees is not drawn: each frame over a picture would send it again.
            hidden = {row for picture in pictures for row in range(picture.row, picture.row + picture.rows)}
            self._below = [before[row] if row in hidden else line for row, line in enumerate(drawn)]
        lines.show(self._below)
        red, green, blue = self.background_colors[1].rgb
        subject, self._subject = self._subject, self._titles
        if not overlay.show(lines, pictures, (red, green, blue), self.uncover, at_once=subject != self._titles):
            self._wait_for_room()
        self.call_after_refresh(overlay.send_soon)

    def uncover(self) -> None:
        """Something lies over the pictures, or is about to: show this moment of the run without them for a while."""
        if self._below is not self._drawn:
            self._below = self._drawn
            self.query_one(Lines).show(self._drawn)
        self._wait_for_room()

    def _wait_for_room(self) -> None:
        """Show the pictures as soon as they can be, though the run may stand still."""
        if self._overlay.protocol is not None and pictures_of(self._drawn) and not self._waiting:
            self._waiting = True
            self.set_timer(_AGAIN, self._look_for_room)

    def _look_for_room(self) -> None:
        self._waiting = False
        lines, pictures = self.query_one(Lines), pictures_of(self._drawn)
        if not self.display or not lines.display:
            return
        if self._overlay.fits(lines, pictures):
            self._illustrate(lines, self._drawn)
        else:
            self._wait_for_room()
