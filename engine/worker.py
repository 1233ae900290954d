"""The thread that runs a lab: commands in, a bounded view out. It never waits for whoever looks at it.

Torch is imported in the thread, so that the first frame of a screen does not wait for it.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from engine.commands import Command, FindLr, Pause, Restart, Resume, SetSpeed, StepEpoch, Stop, Turn
from engine.events import (
    Epoch,
    Event,
    Failed,
    Finished,
    Found,
    Intervention,
    Loading,
    Reported,
    Started,
    Stopped,
    WouldStop,
)
from engine.memory import EXHAUSTED, is_exhausted
from engine.preset import Preset, PresetError, with_value
from engine.text import printable
from engine.view import Lane, Look, State, View

if TYPE_CHECKING:
    from engine.history import History
    from engine.lab import Lab

# Looks are taken so often at the most, seconds apart: they wait for the device.
_LOOK_EVERY, _LOOK_SHARE = 0.5, 0.05

# How many of the rare events (turned knobs, stops, failures) wait for a reader before the oldest are let go.
_NEWS = 1000
# The rate of epochs is measured over this much time, seconds.
_RATE_SPAN = 1.0


def log_path() -> Path:
    """Where the story of a failure is written."""
    return platformdirs.user_log_path("regtui") / "regtui.log"


class Worker:
    """Runs a preset's lab in a thread of its own.

    Parameters
    ----------
    preset : the experiment.
    device : as for `engine.lab.Lab`.
    paused : wait for Resume before the first step.
    speed : epochs per second, or None for as fast as it goes.
    """

    def __init__(
        self, preset: Preset, device: str = "auto", *, paused: bool = False, speed: float | None = None
    ) -> None:
        self._preset, self._device = preset, device
        self._paused, self._speed = paused, speed
        self._single_epochs = 0  # to be trained before pausing again
        self._due = 0.0
        self._commands: deque[Command] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._lab: Lab | None = None
        self._thread = threading.Thread(target=self._run, name="regtui-worker", daemon=True)
        self._lock = threading.Lock()
        self._news: deque[Event] = deque(maxlen=_NEWS)
        self._version = 0
        self._wanted: frozenset[Look] = frozenset()
        self._loading = "importing torch"
        self._share: float | None = None
        self._clear()

    def _clear(self) -> None:
        self._state: State = "loading"
        self._started: Started | None = None
        self._begun: Preset | None = None
        self._history: History | None = None
        self._last: dict[Lane, Epoch] = {}
        self._would_stop: dict[Lane, WouldStop] = {}
        self._stopped: dict[Lane, Stopped] = {}
        self._finished: dict[Lane, Finished] = {}
        self._reported: list[Reported] = []
        self._found: dict[str, Found] = {}
        self._failed: Failed | None = None
        self._epoch = 0
        self._ticks: deque[tuple[float, int]] = deque()
        self._seen: dict[Look, Any] = {}
        self._looked = (0.0, -1)

    # What a screen calls ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin; once begun, this does nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def send(self, command: Command) -> None:
        """Pass a command to the lab; it acts between two steps."""
        with self._wake:
            self._commands.append(command)
            self._wake.notify()

    def view(self) -> View:
        """The run at this moment."""
        with self._lock:
            return View(
                state=self._state,
                preset=self._lab.preset if self._lab else self._preset,
                begun=self._begun,
                loading=self._loading,
                share=self._share,
                started=self._started,
                history=self._history,
                epoch=self._epoch,
                rate=self._rate(),
                speed=self._speed,
                paused=self._paused,
                last=dict(self._last),
                would_stop=dict(self._would_stop),
                stopped=dict(self._stopped),
                finished=dict(self._finished),
                reported=tuple(self._reported),
                found=dict(self._found),
                failed=self._failed,
                seen=dict(self._seen),
                version=self._version,
            )

    def look(self, wanted: Iterable[Look]) -> None:
        """Which closer looks are wanted from now on; each view carries what was last seen of them."""
        with self._wake:
            self._wanted = frozenset(wanted)
            self._looked = (0.0, -1)
            self._wake.notify()

    def news(self) -> list[Event]:
        """The rare events since the last call: turned knobs, stops, ends, failures."""
        with self._lock:
            told = list(self._news)
            self._news.clear()
        return told

    def close(self, timeout: float = 2.0) -> bool:
        """End the thread without testing; whether it ended within `timeout` seconds."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    # What the thread does --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing:
            try:
                self._build()
                self._train()
            except PresetError as error:
                self._fail(Failed(str(error)))
            except Exception as error:
                told = f"{type(error).__name__}: {error}"
                self._fail(
                    Failed(EXHAUSTED)
                    if is_exhausted(error)
                    else Failed(told, str(write_log(f"preset {self._preset.name}")))
                )
            # _train returns for nothing else but closing and restarting.
            if self._state == "failed" and not self._closing:
                self._await_restart()

    def _await_restart(self) -> None:
        """After a failure only a restart helps, perhaps with the knob turned back that was the cause."""
        while True:
            with self._wake:
                self._wake.wait_for(lambda: bool(self._commands) or self._closing)
                if self._closing:
                    return
                command = self._commands.popleft()
            if isinstance(command, Restart):
                self._forget_steps()
                return
            if isinstance(command, Turn):
                try:
                    preset = with_value(
                        self._lab.preset if self._lab else self._preset, command.knob, command.value, command.arm
                    )
                except PresetError as error:
                    self._tell(Failed(str(error)))
                    continue
                with self._lock:
                    self._preset, self._lab = preset, None
                    self._version += 1

    def _forget_steps(self) -> None:
        """A run begun anew pauses at once where single epochs were still to be trained."""
        self._paused = self._paused or self._single_epochs > 0
        self._single_epochs = 0

    def _build(self) -> None:
        from engine.history import History
        from engine.lab import Lab

        with self._lock:
            self._clear()
            self._version += 1
            self._loading, self._share = "loading the data", None
        preset = self._lab.preset if self._lab else self._preset
        with self._lock:
            self._preset, self._lab = preset, None  # the lab before makes room for this one
        lab = Lab(preset, self._device, report=self._report)
        history = History([(arm, seed) for arm in preset.arm_names for seed in preset.seeds])
        with self._lock:
            self._lab, self._history, self._started, self._begun = lab, history, lab.started, preset
            self._state = "paused" if self._paused else "running"
            self._version += 1
            self._news.append(lab.started)

    def _report(self, loading: Loading) -> None:
        with self._lock:
            self._loading, self._share = loading.text, loading.share
            self._version += 1
        if self._closing:
            raise PresetError("closed while loading")

    def _train(self) -> None:
        """Until closed or restarted."""
        lab = self._lab
        assert lab is not None
        self._due = time.perf_counter()
        while not self._closing:
            if self._commands and self._obey(lab):
                return
            self._take_looks(lab)
            if self._paused or lab.finished:
                self._set_state("finished" if lab.finished else "paused")
                with self._wake:
                    self._wake.wait_for(
                        lambda: bool(self._commands) or self._closing or self._look_is_due(lab),
                        timeout=_LOOK_EVERY if self._wants_looks(lab) else None,
                    )
                self._due = time.perf_counter()
                continue
            self._set_state("running")
            if self._speed is not None and (left := self._due - time.perf_counter()) > 0:
                with self._wake:
                    self._wake.wait_for(lambda: bool(self._commands) or self._closing, timeout=left)
                continue
            events = lab.advance()
            if not events:
                continue
            self._take_in(events)
            if self._single_epochs:
                self._single_epochs -= 1
                self._paused = self._single_epochs == 0
            if self._speed is not None:
                # Keep the beat, but do not run after beats that a slow machine has missed.
                self._due = max(self._due, time.perf_counter() - 1 / self._speed) + 1 / self._speed

    def _obey(self, lab: Lab) -> bool:
        """Take the waiting commands, in order; whether the run is to be restarted."""
        while True:
            with self._wake:
                if not self._commands:
                    return False
                command = self._commands.popleft()
            match command:
                case Pause():
                    self._paused, self._single_epochs = True, 0
                case Resume():
                    self._paused, self._single_epochs = False, 0
                case StepEpoch():
                    self._paused, self._single_epochs = False, self._single_epochs + 1
                case SetSpeed(speed):
                    self._set_speed(speed)
                case Turn(knob, value, arm):
                    try:
                        self._take_in(lab.turn(knob, value, arm))
                        self._looked = (0.0, -1)  # a schedule is another at once, though no epoch passes
                    except PresetError as error:
                        self._tell(Failed(str(error)))
                case FindLr(low, high, steps):
                    self._find_lr(lab, low, high, steps)
                case Stop():
                    self._take_in(lab.stop())
                    self._looked = (0.0, -1)
                case Restart():
                    self._forget_steps()
                    return True

    def _wants_looks(self, lab: Lab) -> bool:
        return bool(self._wanted) and self._looked[1] != lab.epoch

    def _look_is_due(self, lab: Lab) -> bool:
        return self._wants_looks(lab) and time.perf_counter() - self._looked[0] >= _LOOK_EVERY

    def _take_looks(self, lab: Lab) -> None:
        """Answer the wanted looks, once an epoch and not too often."""
        if not self._look_is_due(lab):
            return
        from engine.probes import look

        began, wanted = time.perf_counter(), self._wanted
        seen = {(what, arm, seed): look(lab, what, arm, seed) for what, arm, seed in wanted}
        ended = time.perf_counter()
        with self._wake:
            # Unless others are wanted meanwhile, which are still to be taken.
            if self._wanted is wanted:
                # What takes long is looked at less often: training pays no more than its share for being watched.
                self._looked = (max(began, ended + (ended - began) / _LOOK_SHARE - _LOOK_EVERY), lab.epoch)
        with self._lock:
            self._seen = seen
            self._version += 1

    def _find_lr(self, lab: Lab, low: float, high: float, steps: int) -> None:
        from engine.finder import find_lr

        try:
            self._take_in(list(find_lr(lab, low, high, steps, cancelled=lambda: self._closing).values()))
        except PresetError as error:
            self._tell(Failed(str(error)))

    def _set_speed(self, speed: float | None) -> None:
        if speed is not None and not speed > 0:
            self._tell(Failed(f"speed = {speed}: must be above 0, in epochs per second"))
            return
        self._speed = speed
        if speed is not None:  # the next epoch is due by the new beat: the old one may be minutes away
            self._due = min(self._due, time.perf_counter() + 1 / speed)

    def _take_in(self, events: list[Event]) -> None:
        history = self._history
        assert history is not None
        with self._lock:
            self._version += 1
            for event in events:
                match event:
                    case Epoch():
                        self._last[(event.arm, event.seed)] = event
                        history.add(event)
                        continue
                    case Intervention():
                        history.add(event)
                    case WouldStop():
                        self._would_stop[(event.arm, event.seed)] = event
                    case Stopped():
                        self._stopped[(event.arm, event.seed)] = event
                    case Finished():
                        self._finished[(event.arm, event.seed)] = event
                    case Reported():
                        self._reported.append(event)
                    case Found():
                        self._found[event.arm] = event
                self._news.append(event)
            lab = self._lab
            if lab is not None and lab.epoch != self._epoch:
                self._epoch = lab.epoch
                now = time.perf_counter()
                self._ticks.append((now, self._epoch))
                while len(self._ticks) > 2 and now - self._ticks[0][0] > _RATE_SPAN:
                    self._ticks.popleft()

    def _rate(self) -> float:
        if len(self._ticks) < 2:
            return 0.0
        (then, first), (now, last) = self._ticks[0], self._ticks[-1]
        return (last - first) / (now - then) if now > then else 0.0

    def _set_state(self, state: State) -> None:
        if state != self._state:
            with self._lock:
                self._state = state
                self._version += 1
                self._ticks.clear()

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._news.append(event)

    def _fail(self, failed: Failed) -> None:
        with self._lock:
            self._state, self._failed = "failed", failed
            self._version += 1
            self._news.append(failed)


def write_log(what: str, error: BaseException | None = None) -> Path:
    """Append an exception (the one being handled, unless given) to the log, and say where that is.

    `what` was done is the line above it.
    """
    path, error = log_path(), error or sys.exc_info()[1]
    story = "".join(traceback.format_exception(error)) if error else ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A story may quote what UTF-8 cannot write, such as half of a pair in a file's name.
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            head = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {printable(what)}"
            file.write(printable(f"{head}\n{story}\n", lines=True))
    except OSError:
        pass
    return path
