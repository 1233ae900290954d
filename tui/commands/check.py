"""`regtui check`: whether presets, or data of the user's, would be trained on. Nothing is trained."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tui.arguments import Parser, device, experiment_options
from tui.exits import BAD_INPUT, DONE
from tui.say import complain, say


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui check",
        usage="regtui check FILE... [options]",
        description="Say whether presets, or data of yours, are fine: exit code 0, or 2. Takes the options of a run.",
        epilog="example:\n  regtui check data.csv --target label",
    )
    command.add_argument(
        "files", nargs="+", metavar="FILE", help="a preset of yours (.toml), a CSV file, or a folder of images"
    )
    add = experiment_options(command).add_argument
    add("--device", type=device, default="cpu", metavar="D", help="whose memory it must fit into; cpu unless given")
    return command


def main(argv: Sequence[str]) -> int:
    """Check every file; the exit code. Raises UsageError."""
    options = parser().parse(argv)
    return BAD_INPUT if [ref for ref in options.files if not _is_fine(ref, options)] else DONE


def _is_fine(ref: str, options: argparse.Namespace) -> bool:
    from engine.preset import PresetError
    from engine.text import printable
    from tui import catalog
    from tui.opening import preset_of

    try:
        preset = preset_of(ref, options, say)
        say(f"{printable(ref)}: valid: {catalog.check(ref, preset, options.device)}")
    except PresetError as error:
        complain(str(error))
        return False
    return True
