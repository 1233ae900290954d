"""The thread that runs a lab: commands in, a bounded view out. It never waits for whoever looks at it.

Torch is imported in the thread, so that the first frame of a screen does not wait for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from engine.commands import Command, FindLr, Look, Pause, Restart, Resume, SetSpeed, StepEpoch, Stop, Turn
from engine.events import Epoch, Event, Failed, Loading, Receipt, Seen
from engine.log import write_log
from engine.memory import EXHAUSTED, is_exhausted
from engine.pace import Pace, Rate
from engine.preset import Preset, PresetError, with_value
from engine.record import RunRecord
from engine.view import State, View

if TYPE_CHECKING:
    from engine.data import Load
    from engine.lab import Lab

# Looks are taken so often at the most, seconds apart: they wait for the device.
_LOOK_EVERY, _LOOK_SHARE = 0.5, 0.05
# How many of the rare events (turned knobs, receipts, stops, failures) wait for a reader before the oldest are let go.
_NEWS = 1000
# Looks come often and are in the view.
_NO_NEWS = (Epoch, Seen, Loading)


class Worker:
    """Runs a preset's lab in a thread of its own.

    Parameters
    ----------
    preset : the experiment.
    device : as for `engine.lab.Lab`.
    paused : wait for Resume before the first step.
    speed : epochs per second, or None for as fast as it goes.
    load : as for `engine.lab.Lab`; None for the preset's own data.
    """

    def __init__(
        self,
        preset: Preset,
        device: str = "auto",
        *,
        paused: bool = False,
        speed: float | None = None,
        load: Load | None = None,
    ) -> None:
        self._device, self._load = device, load
        self._pace, self._rate = Pace(paused, speed), Rate()
        self._commands: deque[tuple[int, Command]] = deque()
        self._sent = 0
        self._wake = threading.Condition()
        self._closing = False
        self._lab: Lab | None = None
        self._thread = threading.Thread(target=self._run, name="regtui-worker", daemon=True)
        self._lock = threading.Lock()
        self._news: deque[Event] = deque(maxlen=_NEWS)
        self._version = 0
        self._wanted: frozenset[tuple[str, str, int]] = frozenset()
        self._looked = (0.0, -1)
        self._state: State = "loading"
        self._record = RunRecord(preset)

    # What a screen calls ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin; once begun, this does nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def send(self, command: Command) -> int:
        """Pass a command to the lab, which acts between two steps and answers with a `Receipt` of this number."""
        with self._wake:
            self._sent += 1
            self._commands.append((self._sent, command))
            self._wake.notify()
            return self._sent

    def view(self) -> View:
        """The run at this moment."""
        with self._lock, self._wake:
            return View(
                state=self._state,
                record=self._record.snapshot(),
                rate=self._rate.measured,
                speed=self._pace.speed,
                paused=self._pace.paused,
                pending=tuple(command for _, command in self._commands if isinstance(command, Turn)),
                version=self._version,
            )

    def news(self) -> list[Event]:
        """The rare events since the last call: turned knobs, receipts, stops, ends, failures."""
        with self._lock:
            news = list(self._news)
            self._news.clear()
        return news

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
                if is_exhausted(error):
                    self._fail(Failed(EXHAUSTED))
                else:
                    log = write_log(f"preset {self._record.preset.name}")
                    self._fail(Failed(f"{type(error).__name__}: {error}", str(log)))
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
            with self._lock, self._wake:
                number, command = self._commands.popleft()
                refused = ""
                if isinstance(command, Turn):
                    try:
                        turned = with_value(self._record.preset, command.knob, command.value, command.arm)
                        self._record.preset = turned
                    except PresetError as error:
                        refused = str(error)
                elif isinstance(command, Restart):
                    self._pace.forget_steps()
                else:
                    refused = "the run has failed: only a turned knob and a restart help"
                self._answer(number, command, refused)
                if isinstance(command, Restart):
                    return

    def _build(self) -> None:
        from engine.data import load_task
        from engine.lab import Lab

        with self._lock:
            self._record = RunRecord(self._record.preset)
            self._record.take(Loading("loading the data"))
            self._state, self._looked = "loading", (0.0, -1)
            self._rate.clear()
            self._version += 1
            self._lab = None  # the lab before makes room for this one
        lab = Lab(self._record.preset, self._device, report=self._report, load=self._load or load_task)
        with self._lock:
            self._lab = lab
            self._record.take(lab.started)
            self._state = "paused" if self._pace.paused else "running"
            self._version += 1
            self._news.append(lab.started)
        self._watch_updates(lab)

    def _report(self, loading: Loading) -> None:
        with self._lock:
            self._record.take(loading)
            self._version += 1
        if self._closing:
            raise PresetError("closed while loading")

    def _train(self) -> None:
        """Until closed or restarted."""
        lab = self._lab
        assert lab is not None
        self._pace.start()
        while not self._closing:
            if self._commands and self._obey(lab):
                return
            self._take_looks(lab)
            if self._pace.paused or lab.finished:
                self._set_state("finished" if lab.finished else "paused")
                with self._wake:
                    self._wake.wait_for(
                        lambda: bool(self._commands) or self._closing or self._look_is_due(lab),
                        timeout=_LOOK_EVERY if self._wants_looks(lab) else None,
                    )
                self._pace.start()
                continue
            self._set_state("running")
            if (left := self._pace.left()) > 0:
                with self._wake:
                    self._wake.wait_for(lambda: bool(self._commands) or self._closing, timeout=left)
                continue
            if events := lab.advance():
                self._take_in(events)
                self._pace.epoch_done()

    def _obey(self, lab: Lab) -> bool:
        """Take the waiting commands, in order; whether the run is to be restarted."""
        while True:
            with self._lock, self._wake:
                if not self._commands:
                    return False
                number, command = self._commands[0]
            refused, events, place = "", [], (lab.epoch, lab.batch)
            try:
                events = self._carry_out(lab, command)
            except PresetError as error:
                refused = str(error)
            with self._lock, self._wake:
                # Only now, with what came of it: a turned knob is pending until it is to be seen.
                self._commands.popleft()
                self._record.take_all(events)
                self._record.preset = lab.preset
                self._news.extend(events)
                self._answer(number, command, refused, *place)
            if isinstance(command, Restart):
                return True

    def _carry_out(self, lab: Lab, command: Command) -> list[Event]:
        """Do what is asked, and give what came of it. Raises PresetError where it is refused."""
        match command:
            case Pause():
                self._pace.pause()
            case Resume():
                self._pace.resume()
            case StepEpoch():
                self._pace.step()
            case SetSpeed(speed):
                self._pace.set_speed(speed)
            case Turn(knob, value, arm):
                self._look_again()  # a schedule is another at once, though no epoch passes
                return lab.turn(knob, value, arm)
            case FindLr(low, high, steps):
                from engine.finder import find_lr

                return list(find_lr(lab, low, high, steps, cancelled=lambda: self._closing).values())
            case Look(wanted):
                self._want(lab, frozenset(wanted))
            case Stop():
                self._look_again()
                return lab.stop()
            case Restart():
                self._pace.forget_steps()
        return []

    def _answer(self, number: int, command: Command, refused: str, epoch: int = 0, batch: int = 0) -> None:
        self._news.append(Receipt(command.kind, not refused, epoch, batch, refused, number))
        if not isinstance(command, Look):  # of which nothing is to be seen before it is taken
            self._version += 1

    # Closer looks ----------------------------------------------------------------------------------------------------

    def _want(self, lab: Lab, wanted: frozenset[tuple[str, str, int]]) -> None:
        from engine.looks import LOOKS

        for name, arm, seed in wanted:
            if name not in LOOKS:
                raise PresetError(f"no look {name!r} (there is: {', '.join(LOOKS)})")
            lab.lane(arm, seed)
        self._wanted = wanted
        self._watch_updates(lab)
        self._look_again()

    def _watch_updates(self, lab: Lab) -> None:
        if self._wanted:
            from engine.looks import watched

            lab.watch_updates(watched(self._wanted))
        else:
            lab.watch_updates(set())

    def _look_again(self) -> None:
        self._looked = (0.0, -1)

    def _wants_looks(self, lab: Lab) -> bool:
        return bool(self._wanted) and self._looked[1] != lab.epoch

    def _look_is_due(self, lab: Lab) -> bool:
        return self._wants_looks(lab) and time.perf_counter() - self._looked[0] >= _LOOK_EVERY

    def _take_looks(self, lab: Lab) -> None:
        """Answer the wanted looks, once an epoch and not too often."""
        if not self._look_is_due(lab):
            return
        from engine.looks import take_look

        began = time.perf_counter()
        seen = [take_look(lab, *wanted) for wanted in self._wanted]
        ended = time.perf_counter()
        # What takes long is looked at less often: training pays no more than its share for being watched.
        self._looked = (max(began, ended + (ended - began) / _LOOK_SHARE - _LOOK_EVERY), lab.epoch)
        with self._lock:
            self._record.forget_looks()
            self._record.take_all(seen)
            self._version += 1

    # What has happened -----------------------------------------------------------------------------------------------

    def _take_in(self, events: list[Event]) -> None:
        with self._lock:
            before = self._record.epoch
            self._record.take_all(events)
            self._news.extend(event for event in events if not isinstance(event, _NO_NEWS))
            if self._record.epoch != before:
                self._rate.count(self._record.epoch)
            self._version += 1

    def _set_state(self, state: State) -> None:
        if state != self._state:
            with self._lock:
                self._state = state
                self._rate.clear()
                self._version += 1

    def _fail(self, failed: Failed) -> None:
        with self._lock:
            self._state = "failed"
            self._record.take(failed)
            self._news.append(failed)
            self._version += 1
