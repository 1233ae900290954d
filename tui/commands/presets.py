"""`regtui presets`: the experiments that come with the program, or one of them."""

from __future__ import annotations

from collections.abc import Sequence

from tui.arguments import Parser
from tui.exits import DONE


def parser() -> Parser:
    """Of the command."""
    command = Parser(
        prog="regtui presets",
        description="List the built-in experiments, or show one.",
        epilog="example:\n  regtui presets moons",
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="the preset to show")
    return command


def main(argv: Sequence[str]) -> int:
    """Print the list, or the preset; the exit code. Raises UsageError, PresetError."""
    options = parser().parse(argv)

    from tui import catalog

    catalog.show_all() if options.name is None else catalog.show(options.name)
    return DONE
