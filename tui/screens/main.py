"""The main screen: a run from all sides at once, and the keys that turn it."""

from __future__ import annotations

import bisect

from textual.css.query import NoMatches
from textual.events import Click

from engine.commands import FindLr, Pause, Restart, Resume, SetSpeed, StepEpoch
from engine.preset import PresetError, load_preset
from tui.screens.actions import bindings
from tui.screens.board import Board
from tui.screens.dialogs import Ask, Question
from tui.screens.files import export, write_tweaked
from tui.screens.help import HelpScreen
from tui.screens.messages import EndProgram, OpenPreset
from tui.screens.picker import PresetPicker
from tui.widgets.knobs import KnobPanel
from tui.widgets.pane import Pane

SPEEDS: tuple[float | None, ...] = (0.5, 1, 2, 5, 10, 15, 20, 50, 100, 200, 500, None)


class MainScreen(Board):
    """What each key and click does; the board below shows what comes of it."""

    CSS_PATH = "main.tcss"
    BINDINGS = bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The footer names only what there is to do: pages are for small screens."""
        return action != "next_page" or self.has_class("-compact")

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
        if self._look == "finder":
            self.worker.send(FindLr())  # of the new run: the curve of the old one is gone
        self._soon()

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

    def action_knob_up(self) -> None:
        if not self._scrolled(-1):
            self.query_one(KnobPanel).move(-1)

    def action_knob_down(self) -> None:
        if not self._scrolled(1):
            self.query_one(KnobPanel).move(1)

    def _scrolled(self, lines: int) -> bool:
        """Whether the arrows belong to a pane of text in focus, which they scroll, or to one that hides the knobs."""
        pane = self.maximized or self.focused
        if pane is None or pane.id == "knobs" or (self.maximized is None and pane.id not in ("comparison", "stopping")):
            return False
        pane.scroll_relative(y=lines, animate=False, immediate=True)
        return True

    def action_knob_less(self) -> None:
        self._turn(-1)

    def action_knob_more(self) -> None:
        self._turn(1)

    def _turn(self, direction: int) -> None:
        if self.maximized is None or self.maximized.id == "knobs":  # not a knob that nobody sees
            self.query_one(KnobPanel).turn(direction)

    def action_knob_edit(self) -> None:
        self.query_one(KnobPanel).edit()

    def action_knob_back(self) -> None:
        self.query_one(KnobPanel).back()

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

    def action_norms(self) -> None:
        self._layers = not self._layers
        self._show_page(1)

    def action_next_page(self) -> None:
        self._show_page((self._page + 1) % 3)

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
        self.run_worker(export(self, self._view))

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
