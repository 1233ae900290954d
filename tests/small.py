"""A small experiment in a file, and the installed program with it in a real terminal."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.terminal import REGTUI, Terminal, patient

PRESET = """\
title = "Two moons"
summary = "Small and quick."
lesson = "Look at the gap."
speed = 20
[data]
source = "moons"
samples = 120
[model]
hidden = [8]
[training]
epochs = 100000
lr = 0.1
seeds = [0, 1]
[[arm]]
name = "plain"
[[arm]]
name = "dropped"
regularization.dropout = 0.2
"""
LEFT_ALTERNATE, CURSOR_ON = b"\x1b[?1049l", b"\x1b[?25h"
MOUSE_OFF = b"\x1b[?1000l"
# The head of the final table; where it is narrow `test loss` and `test acc` are on two lines.
TABLE = re.compile(r"test(?:\s|\x1b\[[\d;]*m)+(?:loss|test)")
EPOCH = re.compile(r" (\d+)/\d+ epochs")


def soon() -> float:
    """Within how many seconds a program is gone: two, and more only where others want the processors too."""
    return patient(2.0)


def environment(folder: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(folder / "state"), "OMP_NUM_THREADS": "1"}


@contextlib.contextmanager
def opening(folder: Path) -> Iterator[Callable[..., Terminal]]:
    """A function that starts the program in `folder`; all terminals are closed in the end."""
    opened: list[Terminal] = []

    def start(*arguments: str, columns: int = 120, lines: int = 36, **variables: str) -> Terminal:
        terminal = Terminal(
            [REGTUI, *(arguments or ("small.toml",))], columns, lines, environment(folder) | variables, folder
        )
        opened.append(terminal)
        return terminal

    try:
        yield start
    finally:
        for terminal in opened:
            terminal.close()


def epoch(terminal: Terminal) -> int:
    found = EPOCH.search(terminal.text)
    return int(found[1]) if found else 0


def trains(shown: str) -> bool:
    found = EPOCH.search(shown)
    return found is not None and int(found[1]) > 1 and any(0x2800 < ord(sign) <= 0x28FF for sign in shown)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
