"""`regtui open`: the dashboard on a run in its file, finished or in training. Torch is not imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tui.arguments import Parser, screen_options
from tui.exits import DONE
from tui.say import complain, why_no_dashboard


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui open",
        description="Show a recorded run in the dashboard, without changing it.",
        epilog="example:\n  regtui open 1f3a",
    )
    command.add_argument(
        "run", nargs="?", metavar="RUN", help="an id, a part of a name, or a file; the newest run unless given"
    )
    screen_options(command)
    return command


def main(argv: Sequence[str]) -> int:
    """Show the run until the person leaves; the exit code. Raises UsageError, RunError."""
    options = parser().parse(argv)

    from engine.runs.library import find, newest

    path = newest() if options.run is None else find(options.run)
    if why := why_no_dashboard():
        complain(f"{why}: the table of the run instead")
        return print_table(path, options.ascii)

    from engine.file_worker import FileWorker
    from tui.commands.dashboard import show

    worker = FileWorker(path)
    return show(worker.begun, worker, options)


def print_table(path: Path, ascii_only: bool) -> int:
    """Print the table of a run as its file has it; the exit code. Raises RunError."""
    from engine.runs.reader import RunReader
    from tui.report import outcome
    from tui.stdout import StdoutConsole

    with RunReader(path) as reader:
        console = StdoutConsole()
        for line in reader.damage:
            complain(f"{path}: {line}")
        for part in outcome(reader.record, console.width, ascii_only or console.ascii):
            console.print(part)
    sys.stdout.flush()
    return DONE
