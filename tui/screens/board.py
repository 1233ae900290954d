"""What the main screen shows of a run, kept up to date: panes, their arrangement, the pace of drawing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from engine.commands import Turn
from engine.events import Failed, Started, Stopped
from engine.preset import Preset, PresetError, with_value
from engine.view import View
from engine.worker import Worker
from tui.screens.guard import LivesOn
from tui.screens.messages import Loaded
from tui.screens.pace import Pace
from tui.widgets.comparison import Comparison
from tui.widgets.curves import Curves, Shown
from tui.widgets.header import RunHeader
from tui.widgets.knobs import KnobPanel
from tui.widgets.lesson import Lesson
from tui.widgets.look import wanted
from tui.widgets.pane import Pane
from tui.widgets.plots import MANY
from tui.widgets.stopping import StoppingGauges

SMALLEST = (60, 18)
COMPACT = (110, 34)
# A pane narrower than this shows no curve worth seeing: more arms than fit start in one pane.
LOSS_PANE = 34
SIDE = 46


def _first_selected(preset: Preset) -> str | None:
    """The arm whose technique a preset of few arms is about; with one arm, or many on an equal footing, all of them."""
    return preset.arm_names[-1] if 1 < len(preset.arms) <= MANY else None


@dataclass(frozen=True)
class Run:
    """What it takes to show a run again where it was left; `paused` as the person asked for it."""

    worker: Worker
    preset: Preset
    original: Preset
    paused: bool
    arm: str | None
    overlay: bool | None


class Board(LivesOn, Screen[None]):
    """One preset in training. `preset` is the experiment with the knobs as they stand, `original` as it was loaded."""

    ALLOW_IN_MAXIMIZED_VIEW = "#header, Footer"
    ESCAPE_TO_MINIMIZE = False  # the screen's own escape also draws what was made small again

    def __init__(self, preset: Preset, worker: Worker, *, fps: float | None, ascii_only: bool) -> None:
        super().__init__(classes="-page-0 -ascii" if ascii_only else "-page-0")
        self.preset = self.original = preset
        self.worker = worker
        self._ascii = ascii_only
        self._pace = Pace(fps)
        self._view = worker.view()
        self._speed, self._paused = self._view.speed, self._view.paused
        # The version of the view that the losses and the trends show.
        self._drawn = [-1, -1]
        self._drawn_stage = ("", False)
        self._arm = _first_selected(preset)
        self._log = self._gap = self._layers = False
        self._look: str | None = None
        self._chose_overlay: bool | None = None
        self._remaking = False
        self._page = 0
        self._gpu = ""
        self._gpu_asked = 0.0

    def compose(self) -> ComposeResult:
        yield RunHeader(self._ascii)
        with Horizontal(id="body"):
            with Vertical(id="curves"):
                yield Curves(self.preset.arm_names, self._ascii)
                yield Pane(Comparison(self._ascii), title="4 comparison", id="comparison")
            with Vertical(id="side"):
                yield Pane(KnobPanel(self._ascii, self.turn_knob), title="5 knobs", id="knobs")
                yield Pane(Lesson(), title="lesson", id="lesson")
                yield Pane(StoppingGauges(self._ascii), title="6 early stopping", id="stopping")
        yield Static(id="tiny")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self._arrange()
        self.query_one(Lesson).show(self.preset)
        self.draw(force=True)
        self.call_after_refresh(self._first_frame)

    def _first_frame(self) -> None:
        self.worker.start()
        self.set_timer(self._pace.wait(), self._tick)

    # Drawing ---------------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._pace.begin()
        try:
            self._hear()
            self.draw()
        finally:
            self.set_timer(self._pace.wait(), self._tick)

    def _hear(self) -> None:
        """Tell the person what happened since the last frame."""
        diverged: dict[str, list[Stopped]] = {}
        for event in self.worker.news():
            if isinstance(event, Started):
                for line in event.warnings:
                    self.notify(line, title="the data", severity="warning", timeout=12, markup=False)
                self.post_message(Loaded(self.worker))
            elif isinstance(event, Failed):
                view = self.worker.view()
                if view.state == "failed" and view.started is None:
                    self.post_message(Loaded(self.worker, event))
                else:
                    self.tell_failure(event, "the engine stopped" if view.state == "failed" else "refused")
            elif isinstance(event, Stopped) and event.reason == "diverged":
                diverged.setdefault(event.arm, []).append(event)
        for arm, ends in diverged.items():
            seeds = f"seed{'s' if len(ends) > 1 else ''} {', '.join(str(end.seed) for end in ends)}"
            self.notify(
                f"{arm}, {seeds}: the loss is no longer finite at epoch {max(end.epoch for end in ends)}",
                title="diverged",
                severity="warning",
                markup=False,
            )

    def tell_failure(self, failed: Failed, title: str) -> None:
        where = f"\nThe full story: {failed.log}" if failed.log else ""
        self.notify(f"{failed.message}{where}", title=title, severity="error", timeout=15, markup=False)

    def draw(self, force: bool = False) -> None:
        """Bring the screen up to the present moment; nothing is done where nothing has changed.

        A frame draws the losses or the trends, whichever is older: twice the frames for the same share of the time.
        With `force` it draws both, and where nothing more is to come.
        """
        if self._remaking:
            return
        view = self._view = self.worker.view()
        self.query_one(RunHeader).update(view, self.preset.epochs, self._device(view))
        curves, shown = self.query_one(Curves), self._shown()
        parts = (curves.draw_losses, curves.draw_trends)
        stale = [at for at in range(2) if self._drawn[at] != view.version]
        if not stale and not force:
            return
        if force:
            self.query_one(KnobPanel).update(self.preset, self.original, self._arm)
            self.query_one("#knobs", Pane).entitle(f"5 knobs: {self._arm or 'all arms'}")
        self.query_one(StoppingGauges).update(view)
        self.query_one(Comparison).update(view, self._arm)
        # What a chart says before its first curve is of the state: both halves leave it at once.
        stage = (view.state, view.epoch > 0)
        changed, self._drawn_stage = stage != self._drawn_stage, stage
        for at in (0, 1) if force or changed or view.state != "running" else [min(stale, key=self._drawn.__getitem__)]:
            parts[at](view, shown)
            self._drawn[at] = view.version

    def _shown(self) -> Shown:
        return Shown(
            self._arm, self._log, self._gap, self._layers, self.has_class("-overlay"), self._look, self.maximized
        )

    def _device(self, view: View) -> str:
        """The device's name; on a GPU with its memory and utilization, asked every two seconds."""
        if view.started is None:
            return ""
        if view.started.device.startswith("cuda"):
            now = time.monotonic()
            if now - self._gpu_asked > 2:
                from engine.gpu import describe

                self._gpu, self._gpu_asked = describe(view.started.device), now
            return self._gpu
        return view.started.device

    def turn_knob(self, knob: str, value: Any, arm: str | None) -> None:
        """Set a knob in one arm, or in all where it is None; what cannot be is refused in a line."""
        try:
            self.preset = with_value(self.preset, knob, value, arm)
        except PresetError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.worker.send(Turn(knob, value, arm))
        self.query_one(KnobPanel).update(self.preset, self.original, self._arm)

    # Arrangement -----------------------------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        self._arrange()
        self.call_after_refresh(self.draw, force=True)

    def _arrange(self) -> None:
        width, height = self.size
        tiny = width < SMALLEST[0] or height < SMALLEST[1]
        compact = width < COMPACT[0] or height < COMPACT[1]
        self.set_class(tiny, "-tiny")
        self.set_class(compact, "-compact")
        if tiny:
            self.query_one("#tiny", Static).update(
                f"regtui needs a terminal of {SMALLEST[0]}x{SMALLEST[1]}.\n"
                f"This one is {width}x{height}: please enlarge it.\n"
                "Training goes on; q quits."
            )
        self.refresh_bindings()
        room = width if compact else width - SIDE
        fits = len(self.preset.arms) * LOSS_PANE <= room
        self.set_class(not fits, "-many")
        self.set_class(not fits if self._chose_overlay is None else self._chose_overlay, "-overlay")

    def load(self, preset: Preset, worker: Worker) -> None:
        """Show another experiment (or the same again) from its beginning."""
        self.show_run(Run(worker, preset, preset, worker.view().paused, _first_selected(preset), None))

    def run_at_hand(self) -> Run:
        """What `show_run` needs to come back to this."""
        return Run(self.worker, self.preset, self.original, self._paused, self._arm, self._chose_overlay)

    def show_run(self, run: Run) -> None:
        """Show a run, whether it has begun or not."""
        self.worker, self.preset, self.original = run.worker, run.preset, run.original
        self._view = run.worker.view()
        # Not the view's word for paused: the worker may still have to hear what the person wants.
        self._speed, self._paused = self._view.speed, run.paused
        self._arm, self._chose_overlay = run.arm, run.overlay
        if self._look == "finder":
            self._look = None
            self.remove_class("-look")
        self._ask_to_look()
        self.query_one(KnobPanel).close_edit()
        self.minimize()
        if not self._remaking:
            self._remaking = True
            self.run_worker(self._remake_panes())
        self.worker.start()

    async def _remake_panes(self) -> None:
        """Nothing is drawn meanwhile; a preset that is loaded meanwhile has its turn at once."""
        preset = None
        with self.app.batch_update():
            while preset is not self.original:
                preset = self.original
                await self.query_one(Curves).remake(preset.arm_names)
            self._remaking = False
            self._arrange()
            self.query_one(Lesson).show(self.preset)
        self.call_after_refresh(self.draw, force=True)

    def _soon(self) -> None:
        """Show the effect of a key without waiting for the next frame; the worker needs a moment to take it in."""
        self.set_timer(0.03, self.draw)

    def _scroll_to_arm(self) -> None:
        """Bring the selected arm's pane, its line of the table and its gauge in sight."""
        if self._arm is None or self._remaking:
            return
        place = self.preset.arm_names.index(self._arm)
        if not self.has_class("-overlay"):
            self.query_one(f"#loss-{place}").scroll_visible(animate=False)
        # Some lines above it stay in sight.
        line = self.query_one(StoppingGauges).line_of.get(self._arm, 0)
        self.query_one("#comparison").scroll_to(y=max(0, place - 4), animate=False)
        self.query_one("#stopping").scroll_to(y=max(0, line - 4), animate=False)

    def _show_page(self, page: int) -> None:
        """On a small screen: 0 knobs and early stopping, 1 accuracy and norms, 2 the comparison. Draws it, too."""
        self._page = page
        for number in range(3):
            self.set_class(number == page, f"-page-{number}")
        self.call_after_refresh(self.draw, force=True)

    def _ask_to_look(self) -> None:
        """Let the worker know what is to be looked at now."""
        if self._look is None:
            self.worker.look(())
            return
        self.worker.look(wanted(self._look, self.preset.arm_names, self._arm, self.preset.seeds[0]))
