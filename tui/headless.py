"""`regtui run`: an experiment without a screen. Events to a progress bar and a table, or to JSON lines.

The lab runs in the main thread, as fast as it goes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from engine.events import Event, Loading, to_json
from engine.preset import Preset, title_of
from engine.record import RunRecord
from tui.bars import Bars
from tui.exits import DIVERGED, DONE, INTERRUPTED
from tui.report import outcome
from tui.signals import Signals
from tui.stdout import StdoutConsole


def run(preset: Preset, *, device: str, as_json: bool, ascii_only: bool, signals: Signals) -> int:
    """Train the preset to its end, report it on stdout, and return the exit code.

    Raises
    ------
    PresetError : the data or the device are not there, or do not go with the preset.
    signals.Ended : a signal has asked the program to end.
    """
    began = time.perf_counter()
    record = RunRecord(preset)
    # On one terminal bars and JSON lines would garble each other.
    with Bars(preset, _is_terminal(sys.stderr) and not (as_json and _is_terminal(sys.stdout))) as bars:

        def report(loading: Loading) -> None:
            signals.check()
            bars.loading(loading.text, loading.share)

        def take(events: Iterable[Event]) -> None:
            record.take_all(events)
            bars.show(record)
            if as_json:
                sys.stdout.write("".join(f"{to_json(event)}\n" for event in events))
                sys.stdout.flush()

        bars.waiting("importing torch")
        from engine.lab import Lab

        signals.check()
        bars.waiting("loading the data")
        lab = Lab(preset, device, report=report)
        signals.check()
        signals.graceful = True
        bars.start()
        take([lab.started])
        for line in lab.started.warnings:
            bars.warn(line)
        while not lab.finished:
            if signals.interrupted:
                take(lab.stop())
                break
            signals.check()
            if events := lab.advance():
                take(events)
    if not as_json:
        _print_report(record, time.perf_counter() - began, ascii_only)
    if record.interrupted:
        return INTERRUPTED
    return DIVERGED if record.diverged else DONE


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
