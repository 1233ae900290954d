"""The keys and the mouse that look back: a cursor over the epochs, their zoom, and how much curves are smoothed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from textual.events import Click

from engine.as_of import moved
from engine.commands import Turn
from engine.view import Lens
from tui.charts.chart import Chart
from tui.panes.losses import Losses
from tui.screens.arms_and_knobs import ArmsAndKnobs
from tui.widgets.knobs import KnobPanel
from tui.widgets.lens import deepest_zoom

# What the key goes through.
SMOOTHINGS = (0.0, 0.6, 0.9)
# Epochs, which is further than any run goes.
_FAR = 1_000_000_000


class LooksBack(ArmsAndKnobs):
    """What the main screen shows is as of the cursor, where there is one; training goes on, and commands act now."""

    def action_zoom(self) -> None:
        raise NotImplementedError

    @property
    def cursor(self) -> int | None:
        """The epoch as of which the run is shown; None for now."""
        return self.lens.cursor

    @property
    def lens(self) -> Lens:
        """Through what the run is looked at. A cursor behind the newest epoch, of a run that has begun anew, goes; one
        at an epoch that is no longer kept stands at the one before."""
        lens, view = self._chosen.lens, self._painter.view
        if lens.cursor is not None:
            cursor = None if lens.cursor > view.record.epoch else moved(view, lens.cursor, 0)
            if cursor != lens.cursor:
                self._chosen.lens = lens = dataclasses.replace(lens, cursor=cursor)
        return lens

    def _look_through(self, lens: Lens) -> None:
        if lens != self._chosen.lens:
            self._chosen.lens = lens
            self._painter.draw_all()

    # The cursor ------------------------------------------------------------------------------------------------------

    def action_move_cursor(self, epochs: int) -> None:
        """Go to an earlier or a later epoch; of a long run only every so many are kept, and it goes over those."""
        self.set_cursor(moved(self._painter.view, self.cursor, epochs))

    def action_first_epoch(self) -> None:
        self.set_cursor(moved(self._painter.view, 1, 0))

    def action_newest_epoch(self) -> None:
        self.set_cursor(moved(self._painter.view, _FAR, 0))

    def set_cursor(self, epoch: int | None) -> None:
        """Show the run as of an epoch, or as it is now."""
        panel = self.query_one(KnobPanel)
        panel.close_edit()
        if epoch is None:
            panel.say("")  # that knobs do not turn
        self._look_through(dataclasses.replace(self.lens, cursor=epoch))

    def action_escape(self) -> None:
        """Back from what was begun last: a field that is open, the cursor, an enlarged pane, the focus."""
        panel = self.query_one(KnobPanel)
        if panel.editing:
            panel.close_edit()
        elif self.cursor is not None:
            self.set_cursor(None)
        elif self.maximized is not None:
            self.action_zoom()
        else:
            self.set_focus(None)

    def on_click(self, event: Click) -> None:
        """A click in a chart goes to its epoch; in the loss pane of another arm it selects that first."""
        arm = self.query_one(Losses).arm_of(event.widget)
        other = arm is not None and arm != self._chosen.arm and len(self.run.arms) > 1
        if isinstance(event.widget, Chart) and not other:
            self._point(event.widget.epoch_at(event.x))
        else:
            super().on_click(event)

    def on_chart_pointed(self, event: Chart.Pointed) -> None:
        """The mouse is drawn over a chart with its button held."""
        self._point(event.epoch)

    def _point(self, epoch: float | None) -> None:
        """Go to the epoch that is pointed at; to now behind the newest one."""
        if epoch is None:
            return
        view = self._painter.view
        self.set_cursor(None if round(epoch) > view.record.epoch else moved(view, max(1, round(epoch)), 0))

    # What is seen of the curves --------------------------------------------------------------------------------------

    def action_zoom_epochs(self, by: int) -> None:
        deepest = deepest_zoom(self._painter.view)
        self._look_through(dataclasses.replace(self.lens, zoom=max(0, min(self.lens.zoom + by, deepest))))

    def action_all_epochs(self) -> None:
        self._look_through(dataclasses.replace(self.lens, zoom=0))

    def action_smooth(self) -> None:
        place = SMOOTHINGS.index(self.lens.smoothing)
        self._look_through(dataclasses.replace(self.lens, smoothing=SMOOTHINGS[(place + 1) % len(SMOOTHINGS)]))

    # The knobs, which are those of an earlier epoch ------------------------------------------------------------------

    def turn_knobs(self, turns: Sequence[Turn]) -> None:
        if not self._shows_the_past():
            super().turn_knobs(turns)

    def action_knob_edit(self) -> None:
        if not self._shows_the_past():
            super().action_knob_edit()

    def action_undo(self) -> None:
        if not self._shows_the_past():
            super().action_undo()

    def _shows_the_past(self) -> bool:
        """Whether there is a cursor; a knob would be turned now, and not from the value that is shown."""
        if self.cursor is not None:
            self.query_one(KnobPanel).say(f"as of epoch {self.cursor}: escape goes back to now, where knobs turn")
        return self.cursor is not None
