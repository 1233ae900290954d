"""The commands but for the dashboard and `run`, a file each. Each imports what it needs once it is given."""

from __future__ import annotations

from collections.abc import Sequence


def run_command(command: str, rest: Sequence[str]) -> int:
    """Carry out one of `tui.arguments.COMMANDS`; the exit code. Raises UsageError, PresetError."""
    from importlib import import_module

    return int(import_module(f"tui.commands.{command}").main(rest))
