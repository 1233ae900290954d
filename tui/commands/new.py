"""`regtui new`: a preset for data of the user's, written with comments. Torch is not imported."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from tui.arguments import Parser
from tui.exits import DONE
from tui.say import note, say


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui new",
        usage="regtui new DATA [--target COLUMN] [-o FILE] [--force]",
        description="Look at data of yours and write a preset for them, with comments that explain every line.",
        epilog="example:\n  regtui new data.csv --target label -o mine.toml",
    )
    command.add_argument(
        "data", metavar="DATA", help="a CSV file, or a folder that has a folder of images for each class"
    )
    add = command.add_argument
    add("--target", metavar="COLUMN", help="the column to predict; else the last, or one named label, target, class, y")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="how to read it, such as data.decimal=comma")
    add("-o", "--output", metavar="FILE", help="where to, ending in .toml; - is stdout; else a name of the data's own")
    add("--force", action="store_true", help="replace what is there")
    return command


def main(argv: Sequence[str]) -> int:
    """Write the preset and say where; the exit code. Raises UsageError, PresetError."""
    options = parser().parse(argv)

    from engine.files import file_name, written
    from engine.preset import PresetError
    from tui.opening import proposal_of

    for setting in options.set:
        if not setting.lstrip().startswith("data."):
            raise PresetError(f"--set {setting}: only settings of [data] say how to read: change others in the file")
    proposal = proposal_of(options.data, options, note)
    if proposal is None:
        raise PresetError(f"{options.data}: is neither a CSV file nor a folder of images")
    if options.output == "-":
        sys.stdout.write(proposal.text)
        return DONE
    stem = Path(options.data).resolve().stem
    target = Path(options.output) if options.output else Path(file_name(stem, ".toml"))
    if target.suffix != ".toml":
        raise PresetError(f"-o {target}: the name of a preset ends in .toml")
    try:
        with written(target, replace=options.force) as file:
            file.write(proposal.text.encode("utf-8"))
    except FileExistsError:
        raise PresetError(f"{target}: already exists: -o takes another name, --force replaces it") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no file can have such a name"
        raise PresetError(f"{target}: not written: {why}") from error
    for line in proposal.found:
        note(line)
    say(f"{target}: written; `regtui {shlex.quote(str(target))}` trains on it")
    return DONE
