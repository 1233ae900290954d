"""The thread that runs a lab: commands in, a bounded view out. It never waits for whoever looks at it.

Torch is imported in the thread, so that the first frame of a screen does not wait for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.commands import Command, FindLr, Look, Pause, Predict, Restart, Resume, SetSpeed, StepEpoch, Stop, Turn
from engine.control import Order, Orders
from engine.events import Adjusted, Epoch, Event, Failed, Loading, Receipt, Seen
from engine.failure import after_failure
from engine.log import write_log
from engine.looker import Looker
from engine.memory import EXHAUSTED, is_exhausted
from engine.pace import Pace, Rate
from engine.preset import Preset, PresetError
from engine.record import RunRecord
from engine.script import WAITED_FOR, predicted, put_back
from engine.view import State, View

if TYPE_CHECKING:
    from engine.data import Load
    from engine.keeper import Keeper
    from engine.lab import Lab
    from engine.resumed import TakenUp

# How many of the rare events (turned knobs, receipts, stops, failures) wait for a reader before the oldest are let go.
_NEWS = 1000
# Looks come often and are in the view.
_NO_NEWS = (Epoch, Seen, Loading)

# The first event, before the data are asked for.
LOADING = Loading("loading the data")

# Called with the events in their order, as many as come at once, and how many there have been with these.
Listener = Callable[[Sequence[Event], int], None]


class Worker:
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
        self._again, self._resumed = taken_up and taken_up.again, taken_up is not None
        self._make_keeper, self._discarded = keeper, False
        self._keeper: Keeper | None = None
        self._unkept = ""  # why there is no file
        self._pace, self._rate = Pace(paused, speed), Rate()
        self._orders = Orders()
        self._wake = threading.Condition()
        self._closing = False
        self._lab: Lab | None = None
        self._thread = threading.Thread(target=self._run, name="regtui-worker", daemon=True)
        self._lock = threading.Lock()
        self._news: deque[Event] = deque(maxlen=_NEWS)
        self._version = 0
        self._count = 0
        self._listeners: list[Listener] = []
        self._looker = Looker()
        self._state: State = "loading"
        self._record = taken_up.record if taken_up else RunRecord(preset)

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
        with self._lock:
            self._listeners.append(listener)

    def view(self, whole: bool = False) -> View:
        """The run at this moment; a `whole` view shares nothing with the worker, and takes longer to make."""
        with self._lock, self._wake:
            turns = (order.command for order in self._orders.immediate())
            return View(
                state=self._state,
                record=self._record.snapshot(whole),
                rate=self._rate.measured,
                speed=self._pace.speed,
                paused=self._pace.paused,
                pending=tuple(command for command in turns if isinstance(command, Turn)),
                version=self._version,
                event_count=self._count,
                recorded=self._keeper is not None,
                files=() if self._keeper is None else (self._keeper.path,),
                resumed=self._resumed,
                trouble=self._unkept if self._keeper is None else self._keeper.trouble,
            )

    def news(self) -> list[Event]:
        """The rare events since the last call: turned knobs, receipts, stops, ends, failures."""
        with self._lock:
            news = list(self._news)
            self._news.clear()
        return news

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
                    log = write_log(f"preset {self._record.preset.name}")
                    self._emit([Failed(f"{type(error).__name__}: {error}", str(log))], "failed")
            # _train returns for nothing else but closing and restarting.
            if self._state == "failed" and not self._closing:
                self._await_restart()
        self._refuse_the_rest("the run is closed")
        if self._keeper is not None:
            over = "finished" if self._state == "finished" else "failed" if self._state == "failed" else "stopped"
            self._keeper.end(self._lab, "discarded" if self._discarded else over)
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
            refused, events = (order.refused, []) if command is None else after_failure(self._record.preset, command)
            self._answer(number, order, order.receipt(number, refused), events)
            if isinstance(command, Restart):
                self._pace.forget_steps()
                return

    def _build(self) -> None:
        from engine.data import load_task
        from engine.lab import Lab
        from engine.statistics import half_width

        half_width(2)  # imports scipy here, and not where the screen is drawn
        self._looker.look_again()
        self._lab = None  # the lab before makes room for this one
        taken_up, self._taken_up = self._taken_up, None
        with self._lock:
            self._rate.clear()
        if taken_up is None:
            self._again = None
            self._emit([LOADING], "loading")
            lab = Lab(self._record.preset, self._device, report=self._report, load=self._load or load_task)
        else:
            lab = taken_up.lab
        self._lab = lab
        state: State = "paused" if self._pace.paused else "running"
        if self._record.started is None or taken_up is None:
            self._emit([lab.started], state)
        else:
            self._set_state(state)
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
        lab = self._lab
        assert lab is not None
        self._pace.start()
        self._happen(lab.act())
        while not self._closing:
            if self._orders.due(lab.epoch) and self._obey(lab):
                return
            if self._looker.is_due(lab):
                self._emit(self._looker.take(lab))
            if self._pace.paused or lab.finished:
                if lab.finished:
                    self._refuse_the_rest(f"the run has ended after epoch {lab.epoch}", only_later=True)
                state: State = "finished" if lab.finished else "paused"
                if self._keeper is not None and state != self._state:
                    self._keeper.keep(lab, now=True)
                self._set_state(state)
                if self._looker.waits(lab) and not self._is_called(lab):
                    self._emit(self._looker.take(lab))  # at once: it takes no time from training now
                with self._wake:
                    self._wake.wait_for(lambda: self._is_called(lab))
                self._pace.start()
                continue
            self._set_state("running")
            if (left := self._pace.left()) > 0:
                with self._wake:
                    self._wake.wait_for(lambda: self._is_called(lab), timeout=left)
                continue
            epoch = lab.epoch
            self._happen([*self._turned_again(lab), *lab.advance()])
            if lab.epoch > epoch:
                self._pace.epoch_done()
                if self._keeper is not None and self._keeper.is_due():
                    self._keeper.keep(lab)

    def _happen(self, events: Sequence[Event]) -> None:
        """What training or the timeline gives; a dashboard stands still where it is to be looked at."""
        if self.waits and any(isinstance(event, WAITED_FOR) for event in events):
            self._pace.pause()  # before anybody hears of it: who asks must find the run standing
        if events:
            self._emit(events)

    def _turned_again(self, lab: Lab) -> list[Event]:
        """What comes of the knobs that were turned here before the run was left."""
        if not self._again:
            return []
        events, answered = self._again.turn(lab)
        if self._keeper is not None:
            for command, receipt in answered:
                self._keeper.answered(command, receipt)
        return events

    def _is_called(self, lab: Lab) -> bool:
        return self._closing or self._orders.due(lab.epoch) is not None

    def _obey(self, lab: Lab) -> bool:
        """Take the orders that are due, one by one; whether the run is to be restarted."""
        while True:
            with self._wake:
                due = self._orders.due(lab.epoch)
            if due is None:
                return False
            number, order = due
            refused, events, place = order.refused, list[Event](), (lab.epoch, lab.batch)
            refused = refused or order.too_late(*place, lab.finished)
            if order.command is not None and not refused:
                try:
                    events = self._carry_out(lab, order.command, order.viewer)
                except PresetError as error:
                    refused = str(error)
            # Only now is it answered, together with its effect: a turned knob stays pending until the effect shows.
            receipt = order.receipt(number, refused, *place)
            self._answer(number, order, receipt, events)
            if isinstance(order.command, Restart) and not refused:
                return True

    def _carry_out(self, lab: Lab, command: Command, viewer: str) -> list[Event]:
        """Do what is asked, and give what came of it. Raises PresetError where it is refused."""
        match command:
            case Pause() | Resume() | StepEpoch() | SetSpeed():
                self._pace.obey(command)
            case Turn(knob, value, arm):
                self._looker.look_again()  # a schedule is another at once, though no epoch passes
                before, events = lab.preset, lab.turn(knob, value, arm)
                return events if events or lab.preset == before else [Adjusted(knob, value, arm)]
            case FindLr(low, high, steps):
                from engine.finder import find_lr

                return list(find_lr(lab, low, high, steps, cancelled=lambda: self._closing).values())
            case Look(wanted):
                self._looker.want(lab, frozenset(wanted), viewer)
            case Stop():
                self._looker.look_again()
                if self._keeper is not None:
                    self._keeper.stopping(lab)
                return lab.stop()
            case Predict(number, choice):
                self._pace.resume()
                return predicted(self._record, number, choice)
            case Restart():
                self._pace.forget_steps()
                return put_back(self._record)
        return []

    def _answer(self, number: int, order: Order, receipt: Receipt, events: Sequence[Event]) -> None:
        self._emit([*events, receipt], answered=number)
        if self._keeper is not None and order.command is not None:
            self._keeper.answered(order.command, receipt)

    def _refuse_the_rest(self, why: str, only_later: bool = False) -> None:
        """Refuse all waiting orders; with `only_later` those that wait for an epoch, which will not come."""
        if not self._orders:
            return
        with self._wake:
            rest = self._orders.let_go(only_later)
        epoch, batch = (0, 0) if self._lab is None else (self._lab.epoch, self._lab.batch)
        if rest:
            self._emit([order.receipt(number, order.refused or why, epoch, batch) for number, order in rest])

    # What has happened -----------------------------------------------------------------------------------------------

    def _emit(self, events: Sequence[Event], state: State | None = None, answered: int | None = None) -> None:
        """Add events to the record and pass them to the listeners. Called in the worker's thread only.

        `answered` is the number of the order that they answer, which is pending until now.
        """
        with self._lock, self._wake:
            before = self._record.epoch
            self._record.take_all(events)
            self._news.extend(event for event in events if not isinstance(event, _NO_NEWS))
            if self._record.epoch > before:
                self._rate.count(self._record.epoch)
            if answered is not None:
                self._orders.done(answered)
            self._state = state or self._state
            self._count += len(events)
            if not all(isinstance(event, Receipt) and event.do == Look.kind for event in events):
                self._version += 1  # a look that is asked for shows nothing before it is taken
            count, listeners = self._count, tuple(self._listeners)
        if self._keeper is not None:
            self._keeper.take(events)
        for listener in listeners:
            try:
                listener(events, count)
            except Exception:  # training goes on without it
                write_log(f"what listens to the run of {self._record.preset.name}")
                with self._lock:
                    self._listeners.remove(listener)

    def _set_state(self, state: State) -> None:
        if state != self._state:
            with self._lock:
                self._state = state
                self._rate.clear()
                self._version += 1
