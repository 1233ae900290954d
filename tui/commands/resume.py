"""`regtui resume`, `regtui run --resume`: going on with a run that was left, in its own file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.arguments import Parser, device, screen_options
from tui.bars import Bars
from tui.commands.ask import agreed
from tui.exits import DONE, INTERRUPTED
from tui.recording import background, hang_up_option, keeper_of, keeper_that_goes_on, keeping_options
from tui.say import complain, why_no_dashboard

if TYPE_CHECKING:
    from engine.events import Loading
    from engine.runs.meta import RunMeta
    from engine.runs.resume import Resumable
    from tui.signals import Signals


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
    add = command.add_argument
    add("--anyway", action="store_true",
        help="go on where the device, torch or the threads are others, without asking")  # fmt: skip
    add("--device", type=device, default="auto", metavar="D", help="the run's own unless given")
    add("--json", action="store_true", help="without a screen: one JSON object a line on stdout")
    add("--no-screen", action="store_true", help="without a screen, as `regtui run`")
    group = command.add_argument_group("the run's file")
    keeping_options(group)
    hang_up_option(group)
    screen_options(command)
    return command


def main(argv: Sequence[str]) -> int:
    """Train a run on to its end; the exit code. Raises UsageError, PresetError."""
    return _go_on_with(parser().parse(argv))


def _go_on_with(options: argparse.Namespace) -> int:
    """Go on with `options.run`, or the newest run that was left."""
    from engine.runs.library import find, newest
    from engine.runs.resume import resumable
    from tui.signals import Ended, Signals

    path = newest(fits=was_left) if options.run is None else find(options.run)
    found = resumable(path)
    refuse_finished(found)
    for line in found.passed_over:
        complain(f"{path}: {line}")
    try:
        with Signals() as signals:
            return _go_on(found, options, signals)
    except Ended as end:
        return end.code


def was_left(meta: RunMeta) -> bool:
    """Whether a run stands still before its end."""
    return meta.state in ("stopped", "dead", "failed") and not meta.is_open


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
    from engine.resumed import resumed_lab, taken_up
    from engine.runs.meta import Environment
    from engine.runs.resume import go_on

    bars_shown = sys.stderr is not None and sys.stderr.isatty() and not options.json
    where = device_of(found.meta, options.device)
    with Bars(found.preset, bars_shown) as bars:

        def report(loading: Loading) -> None:
            signals.check()
            bars.loading(loading.text, loading.share)

        bars.waiting("loading the data")
        lab, _ = resumed_lab(found, where, report)
    signals.check()
    # Now that the lab is built: it has chosen how many threads compute.
    here = Environment.here(where)
    if others := found.meta.environment.differences(here):
        warning = f"{'; '.join(others)}: it will not go on bit for bit"
        if not agreed("Go on anyway", options.anyway, "--anyway", warning):
            return DONE
    writer = go_on(found, here, keep_bytes=options.keep_snapshots)
    if writer.path != found.path:
        complain(f"{found.path}: is damaged and stays as it is: the run goes on in {writer.path}")
    run, keeper = taken_up(found, lab, writer), keeper_that_goes_on(writer, found.meta.id, options)
    del lab  # the worker's from now on
    if options.json or options.no_screen or why_no_dashboard():
        from tui import headless

        code = headless.run(
            run.record.preset, device=where, as_json=options.json, ascii_only=options.ascii, signals=signals,
            keeper=keeper, taken_up=run,
        )  # fmt: skip
        if code == INTERRUPTED:
            complain(f"stopped: regtui resume {found.meta.id} goes on")
        return code

    from engine.worker import Worker
    from tui.app import run_dashboard

    code = run_dashboard(
        run.record.begun or run.record.preset,
        device=options.device,
        fps=options.fps,
        ascii_only=options.ascii,
        pictures=options.pictures,
        mouse=not options.no_mouse,
        signals=signals,
        worker=Worker(run.record.preset, where, speed=found.preset.speed, keeper=keeper, taken_up=run, waits=True),
        keeper_of=keeper_of(options, ["regtui", *sys.argv[1:]]),
        stop_on_hang_up=options.on_hangup == "stop",
        background=background(options),
    )
    signals.check()
    return code
