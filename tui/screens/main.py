"""The main screen: the run from all sides at once, and the keys that turn it."""

from __future__ import annotations

import bisect
import time
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.events import Click, Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from engine.commands import FindLr, Pause, Restart, Resume, SetSpeed, StepEpoch, Turn
from engine.events import Failed, Stopped
from engine.preset import Preset, PresetError, load_preset, with_value
from engine.worker import View, Worker
from tui.screens.actions import PANES, bindings
from tui.screens.dialogs import Ask, Question
from tui.screens.files import export, write_tweaked
from tui.screens.help import HelpScreen
from tui.screens.messages import EndProgram, OpenPreset
from tui.screens.pace import Pace
from tui.screens.picker import PresetPicker
from tui.widgets.comparison import Comparison
from tui.widgets.curves import Curves, Shown
from tui.widgets.header import RunHeader
from tui.widgets.knobs import KnobPanel, Turned
from tui.widgets.lesson import Lesson
from tui.widgets.look import wanted
from tui.widgets.pane import Pane
from tui.widgets.stopping import StoppingGauges

SPEEDS: tuple[float | None, ...] = (0.5, 1, 2, 5, 10, 15, 20, 50, 100, 200, 500, None)
SMALLEST = (60, 18)
COMPACT = (110, 34)
# A pane narrower than this shows no curve worth seeing: more arms than fit start in one pane.
LOSS_PANE = 34
SIDE = 46


class MainScreen(Screen[None]):
    """One preset in training. `preset` is the experiment with the knobs as they stand, `original` as it was loaded."""

    CSS_PATH = "main.tcss"
    BINDINGS = bindings()

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
        self._arm: str | None = None if len(preset.arms) == 1 else preset.arm_names[-1]
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
                yield Pane(KnobPanel(self._ascii), title="5 knobs", id="knobs")
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
            if isinstance(event, Failed):
                self._tell_failure(event)
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

    def _tell_failure(self, failed: Failed) -> None:
        where = f"\nThe full story: {failed.log}" if failed.log else ""
        title = "the engine stopped" if self.worker.view().state == "failed" else "refused"
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
        self.query_one(Comparison).update(view)
        for at in (0, 1) if force or view.state != "running" else [min(stale, key=self._drawn.__getitem__)]:
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The footer names only what there is to do: pages are for small screens."""
        return action != "next_page" or self.has_class("-compact")

    def load(self, preset: Preset, worker: Worker) -> None:
        """Show another experiment (or the same again) from its beginning."""
        self.worker, self.preset, self.original = worker, preset, preset
        self._view = worker.view()
        self._speed, self._paused = self._view.speed, self._view.paused
        self._arm = None if len(preset.arms) == 1 else preset.arm_names[-1]
        self._chose_overlay = None
        if self._look == "finder":
            self._look = None
            self.remove_class("-look")
        self._ask_to_look()
        self.query_one(KnobPanel).close_edit()
        self.minimize()
        if not self._remaking:
            self._remaking = True
            self.run_worker(self._remake_panes())
        worker.start()

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

    # The run ---------------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        self._paused = not self._paused
        self.worker.send(Pause() if self._paused else Resume())
        self._soon()

    def action_step_epoch(self) -> None:
        self._paused = True
        self.worker.send(StepEpoch())
        self._soon()

    def action_slower(self) -> None:
        self._change_speed(-1)

    def action_faster(self) -> None:
        self._change_speed(1)

    def _change_speed(self, by: int) -> None:
        # Counted from what was asked for last: the worker's word comes a frame later, keys come in bursts.
        speeds = [each for each in SPEEDS if each is not None]
        now = self._speed if self._speed is not None else speeds[-1] + 1
        place = bisect.bisect_right(speeds, now) if by > 0 else bisect.bisect_left(speeds, now) - 1
        self._speed = SPEEDS[max(0, place)]
        self.worker.send(SetSpeed(self._speed))
        self._soon()

    def action_restart(self) -> None:
        self.worker.send(Restart())
        self._soon()

    def _soon(self) -> None:
        """Show the effect of a key without waiting for the next frame; the worker needs a moment to take it in."""
        self.set_timer(0.03, self.draw)

    # Arms and knobs --------------------------------------------------------------------------------------------------

    def action_next_arm(self) -> None:
        self._select(1)

    def action_previous_arm(self) -> None:
        self._select(-1)

    def _select(self, by: int) -> None:
        self.query_one(KnobPanel).close_edit()
        if len(self.preset.arms) > 1:
            choices = [*self.preset.arm_names, None]
            self._arm = choices[(choices.index(self._arm) + by) % len(choices)]
            self._ask_to_look()
        self.draw(force=True)
        self._scroll_to_arm()

    def _scroll_to_arm(self) -> None:
        if self._arm is not None and not self._remaking and not self.has_class("-overlay"):
            self.query_one(f"#loss-{self.preset.arm_names.index(self._arm)}").scroll_visible(animate=False)

    def action_knob_up(self) -> None:
        self.query_one(KnobPanel).move(-1)

    def action_knob_down(self) -> None:
        self.query_one(KnobPanel).move(1)

    def action_knob_less(self) -> None:
        self.query_one(KnobPanel).turn(-1)

    def action_knob_more(self) -> None:
        self.query_one(KnobPanel).turn(1)

    def action_knob_edit(self) -> None:
        self.query_one(KnobPanel).edit()

    def action_knob_back(self) -> None:
        self.query_one(KnobPanel).back()

    def on_turned(self, message: Turned) -> None:
        try:
            self.preset = with_value(self.preset, message.knob, message.value, message.arm)
        except PresetError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.worker.send(Turn(message.knob, message.value, message.arm))
        self.query_one(KnobPanel).update(self.preset, self.original, self._arm)

    def on_click(self, event: Click) -> None:
        """A click on an arm's loss pane selects the arm."""
        widget = event.widget
        while widget is not None and widget is not self:
            if widget.id and widget.id.startswith("loss-"):
                self._arm = self.preset.arm_names[int(widget.id.removeprefix("loss-"))]
                self._ask_to_look()
                self.draw(force=True)
                return
            parent = widget.parent
            widget = parent if parent is not None and hasattr(parent, "id") else None  # type: ignore[assignment]

    # Views -----------------------------------------------------------------------------------------------------------

    def action_overlay(self) -> None:
        self._chose_overlay = not self.has_class("-overlay")
        self._arrange()
        self.call_after_refresh(self.draw, force=True)
        self.call_after_refresh(self._scroll_to_arm)

    def action_log_scale(self) -> None:
        self._log = not self._log
        self.draw(force=True)

    def action_gap(self) -> None:
        self._gap = not self._gap
        self._show_page(1)
        self.draw(force=True)

    def action_norms(self) -> None:
        self._layers = not self._layers
        self._show_page(1)
        self.draw(force=True)

    def action_next_page(self) -> None:
        self._show_page((self._page + 1) % 3)

    def _show_page(self, page: int) -> None:
        """On a small screen: 0 knobs and early stopping, 1 accuracy and norms, 2 the comparison."""
        self._page = page
        for number in range(3):
            self.set_class(number == page, f"-page-{number}")
        self.call_after_refresh(self.draw, force=True)

    def action_lesson(self) -> None:
        self.toggle_class("-lesson")
        if self.has_class("-lesson"):
            self._show_page(0)

    def action_theme(self) -> None:
        self.app.theme = "textual-light" if self.app.current_theme.dark else "textual-dark"
        self.call_after_refresh(self.draw, force=True)

    def action_focus_pane(self, pane: str) -> None:
        page = {"accuracy": 1, "norms": 1, "comparison": 2, "knobs": 0, "stopping": 0}.get(pane)
        if page is not None:
            self._show_page(page)
        if pane == "losses":
            place = self.preset.arm_names.index(self._arm) if self._arm else 0
            pane = "overlay" if self.has_class("-overlay") else f"loss-{place}"
        self.call_after_refresh(self._focus, pane)

    def _focus(self, pane: str) -> None:
        try:
            self.query_one(f"#{pane}").focus()
        except NoMatches:
            return

    def action_look(self, kind: str) -> None:
        """Open a closer look, or close it where it is open."""
        self._look = None if self._look == kind else kind
        if self.maximized is not None and (self._look is None or self.maximized.id != "look"):
            self.minimize()
        self.set_class(self._look is not None, "-look")
        if self._look == "finder":
            self.worker.send(FindLr())
        self._ask_to_look()
        self._show_page(1)

    def _ask_to_look(self) -> None:
        """Let the worker know what is to be looked at now."""
        if self._look is None:
            self.worker.look(())
            return
        arm = self._arm or self.preset.arm_names[0]
        self.worker.look(wanted(self._look, self.preset.arm_names, arm, self.preset.seeds[0]))

    def action_zoom(self) -> None:
        if self._remaking:
            return
        if self.maximized is not None:
            self.minimize()
        else:
            pane = next(
                (
                    each
                    for each in (self.focused, *(self.focused.ancestors if self.focused else ()))
                    if isinstance(each, Pane)
                ),
                None,
            )
            if pane is None:
                place = self.preset.arm_names.index(self._arm) if self._arm else 0
                loss = "#overlay" if self.has_class("-overlay") else f"#loss-{place}"
                pane = self.query_one("#look" if self._look else loss, Pane)
            self.maximize(pane, container=False)
        self.call_after_refresh(self.draw, force=True)

    def action_escape(self) -> None:
        panel = self.query_one(KnobPanel)
        if panel.editing:
            panel.close_edit()
        elif self.maximized is not None:
            self.action_zoom()
        else:
            self.set_focus(None)

    # Experiments -----------------------------------------------------------------------------------------------------

    def action_presets(self) -> None:
        self.app.push_screen(PresetPicker(self.preset.name), self._chosen)

    def _chosen(self, name: str | None) -> None:
        if name is None:
            return
        view = self.worker.view()
        if view.state in ("running", "paused") and view.epoch > 0:
            question = Question(
                f"Leave {self.preset.title!r} at epoch {view.epoch}?",
                "Its curves are not kept; e exports them.",
                (("load", "load the other preset"), ("stay", "go on with this one")),
            )
            self.app.push_screen(Ask(question), lambda answer: self._open(name) if answer == "load" else None)
        else:
            self._open(name)

    def _open(self, name: str) -> None:
        try:
            preset = load_preset(name)
        except PresetError as error:
            self.notify(str(error), title="this preset cannot be loaded", severity="error", timeout=12, markup=False)
            return
        self.post_message(OpenPreset(preset))

    def action_write_preset(self) -> None:
        write_tweaked(self, self.preset)

    def action_export(self) -> None:
        try:
            written = export(self, self._view, Path.cwd())
        except OSError as error:
            self.notify(str(error), title="not exported", severity="error", markup=False)
        else:
            self.notify("\n".join(map(str, written)), title="exported", markup=False)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_quit(self) -> None:
        view = self.worker.view()
        if view.state not in ("running", "paused") or view.epoch == 0:
            self.post_message(EndProgram(keep=view.epoch > 0))
            return
        question = Question(
            f"Training is at epoch {view.epoch} of {self.preset.epochs}.",
            "Stop and keep measures the best weights on the test data and leaves the final table in the terminal.",
            (("keep", "stop and keep"), ("discard", "stop and discard"), ("go on", "go on training")),
        )
        self.app.push_screen(Ask(question), self._answered_quit)

    def _answered_quit(self, answer: str | None) -> None:
        if answer in ("keep", "discard"):
            self.post_message(EndProgram(keep=answer == "keep"))


__all__ = ["PANES", "MainScreen"]
