"""The first frame: the preset's title and the outlines of the panes, while all that the dashboard needs is imported.

Neither Textual nor anything of its size is imported here: the frame stands after a tenth of a second, where the
dashboard needs more than one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.text import printable
from tui.signals import Signals, left_to_the_thread
from tui.terminal import Terminal, in_background

# Of the dashboard: how wide its side is, from which size on it has one, and below which it shows nothing.
_SIDE, _LARGE, _LEAST = 46, (110, 34), (60, 18)
# The alternate screen, without a cursor, and lines that are cut where they are too long.
_SHOW = "\x1b[?1049h\x1b[?25l\x1b[?7l"
_BOLD, _REVERSE, _DIM, _LINES, _PLAIN = "\x1b[1m", "\x1b[1;7m", "\x1b[2m", "\x1b[38;5;24m", "\x1b[0m"
# The dashboard's own, so that nothing flashes when it comes.
_GROUND = "\x1b[38;2;224;224;224;48;2;18;18;18m"
_GROUND_256 = "\x1b[38;5;253;48;5;233m"


class OpeningFrame:
    """The terminal from the start of the program until the dashboard takes it over.

    Entered, it shows the frame. Left while no dashboard has taken the terminal over, by an error for instance, it gives
    the terminal back.

    Parameters
    ----------
    ref : the preset that is opened, by its name or file.
    signals : entered; a signal in the meantime finds the terminal here.

    Attributes
    ----------
    terminal : to be taken over by whoever draws next.
    """

    def __init__(self, ref: str, signals: Signals, ascii_only: bool = False) -> None:
        self._ref, self._signals, self._ascii = ref, signals, ascii_only
        self.terminal: Terminal | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> OpeningFrame:
        if not os.isatty(1) or in_background(0) or (titles := titles_of(self._ref)) is None:
            return self  # what is wrong with the preset is a line on the terminal, not on a screen
        self.terminal = Terminal(1, 0)
        self.terminal.begin()
        self._signals.screen = self
        for name in ("SIGTSTP", "SIGCONT"):  # with handlers they come to `Signals`
            self._handlers[getattr(signal, name)] = signal.signal(getattr(signal, name), left_to_the_thread)
        with contextlib.suppress(termios.error):
            mode = termios.tcgetattr(0)
            mode[0] &= ~(termios.ICRNL | termios.IXON)
            mode[3] &= ~(termios.ECHO | termios.ICANON)  # keys typed now are the dashboard's
            termios.tcsetattr(0, termios.TCSANOW, mode)
        shown = _SHOW + frame(titles, os.get_terminal_size(1), self._ascii, os.environ)
        sent = shown.encode(sys.stdout.encoding or "utf-8", "replace")
        self.terminal.begun(sent)
        self.terminal.write(sent)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self.terminal is None:
            return
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._signals.screen is self:
            self._signals.screen = None
            self.terminal.give_back()

    def give_back(self) -> None:
        """Leave the terminal as it was found, from any thread and at any moment."""
        if self.terminal is not None:
            self.terminal.give_back()

    def suspend(self) -> None:
        """Leave the terminal for as long as the program is stopped."""
        if self.terminal is not None:
            self.terminal.suspend()

    def resume(self) -> bool:
        """Show the frame again after a stop; False where the program goes on in the background."""
        return self.terminal is None or self.terminal.resume()


def titles_of(ref: str) -> tuple[str, str, str] | None:
    """Title, name and question of a preset; None where it is none that can be opened, or data of the user's."""
    from engine.preset.built_in import builtin_text
    from engine.preset.errors import PresetError

    own = ref.endswith(".toml")
    try:
        table = tomllib.loads(Path(ref).read_text(encoding="utf-8") if own else builtin_text(ref))
    except (PresetError, OSError, ValueError):
        return None
    name = Path(ref).stem if own else ref
    title, question = (printable(str(table.get(key, ""))) for key in ("title", "question"))
    return title or name, name, question


def frame(titles: tuple[str, str, str], size: tuple[int, int], ascii_only: bool, environment: Mapping[str, str]) -> str:
    """What is sent to a terminal of so many columns and lines: the header, the question, the outlines of the panes."""
    (title, name, question), (width, height) = titles, size
    colours = not environment.get("NO_COLOR")
    deep = environment.get("COLORTERM") in ("truecolor", "24bit")
    ground = _PLAIN + ((_GROUND if deep else _GROUND_256) if colours else "")
    lines = [f"{_REVERSE} regtui {ground}{_BOLD} {title}{ground}{_DIM}  {name}{ground}"]
    lines.append(f"{_BOLD} {'o' if ascii_only else '◌'} loading   {ground}opening {'...' if ascii_only else '…'}")
    if question:
        lines.append(f" {question}")
    rows = height - len(lines) - 1  # the last line is that of the keys
    if width >= _LEAST[0] and height >= _LEAST[1]:
        border = _LINES if colours else _DIM
        lines += [f"{border}{line}{ground}" for line in _panes(rows, (width, height), ascii_only)]
    shown = "\x1b[K\r\n".join(lines[:height])
    return f"\x1b[H{ground}\x1b[2J{shown}"


def _panes(rows: int, size: tuple[int, int], ascii_only: bool) -> list[str]:
    """The outlines of the panes on so many rows, as the dashboard arranges them for a window of this size."""
    width, height = size
    if width < _LARGE[0] or height < _LARGE[1]:
        upper = (rows + 1) // 2
        return _box(width, upper, "1 loss", ascii_only) + _box(width, rows - upper, "5 knobs", ascii_only)
    left = _box(width - _SIDE, rows - 8, "1 loss", ascii_only) + _box(width - _SIDE, 8, "4 comparison", ascii_only)
    right = _box(_SIDE, rows - 9, "5 knobs", ascii_only) + _box(_SIDE, 9, "6 early stopping", ascii_only)
    return [a + b for a, b in zip(left, right, strict=True)]


def _box(width: int, height: int, title: str, ascii_only: bool) -> list[str]:
    """A border with a title, as lines."""
    upper, side, lower = ("+-+", "|", "+-+") if ascii_only else ("╭─╮", "│", "╰─╯")
    return [
        f"{upper[0]}{upper[1]} {title} {upper[1] * (width - len(title) - 5)}{upper[2]}",
        *[side + " " * (width - 2) + side] * (height - 2),
        lower[0] + lower[1] * (width - 2) + lower[2],
    ]
