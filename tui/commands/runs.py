"""`regtui runs`: what has been recorded, and names, notes and ends for it. Neither torch nor a screen is imported."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tui.arguments import Parser, UsageError, nearest, size
from tui.commands.ask import agreed
from tui.exits import DONE
from tui.say import complain, say

_USAGE = """regtui runs [WORD...] [--sort KEY] [--json]
       regtui runs --rename RUN NAME | --note RUN TEXT | --delete RUN
       regtui runs --prune [SIZE]
"""
_EPILOG = """RUN is an id or the beginning of one, a part of a name, or a file.
Runs are recorded in the folder that REGTUI_RUNS names, or among the user's data.

example:
  regtui runs moons --sort best
"""


def parser() -> Parser:
    """Of the command."""
    from tui.runs.rows import SORTS

    command = Parser(prog="regtui runs", usage=_USAGE, description="List the recorded runs.", epilog=_EPILOG)
    command.add_argument("words", nargs="*", metavar="WORD", help="only the runs that have all of these words")
    command.add_argument("--sort", default="when", metavar="KEY", help=f"by {', '.join(SORTS)}")
    command.add_argument("--json", action="store_true", help="one JSON object a line for each run")
    add = command.add_argument_group("with one run").add_argument
    add("--rename", nargs=2, metavar=("RUN", "NAME"), help="give it a name; an empty one takes the name away")
    add("--note", nargs=2, metavar=("RUN", "TEXT"), help="keep a note with it")
    add("--delete", metavar="RUN", help="delete its file")
    add = command.add_argument_group("with all of them").add_argument
    pruned = "delete finished runs without a name or a note, the oldest first, until all take at most SIZE"
    add("--prune", nargs="?", const=0, type=size, metavar="SIZE", help=pruned)
    add("--yes", action="store_true", help="do not ask before deleting")
    return command


def main(argv: Sequence[str]) -> int:
    """List the runs, or do what is asked with one; the exit code. Raises UsageError, RunError."""
    from tui.runs.rows import SORTS

    options = parser().parse(argv)
    if options.sort not in SORTS:
        near = nearest(options.sort, SORTS)
        raise UsageError(f"--sort: {options.sort}: must be one of {', '.join(SORTS)}{near}")
    asked = [name for name in ("rename", "note", "delete", "prune") if getattr(options, name) is not None]
    if len(asked) > 1:
        raise UsageError(f"--{asked[0]} and --{asked[1]}: one at a time")
    if asked and options.words:
        raise UsageError(f"unexpected {options.words[0]!r}: --{asked[0]} is given its run itself")
    return _do(asked[0], options) if asked else _list(options)


def _list(options: argparse.Namespace) -> int:
    from engine.runs.library import MUCH, listed, runs_folder
    from tui.runs.rows import as_fields, in_order, lines, much_in_words, with_words

    everything = listed()
    runs = in_order(with_words(everything, options.words), options.sort)
    if options.json:
        for run in runs:
            print(json.dumps(as_fields(run), allow_nan=False))
        return DONE
    if not runs:
        say(f"no match: {len(everything)} are there" if everything else f"no runs in {runs_folder()}")
        return DONE
    head, rows = lines(runs, _width())
    say("\n".join([head, *rows]))
    for run in runs:
        if run.problem:
            complain(run.problem)
    if (total := sum(run.bytes for run in everything)) > MUCH:
        complain(much_in_words(total))
    return DONE


def _width() -> int | None:
    """Of the terminal; None where the list goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None


def _do(action: str, options: argparse.Namespace) -> int:
    from engine.runs import library
    from tui.runs.rows import bytes_in_words

    if action == "prune":
        gone = library.prunable()
        total = sum(run.bytes for run in gone)
        if not gone or library.total_bytes() <= options.prune:
            say("nothing to delete")
            return DONE
        most = f" until all take at most {bytes_in_words(options.prune)}" if options.prune else ""
        many = f"{len(gone)} finished run{'' if len(gone) == 1 else 's'} without a name, {bytes_in_words(total)}"
        if agreed(f"delete {many}{most}", options.yes):
            gone = library.prune(keep_bytes=options.prune)
            freed = bytes_in_words(sum(run.bytes for run in gone))
            say(f"deleted {len(gone)} run{'' if len(gone) == 1 else 's'}, {freed}")
        return DONE
    if action == "delete":
        path = library.find(options.delete)
        if agreed(f"delete {_in_words(path)}", options.yes):
            library.delete(path)
            say(f"deleted {path}")
        return DONE
    ref, text = getattr(options, action)
    path = library.find(ref)
    if action == "rename":
        library.rename(path, text)
    else:
        library.annotate(path, text)
    meta = library.meta_at(path)
    new_text = meta.name if action == "rename" else meta.notes
    say(f"{meta.id}: {'name' if action == 'rename' else 'note'}{f': {new_text}' if new_text else ' taken away'}")
    return DONE


def _in_words(path: Path) -> str:
    """The run in words, and its file."""
    from engine.runs.errors import RunError
    from engine.runs.library import meta_at
    from tui.runs.rows import when

    try:
        meta = meta_at(path)
    except RunError:
        return str(path)
    return f"{meta.name or meta.identity.preset} of {when(meta.identity.began)}, {path}"
