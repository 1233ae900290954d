"""Rich without a screen: whatever is printed through it is printable."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from engine.text import printable


class PlainConsole(Console):
    """Rich that neither looks for markup in a text nor passes on a character that a terminal would obey."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Every part of every table comes through here, before it is laid out; Rich's own controls pass."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable(text, lines=True), style, control)


class StdoutConsole(PlainConsole):
    """On stdout, where a reader that has gone is a BrokenPipeError as it is for `print`."""

    def __init__(self) -> None:
        super().__init__()

    @property
    def ascii(self) -> bool:
        """Whether the terminal's encoding has only letters."""
        return "utf" not in self.encoding.lower()

    def on_broken_pipe(self) -> None:
        """Rich calls this while it handles the error; its own would end the program with the exit code 1."""
        raise
