"""The thread that runs a lab: commands in, a bounded view out. It never waits for whoever looks at it.

Torch is imported in the thread, so that the first frame of a screen does not wait for it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.commands import Command, Restart, Turn
from engine.control import Order, Orders
from engine.events import Event, Failed, Loading
from engine.failure import after_failure
from engine.log import write_log
from engine.looker import Looker
from engine.memory import EXHAUSTED, is_exhausted
from engine.obeying import Obeying
from engine.pace import Pace
from engine.preset import Preset, PresetError
from engine.record import RunRecord
from engine.shown import Listener, Shown
from engine.view import State, View

if TYPE_CHECKING:
    from engine.data import Load
    from engine.keeper import Keeper
    from engine.lab import Lab
    from engine.resumed import Again, TakenUp
    from engine.time_machine import TimeMachine

# The first event, before the data are asked for.
LOADING = Loading("loading the data")


class Worker(Obeying):
    """Runs a preset's lab in a thread of its own.

    Parameters
    ----------
    preset : the experiment.
    device : as for `engine.lab.Lab`.
    paused : wait for Resume before the first step.
    speed : epochs per second, or None for as fast as it goes.
    load : as for `engine.lab.Lab`; None for the preset's own data.
    keeper : makes what keeps the worker's run in a file, called in the thread: the first frame of a screen does not
        wait for it. None where the run is not recorded.
    taken_up : a run of that preset that was left, to go on with; None for one that begins.
    waits : stand still at the questions and pauses of the preset's timeline; it can be changed at any time.
    """

    def __init__(
        self,
        preset: Preset,
        device: str = "auto",
        *,
        paused: bool = False,
        speed: float | None = None,
        load: Load | None = None,
        keeper: Callable[[Worker], Keeper] | None = None,
        taken_up: TakenUp | None = None,
        waits: bool = False,
    ) -> None:
        self.waits = waits
        self._device, self._load = device, load
        self._taken_up = taken_up
        self._again: Again | None = taken_up.again if taken_up else None
        self._resumed = taken_up is not None
        self._make_keeper, self._discarded = keeper, False
        self._keeper: Keeper | None = None
        self._unkept = ""  # why there is no file
        self._pace = Pace(paused, speed)
        self._orders = Orders()
        self._wake = threading.Condition()
        self._closing = False
        self._lab: Lab | None = None
        self._thread = threading.Thread(target=self._run, name="regtui-worker", daemon=True)
        self._looker = Looker()
        self._machine: TimeMachine | None = None
        self._held_back: list[Event] = []  # of lanes that are on their way: the run's file gets them in the end
        self._shown = Shown(taken_up.record if taken_up else RunRecord(preset))

    # What a screen calls ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin; once begun, this does nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def send(self, command: Command) -> int:
        """Pass a command to the lab, which acts between two steps and answers with a `Receipt` of this number."""
        return self.order(Order(command))

    def order(self, order: Order) -> int:
        """The same of a command that came as a line, perhaps with an epoch to wait for."""
        with self._wake:
            number = self._orders.put(order)
            self._wake.notify()
            return number

    @property
    def waiting(self) -> int:
        """How many orders the lab has not yet come to, but for those that wait for an epoch."""
        return self._orders.waiting

    def listen(self, listener: Listener) -> None:
        """Call it with all events from now on, in the worker's thread: training waits while it works.

        One that raises an exception is called no more, and the log says why.
        """
        self._shown.listen(listener)

    def view(self, whole: bool = False) -> View:
        """The run at this moment; a `whole` view shares nothing with the worker, and takes longer to make."""
        shown = self._shown
        with shown.lock, self._wake:
            turns = (order.command for order in self._orders.immediate())
            return View(
                state=shown.state,
                record=shown.record.snapshot(whole),
                rate=shown.rate.measured,
                speed=self._pace.speed,
                paused=self._pace.paused,
                pending=tuple(command for command in turns if isinstance(command, Turn)),
                version=shown.version,
                event_count=shown.count,
                recorded=self._keeper is not None,
                files=() if self._keeper is None else (self._keeper.path,),
                resumed=self._resumed,
                trouble=self._unkept if self._keeper is None else self._keeper.trouble,
            )

    def news(self) -> list[Event]:
        """The rare events since the last call: turned knobs, receipts, stops, ends, failures."""
        return self._shown.news()

    def discard(self) -> None:
        """Leave no file of the run when it is closed; one that was there before stays."""
        self._discarded = not self._resumed

    def close(self, timeout: float = 2.0) -> bool:
        """End the thread without testing; whether it ended within `timeout` seconds, the run's file written."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    # What the thread does --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if self._make_keeper is not None:
            try:
                self._keeper = self._make_keeper(self)
            except PresetError as error:  # such as a folder that cannot be written: it is trained all the same
                self._unkept = f"not recorded: {error}"
            except Exception as error:
                self._unkept = f"not recorded: {type(error).__name__}: {error} (more in {write_log('the run file')})"
        while not self._closing:
            try:
                self._build()
                self._train()
            except PresetError as error:
                self._emit([Failed(str(error))], "failed")
            except Exception as error:
                if is_exhausted(error):
                    self._emit([Failed(EXHAUSTED)], "failed")
                else:
                    log = write_log(f"preset {self._shown.record.preset.name}")
                    self._emit([Failed(f"{type(error).__name__}: {error}", str(log))], "failed")
            # _train returns for nothing else but closing and restarting.
            if self._shown.state == "failed" and not self._closing:
                self._await_restart()
        self._refuse_the_rest("the run is closed")
        if self._keeper is not None:
            over = (
                "finished"
                if self._shown.state == "finished"
                else "failed"
                if self._shown.state == "failed"
                else "stopped"
            )
            self._keeper.end(
                None if self._machine and self._machine.busy else self._lab, "discarded" if self._discarded else over
            )
        self._lab = None

    def _await_restart(self) -> None:
        """After a failure only a restart helps, perhaps with the knob turned back that was the cause."""
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._orders.waiting > 0 or self._closing)
                if self._closing:
                    return
                number, order = self._orders.due(-1) or (0, Order(None))
            command = order.command
            preset = self._shown.record.preset
            refused, events = (order.refused, []) if command is None else after_failure(preset, command)
            self._answer(number, command, order.receipt(number, refused), events)
            if isinstance(command, Restart):
                self._pace.forget_steps()
                return

    def _build(self) -> None:
        from engine.data import load_task
        from engine.lab import Lab
        from engine.time_machine import TimeMachine

        self._looker.look_again()
        self._lab = None  # the lab before makes room for this one
        taken_up, self._taken_up = self._taken_up, None
        with self._shown.lock:
            self._shown.rate.clear()
        if taken_up is None:
            self._again = None
            self._emit([LOADING], "loading")
            lab = Lab(self._shown.record.preset, self._device, report=self._report, load=self._load or load_task)
        else:
            lab = taken_up.lab
        self._lab, self._machine = lab, TimeMachine(self._state_before)
        state: State = "paused" if self._pace.paused else "running"
        if self._shown.record.started is None or taken_up is None:
            self._emit([lab.started], state)
        else:
            self._shown.set_state(state)
            if self._keeper is not None:
                self._keeper.take([lab.started])  # the file's own start is known by it
        self._looker.watch_updates(lab)
        if self._keeper is not None:
            self._keeper.begin(lab)

    def _report(self, loading: Loading) -> None:
        self._emit([loading])
        if self._closing:
            raise PresetError("closed while loading")

    def _train(self) -> None:
        """Until closed or restarted."""
        self._pace.start()
        self._happen(self._parts()[0].act())
        while not self._closing:
            if self._due() and self._obey():
                return
            lab, machine = self._parts()
            if machine.busy:  # nothing else trains meanwhile
                self._shown.set_state("running")
                self._follow(machine.advance(lab))
                continue
            if self._again and (answered := self._again.due(lab.epoch, lab.batch)):
                with contextlib.suppress(PresetError):
                    self._act(answered.command, "", answered.receipt)
                continue
            if self._looker.is_due(lab):
                self._emit(self._looker.take(lab))
            if self._pace.paused or lab.finished:
                if lab.finished:
                    self._refuse_the_rest(f"the run has ended after epoch {lab.epoch}", only_later=True)
                state: State = "finished" if lab.finished else "paused"
                if self._keeper is not None and state != self._shown.state:
                    self._keeper.keep(lab, now=True)
                self._shown.set_state(state)
                if self._looker.waits(lab) and not self._is_called():
                    self._emit(self._looker.take(lab))  # at once: it takes no time from training now
                with self._wake:
                    self._wake.wait_for(self._is_called)
                self._pace.start()
                continue
            self._shown.set_state("running")
            if (left := self._pace.left()) > 0:
                with self._wake:
                    self._wake.wait_for(self._is_called, timeout=left)
                continue
            epoch = lab.epoch
            self._happen(lab.advance())
            if lab.epoch > epoch:
                self._pace.epoch_done()
                machine.observe(lab)
                if self._keeper is not None and self._keeper.is_due():
                    self._keeper.keep(lab)
