"""Two lines on top: what runs and on what, how far it is and how fast."""

from __future__ import annotations

import math

from rich.text import Text

from engine.preset import title_of
from engine.view import View
from tui.widgets.lines import Lines
from tui.widgets.words import bar, duration

_STATES = {
    "loading": ("◌", "o", "loading", "yellow"),
    "running": ("▶", ">", "training", "green"),
    "paused": ("‖", "=", "paused", "yellow"),
    "finished": ("✔", "*", "finished", "cyan"),
    "failed": ("✘", "!", "failed", "red"),
}

# Where a run that is only looked at stands, unless it has ended.
_PLACES = {"running": "in another process", "compared": "compared"}
# How one stands that no worker has a state for.
_LEFT = ("stopped", "dead")


class RunHeader(Lines):
    """The preset's title, the device, the state, epochs done of epochs, rate and time left."""

    DEFAULT_CSS = "RunHeader { dock: top; height: 2; }"

    def __init__(self, ascii_only: bool) -> None:
        super().__init__(id="header")
        self._ascii = ascii_only

    def update(self, view: View, epochs: int, device: str) -> None:
        """Show this moment of the run; `epochs` is its length, `device` what is known of the machine."""
        width = self.content_size.width
        sign, plain, word, colour = _STATES[view.state]
        if view.opened in _LEFT:
            word = view.opened
        elif view.opened == "compared" and view.state == "paused":
            word = "ended"
        top = Text(no_wrap=True)
        top.append(" regtui ", style="bold reverse")
        top.append(f" {title_of(view.preset)}", style="bold")
        top.append(f"  {view.preset.name}", style="dim")
        right = Text(view.trouble, style="bold red") if view.trouble else Text(device, style="dim")
        right.truncate(max(0, width - 24), overflow="ellipsis")
        top.truncate(max(0, width - right.cell_len - 2), overflow="ellipsis")
        top.append(" " * max(1, width - top.cell_len - right.cell_len - 1))
        top.append_text(right)

        low = Text(no_wrap=True)
        low.append(f" {plain if self._ascii else sign} {word:<9}", style=f"bold {colour}")
        low.append_text(_lens(view))
        if view.state == "loading":
            share = f" {view.record.share:.0%}" if view.record.share is not None else ""
            low.append(f"{view.record.loading}{share} ...")
        elif view.state == "failed" and view.record.failed is not None:
            low.append(
                view.record.failed.message + (f"  (log: {view.record.failed.log})" if view.record.failed.log else ""),
                style="red",
            )
        else:
            rate, newest = view.rate if view.state == "running" else 0.0, view.whole.record.epoch
            parts = [f" {newest}/{epochs}", " epochs"]
            if view.state == "running":
                left = (epochs - newest) / rate if rate else math.inf
                parts += [f"  {rate:.1f}/s", f"  {duration(left)} left"]
            if view.opened:
                parts.append(f"  {_PLACES.get(view.opened, 'opened')}, read-only")
            else:
                parts.append(f"  speed {'max' if view.speed is None else f'{view.speed:g}/s'}")
            if view.attached:
                parts.append("  in another process")
            # Where it is narrow the bar gives way first, then the words that can be guessed.
            while len(parts) > 2 and low.cell_len + len("".join(parts)) + 6 > width:
                parts.pop(1)
            room = max(0, width - low.cell_len - len("".join(parts)) - 1)
            low.append(bar(newest / max(1, epochs), room, self._ascii), style=colour)
            low.append("".join(parts))
        low.truncate(width, overflow="ellipsis")
        self.show([top, low])


def _lens(view: View) -> Text:
    """Through what the run is looked at; nothing where it is shown as it is now."""
    lens, words = view.lens, Text()
    if (travel := view.whole.record.travel) is not None:
        who = {"rewind": "going back", "add_seeds": "the new seeds catch up"}.get(
            travel.what, f"{travel.arm} catches up"
        )
        words.append(f"{who}: {travel.epoch} of {travel.until}  ", style="bold yellow")
    if lens.cursor is not None:
        words.append(f" as of epoch {lens.cursor} ", style="bold reverse")
        words.append("  trains on" if view.state == "running" else "").append("  escape: now  ")
    if lens.zoom:
        words.append(f"zoom {2**lens.zoom}x  ", style="bold")
    if lens.smoothing:
        words.append(f"smoothed {lens.smoothing:g}  ", style="bold")
    return words
