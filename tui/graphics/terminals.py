"""Which terminals can show pictures: by what they say of themselves in the environment, then by what they answer."""

from __future__ import annotations

import array
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Protocol = Literal["kitty", "sixel"]
Cell = tuple[int, int]  # width and height in pixels

# Those that place pictures by letters that stand for their parts. WezTerm and Konsole know kitty's protocol without it.
_KITTY_TERMS = re.compile("kitty|ghostty")
_SIXEL_TERMS = re.compile("(foot|mlterm|contour|yaft|wezterm)")
_SIXEL_PROGRAMS = ("WezTerm", "iTerm.app", "mintty", "contour", "vscode", "rio")
_SIXEL_VARIABLES = ("XTERM_VERSION", "KONSOLE_VERSION", "WT_SESSION", "MLTERM", "WEZTERM_PANE")

# Of the VT340, which the first sixels were made for.
USUAL_CELL: Cell = (10, 20)
_ASK_KITTY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_ASK_CELL = "\x1b[16t"
_ASK_ATTRIBUTES = "\x1b[c"  # every terminal answers this one: whatever else it answers comes before
# Answers, and what may be the beginning of one.
_ANSWER = re.compile(rb"\x1b_G[^\x1b]{0,200}\x1b\\|\x1b\[6;\d{1,4};\d{1,4}t|\x1b\[\?[\d;]{0,60}c")
_BEGINNING = re.compile(rb"\x1b(_(G[^\x1b]{0,200}\x1b?)?|\[(6(;\d{0,4}){0,2}|\?[\d;]{0,60})?)?\Z")
# A key alone, or with alt, is no longer held than until the next look for keys.
_KEYS = (b"\x1b", b"\x1b[", b"\x1b_", b"\x1b[6")


def multiplexed(environment: Mapping[str, str]) -> bool:
    """Whether tmux or screen stand between: they let through text, and the rest only where they are set up for it."""
    return bool(
        environment.get("TMUX") or environment.get("STY") or environment.get("TERM", "").startswith(("screen", "tmux"))
    )


def candidate(environment: Mapping[str, str]) -> Protocol | None:
    """The protocol that this terminal may know and is asked about; None where it is asked nothing."""
    if multiplexed(environment):
        return None
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if environment.get("KITTY_WINDOW_ID") or _KITTY_TERMS.search(term) or program in ("kitty", "ghostty"):
        return "kitty"
    if _SIXEL_TERMS.match(term) or program in _SIXEL_PROGRAMS or any(map(environment.get, _SIXEL_VARIABLES)):
        return "sixel"
    return None


def question(protocol: Protocol) -> str:
    """What a candidate is asked."""
    return (_ASK_KITTY if protocol == "kitty" else "") + _ASK_CELL + _ASK_ATTRIBUTES


@dataclass(slots=True)
class Answers:
    """Takes a terminal's answers out of what comes from its keyboard.

    Attributes
    ----------
    protocol : what was asked about.
    known : whether the terminal knows it.
    cell : what it says of its cells, None as long as it says nothing.
    complete : whether all has been answered.
    """

    protocol: Protocol
    known: bool = False
    cell: Cell | None = None
    complete: bool = False
    _held: bytes = b""

    def take(self, data: bytes) -> bytes:
        """What is left of the bytes for the keyboard."""
        data, self._held = self._held + data, b""
        rest = _ANSWER.sub(self._read, data)
        if not self.complete and (beginning := _BEGINNING.search(rest)):
            rest, self._held = rest[: beginning.start()], beginning[0]
        return rest

    def release(self, everything: bool = False) -> bytes:
        """Nothing has come for a moment: what may have been the beginning of an answer was a key."""
        if not everything and self._held not in _KEYS:
            return b""
        held, self._held = self._held, b""
        return held

    def _read(self, found: re.Match[bytes]) -> bytes:
        answer = found[0]
        if self.complete:
            return answer
        if answer.startswith(b"\x1b_G"):
            self.known |= self.protocol == "kitty" and answer.endswith(b";OK\x1b\\")
        elif answer.endswith(b"t"):
            _, high, wide = (int(number) for number in answer[2:-1].split(b";"))
            self.cell = _plausible((wide, high))
        else:
            self.known |= self.protocol == "sixel" and b"4" in answer[3:-1].split(b";")[1:]
            self.complete = True
        return b""


def measured_cell(fd: int) -> Cell | None:
    """The size of a cell as the system knows it; None where it does not."""
    import fcntl
    import termios

    size = array.array("H", [0, 0, 0, 0])
    try:
        fcntl.ioctl(fd, termios.TIOCGWINSZ, size)
    except OSError:
        return None
    lines, columns, width, height = size
    return _plausible((width // columns, height // lines)) if lines and columns else None


def _plausible(cell: Cell) -> Cell | None:
    width, height = cell
    return cell if 2 <= width <= 100 and 4 <= height <= 200 else None


def installed() -> bool:
    """Whether the extra `images` is there."""
    from importlib.util import find_spec

    return find_spec("textual_image") is not None and find_spec("PIL") is not None
