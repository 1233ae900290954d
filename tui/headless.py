"""`regtui run`: an experiment without a screen. Events to a progress bar and a table, or to JSON lines.

The lab runs in a worker, as fast as it goes, and waits for whoever reads stdout. At the questions and pauses of a
preset's timeline it does not wait.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from engine.commands import Stop
from engine.compared import compared
from engine.events import Answered, Event, Failed, Finished, Loading, Receipt, Said, Started, to_json
from engine.keeper import Keeper
from engine.preset import Preset, title_of
from engine.record import RunRecord
from engine.summary import summarize
from engine.worker import LOADING, Worker
from tui.bars import Bars
from tui.control import Control
from tui.exits import DIVERGED, DONE, INTERRUPTED
from tui.report import outcome
from tui.say import complain, complain_of
from tui.signals import Signals
from tui.stdout import StdoutConsole

if TYPE_CHECKING:
    from engine.resumed import TakenUp

# Signals are looked for so often, seconds.
_BEAT = 0.05


def run(
    preset: Preset,
    *,
    device: str,
    as_json: bool,
    ascii_only: bool,
    signals: Signals,
    control: bool = False,
    paused: bool = False,
    keeper: Callable[[Worker], Keeper] | None = None,
    taken_up: TakenUp | None = None,
) -> int:
    """Train the preset to its end, report it on stdout, and return the exit code.

    Parameters
    ----------
    control : take commands as JSON lines from stdin (`engine.control.read_order`), and answer each with a receipt
        among the events, which are then written as JSON.
    paused : wait for a command to resume before the first step.
    keeper : makes what keeps the run in its file.
    taken_up : a run of that preset that was left, to go on with.

    Raises
    ------
    signals.Ended : a signal has asked the program to end.
    OSError : stdout cannot be written.
    """
    began, as_json = time.perf_counter(), as_json or control
    worker = Worker(preset, device, paused=paused and control, keeper=keeper, taken_up=taken_up)
    # On one terminal bars and JSON lines would garble each other.
    with Bars(preset, _is_terminal(sys.stderr) and not (as_json and _is_terminal(sys.stdout))) as bars:
        bars.waiting("importing torch")
        # Receipts are for those who send commands.
        left_out = (Loading, Failed) if control else (Loading, Failed, Receipt)
        output = _Output(worker, bars, signals, as_json, left_out)
        worker.listen(output.take)
        if taken_up is not None and taken_up.record.started is not None:
            output.take([taken_up.record.started], 0)
        try:
            _train(worker, output, signals, Control(worker) if control else None)
        finally:
            worker.close(timeout=0)
        # The commands that still wait are answered before it ends.
        while not worker.close(_BEAT):
            signals.check()
    if output.error is not None:
        raise output.error
    record = worker.view().record
    if record.failed is not None:
        return complain_of(record.failed)
    if trouble := worker.view().trouble:
        complain(trouble)
    if as_json:
        output.write(compared(summarize(record)))
    else:
        _print_report(record, time.perf_counter() - began, ascii_only)
    if record.interrupted:
        return INTERRUPTED
    return DIVERGED if record.diverged else DONE


def _train(worker: Worker, output: _Output, signals: Signals, control: Control | None) -> None:
    """Until the run's end."""
    signals.check()
    if control is not None:
        control.start()
    worker.start()
    stopped = False
    while not output.over.wait(_BEAT):
        signals.check()
        if signals.interrupted and not stopped:
            stopped = True
            worker.send(Stop())
        if control is not None:
            control.check()


class _Output:
    """Writes a run's events to stdout, and shows them as bars. Called in the worker's thread.

    Attributes
    ----------
    over : the run has ended, or stdout cannot be written.
    error : why the events could not be written.
    """

    def __init__(
        self, worker: Worker, bars: Bars, signals: Signals, as_json: bool, left_out: tuple[type[Event], ...]
    ) -> None:
        self._worker, self._bars, self._signals, self._as_json = worker, bars, signals, as_json
        self._left_out = left_out
        self.over = threading.Event()
        self.error: Exception | None = None

    def take(self, events: Sequence[Event], _: int) -> None:
        """Take in events."""
        if self.error is None:
            try:
                self._show(events)
                if self._as_json:
                    self.write(event for event in events if not isinstance(event, self._left_out))
            except Exception as error:  # for the main thread, which ends the program
                self.error = error
                self.over.set()
        if any(isinstance(event, Finished | Failed) for event in events):
            self.over.set()

    def _show(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Loading() if event is LOADING:  # which is not worth a line
                    self._bars.waiting(event.text)
                case Loading():
                    self._bars.loading(event.text, event.share)
                case Started():
                    self._signals.graceful = True
                    self._bars.start()
                    for line in event.warnings:
                        self._bars.warn(line)
                case Said() if not self._as_json:
                    self._bars.say(f"epoch {event.epoch:,}: {event.text}")
                case Answered() if not self._as_json:
                    asked = self._worker.view().record.asked[event.number]
                    found = " ".join(words for words in (event.answer and f"{event.answer}.", event.reveal) if words)
                    self._bars.say(f"epoch {event.epoch:,}: {asked.question} {found}".rstrip())
                case Receipt(do="timeline"):
                    self._bars.warn(event.refused)
        if self._bars.shown:
            self._bars.show(self._worker.view().record)

    def write(self, events: Iterable[Event]) -> None:
        """Write events as JSON lines."""
        sys.stdout.write("".join(f"{to_json(event)}\n" for event in events))
        sys.stdout.flush()


def _print_report(record: RunRecord, seconds: float, ascii_only: bool) -> None:
    console = StdoutConsole()
    if started := record.started:
        seeds = f"{len(started.seeds)} seeds" if len(started.seeds) > 1 else f"seed {started.seeds[0]}"
        counts = f"{started.train:,} training, {started.validation:,} validation, {started.test:,} test examples"
        parameters = _parameters(started.parameters_by_arm.values())
        console.print(
            f"{title_of(record.preset)}: {counts}; {parameters}; {seeds}; {started.device}; {seconds:.1f} s\n"
        )
    for part in outcome(record, console.width, ascii_only or console.ascii):
        console.print(part)


def _parameters(counts: Iterable[int]) -> str:
    """`1 parameter`, `58,010 parameters`, or `12 to 7,682 parameters` where arms differ."""
    different = sorted(set(counts))
    if different == [1]:
        return "1 parameter"
    return (f"{different[0]:,}" if len(different) == 1 else f"{different[0]:,} to {different[-1]:,}") + " parameters"


def _is_terminal(stream: object) -> bool:
    return bool(stream and getattr(stream, "isatty", lambda: False)())
