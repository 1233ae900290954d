"""The main screen: a run from all sides at once, and the keys that turn it."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widgets import Static

from engine.commands import Command, Look, Pause, Restart, Resume, SetSpeed, StepEpoch
from engine.looks import at_best
from engine.preset import Preset
from engine.view import PLAIN, AnyWorker, View
from tui.looks import LOOKS, Moment
from tui.panes import PANES, Part, Setup, Shown
from tui.panes.comparison import ComparisonPane
from tui.panes.look import LookPane
from tui.panes.losses import Losses
from tui.panes.registry import Room
from tui.screens.actions import bindings, key_entries
from tui.screens.arrangement import LAYOUT, PAGES, arrange, show_page
from tui.screens.chosen import FIRST_LOOK, Chosen, Run, first_look, first_selected
from tui.screens.experiments import ask_to_quit, choose_preset, choose_runs, export
from tui.screens.files import write_tweaked
from tui.screens.guard import LivesOn
from tui.screens.help import HelpScreen
from tui.screens.looks_menu import LooksMenu
from tui.screens.news import show_news
from tui.screens.pace import SPEEDS
from tui.screens.painter import Painter
from tui.screens.shown_run import ShownRun
from tui.screens.time_travel import TravelsInTime
from tui.screens.tour import Touring
from tui.widgets.guide import Guide
from tui.widgets.header import RunHeader
from tui.widgets.kept_lines import keep_lines
from tui.widgets.key_line import KeyLine
from tui.widgets.knobs import KnobPanel
from tui.widgets.pane import Pane
from tui.widgets.run_plots import MANY
from tui.widgets.stopping import StoppingGauges


class MainScreen(LivesOn, TravelsInTime, Touring):
    """One preset in training: what is shown is the painter's, what is chosen is kept in `Chosen`, keys act here.

    `original` is the preset as it was loaded; the knobs as they stand are the worker's to say. `run` is the worker's
    run with its arms as the user has called and hidden them.
    """

    SCOPED_CSS = False
    DEFAULT_CSS = LAYOUT
    BINDINGS = [*bindings()]
    ALLOW_IN_MAXIMIZED_VIEW = "#header, #guide, #keys"
    ESCAPE_TO_MINIMIZE = False  # the screen's own escape also draws what is small again

    def __init__(self, preset: Preset, worker: AnyWorker, *, fps: float | None, ascii_only: bool) -> None:
        super().__init__(classes="-page-0 -ascii" if ascii_only else "-page-0")
        self.original, self.worker = preset, worker
        self._begun = False  # the first frame is on the screen
        self.run = ShownRun(worker, preset)
        self._ascii = ascii_only
        setup = Setup(preset, ascii_only, self.turn_knobs)
        self._parts = [pane.made_with(setup) for pane in PANES]
        self._painter = Painter(self, self._parts, self.run, self._shown, fps, self.follow_run)
        self._chosen = Chosen(first_selected(preset), speed=self.view.speed, paused=self.view.paused)

    def compose(self) -> ComposeResult:
        def parts(room: Room) -> Iterator[Part]:
            return (part for part in self._parts if part.room == room)

        yield RunHeader(self._ascii)
        yield Guide()
        with Horizontal(id="body"):
            with Vertical(id="curves"):
                with Vertical(id="charts"):
                    yield from parts("losses")
                    with Horizontal(id="trends"):
                        yield from parts("trends")
                with Vertical(id="below"):
                    yield from parts("below")
            with Vertical(id="side"):
                yield from parts("side")
        yield Static(id="tiny")
        yield KeyLine(key_entries())

    def on_mount(self) -> None:
        self._open_first_look()
        self._arrange()
        self.draw(force=True)
        self.call_after_refresh(self._first_frame)

    def _first_frame(self) -> None:
        self._begun = True
        keep_lines(self)
        self.worker.start()
        self._painter.begin(lambda: show_news(self, self.run))

    # What is shown ---------------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """The run as the last frame has it."""
        return self._painter.view

    def _shown(self) -> Shown:
        chosen = self._chosen
        return Shown(
            chosen.arm, chosen.log, chosen.gap, chosen.layers, self.has_class("-overlay"), chosen.look, chosen.best,
            self.maximized, self.run.original, self.has_class("-ranking"), chosen.reference, chosen.metric, self.lens,
        )  # fmt: skip

    def draw(self, force: bool = False) -> None:
        """Bring the screen up to the present moment, see `Painter.draw`."""
        self._painter.draw(force)

    def _soon(self) -> None:
        """Show the effect of a key without waiting for the next frame; the worker needs a moment to take it in."""
        self.set_timer(0.03, self.draw)

    def on_resize(self, event: Resize) -> None:
        self._arrange()
        self.call_after_refresh(self._painter.draw_all)

    def on_screen_resume(self) -> None:
        """Draw what changed behind a dialog: what is to be called after a refresh is not, of a covered screen."""
        if self._begun:
            self._painter.draw_all()

    def on_screen_suspend(self) -> None:
        """Pictures lie over what the screen shows, and would lie over a dialog."""
        self.query_one(LookPane).uncover()

    def _arrange(self) -> None:
        arrange(self, len(self.run.arms), self._chosen.overlay, self._chosen.ranking)

    def _open_first_look(self) -> None:
        """Data in the plane open their boundary by themselves; a look of another kind that is open stays."""
        if self._chosen.look in (None, FIRST_LOOK):  # without a lab to look into there is none
            self._chosen.look = look = None if self.worker.view().opened else first_look(self.original)
            self.set_class(look is not None, "-look")
            self._ask_to_look()
            self._show_page_of("look" if look else "knobs")

    # Which run is shown ----------------------------------------------------------------------------------------------

    def load(self, preset: Preset, worker: AnyWorker) -> None:
        """Show another experiment (or the same again) from its beginning."""
        self.remove_class("-revealed")
        self.worker, self.original = worker, preset
        self._open_first_look()
        self.show_run(Run(worker, preset, worker.view().paused, first_selected(preset), None))

    def run_at_hand(self) -> Run:
        """What `show_run` needs to come back to this."""
        return Run(self.worker, self.original, self._chosen.paused, self._chosen.arm, self._chosen.overlay, self.run)

    def show_run(self, run: Run) -> None:
        """Show a run, whether it has begun or not."""
        self.worker, self.original = run.worker, run.original
        self.run = run.shown or ShownRun(run.worker, run.original)
        self._painter.worker, self._painter.view = self.run, self.run.view()
        chosen = self._chosen
        # Not `view.paused`: the worker may not yet have taken the user's last command.
        chosen.speed, chosen.paused = self.view.speed, run.paused
        chosen.arm, chosen.overlay, chosen.lens = run.arm, run.overlay, PLAIN
        if chosen.look is not None and LOOKS[chosen.look].on_open():
            chosen.look = None  # a look costs the new run time: the user may ask for it again
            self.remove_class("-look")
        self._ask_to_look()
        self.query_one(KnobPanel).close_edit()
        self.minimize()
        self._remake()
        self.worker.start()

    def _remake(self) -> None:
        if not self._painter.resting:
            self._painter.resting = True
            self.run_worker(self._remake_panes())

    async def _remake_panes(self) -> None:
        """Nothing is drawn meanwhile; a preset that is loaded meanwhile has its turn at once."""
        preset = None
        with self.app.batch_update():
            while preset is not self.run.original:
                preset = self.run.original
                for part in self._parts:
                    await part.remake(preset)
            self._painter.resting = False
            keep_lines(self)
            self._arrange()
        self.call_after_refresh(self._painter.draw_all)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Pages are for small screens."""
        return action != "next_page" or self.has_class("-compact")

    # The run ---------------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        self._chosen.paused = not self._chosen.paused
        self.worker.send(Pause() if self._chosen.paused else Resume())
        self._soon()

    def action_step_epoch(self) -> None:
        self._chosen.paused = True
        self.worker.send(StepEpoch())
        self._soon()

    def action_slower(self) -> None:
        self._change_speed(-1)

    def action_faster(self) -> None:
        self._change_speed(1)

    def _change_speed(self, by: int) -> None:
        speeds = [speed for speed in SPEEDS if speed is not None]
        now = speeds[-1] + 1 if self._chosen.speed is None else self._chosen.speed
        place = bisect.bisect_right(speeds, now) if by > 0 else bisect.bisect_left(speeds, now) - 1
        self._chosen.speed = SPEEDS[max(0, place)]
        self.worker.send(SetSpeed(self._chosen.speed))
        self._soon()

    def action_restart(self) -> None:
        self.set_cursor(None)
        self.worker.send(Restart())
        if self._chosen.look is not None:
            self._send_all(LOOKS[self._chosen.look].on_open())  # of the new run: what the old one gave is gone
        self._soon()

    def _send_all(self, commands: Iterable[Command]) -> None:
        for command in commands:
            self.worker.send(command)

    # Views -----------------------------------------------------------------------------------------------------------

    def action_overlay(self) -> None:
        """A pane for each arm, or one for all; of many arms their ranking, a pane each, then all their curves."""
        if self.maximized is not None and self.query_one(Losses) in self.maximized.ancestors:
            self.minimize()  # what is enlarged is shown no more
        overlaid, many = self.has_class("-overlay"), len(self.run.arms) > MANY
        ranked = self.has_class("-ranking")
        self._chosen.overlay = not overlaid or (many and not ranked)
        self._chosen.ranking = overlaid and not ranked if many else self._chosen.ranking
        self._arrange()
        self.call_after_refresh(self._painter.draw_all)
        self.call_after_refresh(self._scroll_to_arm)

    def action_log_scale(self) -> None:
        self._chosen.log = not self._chosen.log
        self._painter.draw_all()

    def action_norms(self) -> None:
        self._chosen.layers = not self._chosen.layers
        self._show_page_of("norms")

    def action_next_page(self) -> None:
        self._show_page((self._chosen.page + 1) % PAGES)

    def _show_page(self, page: int | None) -> None:
        if page is not None:
            self._chosen.page = page
            show_page(self, page)
            self.call_after_refresh(self._painter.draw_all)

    def _show_page_of(self, part: str) -> None:
        self._show_page(self._part(part).page)

    def action_lesson(self) -> None:
        """Show the lesson, then its result where that is still to come, then neither."""
        shown, revealed = self.has_class("-lesson"), self.has_class("-revealed") or self.view.state == "finished"
        self.set_class(shown and not revealed and self.original.reveal != "", "-revealed")
        self.set_class(self.has_class("-revealed") or not shown, "-lesson")
        self._painter.draw_all()
        if self.has_class("-lesson"):
            self.action_focus_pane("lesson")
        elif self.focused is not None and self.focused.parent is self._part("lesson"):
            self.set_focus(None)  # it may still be in sight, and the arrows are the knobs' again

    def action_theme(self) -> None:
        self.app.theme = "textual-light" if self.app.current_theme.dark else "textual-dark"
        self.call_after_refresh(self._painter.draw_all)

    def action_focus_pane(self, part: str) -> None:
        self._show_page_of(part)
        self.call_after_refresh(lambda: self._part(part).target(self._shown()).focus())

    def _part(self, name: str) -> Part:
        return next(part for part in self._parts if part.part == name)

    def _scroll_to_arm(self) -> None:
        """Bring the selected arm's pane, its line of the table and its gauge in sight."""
        arm = self._chosen.arm
        if arm is None or self._painter.resting:
            return
        shown = self._shown()
        if not shown.overlay:
            self.query_one(Losses).target(shown).scroll_visible(animate=False)
        # Some lines above it stay in sight.
        line = self.query_one(StoppingGauges).line_of.get(arm, 0)
        self.query_one(ComparisonPane).scroll_to_arm(arm)
        self.query_one("#stopping").scroll_to(y=max(0, line - 4), animate=False)

    def action_look(self, name: str) -> None:
        """Open a closer look, or close it where it is open."""
        self._chosen.look = None if self._chosen.look == name else name
        look = self._chosen.look
        if self.maximized is not None and (look is None or self.maximized.id != "look"):
            self.minimize()
        self.set_class(look is not None, "-look")
        if look is not None:
            self._send_all(LOOKS[look].on_open())
        self._ask_to_look()
        self._show_page_of("look")
        if look is not None:  # what is longer than the pane is scrolled
            self.action_focus_pane("look")
        elif getattr(self.focused, "id", None) == "look":
            self.set_focus(None)

    def _ask_to_look(self) -> None:
        """Let the worker know what is to be looked at now."""
        look, arms = self._chosen.look, self.run.arms
        wanted = [] if look is None else LOOKS[look].requests(arms, self._chosen.arm, self.original.seeds[0])
        if self._chosen.best:
            wanted = [(at_best(name), arm, seed) for name, arm, seed in wanted]
        self.run.send(Look(tuple(wanted)))

    def action_looks(self) -> None:
        """Let a closer look be chosen by its name."""
        moment = Moment(self.run.view(), self._chosen.arm, *self.size, best=self._chosen.best)
        self.app.push_screen(LooksMenu(moment, self._chosen.look), self._do_chosen)

    async def _do_chosen(self, action: str | None) -> None:
        if action is not None:
            await self.run_action(action)

    def action_close_look(self) -> None:
        """Close the closer look that is open."""
        if self._chosen.look is not None:
            self.action_look(self._chosen.look)

    def action_best_weights(self) -> None:
        """Look at the best weights in place of the last ones, or at the last ones again."""
        why = Moment(self.run.view(), self._chosen.arm, 0, 0).why_no_best()
        if why and not self._chosen.best:
            self.notify(why, title="no best weights", markup=False)
            return
        self._chosen.best = not self._chosen.best
        self._ask_to_look()
        self._painter.draw_all()

    def action_zoom(self) -> None:
        if self._painter.resting:
            return
        if self.maximized is not None:
            self.minimize()
        else:
            nodes = self.focused.ancestors_with_self if self.focused else []
            pane = next((node for node in nodes if isinstance(node, Pane)), None)
            if pane is None:
                part = self._part("look" if self._chosen.look else "losses")
                self.maximize(part.target(self._shown()), container=False)
            else:
                self.maximize(pane, container=False)
        self.call_after_refresh(self._painter.draw_all)

    # Experiments -----------------------------------------------------------------------------------------------------

    def action_presets(self) -> None:
        choose_preset(self, self.original, self.worker)

    def action_runs(self) -> None:
        choose_runs(self, self.worker)

    def action_write_preset(self) -> None:
        write_tweaked(self, self.run)

    def action_export(self) -> None:
        export(self, self.run.named_view())

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_quit(self) -> None:
        ask_to_quit(self, self.worker.view())
