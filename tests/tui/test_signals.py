"""Promises of the signals' thread by itself; tests/test_signals.py sends them to the installed program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tui.signals import Signals

ROOT = Path(__file__).parents[2]


def ended(code: str) -> subprocess.CompletedProcess[str]:
    """A program of its own, since a signal may be its end."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


BEGIN = """
import os, signal, sys, threading, time
import tui.signals
from tui.signals import Ended, Signals
tui.signals.GRACE = tui.signals.GRACE_WITH_TABLE = 50.0  # the last resort does not come into it
def sent(*numbers):
    for number in numbers:
        os.kill(os.getpid(), number)
        time.sleep(0.1)  # two at once may be one
def until(holds):
    while not holds():
        time.sleep(0.01)
"""


def test_ctrl_c_while_a_run_may_end_in_good_order_is_only_noted() -> None:
    completed = ended(f"""{BEGIN}
with Signals() as signals:
    signals.graceful = True
    sent(signal.SIGINT)
    until(lambda: signals.interrupted)
    signals.check()
print("in good order")
""")
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "in good order\n", "")


def test_a_second_ctrl_c_is_the_end_though_the_first_was_only_noted() -> None:
    completed = ended(f"""{BEGIN}
with Signals() as signals:
    signals.graceful = True
    sent(signal.SIGINT, signal.SIGINT)
    try:
        while True:
            signals.check()
    except Ended as end:
        print(signals.interrupted, end.code)
""")
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "True 130\n", "")


def test_a_ctrl_c_after_the_one_that_ends_it_does_not_wait_for_the_end_in_good_order() -> None:
    completed = ended(f"""{BEGIN}
with Signals() as signals:
    asked = []
    signals.on_end = asked.append  # who never ends
    sent(signal.SIGINT)
    until(lambda: asked)
    sent(signal.SIGTERM)
    print(asked, flush=True)
    sent(signal.SIGINT)
    time.sleep(10)
""")
    assert (completed.returncode, completed.stdout, completed.stderr) == (130, "[2]\n", "")


def test_who_does_not_end_in_time_is_ended_with_the_signals_code() -> None:
    completed = ended(f"""{BEGIN}
tui.signals.GRACE = 0.2
with Signals() as signals:
    sent(signal.SIGTERM)
    time.sleep(10)
""")
    assert completed.returncode == 128 + signal.SIGTERM


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals are the main thread's")
def test_left_it_leaves_handlers_wakeup_and_files_as_they_were() -> None:
    watched = [number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]
    mine = os.pipe()
    os.set_blocking(mine[1], False)
    before_wakeup = signal.set_wakeup_fd(mine[1], warn_on_full_buffer=False)
    try:
        before = [signal.getsignal(number) for number in watched]
        with Signals() as signals:
            assert signal.getsignal(signal.SIGTERM) not in before
            pipe = signals._pipe
        assert [signal.getsignal(number) for number in watched] == before
        assert signal.set_wakeup_fd(mine[1], warn_on_full_buffer=False) == mine[1]
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(pipe[1])
        listener = [thread for thread in threading.enumerate() if thread.name == "regtui-signals"]
        for thread in listener:
            thread.join(20)
            assert not thread.is_alive()
    finally:
        signal.set_wakeup_fd(before_wakeup)
        for end in mine:
            os.close(end)
