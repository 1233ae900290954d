"""`regtui attach`: the dashboard on a run that another process trains, with every key working. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tui.arguments import Parser, screen_options
from tui.exits import FAILED
from tui.say import complain, say, why_no_dashboard


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui attach",
        description="Take up a run that another process trains: q leaves it, and it trains on.",
        epilog="example:\n  regtui attach 1f3a",
    )
    command.add_argument(
        "run", nargs="?", metavar="RUN", help="an id, a part of a name, or a file; the newest if not given"
    )
    screen_options(command)
    return command


def main(argv: Sequence[str]) -> int:
    """Show and steer the run until the person leaves it, which it survives. Raises UsageError, RunError."""
    options = parser().parse(argv)

    from engine.client import RemoteWorker
    from engine.runs.library import runs_folder
    from engine.serve import living_sockets
    from tui.commands.dashboard import show

    id, folder = _in_training(options.run), runs_folder()
    if why := why_no_dashboard():
        complain(f"{why}: `regtui open {id}` prints the table of the run")
        return FAILED
    try:
        worker = RemoteWorker.connect(lambda: living_sockets(folder).get(id))
    except ConnectionError as error:
        complain(f"{id}: {error}")
        return FAILED
    code = show(worker.begun, worker, options)
    if worker.view().state in ("loading", "running", "paused"):
        say(f"it trains on; to come back: regtui attach {id}")
    return code


def _in_training(name: str | None) -> str:
    """The id of the run that is meant. Raises RunError where it is not in training."""
    from engine.runs.errors import RunError
    from engine.runs.library import find, meta_at, newest, runs_folder
    from engine.serve import living_sockets

    living = living_sockets(runs_folder())
    if name is None:
        if not living:
            raise RunError("no run is in training now (`regtui runs` lists what has been recorded)")
        if len(living) == 1:
            return next(iter(living))
        return meta_at(newest(fits=lambda meta: meta.id in living)).id
    if name in living:  # its file may lie elsewhere (--record)
        return name
    path: Path = find(name)
    id = meta_at(path).id
    if id not in living:
        raise RunError(f"{name}: is not in training now: `regtui open {id}` shows it, `regtui resume {id}` goes on")
    return id
