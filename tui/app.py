"""The dashboard: an application of one main screen over one worker, and how it is opened and left."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import Event, Resize
from textual.screen import Screen

from engine.commands import Look, Pause, Resume, Stop
from engine.log import write_log
from engine.preset import Preset, PresetError
from engine.view import AnyWorker, View
from engine.worker import Worker
from tui.drawing import Drawing
from tui.driver import TerminalDriver
from tui.exits import FAILED, INTERRUPTED
from tui.leaving import hand_over, train_on, why_not_left
from tui.recording import KeeperOf
from tui.report import print_report, with_knobs
from tui.say import complain, complain_of, complaint
from tui.screens.actions import ACTIONS
from tui.screens.chosen import Run
from tui.screens.guard import UNUSABLE, LivesOn, lives_on_after
from tui.screens.main import MainScreen
from tui.screens.messages import EndProgram, EndRequested, HungUp, Loaded, OpenPreset, OpenRuns
from tui.screens.news import notify_failure
from tui.signals import GRACE_WITH_TABLE, Signals
from tui.sizes import Sizes
from tui.terminal import Terminal
from tui.themes import STYLE, use_themes

if TYPE_CHECKING:
    from engine.client import RemoteWorker
    from engine.compare import ComparedWorker
    from engine.file_worker import FileWorker

_LEFT_WITHIN = 30.0  # seconds; a run that is not in its file by then is not gone on with, and a line says so
# Told to end by Ctrl-C, a run is measured on the test data if that takes no longer, seconds.
_TABLE_WITHIN = 0.8


class RegtuiApp(LivesOn, Drawing):
    """Holds what outlives a preset: how to draw, on which device to train.

    `worker` is the one whose run is shown first, such as an `engine.client.RemoteWorker`; without, one is made, and
    `keeper_of` gives what keeps the run of a preset in its file.
    """

    TITLE = "regtui"
    CSS = STYLE

    def __init__(
        self,
        preset: Preset,
        *,
        device: str = "auto",
        fps: float | None = None,
        paused: bool = False,
        ascii_only: bool = False,
        pictures: str = "auto",
        signals: Signals | None = None,
        terminal: Terminal | None = None,
        worker: AnyWorker | None = None,
        keeper_of: KeeperOf = lambda preset: None,
        stop_on_hang_up: bool = False,
        by_itself: float | None = None,
        repeats: bool = False,
    ) -> None:
        super().__init__(driver_class=TerminalDriver, ascii_only=ascii_only, pictures=pictures)
        use_themes(self)
        self._keeper_of, self._stop_on_hang_up = keeper_of, stop_on_hang_up
        self.left: View | None = None  # the run as it was left, to be gone on with
        self.hung_up = False  # the terminal has gone away, and the run goes on
        self._ending, self.crash = False, ""  # the user has asked for the end; the message, printed once it is left
        self._device, self._signals, self._terminal, self._sizes = device, signals, terminal, Sizes(self)
        self.worker: AnyWorker = worker or self._worker_of(preset, paused)
        self._kept: Run | None = None  # what there is to go back to where the next preset cannot be loaded
        self._main = MainScreen(preset, self.worker, fps=fps, ascii_only=ascii_only)
        self._main.by_itself, self._main.repeats = by_itself, repeats
        self.last_view: View | None = None

    def _build_driver(self, *args: Any, **options: Any) -> Driver:
        driver = super()._build_driver(*args, **options)
        if self._signals is not None and isinstance(driver, TerminalDriver):
            driver.on_gone = self._signals.hang_up
            if self._terminal is not None:
                driver.take_over(self._terminal)
            self._signals.screen = driver
        return driver

    async def on_event(self, event: Event) -> None:
        """Take of a burst of sizes only what is to be drawn."""
        if not isinstance(event, Resize) or self._sizes.is_due(event.size):
            await super().on_event(event)

    def on_mount(self) -> None:
        if self._signals is not None:
            self._signals.on_end, self._signals.on_hang_up = self._request_end, self._hang_up
        self.push_screen(self._main)
        self.find_out_about_pictures()

    def _request_end(self, signum: int) -> None:
        """Leave in good order, and soon: whoever takes the signals waits for no longer. In their thread."""
        if signum != signal.SIGINT:
            self.close_workers(timeout=0)  # the threads stop at once and leave the processor to the leaving
        self.post_message(EndRequested(signum))

    def on_end_requested(self, message: EndRequested) -> None:
        """The end by a signal: Ctrl-C leaves the table of the run so far, the others nothing."""
        code = 128 + message.signum
        view = self.worker.view()
        if message.signum == signal.SIGINT and view.record.epoch > 0 and not (view.opened or view.attached):
            self.worker.send(Stop())
            self.run_worker(self._leave_tested(code, patience=_TABLE_WITHIN), exclusive=True)
            return
        self.exit(code)

    def _hang_up(self) -> bool:
        """Let the screen go where there is a run to go on with. In any thread."""
        if not self.hung_up and isinstance(self.worker, Worker) and not (self._stop_on_hang_up or self._ending):
            view = self.worker.view()
            self.hung_up = view.recorded and view.state == "running" and view.record.epoch > 0
            if self.hung_up:
                self.post_message(HungUp())
        return self.hung_up

    def on_hung_up(self) -> None:
        """The screen goes; whoever opened it goes on with the run."""
        self.exit(0)

    def action_leave(self) -> None:
        """Leave the run; another process goes on with it where this one trains it."""
        view = self.worker.view()
        if isinstance(self.worker, Worker):
            if why := why_not_left(view):
                self.notify(why, title="the run cannot be left", severity="warning", timeout=8, markup=False)
                return
            self.left = view
        self.exit(0)

    async def _dispatch_action(self, namespace: DOMNode, action_name: str, params: Any) -> bool:
        try:
            return await super()._dispatch_action(namespace, action_name, params)
        except UNUSABLE as error:
            self.tell_and_live_on(error)
            return True

    def _handle_exception(self, error: Exception) -> None:
        if lives_on_after(error):
            self.tell_and_live_on(error)
            return
        super()._handle_exception(error)

    def tell_and_live_on(self, error: Exception) -> None:
        """A file, a folder or a name that could not be used ends no run."""
        write_log("the dashboard, which goes on", error)
        self.notify(str(error), title="failed", severity="error", timeout=12, markup=False)

    def _fatal_error(self) -> None:
        """An unexpected error of the screen itself: one line for the user, the traceback in the log."""
        if not self.crash:
            error = self._exception
            self.crash = f"{type(error).__name__}: {error} (log: {write_log('the dashboard', error)})"
            if self._signals is not None:  # Textual, half mounted, may wait for itself
                self._signals.end_within(2 * GRACE_WITH_TABLE, FAILED, f"{complaint(self.crash)}\n")
        self._close_messages_no_wait()

    def on_open_preset(self, message: OpenPreset) -> None:
        """Leave the run at hand and train another preset. The run stands still until the other one is loaded."""
        preset, old = message.preset, self.worker
        state = old.view().state
        if state in ("running", "paused", "finished"):
            self._let_go()
            self._kept = self._main.run_at_hand()
            old.send(Look())
            if not self._kept.paused and state != "finished" and isinstance(old, Worker):
                old.send(Pause())
        else:
            _close(old)
        self.worker = worker = self._worker_of(preset, message.paused)
        for order in message.orders:
            worker.order(order)
        self._main.load(preset, worker)

    def _worker_of(self, preset: Preset, paused: bool = False) -> Worker:
        keeper = self._keeper_of(preset)
        return Worker(preset, self._device, paused=paused, speed=preset.speed, keeper=keeper, waits=True)

    def on_open_runs(self, message: OpenRuns) -> None:
        """Leave the run at hand for one in its file, or for several; where these cannot be read it goes on."""
        self.run_worker(self._open_runs(message.paths), exclusive=True, group="opening")

    async def _open_runs(self, paths: Sequence[Path]) -> None:
        try:
            follower = await asyncio.to_thread(_follower, paths)
        except PresetError as error:
            self.notify(str(error), title="this run cannot be opened", severity="error", timeout=12, markup=False)
            return
        self._let_go()
        _close(self.worker)
        self.worker = follower
        self._main.load(follower.begun, follower)

    def on_loaded(self, message: Loaded) -> None:
        """The other preset trains, and the run before it can go; or it cannot be loaded, and that run goes on."""
        here = message.worker is self.worker
        if message.failed is None:
            if here:
                self._let_go()
                self._main.greet(self.original)
            return
        if not here or self._kept is None:
            notify_failure(self._main, message.failed, "this preset cannot be loaded")
            return
        left, self._kept = self._kept, None
        _close(self.worker)
        self.worker = left.worker
        if not left.paused and isinstance(left.worker, Worker):
            left.worker.send(Resume())
        self._main.show_run(left)
        notify_failure(self._main, message.failed, "this preset cannot be loaded: back to the run before")

    @property
    def original(self) -> Preset:
        """The preset in training as it was loaded, before any knob was turned."""
        return self._main.original

    def _let_go(self) -> None:
        if self._kept is not None:
            _close(self._kept.worker)
            self._kept = None

    def close_workers(self, timeout: float = 2.0) -> bool:
        """End all training; whether its threads ended within about `timeout` seconds."""
        workers = [self.worker] if self._kept is None else [self.worker, self._kept.worker]
        for worker in workers:
            worker.close(timeout=0)
        return all(worker.close(timeout) for worker in workers)

    def on_end_program(self, message: EndProgram) -> None:
        """End the program; to keep the run, after the test on the best weights, whose table stays in the terminal."""
        if message.how == "leave":
            self.action_leave()
            return
        self._ending = True
        if message.how == "discard":
            if isinstance(self.worker, Worker):
                self.worker.discard()
            self.exit(0)
            return
        self.worker.send(Stop())
        self.run_worker(self._leave_tested(0, patience=30), exclusive=True)

    async def _leave_tested(self, code: int, patience: float) -> None:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            view = self.worker.view()
            if view.state in ("finished", "failed"):
                break
            await asyncio.sleep(0.02)
        self.last_view = self.worker.view()
        self.exit(code)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the main screen by name."""
        if screen is self._main:
            for action in ACTIONS:
                yield SystemCommand(
                    f"{action.title} ({action.shown})",
                    action.help,
                    functools.partial(self._main.run_action, action.name),
                )

    async def action_quit(self) -> None:
        """Textual's own key to quit, which works everywhere, asks as `q` does."""
        while self.screen is not self._main:
            self.pop_screen()
        self._main.action_quit()


def _follower(paths: Sequence[Path]) -> RemoteWorker | FileWorker | ComparedWorker:
    """Of a run in training, of one in its file, or of several beside one another. Raises RunError."""
    from engine.client import RemoteWorker
    from engine.compare import ComparedWorker
    from engine.file_worker import FileWorker
    from engine.runs.library import meta_at, runs_folder
    from engine.serve import living_sockets

    if len(paths) == 1 and (id := meta_at(paths[0]).id) in living_sockets(runs_folder()):
        with contextlib.suppress(ConnectionError):  # it has just ended, or does not answer: then as its file has it
            return RemoteWorker.connect(lambda: living_sockets(runs_folder()).get(id))
    return FileWorker(paths[0]) if len(paths) == 1 else ComparedWorker(paths)


def _close(worker: AnyWorker) -> None:
    # The thread ends after its present step; waiting for it would hold up the screen.
    threading.Thread(target=worker.close, daemon=True).start()


def run_dashboard(
    preset: Preset,
    *,
    device: str = "auto",
    fps: float | None = None,
    paused: bool = False,
    ascii_only: bool = False,
    pictures: str = "auto",
    mouse: bool = True,
    reproduce: Sequence[str] = (),
    signals: Signals | None = None,
    terminal: Terminal | None = None,
    worker: AnyWorker | None = None,
    keeper_of: KeeperOf = lambda preset: None,
    stop_on_hang_up: bool = False,
    background: Sequence[str] = (),
    by_itself: float | None = None,
    repeats: bool = False,
) -> int:
    """Open the dashboard and stay in it until it is left; the program's exit code.

    Parameters
    ----------
    fps : frames a second at most; drawing is slower where it would take more than its share of the time.
    pictures : how pictures of closer looks are shown: auto, blocks, kitty or sixel.
    reproduce : the arguments of the command that is left in the terminal; none where another process began the run.
    signals : entered, so that signals can end the program; without, only `q` ends it.
    terminal : that shows the opening frame.
    worker : of a run that there is already; one that trains the preset here unless given.
    keeper_of : gives what keeps the run of a preset in its file.
    stop_on_hang_up : end when the terminal goes away; without, a recorded run that trains goes on to its end.
    background : options of `regtui run --resume` for the process that goes on with a run that is left.
    by_itself, repeats : of a tour that nobody attends, see `tui.screens.tour.Touring`.
    """
    app = RegtuiApp(
        preset, device=device, fps=fps, paused=paused, ascii_only=ascii_only, pictures=pictures, signals=signals,
        terminal=terminal, worker=worker, keeper_of=keeper_of, stop_on_hang_up=stop_on_hang_up, by_itself=by_itself,
        repeats=repeats,
    )  # fmt: skip
    gc.set_threshold(50_000)  # drawing makes objects by the thousand: looking for cycles took half of its time
    try:
        code = app.run(mouse=mouse)
    except Exception as error:  # not of the screen, but of leaving it
        code = FAILED
        story = write_log("leaving the dashboard", error)
        app.crash = app.crash or f"{type(error).__name__}: {error} (log: {story})"
    finally:
        if signals is not None:
            signals.on_end = None
            if signals.screen is not None:
                signals.screen.give_back()  # as it was long before, unless Textual itself has failed
    if app.crash:
        code = FAILED
        complain(app.crash)
    elif app.hung_up and signals is not None and isinstance(app.worker, Worker):
        code = train_on(app.worker, signals)
    if app.left is not None:
        app.close_workers(timeout=_LEFT_WITHIN)
        return hand_over(app.left, background)
    by_signal = code is not None and code > 128
    view = app.worker.view()  # before closing, which is a failure to one that still loads
    failed = view.record.failed if view.state == "failed" and not view.opened else None
    # For the run's file a moment is waited also after a signal; an orderly exit of torch would take too long then.
    ended = app.close_workers(timeout=1.0) and not by_signal
    if app.last_view is not None:
        if app.original is not preset:  # picked in the dashboard: none of the command line's changes are in it
            reproduce = [app.original.name, *(() if device == "auto" else ("--device", device))]
        begun = app.last_view.record.begun or app.original
        print_report(app.last_view, reproduce and with_knobs(reproduce, app.original, begun), ascii_only)
    elif code == INTERRUPTED:
        complain("interrupted")
    code = app.return_code if code is None else code
    if failed is not None:
        code = code or complain_of(failed)
    if not ended:
        # Or the thread hangs in something that cannot be interrupted, such as the import of torch.
        sys.stdout.flush()
        os._exit(code or 0)
    return code or 0
