"""Every signal in every state: gone within two seconds with the terminal as it was, or stopped and back again."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.attack.dashboard import Dashboard
from tests.attack.judge import Case, soon
from tests.attack.restored import left_changed, left_raw

SIGNALS = ("INT", "TERM", "HUP", "QUIT", "USR1", "TSTP", "line")  # "line": the terminal itself goes


def _loading(dashboard: Dashboard) -> None:
    dashboard.wait_for("importing torch")


def _paused(dashboard: Dashboard) -> None:
    dashboard.trains()
    dashboard.send(b" ")
    dashboard.wait_for("paused")


def _finished(dashboard: Dashboard) -> None:
    dashboard.wait_for(lambda shown: " 3/3 epochs" in shown)
    dashboard.watch(1.0)  # until the test is over


def _blocked(dashboard: Dashboard) -> None:
    """Nobody reads what it writes, until it cannot write any more."""
    dashboard.trains()
    dashboard.send(b"t")  # the whole screen in other colours
    time.sleep(3)


def _sweeping(dashboard: Dashboard) -> None:
    dashboard.trains()
    dashboard.send(b"f")
    dashboard.watch(0.4)


def _exporting(dashboard: Dashboard) -> None:
    dashboard.trains()
    dashboard.send(b"e")
    dashboard.wait_for("export as")
    dashboard.send(b"\r")


def _helping(dashboard: Dashboard) -> None:
    """With a dialog on the screen, the cursor in a field, and a key on its way."""
    dashboard.trains()
    dashboard.send(b"w")
    dashboard.wait_for("Write the experiment as")
    dashboard.send(b"x")


def _quitting(dashboard: Dashboard) -> None:
    dashboard.trains()
    dashboard.send(b"q")
    dashboard.wait_for("stop and keep")
    dashboard.send(b"\r")


STATES: dict[str, Callable[[Dashboard], None]] = {
    "loading": _loading, "training": Dashboard.trains, "paused": _paused, "finished": _finished,
    "blocked output": _blocked, "sweeping learning rates": _sweeping, "exporting": _exporting, "in a dialog": _helping,
    "quitting": _quitting,
}  # fmt: skip
_CASES = [(state, name) for state in STATES for name in SIGNALS]
COUNT = len(_CASES)
ABOUT = f"{', '.join(SIGNALS)} while {', '.join(STATES)}"


def attack(numbers: Sequence[int], seed: int, workers: int, keep: Path | None) -> Iterator[Case]:
    """Try the pairs of state and signal of these numbers."""
    with tempfile.TemporaryDirectory(prefix="regtui-attack-") as scratch:
        for number in numbers:
            state, name = _CASES[number % COUNT]
            home = (keep or Path(scratch)) / str(number)
            options = ("small.toml", "--on-hangup", "stop", *(("--epochs", "3") if state == "finished" else ()))
            with Dashboard(home, *options) as dashboard:
                try:
                    STATES[state](dashboard)
                    wrong = _stopped_and_back(dashboard, state) if name == "TSTP" else _gone(dashboard, state, name)
                except AssertionError as error:
                    wrong = " ".join(str(error).split())[:300]
            yield Case(number, wrong and f"{name} while {state}: {wrong}")


def _gone(dashboard: Dashboard, state: str, name: str) -> str | None:
    """What is wrong with how it ended, or None."""
    number = signal.SIGHUP if name == "line" else getattr(signal, f"SIG{name}")
    began = time.monotonic()
    if name == "line":
        dashboard.hang_up()
    else:
        dashboard.signal(number)
    while time.monotonic() - began < 15:
        pid, status = os.waitpid(dashboard.pid, os.WNOHANG)
        if pid:
            dashboard.code = os.waitstatus_to_exitcode(status)
            break
        if name != "line" and state != "blocked output":
            dashboard.read_raw(0.02)
        else:
            time.sleep(0.02)
    took = time.monotonic() - began
    if dashboard.code is None:
        return f"still there after {took:.0f} s"
    if took > (allowed := soon()):
        return f"gone after {took:.1f} s (allowed: {allowed:.1f})"
    right = {128 + number, -number} | ({0} if state == "quitting" else set())
    if dashboard.code not in right:
        return f"exit code {dashboard.code}, expected {128 + number}"
    if name == "line":
        return None
    wrong = left_raw(dashboard.fd)
    if state != "blocked output":  # there the end of what it sent had no place in the line
        while dashboard.read_raw(0):
            pass
        wrong = wrong or left_changed(bytes(dashboard.raw))
        if b"Traceback" in dashboard.raw:
            wrong = f"a traceback: {dashboard.last_words!r}"
    return wrong


def _stopped_and_back(dashboard: Dashboard, state: str) -> str | None:
    """What is wrong with how it stopped and came back, or None."""
    dashboard.signal(signal.SIGTSTP)
    began = time.monotonic()
    while time.monotonic() - began < 15:
        pid, status = os.waitpid(dashboard.pid, os.WNOHANG | os.WUNTRACED)
        if pid and os.WIFSTOPPED(status):
            break
        if pid:
            dashboard.code = os.waitstatus_to_exitcode(status)
            return None if state == "quitting" and dashboard.code == 0 else f"ended with {dashboard.code}"
        if state != "blocked output":
            dashboard.read_raw(0.02)
    else:
        return "not stopped after 15 s"
    if (took := time.monotonic() - began) > (allowed := soon()):
        return f"stopped after {took:.1f} s (allowed: {allowed:.1f})"
    while dashboard.read_raw(0.1):
        pass
    if state != "blocked output" and (wrong := left_changed(bytes(dashboard.raw)) or left_raw(dashboard.fd)):
        return f"stopped, {wrong}"
    dashboard.blank()
    dashboard.signal(signal.SIGCONT)
    if state == "quitting":
        return None if dashboard.wait() == 0 else f"ended with {dashboard.code}"
    dashboard.wait_for(lambda shown: "regtui" in shown.splitlines()[0], 10)
    dashboard.answers()
    if not any(switch in dashboard.raw[dashboard.blanked :] for switch in (b"\x1b[?1000h", b"\x1b[?1002h")):
        return "back without the mouse"
    dashboard.goes_on()
    dashboard.quits()
    return None
