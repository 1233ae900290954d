"""Rich on stdout, for what is printed without a screen."""

from __future__ import annotations

from rich.console import Console


class StdoutConsole(Console):
    """Rich on stdout, where a reader that has gone is a BrokenPipeError as it is for `print`."""

    def __init__(self) -> None:
        super().__init__(highlight=False, markup=False, emoji=False)

    @property
    def ascii(self) -> bool:
        """Whether the terminal's encoding has only letters."""
        return "utf" not in self.encoding.lower()

    def on_broken_pipe(self) -> None:
        """Rich calls this while it handles the error; its own would end the program with the exit code 1."""
        raise
