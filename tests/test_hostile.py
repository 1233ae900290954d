"""What comes through a real terminal and what stands around it: none of it ends a run or leaves a mess."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.small import LEFT_ALTERNATE, PRESET, TABLE, environment, epoch, trains
from tests.terminal import REGTUI, Terminal
from tests.tui.test_keys import PIECES

HELP = "every key and every setting does"


def left(terminal: Terminal) -> str:
    return bytes(terminal.raw).rpartition(LEFT_ALTERNATE)[2].decode()


def lives(terminal: Terminal) -> None:
    before = epoch(terminal)
    terminal.wait_for(lambda _: epoch(terminal) > before, timeout=60)


def answers(terminal: Terminal) -> None:
    """All that was sent has been handled, whatever it opened is closed, and the help comes when it is asked for."""
    press_until(terminal, "?", lambda shown: HELP in shown)
    press_until(terminal, "escape", lambda shown: HELP not in shown)
    if "paused" in terminal.text:
        terminal.press("space")


def press_until(terminal: Terminal, key: str, there: Callable[[str], bool]) -> None:
    """Press a key until it has its effect: in pasted text, or after an ESC that is not read yet, it is no key."""
    end = time.monotonic() + 60
    while True:
        for _ in range(3 if key != "escape" else 0):  # a dialog in a dialog
            terminal.press("escape")
            terminal.watch(0.3)  # or it would be taken for the beginning of a sequence
        terminal.press(key)
        try:
            terminal.wait_for(there, timeout=4)
            return
        except AssertionError:
            if time.monotonic() > end or terminal.code is not None:
                raise


def test_no_bytes_end_a_run(start):
    terminal = start()
    terminal.wait_for(trains)
    terminal.send(b"\xff")
    lives(terminal)
    random_ = random.Random(3)
    for _ in range(300):
        terminal.send(b"".join(random_.choices(PIECES, k=random_.randrange(1, 9))))
    terminal.send(b"\x1b[201~" + b"x" * 40)
    answers(terminal)
    lives(terminal)
    terminal.send(b"\x1b[200~" + b"\xffq\x1bq\r" * 200_000 + b"\x1b[201~")
    answers(terminal)
    lives(terminal)
    terminal.send(b"\x1b[200~without an end")
    answers(terminal)
    press_until(terminal, "q", lambda shown: "stop and discard" in shown)
    terminal.press("right", "enter")
    assert terminal.wait(60) == 0
    assert "Traceback" not in left(terminal)


def program(folder: Path, broken: str) -> Terminal:
    """The dashboard with a bug of ours in it."""
    (folder / "broken.py").write_text(f"import sys\n{broken}\nfrom tui.cli import main\nsys.exit(main())\n")
    variables = {**environment(folder), "PYTHONPATH": str(Path(__file__).parents[1])}
    return Terminal([sys.executable, "broken.py", "small.toml"], 120, 36, variables, folder)


BROKEN = {
    "in an action": "from tui.screens.main import MainScreen\nMainScreen.action_gap = lambda _: 1 / 0",
    "in the input thread": "from tui.driver import TerminalDriver\nTerminalDriver.process_message = lambda *_: 1 / 0",
    "in the output thread": "from tui.terminal import Terminal\nbefore = Terminal.write\ncount = []\n"
    "def write(terminal, frame):\n    count.append(1)\n"
    "    return before(terminal, frame) if len(count) < 9 else 1 / 0\n"
    "Terminal.write = write",
    "while it leaves": "from tui.app import RegtuiApp\nRegtuiApp._close_all = lambda _: 1 / 0",
}


@pytest.mark.parametrize("place", BROKEN)
def test_a_bug_anywhere_in_the_screen_is_told_in_a_line_and_is_not_0(place, folder):
    with program(folder, BROKEN[place]) as terminal:
        modes = terminal.modes
        if place != "in the output thread":
            terminal.wait_for("5 knobs")
        if place == "while it leaves":
            terminal.wait_for(trains)
            terminal.press("q")
            terminal.wait_for("stop and discard")
            terminal.press("right", "enter")
        else:
            terminal.press("g")
        assert terminal.wait() == 1
        assert terminal.modes == modes
        text = left(terminal)
        assert "Traceback" not in text
        assert "ZeroDivisionError: division by zero (log: " in " ".join(text.split())


UNUSABLE = """\
from textual.message import Message
from tui.screens.main import MainScreen


class Wanted(Message):
    pass


def missing(name):
    open(f"/no/such/{name}")


MainScreen.on_wanted = lambda *_: missing("handler")
MainScreen.action_gap = lambda _: missing("action")
MainScreen.action_norms = lambda screen: screen.call_next(missing, "callback")
MainScreen.action_log_scale = lambda screen: screen.post_message(Wanted())
MainScreen.action_overlay = lambda screen: screen.set_timer(0.01, lambda: missing("timer"))
"""


def test_a_file_that_cannot_be_used_ends_no_run_wherever_it_is_found_out(folder):
    with program(folder, UNUSABLE) as terminal:
        terminal.wait_for(trains)
        for key, place in (("g", "action"), ("n", "callback"), ("l", "handler"), ("o", "timer")):
            terminal.press(key)
            terminal.wait_for(f"/no/such/{place}")
            lives(terminal)
        terminal.press("q")
        terminal.wait_for("stop and discard")
        terminal.press("right", "enter")
        assert terminal.wait() == 0


def test_a_terminal_that_cannot_draw_gets_a_run_without_a_screen(start):
    terminal = start("small.toml", "--epochs", "3", TERM="dumb")
    assert terminal.wait(20) == 0
    output = bytes(terminal.raw)
    assert b"TERM=dumb" in output
    assert TABLE.search(output.decode())
    assert b"\x1b[?" not in output.replace(b"\x1b[?25", b"")


@pytest.mark.parametrize("command", [(), ("run",)])
def test_a_working_folder_that_is_gone_is_told_in_a_line(command, folder):
    away = folder / "away"
    away.mkdir()
    (away / "small.toml").write_text(PRESET)
    words = f'cd "{away}" && rm -r "{away}" && exec "{REGTUI}" {" ".join(command)} dropout'
    with Terminal(["/bin/sh", "-c", words], 120, 36, environment(folder), folder) as terminal:
        assert terminal.wait() == 2
        output = bytes(terminal.raw).decode()
        assert output == "regtui: the folder it was started in is not there any more: change to another one (cd)\r\n"
