"""`regtui run`: an experiment without a screen. Events to a progress bar and a table, or to JSON lines.

The lab runs in a worker, as fast as it goes, and waits for whoever reads stdout.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Sequence

from engine.commands import Stop
from engine.events import Event, Failed, Finished, Loading, Receipt, Started, to_json
from engine.preset import Preset, title_of
from engine.record import RunRecord
from engine.worker import LOADING, Worker
from tui.bars import Bars
from tui.control import Control
from tui.exits import DIVERGED, DONE, INTERRUPTED
from tui.report import outcome
from tui.say import tell_failure
from tui.signals import Signals
from tui.stdout import StdoutConsole

# Signals are heard at least so often, seconds.
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
) -> int:
    """Train the preset to its end, tell it on stdout, and return the exit code.

    Parameters
    ----------
    control : take commands as JSON lines from stdin (`engine.control.read_order`), and answer each with a receipt in
        the events, which then are told as JSON.
    paused : wait for a command to resume before the first step.

    Raises
    ------
    signals.Ended : the program has been told to end.
    OSError : stdout cannot be written.
    """
    began, as_json = time.perf_counter(), as_json or control
    worker = Worker(preset, device, paused=paused and control)
    # Bars among JSON lines on one terminal would be neither.
    with Bars(preset, _is_terminal(sys.stderr) and not (as_json and _is_terminal(sys.stdout))) as bars:
        bars.waiting("importing torch")
        # Without commands from outside, what is answered is this program's own affair.
        untold = (Loading, Failed) if control else (Loading, Failed, Receipt)
        teller = _Teller(worker, bars, signals, as_json, untold)
        worker.listen(teller.hear)
        try:
            _train(worker, teller, signals, Control(worker) if control else None)
        finally:
            worker.close(timeout=0)
        # Commands that nobody has come to are answered yet, and then all is told.
        while not worker.close(_BEAT):
            signals.check()
    if teller.error is not None:
        raise teller.error
    record = worker.view().record
    if record.failed is not None:
        return tell_failure(record.failed)
    if not as_json:
        _print_report(record, time.perf_counter() - began, ascii_only)
    if record.interrupted:
        return INTERRUPTED
    return DIVERGED if record.diverged else DONE


def _train(worker: Worker, teller: _Teller, signals: Signals, control: Control | None) -> None:
    """Until the run's end."""
    signals.check()
    if control is not None:
        control.start()
    worker.start()
    stopped = False
    while not teller.over.wait(_BEAT):
        signals.check()
        if signals.interrupted and not stopped:
            stopped = True
            worker.send(Stop())
        if control is not None:
            control.check()


class _Teller:
    """Tells what it hears, in the worker's thread: on stdout, and as bars.

    Attributes
    ----------
    over : the run has ended, or nobody reads of it.
    error : why stdout could not be written.
    """

    def __init__(
        self, worker: Worker, bars: Bars, signals: Signals, as_json: bool, untold: tuple[type[Event], ...]
    ) -> None:
        self._worker, self._bars, self._signals, self._as_json = worker, bars, signals, as_json
        self._untold = untold
        self.over = threading.Event()
        self.error: OSError | None = None

    def hear(self, events: Sequence[Event], _: int) -> None:
        """Take in events."""
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
        if self._bars.shown:
            self._bars.show(self._worker.view().record)
        if self._as_json and self.error is None:
            self._write(event for event in events if not isinstance(event, self._untold))
        if any(isinstance(event, Finished | Failed) for event in events):
            self.over.set()

    def _write(self, events: Iterable[Event]) -> None:
        try:
            sys.stdout.write("".join(f"{to_json(event)}\n" for event in events))
            sys.stdout.flush()
        except OSError as error:
            self.error = error
            self.over.set()


def _print_report(record: RunRecord, seconds: float, ascii_only: bool) -> None:
    console = StdoutConsole()
    if made := record.started:
        seeds = f"{len(made.seeds)} seeds" if len(made.seeds) > 1 else f"seed {made.seeds[0]}"
        counts = f"{made.train:,} training, {made.validation:,} validation, {made.test:,} test examples"
        parameters = _parameters(made.parameters_by_arm.values())
        console.print(f"{title_of(record.preset)}: {counts}; {parameters}; {seeds}; {made.device}; {seconds:.1f} s\n")
    for part in outcome(record, console.width, ascii_only or console.ascii):
        console.print(part)


def _parameters(counts: Iterable[int]) -> str:
    """`1 parameter`, `58,010 parameters`, or `12 to 7,682 parameters` where arms differ."""
    told = sorted(set(counts))
    if told == [1]:
        return "1 parameter"
    return (f"{told[0]:,}" if len(told) == 1 else f"{told[0]:,} to {told[-1]:,}") + " parameters"


def _is_terminal(stream: object) -> bool:
    return bool(stream and getattr(stream, "isatty", lambda: False)())
