"""Promises of who is asked about pictures, and of what is made of the answers."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios

import pytest

from tui.graphics.terminals import Answers, candidate, measured_cell, question

KITTY = b"\x1b_Gi=31;OK\x1b\\"
CELL = b"\x1b[6;18;9t"
SIXEL, NO_SIXEL = b"\x1b[?62;4;22c", b"\x1b[?64;1;22c"


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "linux"}, None),
        ({}, None),
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "sixel"),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(390)"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, None),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "screen", "XTERM_VERSION": "XTerm(390)"}, None),
        ({"TERM": "xterm-kitty", "STY": "1.pts-0"}, None),
    ],
)
def test_terminals_that_may_know_pictures_are_asked_and_others_are_not(environment, protocol):
    assert candidate(environment) == protocol


@pytest.mark.parametrize(
    ("protocol", "sent", "known", "cell"),
    [
        ("kitty", KITTY + CELL + NO_SIXEL, True, (9, 18)),
        ("kitty", b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\" + NO_SIXEL, False, None),
        ("kitty", SIXEL, False, None),
        ("sixel", CELL + SIXEL, True, (9, 18)),
        ("sixel", NO_SIXEL, False, None),
        ("sixel", b"\x1b[?4c", False, None),  # the class of the terminal, not what it can
        ("sixel", b"\x1b[6;0;0t" + SIXEL, True, None),
    ],
)
def test_answers_are_taken_out_of_what_is_typed_in_whatever_pieces_they_come(protocol, sent, known, cell):
    for pieces in ([sent], [sent[place : place + 1] for place in range(len(sent))], [sent[:5], sent[5:]]):
        answers = Answers(protocol)
        typed = b"".join(map(answers.take, [b"q", *pieces]))
        assert (typed, answers.complete, answers.known, answers.cell) == (b"q", True, known, cell)
        assert answers.take(KITTY) == KITTY, "who asked once takes one answer"


def test_keys_that_look_like_the_beginning_of_an_answer_are_keys_after_a_moment():
    answers = Answers("kitty")
    assert answers.take(b"a\x1b") == b"a"
    assert answers.release() == b"\x1b"
    assert answers.take(b"\x1b[A") == b"\x1b[A"
    assert answers.take(b"\x1b[?62;") == b""
    assert answers.release() == b"", "the rest of an answer may be on its way"
    assert answers.release(everything=True) == b"\x1b[?62;"
    assert answers.take(b"x") == b"x"


def test_only_one_kind_of_picture_is_asked_about():
    assert "\x1b_G" in question("kitty")
    assert "\x1b_G" not in question("sixel")
    assert question("sixel").endswith("\x1b[c")


@pytest.mark.parametrize(
    ("size", "cell"), [((24, 80, 800, 480), (10, 20)), ((24, 80, 0, 0), None), ((24, 80, 80, 24), None)]
)
def test_the_size_of_a_cell_is_measured_where_the_system_knows_it(size, cell):
    person, program = pty.openpty()
    try:
        fcntl.ioctl(person, termios.TIOCSWINSZ, struct.pack("HHHH", *size))
        assert measured_cell(program) == cell
    finally:
        os.close(person)
        os.close(program)
