"""The commands that are about recorded runs, a file each. What they import, they import when they are given."""

from __future__ import annotations

from collections.abc import Sequence


def run_command(command: str, rest: Sequence[str]) -> int:
    """Carry out one of `tui.arguments.RUN_COMMANDS`; the exit code. Raises UsageError, PresetError."""
    if command == "runs":
        from tui.commands import runs

        return runs.main(rest)
    raise AssertionError(command)
