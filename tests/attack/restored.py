"""Whether a program has left its terminal as it found it: by what it sent, and by the line's settings."""

from __future__ import annotations

import re
import termios

_MODES = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
# On before the program began; every other private mode was off.
_ON = {7: "wrapping of lines", 25: "the cursor"}
_NAMES = {1049: "the other screen", 1004: "reports of the focus", 2004: "bracketed paste", 2048: "reports of the size"}
_MOUSE = {1000, 1002, 1003, 1005, 1006, 1015, 1016}
_ASIDE = 2026  # synchronized output: it ends by itself
_LOCAL = termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN


def left_changed(sent: bytes) -> str | None:
    """The first mode of the terminal that is not as it was before all of this was sent, or None."""
    state: dict[int, bool] = {}
    for numbers, switch in _MODES.findall(sent):
        for number in numbers.split(b";"):
            state[int(number)] = switch == b"h"
    for number, on in state.items():
        if number != _ASIDE and on != (number in _ON):
            name = _ON.get(number) or _NAMES.get(number) or ("reports of the mouse" if number in _MOUSE else "a mode")
            return f"{name} ({number}) left {'on' if on else 'off'}"
    if len(re.findall(rb"\x1b\[>\d*u", sent)) > len(re.findall(rb"\x1b\[<\d*u", sent)):
        return "kitty's keyboard protocol left on"
    return None


def left_raw(fd: int) -> str | None:
    """What of the line's settings is still as a full-screen program sets it, or None. `fd` is either side of it."""
    local = termios.tcgetattr(fd)[3]
    return None if local & _LOCAL == _LOCAL else f"the line left raw (lflag {local:#x})"
