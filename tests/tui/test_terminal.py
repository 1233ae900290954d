"""What is sent to a terminal at the last moment, whatever the other threads do."""

from __future__ import annotations

import itertools
import os
import pty
import select

import pytest

from tui.terminal import send


@pytest.fixture
def line():
    """Both sides of a pseudo-terminal: the person's, and the program's, which does not block."""
    person, program = pty.openpty()
    os.set_blocking(program, False)
    yield person, program
    os.close(person)
    os.close(program)


@pytest.fixture
def held_up(monkeypatch):
    """Between any two looks at the clock another thread holds Python's lock for a minute."""
    clock = itertools.count(0.0, 60.0)
    monkeypatch.setattr("tui.terminal.time.monotonic", lambda: next(clock))


def test_the_last_words_are_sent_to_a_terminal_that_takes_them_however_late(line, held_up):
    person, program = line
    send(program, b"bye")
    assert select.select([person], [], [], 5)[0]
    assert os.read(person, 10) == b"bye"


def test_a_terminal_that_takes_nothing_holds_up_no_end(line, held_up, monkeypatch):
    _, program = line

    def full(*_: object) -> int:
        raise BlockingIOError

    monkeypatch.setattr("tui.terminal.os.write", full)
    send(program, b"bye")
