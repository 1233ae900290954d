"""The guided tour on the main screen: from one experiment to the next, by keys or by itself."""

from __future__ import annotations

import time

from engine.commands import Resume
from engine.preset import Preset
from engine.preset.tour import stop_of, tour
from tui.screens.messages import OpenPreset
from tui.screens.script import FollowsTimeline, Outcome, Prediction

# How often a tour that goes by itself looks whether something is due, seconds.
_BEAT = 0.25


class Touring(FollowsTimeline):
    """A screen on which the tour can be given.

    Attributes
    ----------
    by_itself : seconds for which a tour that nobody attends shows what a person would read; None for one by keys.
    repeats : such a tour begins again at its end, and does not end the program.
    """

    by_itself: float | None = None
    repeats = False

    def on_mount(self) -> None:
        if self.by_itself is not None:
            self._moment: tuple[object, ...] = ()
            self._since = time.monotonic()
            self.set_interval(_BEAT, self._go_by_itself)

    def action_tour(self, by: int) -> None:
        """Go to the next experiment of the tour, or to the one before."""
        stop = stop_of(self.original)
        if stop is None:
            self.notify("The guided tour: regtui demo begins it, or the first preset of p.", markup=False)
        elif 0 <= stop + by < len(tour()):
            self.post_message(OpenPreset(tour()[stop + by]))
        else:
            where = "last" if by > 0 else "first"
            self.notify(f"This is the {where} experiment of the tour.", markup=False)

    def greet(self, preset: Preset) -> None:
        """Say how to go on, when a stop of the tour is shown."""
        if (stop := stop_of(preset)) is not None and self.by_itself is None:
            self.notify(
                f"Experiment {stop + 1} of {len(tour())}. ) goes on to the next, ( back to the one before.",
                title="the guided tour",
                timeout=8,
                markup=False,
            )

    def _go_by_itself(self) -> None:
        """Answer, close and go on once what is shown has been there for long enough."""
        top, view = self.app.screen, self.run.view()
        moment = (top, view.state, self.original.title)
        if moment != self._moment:
            self._moment, self._since = moment, time.monotonic()
        if time.monotonic() - self._since < (self.by_itself or 0):
            return
        if isinstance(top, Prediction):
            top.action_choose(0)
        elif isinstance(top, Outcome):
            top.dismiss(None)
        elif top is self and view.state == "paused":
            self._chosen.paused = False
            self.worker.send(Resume())
        elif top is self and view.state in ("finished", "failed"):
            self._leave_stop()

    def _leave_stop(self) -> None:
        stops, stop = tour(), stop_of(self.original)
        self._since = time.monotonic()  # the other one needs a moment to be loaded
        if stop is not None and stop + 1 < len(stops):
            self.post_message(OpenPreset(stops[stop + 1]))
        elif self.repeats:
            self.post_message(OpenPreset(stops[0]))
        else:
            self.app.exit(0)
