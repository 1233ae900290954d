"""`regtui compare`: runs beside one another, on the screen or as a table. Torch is not imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.arguments import Parser, screen_options
from tui.exits import DONE
from tui.say import why_no_dashboard

if TYPE_CHECKING:
    from engine.compare import ComparedWorker


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui compare",
        description="Lay the curves of runs over one another, set their tables side by side, list their differences.",
        epilog="example:\n  regtui compare 1f3a 'lr 0.1'",
    )
    command.add_argument("runs", nargs="+", metavar="RUN", help="an id, a part of a name, or a file")
    screen_options(command).add_argument("--no-screen", action="store_true", help="print the table and the differences")
    return command


def main(argv: Sequence[str]) -> int:
    """Show the runs until the user leaves, or print them; the exit code. Raises UsageError, RunError."""
    options = parser().parse(argv)

    from engine.compare import ComparedWorker
    from engine.runs.library import find

    worker = ComparedWorker([find(run) for run in options.runs])
    if options.no_screen or why_no_dashboard():
        return _print(worker, options.ascii)

    from tui.commands.dashboard import show

    return show(worker.begun, worker, options)


def _print(worker: ComparedWorker, ascii_only: bool) -> int:
    from rich.text import Text

    from engine.compare import differences
    from tui.report import outcome
    from tui.runs.rows import when
    from tui.stdout import StdoutConsole

    console = StdoutConsole()
    for run in worker.runs:
        facts = f"{run.meta.identity.preset}, {run.meta.state}, {run.meta.progress.epoch} epochs"
        console.print(
            Text.assemble((run.label, "bold"), f": run {run.meta.id}, {facts}, {when(run.meta.identity.began)}")
        )
    console.print()
    for part in outcome(worker.view().record, console.width, ascii_only or console.ascii):
        console.print(part)
    console.print()
    differing = differences(worker.runs)
    console.print(Text("differences" if differing else "no differences in what is recorded of their presets", "bold"))
    for line in differing:
        console.print(Text(f"  {line}"))
    worker.close()
    return DONE
