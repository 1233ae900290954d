"""`regtui resume`, `regtui run --resume`: going on with a run that was left, in its own file."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.arguments import Parser, device
from tui.bars import Bars
from tui.commands.ask import agreed
from tui.commands.open import print_table
from tui.exits import DIVERGED, DONE, INTERRUPTED
from tui.say import complain, say

if TYPE_CHECKING:
    from engine.events import Event, Loading
    from engine.lab import Lab
    from engine.record import RunRecord
    from engine.runs.meta import RunMeta
    from engine.runs.recorder import Recorder
    from engine.runs.resume import Resumable
    from tui.signals import Signals

# A state to go on from is written down so often, seconds.
_CHECKPOINT_EVERY = 30.0


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui resume",
        description="Go on with a run that was left, bit for bit as if it never had been.",
        epilog="example:\n  regtui resume 1f3a",
    )
    command.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="an id, a part of a name, or a file; the newest that was left unless given",
    )
    resume_options(command)
    command.add_argument("--device", type=device, default="auto", metavar="D", help="the run's own unless given")
    command.add_argument("--json", action="store_true", help="one JSON object a line on stdout, and nothing else there")
    command.add_argument("--ascii", action="store_true", help="draw with ASCII only")
    return command


def main(argv: Sequence[str]) -> int:
    """Train a run on to its end; the exit code. Raises UsageError, PresetError."""
    return go_on_with(parser().parse(argv))


def resume_options(parser: argparse.ArgumentParser) -> None:
    """Add what is answered in advance."""
    parser.add_argument(
        "--anyway", action="store_true", help="go on where the device, torch or the threads are others, without asking"
    )


def go_on_with(options: argparse.Namespace) -> int:
    """Go on with `options.run`, or the newest run that was left."""
    from engine.runs.library import find, newest
    from engine.runs.resume import resumable
    from tui.signals import Ended, Signals

    path = newest(fits=was_left) if options.run is None else find(options.run)
    found = resumable(path)
    refuse_finished(found)
    for line in found.said:
        complain(f"{path}: {line}")
    try:
        with Signals() as signals:
            return _go_on(found, options, signals)
    except Ended as end:
        return end.code


def was_left(meta: RunMeta) -> bool:
    """Whether a run stands still before its end."""
    return meta.state in ("stopped", "dead", "failed")


def refuse_finished(found: Resumable) -> None:
    """Raise RunError where there is nothing left to train."""
    from engine.runs.errors import RunError

    if found.meta.state == "finished" or (found.state is not None and found.state.finished):
        raise RunError(f"{found.path}: is finished: `regtui open {found.meta.id}` shows it")


def device_of(meta: RunMeta, asked: str) -> str:
    """The device that is asked for; the run's own where none is, as long as there is one here."""
    from engine.device import choose_device
    from engine.preset import PresetError

    own = meta.environment.device.partition(" ")[0]
    if asked == "auto" and own:
        try:
            return str(choose_device(own))
        except PresetError:
            pass
    return str(choose_device(asked))


def _go_on(found: Resumable, options: argparse.Namespace, signals: Signals) -> int:
    from engine.record import RunRecord
    from engine.resumed import resumed_lab
    from engine.runs.meta import Environment
    from engine.runs.recorder import Recorder
    from engine.runs.resume import go_on

    shown = sys.stderr is not None and sys.stderr.isatty() and not options.json
    where = device_of(found.meta, options.device)
    with Bars(found.preset, shown) as bars:

        def report(loading: Loading) -> None:
            signals.check()
            bars.loading(loading.text, loading.share)

        bars.waiting("loading the data")
        lab, data = resumed_lab(found, where, report)
    signals.check()
    # Now that the lab is made: it has chosen how many threads compute.
    here = Environment.here(where)
    if others := found.meta.environment.differences(here):
        told = f"{'; '.join(others)}: it will not go on bit for bit"
        if not agreed("Go on anyway", options.anyway, "--anyway", told):
            return DONE
    writer = go_on(found, here)
    if writer.path != found.path:
        complain(f"{found.path}: is damaged and stays as it is: the run goes on in {writer.path}")
    recorder, record = Recorder(writer), RunRecord(found.preset)
    recorder.describe(data=lambda: data)
    try:
        with Bars(found.preset, shown) as bars:
            _train(lab, found, recorder, record, bars, signals, options.json)
    finally:
        recorder.checkpoint(lab.state())
        recorder.close("finished" if lab.finished else "stopped")
    if recorder.trouble is not None:
        complain(str(recorder.trouble))
    if not options.json:
        say("")
        print_table(writer.path, options.ascii)
    if not lab.finished:
        complain(f"stopped: regtui resume {found.meta.id} goes on")
        return INTERRUPTED
    return DIVERGED if record.diverged else DONE


def _train(
    lab: Lab, found: Resumable, recorder: Recorder, record: RunRecord, bars: Bars, signals: Signals, as_json: bool
) -> None:
    """To the end, or until Ctrl-C."""
    from engine.events import to_json
    from engine.resumed import Again

    def tell(events: Sequence[Event]) -> None:
        recorder.take(events)
        record.take_all(events)
        bars.show(record)
        if as_json:
            sys.stdout.write("".join(f"{to_json(event)}\n" for event in events))
            sys.stdout.flush()

    again, saved = Again(found.later), time.monotonic()
    signals.graceful = True
    bars.start()
    tell([lab.started])
    while not lab.finished and not signals.interrupted:
        signals.check()
        events, commands = again.turn(lab)
        tell([*events, *lab.advance()])
        for command, receipt in commands:
            recorder.command(command, receipt)
        if time.monotonic() - saved >= _CHECKPOINT_EVERY:
            saved = time.monotonic()
            recorder.checkpoint(lab.state())
