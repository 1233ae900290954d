"""The finished lines of a widget, kept until one of them changes.

Textual asks every widget in sight for all of its lines in every frame, to put together the few cells that changed. It
keeps what a line looks like, but crops and filters it anew each time, and finds out the colours around: for a screen of
this size that took longer than the lines that did change.
"""

from __future__ import annotations

from textual._styles_cache import StylesCache
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


class KeptLines(StylesCache):
    """Takes the place of a widget's own cache, and forgets what it kept when that one would."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[Strip] | None = None
        self._kept_for: tuple[Region, Size, str] | None = None

    def clear(self) -> None:
        """Forget all lines."""
        super().clear()
        self._kept = None

    def set_dirty(self, *regions: Region) -> None:
        """Forget the lines of these regions, or all."""
        super().set_dirty(*regions)
        self._kept = None

    def render_widget(self, widget: Widget, crop: Region) -> list[Strip]:
        """The lines of a region of the widget."""
        kept_for = (crop, widget.region.size, widget.app.theme)
        if self._kept is None or kept_for != self._kept_for:
            self._kept, self._kept_for = super().render_widget(widget, crop), kept_for
        return self._kept


def keep_lines(widget: Widget) -> None:
    """Let a widget and all within it keep their lines."""
    for one in widget.walk_children(Widget, with_self=True):
        if not isinstance(one._styles_cache, KeptLines):
            one._styles_cache = KeptLines()
