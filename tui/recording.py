"""Which file a run is recorded in, as the command line says. Imports neither torch nor Textual."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.arguments import count, size

if TYPE_CHECKING:
    from engine.keeper import Keeper, Server
    from engine.preset import Preset
    from engine.runs.writer import RunWriter
    from engine.worker import Worker

KeeperOf = Callable[["Preset"], "Callable[[Worker], Keeper] | None"]


def recording_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add what is asked of the recording; the group of it."""
    group = parser.add_argument_group("the run's file")
    group.add_argument("--no-record", action="store_true", help="leave no file of the run")
    group.add_argument("--record", metavar="FILE", help="record it in this file, and not among the runs (REGTUI_RUNS)")
    keeping_options(group)
    return group


def keeping_options(group: argparse._ArgumentGroup) -> None:
    """Add what is asked of a recording, whether the run begins or goes on."""
    add = group.add_argument
    add("--checkpoint-every", type=count, default=30, metavar="S", help="seconds between two states to go on from")
    add("--keep-snapshots", type=size, default=512_000_000, metavar="SIZE", help="bound on those states in the file")


def hang_up_option(group: argparse._ArgumentGroup) -> None:
    """Add what becomes of a run in the dashboard whose terminal goes away."""
    group.add_argument(
        "--on-hangup", choices=("train", "stop"), default="train",
        help="when the terminal goes away: train on to the end (regtui attach comes back), or checkpoint and end",
    )  # fmt: skip


def background(options: argparse.Namespace) -> list[str]:
    """The options of `regtui run --resume` for a process that goes on with a run that is left."""
    arguments = [f"--checkpoint-every={options.checkpoint_every}", f"--keep-snapshots={options.keep_snapshots}"]
    return arguments if options.device == "auto" else [*arguments, "--device", options.device]


def keeper_of(options: argparse.Namespace, command: Sequence[str]) -> KeeperOf:
    """What builds the keeper of a run's file, for the first preset and for others that are opened after it.

    `command` is the command line. Raises RunError where there is a file of the name that is asked for.
    """
    if getattr(options, "no_record", False):
        return lambda preset: None
    record = getattr(options, "record", None)
    if record and Path(record).exists():
        from engine.runs.errors import RunError

        raise RunError(f"{record}: already exists: give --record another name")

    def keeper_of_preset(preset: Preset) -> Callable[[Worker], Keeper]:
        nonlocal record
        own, record = record, None

        def make(worker: Worker) -> Keeper:
            from engine.keeper import Keeper
            from engine.runs.library import new_run
            from engine.runs.meta import Environment
            from engine.runs.recorder import Recorder
            from engine.runs.writer import RunWriter

            id, path = new_run(preset.name)
            environment = Environment.here(command=tuple(command))
            path = Path(own) if own else path
            writer = RunWriter(path, preset, environment, id=id, keep_bytes=options.keep_snapshots)
            return Keeper(Recorder(writer), options.checkpoint_every, _served(worker, id), tuple(command))

        return make

    return keeper_of_preset


def keeper_that_goes_on(writer: RunWriter, id: str, options: argparse.Namespace) -> Callable[[Worker], Keeper]:
    """What builds the keeper of a run that goes on in its file."""

    def make(worker: Worker) -> Keeper:
        from engine.keeper import Keeper
        from engine.runs.recorder import Recorder

        return Keeper(Recorder(writer), options.checkpoint_every, _served(worker, id), ("regtui", *sys.argv[1:]))

    return make


def _served(worker: Worker, id: str) -> Server | None:
    """Lets other terminals take the run up (`regtui attach`); None where no socket can be had, which ends nothing."""
    from engine.log import write_log
    from engine.runs.library import runs_folder
    from engine.serve import Server

    try:
        server = Server(worker, runs_folder(), id)
        server.start()
    except (OSError, ValueError):
        write_log("the socket of a run")
        return None
    return server
