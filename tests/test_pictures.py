"""Pictures in a real pseudo-terminal that answers as kitty or xterm would, or as one that knows none of it."""

from __future__ import annotations

import importlib.util
import re
import signal

import pytest

from tests.small import soon
from tests.terminal import Terminal

KITTY_COMMAND, SIXELS, PLACEHOLDER = b"\x1b_G", b"\x1bP", "\U0010eeee".encode()
ASKED = b"\x1b[c"
KITTY_ANSWERS = b"\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;52;c"
XTERM_ANSWERS = b"\x1b[6;20;10t\x1b[?64;1;2;4;22c"
TERMINALS = {"kitty": {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, "xterm": {"XTERM_VERSION": "XTerm(390)"}}
needs_package = pytest.mark.skipif(importlib.util.find_spec("textual_image") is None, reason="no textual-image")


@pytest.fixture(autouse=True)
def _another_terminal(monkeypatch):
    """None of what the terminal says of itself in which the tests run."""
    for name in ("KITTY_WINDOW_ID", "TERM_PROGRAM", "XTERM_VERSION", "KONSOLE_VERSION", "WT_SESSION", "WEZTERM_PANE",
                 "MLTERM", "TMUX", "STY"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def opened(start, name: str, *arguments: str, **variables: str) -> Terminal:
    terminal: Terminal = start("small.toml", "--no-record", *arguments, **TERMINALS.get(name, {}), **variables)
    terminal.watching = False  # pyte knows no pictures
    return terminal


def wait_for(terminal: Terminal, pattern: bytes, since: int = 0) -> re.Match[bytes]:
    """Read until it is sent."""
    for _ in range(600):
        if found := re.search(pattern, bytes(terminal.raw[since:]), re.DOTALL):
            return found
        terminal.read(0.1)
    raise AssertionError(f"not sent: {pattern!r}")


@needs_package
def test_kitty_shows_the_boundary_hides_it_behind_a_dialog_and_forgets_it_in_the_end(start):
    terminal = opened(start, "kitty")
    wait_for(terminal, re.escape(ASKED))
    assert terminal.raw.count(b"\x1b[?1049h") == 1
    terminal.send(KITTY_ANSWERS)
    id = wait_for(terminal, rb"\x1b_Ga=p,i=(\d+),c=\d+,r=\d+,U=1,q=2\x1b\\.*" + PLACEHOLDER)[1]
    assert b"\x1b_Gi=" + id + b",m=" in terminal.raw

    # A dialog lies over no picture: all are deleted, and none comes before it has gone.
    asked = len(terminal.raw)
    terminal.press("?")
    wait_for(terminal, rb"what every key and every setting does", asked)
    wait_for(terminal, rb"\x1b_Ga=d,d=I,i=\d+,q=2\x1b\\\x1b8", asked)
    quiet = len(terminal.raw)
    terminal.watch(1.5)
    assert KITTY_COMMAND not in terminal.raw[quiet:]
    assert PLACEHOLDER not in terminal.raw[quiet:]
    closed = len(terminal.raw)
    terminal.press("escape")
    wait_for(terminal, rb"\x1b_Ga=p,i=\d+.*" + PLACEHOLDER, closed)

    terminal.signal(signal.SIGTERM)
    terminal.wait(5 * soon())
    sent = bytes(terminal.raw)
    made = set(re.findall(rb"\x1b_Ga=p,i=(\d+),", sent))
    assert made == set(re.findall(rb"\x1b_Ga=d,d=I,i=(\d+),", sent)), "what is made is deleted"
    assert sent.rindex(b"\x1b_Ga=d") < sent.rindex(b"\x1b[?1049l")
    assert SIXELS not in sent


@needs_package
def test_a_stop_takes_the_pictures_away_and_going_on_sends_them_again(start):
    terminal = opened(start, "kitty", "--pictures", "kitty")
    wait_for(terminal, rb"\x1b_Ga=p,i=\d+.*" + PLACEHOLDER)
    stopped = len(terminal.raw)
    terminal.signal(signal.SIGTSTP)
    wait_for(terminal, rb"\x1b_Ga=d,d=I,i=\d+,q=2\x1b\\\x1b\[\?2026l", stopped)
    going_on = len(terminal.raw)
    terminal.signal(signal.SIGCONT)
    wait_for(terminal, rb"\x1b\[\?1049h.*\x1b_Ga=p,i=\d+.*" + PLACEHOLDER, going_on)
    assert ASKED not in terminal.raw, "who chose is not asked about"


@needs_package
def test_xterm_shows_sixels_of_the_size_of_its_cells(start):
    terminal = opened(start, "xterm")
    wait_for(terminal, re.escape(ASKED))
    terminal.send(XTERM_ANSWERS)
    size = wait_for(terminal, rb'\x1b\[\d+;\d+H\x1bP0;0;0q"1;1;(\d+);(\d+)[^\x1b]+\x1b\\')
    assert int(size[1]) % 10 == int(size[2]) % 20 == 0
    terminal.signal(signal.SIGTERM)
    terminal.wait(5 * soon())
    assert KITTY_COMMAND not in terminal.raw


@pytest.mark.parametrize("name", ["plain", pytest.param("kitty", marks=needs_package)])
def test_no_picture_is_sent_to_a_terminal_that_has_not_said_that_it_can(start, name):
    terminal = opened(start, name)
    wait_for(terminal, rb"decision boundary.*\xe2\x96\x80")  # half-blocks
    terminal.watch(1.0)
    question = rb"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\" if name == "kitty" else b"nothing of the kind"
    sent = re.sub(question, b"", bytes(terminal.raw), count=1)
    assert (ASKED in sent) == (name == "kitty")
    assert KITTY_COMMAND not in sent
    assert SIXELS not in sent
    assert PLACEHOLDER not in sent
