"""`regtui export`: a run in the formats of others. Torch is not imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tui.arguments import Parser, UsageError
from tui.exits import DONE
from tui.say import complain, say

_USAGE = "regtui export RUN [FORMAT] [-o FILE] [--force]"


def parser() -> Parser:
    """Of the command."""
    from engine.export import FORMATS

    command = Parser(
        prog="regtui export",
        usage=_USAGE,
        description="Write a run in another format.",
        epilog="example:\n  regtui export 1f3a --html -o run.html",
    )
    command.add_argument(
        "run", nargs="?", metavar="RUN", help="an id, a part of a name, or a file; the newest run unless given"
    )
    formats = command.add_argument_group("the format, unless FILE ends in one")
    for form in FORMATS.values():
        takes = f" (takes {form.needs}: pip install 'regtui[{form.extra}]')" if form.needs else ""
        formats.add_argument(
            f"--{form.name}", dest="formats", action="append_const", const=form.name, help=f"{form.help}{takes}"
        )
    add = command.add_argument_group("the file").add_argument
    add("-o", "--output", metavar="FILE", help="where to; - is stdout, for text; else a name of its own")
    add("--force", action="store_true", help="replace what is there")
    return command


def main(argv: Sequence[str]) -> int:
    """Write the file and say where; the exit code. Raises UsageError, RunError."""
    from engine.export import FORMATS, to_stream
    from engine.runs.library import find, newest
    from engine.runs.reader import RunReader
    from tui.runs.exporting import export_to, own_name

    options = parser().parse(argv)
    if not options.formats and options.output:  # its ending says so
        options.formats = [
            name for name, form in FORMATS.items() if form.ending and options.output.endswith(form.ending)
        ][:1]
    if not options.formats:
        raise UsageError(f"which format: {', '.join(f'--{name}' for name in FORMATS)}")
    if len(options.formats) > 1:
        raise UsageError(f"--{options.formats[0]} and --{options.formats[1]}: one at a time")
    form = FORMATS[options.formats[0]]
    if options.output == "-" and not form.text:
        raise UsageError(f"--{form.name} does not go to stdout: -o FILE")

    path = newest() if options.run is None else find(options.run)
    with RunReader(path) as reader:
        for line in reader.damage:
            complain(f"{path}: {line}")
        if options.output == "-":
            to_stream(reader, form, sys.stdout.buffer)
            return DONE
        target = Path(options.output).expanduser() if options.output else Path(own_name(reader.meta, form))
        target = export_to(reader, form, target, replace=options.force)
    say(str(target))
    return DONE
