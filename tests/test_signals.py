"""The end by a signal in every state of the program: with the signal's code, and the terminal given back."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.small import CURSOR_ON, LEFT_ALTERNATE, environment, epoch, gone, trains
from tests.states import importing, loading, opening, quitting, training, write_large
from tests.terminal import REGTUI, Terminal, patient

ASKED = re.compile(rb"\x1b\[\?(\d+)h")


def given_back(terminal: Terminal, modes: list[object]) -> bytes:
    """What the program has left in the terminal, which is as it was."""
    sent = bytes(terminal.raw)
    assert terminal.modes[:4] == modes[:4], "the keyboard is still raw"
    assert b"\x1b[?1049h" in sent
    for mode in set(ASKED.findall(sent)) - {b"7", b"25"}:
        assert sent.rfind(b"\x1b[?%sl" % mode) > sent.rfind(b"\x1b[?%sh" % mode), mode
    assert sent.rfind(CURSOR_ON) > sent.rfind(b"\x1b[?25l")
    assert b"Traceback" not in sent
    return sent.rpartition(LEFT_ALTERNATE)[2]


def blocked(terminal: Terminal) -> None:
    """Read no more, until the program cannot send any more either."""
    waiting, quiet = -1, 0
    while quiet < 10:
        terminal.resize(121 if quiet % 2 else 120, 36)
        time.sleep(0.05)
        before, waiting = waiting, struct.unpack("i", fcntl.ioctl(terminal._fd, termios.FIONREAD, b"\0" * 4))[0]
        quiet = quiet + 1 if waiting == before else 0
    assert waiting > 0


@pytest.fixture(scope="module")
def large(folder):
    """What `loading` loads."""
    write_large(folder)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("state", [opening, loading, training, quitting])  # `make attack` tries all
def test_sigterm_ends_it_and_the_terminal_is_as_it_was(state, start, folder):
    terminal = start("large.toml" if state is loading else "small.toml", "--set", "model.hidden=[64]")
    modes = terminal.modes
    state(terminal)
    terminal.signal(signal.SIGTERM)
    assert terminal.wait() == 128 + signal.SIGTERM
    given_back(terminal, modes)
    assert gone(terminal.pid)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("state", [opening, loading, quitting])
def test_a_terminal_that_goes_away_takes_the_program_with_it(state, start, folder):
    preset = "large.toml" if state is loading else "small.toml"
    terminal = start(preset, "--set", "model.hidden=[64]", "--on-hangup", "stop")
    state(terminal)
    terminal.hang_up()
    assert terminal.wait_unread() == 128 + signal.SIGHUP
    assert gone(terminal.pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_terminal_that_does_not_read_holds_up_no_end(number, start):
    terminal = start()
    modes = terminal.modes
    terminal.wait_for(trains)
    blocked(terminal)
    terminal.signal(number)
    assert terminal.wait_unread() == 128 + number
    while terminal.read(0.1):
        pass
    given_back(terminal, modes)


def test_a_terminal_that_does_not_read_and_goes_away_takes_the_program_with_it(start):
    terminal = start("small.toml", "--on-hangup", "stop")
    terminal.wait_for(trains)
    blocked(terminal)
    terminal.hang_up()
    assert terminal.wait_unread() == 128 + signal.SIGHUP


DEADLY = ["SIGHUP", "SIGQUIT", "SIGUSR1", "SIGALRM", "SIGABRT"]


@pytest.mark.parametrize("name", [name for name in DEADLY if hasattr(signal, name)])
def test_no_signal_that_ends_it_leaves_the_terminal_raw(name, start):
    number = getattr(signal, name)
    terminal = start("small.toml", "--paused")
    modes = terminal.modes
    terminal.wait_for("5 knobs")
    terminal.signal(number)
    assert terminal.wait() == 128 + number
    given_back(terminal, modes)


# Ctrl-C --------------------------------------------------------------------------------------------------------------


def test_ctrl_c_from_outside_ends_it_at_once_with_the_table_so_far(start):
    terminal = start()
    modes = terminal.modes
    terminal.wait_for(trains)
    terminal.signal(signal.SIGINT)
    assert terminal.wait() == 130
    left = given_back(terminal, modes).decode()
    assert "test acc" in " ".join(left.split()) or "interrupted" in left
    assert "again: regtui small.toml" in left


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("state", [opening, loading])
def test_ctrl_c_from_outside_ends_it_in_any_state(state, start, folder):
    terminal = start("large.toml" if state is loading else "small.toml")
    modes = terminal.modes
    state(terminal)
    terminal.signal(signal.SIGINT)
    assert terminal.wait() == 130
    given_back(terminal, modes)


def test_a_second_ctrl_c_does_not_wait_for_the_table(start):
    terminal = start()
    modes = terminal.modes
    terminal.wait_for(trains)
    terminal.signal(signal.SIGINT)
    terminal.signal(signal.SIGINT)
    assert terminal.wait() == 130
    given_back(terminal, modes)


@pytest.mark.parametrize(("times", "pause"), [(1, 0.0), (1, 0.1), (2, 0.2), (8, 0.03)])
def test_ctrl_c_while_a_run_is_ending_leaves_no_traceback(pause, times, folder):
    process = subprocess.Popen(
        [REGTUI, "run", "small.toml", "--epochs", "3"], cwd=folder, env={**os.environ, **environment(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline()  # the table is being printed
        for _ in range(times):
            time.sleep(pause)
            process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=patient(10))
        assert process.returncode in (0, 130, -signal.SIGINT)
        assert err == ""
    finally:
        process.kill()
        process.communicate()


# Stopped and gone on -------------------------------------------------------------------------------------------------


def stopped(pid: int) -> bool:
    _, status = os.waitpid(pid, os.WUNTRACED | os.WNOHANG)
    return os.WIFSTOPPED(status)


def stop(terminal: Terminal, number: int) -> None:
    terminal.signal(number)
    end = time.perf_counter() + patient(5)
    while not stopped(terminal.pid):
        assert time.perf_counter() < end, "not stopped"
        terminal.read(0.02)
    terminal.watch(0.2)


@pytest.mark.parametrize("state", [opening, importing, training])
def test_stopped_it_gives_the_terminal_back_and_going_on_it_shows_all_again(state, start, folder):
    terminal = start()
    modes = terminal.modes
    state(terminal)
    for _ in range(3):
        stop(terminal, signal.SIGTSTP)
        given_back(terminal, modes)
        sent = len(terminal.raw)
        assert not terminal.read(0.3), "it draws while it is stopped"
        terminal.screen.reset()
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("Two moons")  # the first line
        terminal.wait_for("5 knobs")
        asked = set(ASKED.findall(bytes(terminal.raw[sent:])))
        mouse_and_more = set() if state is opening else {b"1000", b"1002", b"1006", b"2004", b"1004"}
        assert {b"1049"} | mouse_and_more <= asked
        assert b"1003" not in asked
        assert terminal.modes[3] != modes[3]
    before = epoch(terminal)
    terminal.wait_for(lambda _: epoch(terminal) > before, timeout=15)
    terminal.press("space")
    terminal.wait_for("paused")
    terminal.signal(signal.SIGTERM)
    assert terminal.wait() == 128 + signal.SIGTERM
    given_back(terminal, modes)


def test_stopped_without_a_warning_it_shows_all_again_too(start):
    terminal = start()
    modes = terminal.modes
    terminal.wait_for(trains)
    stop(terminal, signal.SIGSTOP)
    terminal.screen.reset()
    terminal.signal(signal.SIGCONT)
    terminal.wait_for("Two moons")
    terminal.press("space")
    terminal.wait_for("paused")
    terminal.signal(signal.SIGTERM)
    assert terminal.wait() == 128 + signal.SIGTERM
    given_back(terminal, modes)


def test_stopped_and_told_to_end_it_ends_when_it_goes_on(start):
    terminal = start()
    modes = terminal.modes
    terminal.wait_for(trains)
    stop(terminal, signal.SIGTSTP)
    terminal.signal(signal.SIGTERM)
    terminal.signal(signal.SIGCONT)
    assert terminal.wait() == 128 + signal.SIGTERM
    given_back(terminal, modes)


def test_a_terminal_that_goes_away_while_it_is_stopped_takes_the_program_with_it(start):
    terminal = start("small.toml", "--on-hangup", "stop")
    terminal.wait_for(trains)
    stop(terminal, signal.SIGTSTP)
    terminal.hang_up()  # which sends SIGHUP and SIGCONT
    assert terminal.wait_unread() == 128 + signal.SIGHUP


# tmux ----------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
@pytest.mark.parametrize("keys", [("q", "Enter"), ("f",)])
def test_nothing_trains_on_after_a_multiplexer_was_killed(keys, folder):
    name = f"regtui-{os.getpid()}-{'-'.join(keys)}"

    def tmux(*words: str) -> str:
        command = ["tmux", "-L", name, "-f", "/dev/null", *words]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout

    variables = [f"{key}={value}" for key, value in environment(folder).items()]
    tmux("new-session", "-d", "-x", "120", "-y", "36", "env", *variables, REGTUI, "small.toml", "--on-hangup", "stop")
    pid = int(tmux("list-panes", "-F", "#{pane_pid}"))
    try:
        end = time.perf_counter() + patient(20)
        while not trains(tmux("capture-pane", "-p")):
            assert time.perf_counter() < end
            time.sleep(0.1)
        for columns, lines in ((90, 30), (50, 10), (140, 45), (120, 36)):
            tmux("resize-window", "-x", str(columns), "-y", str(lines))
        with Terminal([shutil.which("tmux"), "-L", name, "attach"], 100, 30) as person:
            person.wait_for("Two moons")
            tmux("detach-client")
            person.wait()
        for key in keys:
            tmux("send-keys", key)
        tmux("resize-window", "-x", "100", "-y", "40")
    finally:
        tmux("kill-server")
    end = time.perf_counter() + patient(10)
    while not gone(pid):
        assert time.perf_counter() < end, "still running"
        time.sleep(0.02)


def test_the_last_resort_ends_a_program_whose_main_thread_hangs(start, folder):
    (folder / "hangs.py").write_text(
        "import sys, time\nfrom tui.app import RegtuiApp\nRegtuiApp.on_end_requested = lambda *_: time.sleep(600)\n"
        "from tui.cli import main\nsys.exit(main())\n"
    )
    variables = {**environment(folder), "PYTHONPATH": str(Path(__file__).parents[1])}
    with Terminal([sys.executable, "hangs.py", "small.toml"], 120, 36, variables, folder) as terminal:
        modes = terminal.modes
        terminal.wait_for(trains)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 128 + signal.SIGTERM
        given_back(terminal, modes)
