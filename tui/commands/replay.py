"""`regtui replay`: a recorded run is trained again, and whether it comes out the same is said."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.arguments import Parser, device
from tui.bars import Bars
from tui.exits import DIFFERS, DONE
from tui.say import complain, say

if TYPE_CHECKING:
    from engine.events import Loading
    from engine.replay import Difference, Replay
    from tui.signals import Signals


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui replay",
        description="Train a recorded run again, from its preset and its commands, and compare every number and every\n"
        "checkpoint. It is equal bit for bit on the same device, torch and threads; else it says where it\n"
        "first differs and by how much. Exit code 0 where it is equal, 4 where it is not. The file stays\n"
        "as it is.",
        epilog="example:\n  regtui replay 1f3a",
    )
    command.add_argument(
        "run", nargs="?", metavar="RUN", help="an id, a part of a name, or a file; the newest run unless given"
    )
    add = command.add_argument
    add("--device", type=device, default="auto", metavar="D", help="the run's own unless given")
    add("--json", action="store_true", help="one JSON object on stdout")
    return command


def main(argv: Sequence[str]) -> int:
    """Replay the run; the exit code. Raises UsageError, RunError, PresetError."""
    options = parser().parse(argv)

    from engine.runs.library import find, newest
    from tui.signals import Ended, Signals

    path = newest() if options.run is None else find(options.run)
    try:
        with Signals() as signals:
            found = _replayed(path, options.device, options.json, signals)
    except Ended as end:
        return end.code
    if options.json:
        say(_as_json(found))
    else:
        for line in _in_words(found):
            say(line)
    return DONE if found.equal else DIFFERS


def _replayed(path: Path, asked: str, as_json: bool, signals: Signals) -> Replay:
    from engine.replay import replay
    from engine.runs.reader import RunReader
    from tui.commands.resume import device_of

    with RunReader(path) as reader:
        for line in reader.damage:
            complain(f"{path}: {line}")
        meta, preset = reader.meta, reader.begun
    shown = sys.stderr is not None and sys.stderr.isatty() and not as_json
    with Bars(preset, shown) as bars:

        def report(loading: Loading) -> None:
            signals.check()
            bars.loading(loading.text, loading.share)

        def progress(epoch: int, last: int) -> None:
            signals.check()
            bars.waiting(f"epoch {epoch:,} of {last:,}", epoch / max(1, last))

        bars.waiting("importing torch")
        return replay(path, device_of(meta, asked), report=report, progress=progress)


def _in_words(found: Replay) -> list[str]:
    commands = f", with {_count(found.commands, 'command')}" if found.commands else ""
    lines = [f"run {found.run}: {_count(found.epochs, 'epoch')} of {_count(found.lanes, 'lane')} again{commands}"]
    if found.first is None:
        compared = f"{_count(found.numbers, 'number')} and the weights at {_count(found.checkpoints, 'checkpoint')}"
        lines.append(f"equal bit for bit: {compared}")
    else:
        lines.append(_first_in_words(found.first))
        if found.furthest:
            lines.append(f"validation losses are at most {found.furthest:.3g} apart")
    if found.missing:
        lines.append(f"not compared: {_count(found.missing, 'epoch')} that the file does not hold")
    if found.environment:
        lines.append(f"not as it was: {'; '.join(found.environment)}")
    return lines


def _first_in_words(first: Difference) -> str:
    where = f"differs first after epoch {first.epoch:,}, in arm {first.arm!r} under seed {first.seed}"
    return f"{where}: {first.what} was {first.recorded!r} and is {first.replayed!r}, {first.apart:.3g} apart"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _as_json(found: Replay) -> str:
    from engine.plain import plain

    first = None if found.first is None else {**plain(found.first), "apart": plain(found.first.apart)}
    return json.dumps({"event": "replayed", "equal": found.equal, **plain(found), "first": first})
