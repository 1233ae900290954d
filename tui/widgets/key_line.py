"""The keys at the foot of the screen, in one line: as many as fit, each with its whole name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual.events import Click
from textual.strip import Strip
from textual.widget import Widget

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Entry:
    """What the line says of one thing to do.

    Attributes
    ----------
    name : what it is called.
    keys : as they are printed, each with the action that it runs; a click on the name runs that of the last.
    compact : whether it is there on small screens alone.
    last : whether it stands at the end of the line, however important it is.
    """

    name: str
    keys: tuple[tuple[str, str], ...]
    compact: bool = False
    last: bool = False

    @property
    def width(self) -> int:
        """Of its keys and its name, in cells."""
        return sum(len(shown) + 1 for shown, _ in self.keys) + len(self.name)


def fitting(entries: Sequence[Entry], width: int) -> list[Entry]:
    """Those of `entries`, the most important first, that have room in so many cells, in the order they are shown in.

    After the first that has no room there is none: a line that left out what is important for what is short would be
    another one at every width.
    """
    room, kept = width, []
    for entry in entries:
        room -= entry.width + len(_GAP)
        if room < -1:  # the last one needs no gap behind it, but a cell to the edge
            break
        kept.append(entry)
    return [entry for entry in kept if not entry.last] + [entry for entry in kept if entry.last]


class KeyLine(Widget):
    """One line of entries, which can be clicked. A widget for each of them would delay the first frame."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {"key-line--key"}
    DEFAULT_CSS = """
    KeyLine { dock: bottom; height: 1; background: $footer-background; color: $footer-foreground; }
    KeyLine > .key-line--key { color: $footer-key-foreground; text-style: bold; }
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(id="keys")
        self._entries, self._compact = entries, False

    def show(self, compact: bool) -> None:
        """Show also what is there on small screens alone, or leave it out."""
        if compact != self._compact:
            self._compact = compact
            self.refresh()

    def _shown(self) -> list[Entry]:
        return fitting(
            [entry for entry in self._entries if self._compact or not entry.compact], self.content_size.width - 1
        )

    def action_under(self, column: int) -> str | None:
        """The action of what stands in this column, None between two entries."""
        start = 1
        for entry in self._shown():
            end = start + entry.width
            if start <= column < end:
                for shown, action in entry.keys:
                    start += len(shown) + 1
                    if column < start:
                        return action
                return entry.keys[-1][1]
            start = end + len(_GAP)
        return None

    def on_click(self, event: Click) -> None:
        """A click on an entry does it."""
        if action := self.action_under(event.x):
            event.stop()
            namespace = "" if "." in action else "screen."
            self.call_later(self.run_action, f"{namespace}{action}")

    def render_line(self, y: int) -> Strip:
        """The line."""
        text = self.rich_style
        key = self.get_component_rich_style("key-line--key")
        segments = [Segment(" ", text)]
        for entry in self._shown():
            for shown, _ in entry.keys:
                segments += [Segment(shown, key), Segment(" ", text)]
            segments.append(Segment(entry.name + _GAP, text))
        return Strip(segments).adjust_cell_length(self.content_size.width, text)
