"""The judge of the attacks: a judge that lets everything pass would prove nothing."""

import os
import signal
import time

import pytest

from tests.attack.judge import Outcome, fault
from tests.attack.pool import Limits, forked
from tests.attack.restored import left_changed

REFUSED = b"regtui: mine.toml:3: training.lr = -1: must be above 0\n"


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(0, b"mine.toml: valid\n"),
        Outcome(2, b"", REFUSED),
        Outcome(2, b"", b"regtui: reading 16 images of pictures\n" + REFUSED),
    ],
)
def test_what_was_done_or_refused_in_a_line_is_right(outcome):
    assert fault(outcome) is None


@pytest.mark.parametrize(
    ("outcome", "complaint"),
    [
        (Outcome(None, seconds=20), "still running after 20 s"),
        (Outcome(-11), "killed by signal 11"),
        (Outcome(1, b"", b"regtui: RecursionError: too deep\n"), "exit code 1"),
        (Outcome(0, b"", b"Traceback (most recent call last):\n"), "a traceback"),
        (Outcome(2, b"", REFUSED + REFUSED), "refused in 2 lines"),
        (Outcome(2), "refused in 0 lines"),
        (Outcome(2, b"", b"regtui: " + b"x" * 300), "a line of 308 characters"),
        (Outcome(0, b"", b"Image.py:3593: DecompressionBombWarning\n"), "not the program's own"),
        (Outcome(0, b"\x1b]52;c;aGk=\x07"), "U+001B"),
        (Outcome(0, b"\xff"), "not UTF-8"),
    ],
)
def test_everything_else_is_wrong(outcome, complaint):
    assert complaint in fault(outcome)


def test_a_case_that_ends_badly_hangs_or_takes_all_memory_is_seen_and_the_next_one_is_tried():
    def attempt(number):
        match number:
            case 1:
                os.kill(os.getpid(), signal.SIGKILL)
            case 2:
                time.sleep(60)
            case 3:
                bytearray(1 << 40)
            case 4:
                os._exit(7)
        os.write(1, b"done %d" % number)
        return 0

    outcomes = dict(forked(range(6), attempt, 2, Limits(seconds=1.0)))
    assert {number: outcome.code for number, outcome in outcomes.items()} == {0: 0, 1: -9, 2: None, 3: 1, 4: 7, 5: 0}
    assert b"MemoryError" in outcomes[3].err
    assert (outcomes[0].out, outcomes[5].out) == (b"done 0", b"done 5")


def test_an_interrupted_case_may_end_by_itself():
    def attempt(number):
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            return 130
        return 0

    assert [outcome.code for _, outcome in forked([0], attempt, 1, Limits(seconds=0.5, interrupt=True))] == [130]


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (b"\x1b[?1049h\x1b[?25l\x1b[?1000;1006h\x1b[?1000;1006l\x1b[?25h\x1b[?1049l", None),
        (b"\x1b[?1049h\x1b[?25l\x1b[?1049l", "the cursor (25) left off"),
        (b"\x1b[?1002h", "reports of the mouse (1002) left on"),
        (b"\x1b[>25u", "kitty's keyboard protocol left on"),
    ],
)
def test_what_is_left_of_a_program_in_its_terminal_is_found(sent, complaint):
    assert left_changed(sent) == complaint
