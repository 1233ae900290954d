"""From a view of a run to the panes that show it, at the pace that drawing may have."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from textual.screen import Screen

from engine.as_of import through
from engine.view import AnyWorker, View
from tui.panes import Part, Shown
from tui.screens.pace import Pace, has_time_to_spare
from tui.widgets.guide import Guide
from tui.widgets.header import RunHeader

# Where nothing has changed for so long, seconds, nothing is looked for that often.
_LIVELY = 2.0


class Painter:
    """Keeps the parts of a screen up to date with a worker.

    Parameters
    ----------
    screen : whose parts are drawn.
    parts : of the screen, which show the run.
    worker : whose run is shown; it may be replaced.
    shown : gives what the user has chosen to see, now.
    fps : frames a second at most, None for the usual.
    follow : has the parts made anew where the run has other arms than before; whether it has.
    """

    def __init__(
        self,
        screen: Screen[None],
        parts: Sequence[Part],
        worker: AnyWorker,
        shown: Callable[[], Shown],
        fps: float | None,
        follow: Callable[[], bool],
    ) -> None:
        self._screen, self._parts, self._shown, self._follow = screen, parts, shown, follow
        self._pace = Pace(fps)
        self.worker = worker
        self.view = worker.view()
        self.resting = False  # nothing is drawn while the panes are remade
        # The version of the view that the losses and the trends show.
        self._drawn = {"losses": -1, "trends": -1}
        self._stage = ("", False)
        self._changed = 0.0  # when there was something new to draw
        self._gpu, self._gpu_asked = "", 0.0
        self._waiting, self._all_drawn, self._all_took = False, 0.0, 0.0

    def begin(self, show_news: Callable[[], None]) -> None:
        """Draw from now on, as often as the pace allows, and show the news before each frame."""

        def tick() -> None:
            self._pace.begin()
            try:
                show_news()
                self.draw()
            finally:
                free = has_time_to_spare(self.view) and time.monotonic() - self._changed < _LIVELY
                self._screen.set_timer(self._pace.wait(free), tick)

        self._screen.set_timer(self._pace.wait(), tick)

    def draw_all(self) -> None:
        """Draw everything for a key, at once unless the last time is but a moment ago.

        A flood of keys, such as one held down on a slow machine, gets half of the time for its drawing and the last
        word: none waits for more than a drawing takes.
        """
        if self._waiting:
            return
        wait = self._all_drawn + self._all_took - time.perf_counter()
        if wait <= 0:
            self._draw_all()
        else:
            self._waiting = True
            self._screen.set_timer(wait, self._draw_all)

    def _draw_all(self) -> None:
        self._waiting = False
        began = time.perf_counter()
        self.draw(force=True)
        self._all_drawn = time.perf_counter()
        self._all_took = self._all_drawn - began

    def draw(self, force: bool = False) -> None:
        """Bring the screen up to the present moment; nothing is done where nothing has changed.

        A frame draws the losses or the trends, whichever is older: twice the frames for the same share of the time.
        With `force` it draws both, and where nothing more is to come.
        """
        if self.resting:
            return
        self.view = self.worker.view()
        if self._follow():
            return
        shown = self._shown()
        view = through(self.view, shown.lens)
        self._screen.query_one(RunHeader).update(view, view.preset.epochs, self._device(view))
        stale = [half for half, version in self._drawn.items() if version != view.version]
        if not stale and not force:
            return
        self._changed = time.monotonic()
        # What a chart says before its first curve is of the state: both halves leave it at once.
        stage = (view.state, view.record.epoch > 0)
        changed, self._stage = stage != self._stage, stage
        whole = force or changed or view.state != "running"
        halves = set(self._drawn) if whole else {min(stale, key=self._drawn.__getitem__)}
        for part in self._parts:
            if part.frame == "every" or (part.frame in halves and (part.display or shown.zoomed is not None)):
                part.update(view, shown)
        self._screen.query_one(Guide).update(view, shown.original or view.preset)
        self._drawn |= dict.fromkeys(halves, view.version)

    def _device(self, view: View) -> str:
        """The device's name; on a GPU with its memory and utilization, asked every two seconds."""
        if view.record.started is None:
            return ""
        device = view.record.started.device
        if not device.startswith("cuda"):
            return device
        now = time.monotonic()
        if now - self._gpu_asked > 2:
            from engine.gpu import describe

            self._gpu, self._gpu_asked = describe(device), now
        return self._gpu
