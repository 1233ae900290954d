"""What the dashboard costs and how quickly it answers, in a real pseudo-terminal of 160x45."""

from __future__ import annotations

import re
import subprocess
import sys
import time

from tests.benchmarks.result import Result
from tests.terminal import REGTUI, Terminal

LONG = ["dropout", "--epochs", "100000"]
_EPOCHS = re.compile(r"(\d+)/\d+ epochs")

_HEADLESS = """
import sys, time
from engine.lab import Lab
from engine.preset import load_preset
lab = Lab(load_preset("dropout", epochs=100000), "cpu")
def until(seconds):
    begin, epochs = time.perf_counter(), lab.epoch
    while time.perf_counter() - begin < seconds:
        lab.advance()
    return (lab.epoch - epochs) / (time.perf_counter() - begin)
until(2)
print(until(float(sys.argv[1])))
"""


def headless_rate(seconds: float) -> float:
    """Epochs a second of the preset `dropout` with no screen, in a process of its own."""
    completed = subprocess.run(
        [sys.executable, "-c", _HEADLESS, str(seconds)], capture_output=True, text=True, check=True
    )
    return float(completed.stdout)


def _epoch(terminal: Terminal) -> int:
    found = _EPOCHS.search(terminal.text)
    return int(found[1]) if found else 0


def _full_speed(terminal: Terminal) -> None:
    terminal.wait_for(lambda shown: "training" in shown and _EPOCHS.search(shown) is not None, 30)
    terminal.press(*">>>>>>>>")
    terminal.wait_for("speed max")
    terminal.watch(2.0)


def _rate(terminal: Terminal, seconds: float) -> tuple[float, float, float]:
    """Epochs, frames and bytes a second while training; the epochs by the screen's own counter."""
    # The terminal's emulator is written in Python and would take a core of its own: it only looks at both ends.
    first = _at_a_change(terminal)
    begin = time.perf_counter()
    terminal.watching = False
    start = len(terminal.raw)
    terminal.watch(seconds)
    terminal.watching = True
    terminal._stream.feed(bytes(terminal.raw[start:]))
    last = _at_a_change(terminal)
    end = time.perf_counter()
    return (
        (last - first) / (end - begin),
        terminal.bursts_between(begin, begin + seconds) / seconds,
        terminal.bytes_between(begin, begin + seconds) / seconds,
    )


def _at_a_change(terminal: Terminal) -> int:
    """The epoch shown just after it has changed."""
    before = _epoch(terminal)
    terminal.wait_for(lambda _: _epoch(terminal) != before)
    return _epoch(terminal)


def dashboard(seconds: float = 12.0) -> list[Result]:
    """Training speed under the dashboard against headless, interleaved, and the bytes it sends."""
    ratios, frames, sent, paused = [], [], [], 0.0
    for _ in range(2):
        alone = headless_rate(seconds)
        with Terminal([REGTUI, *LONG]) as terminal:
            _full_speed(terminal)
            rate, frame_rate, received = _rate(terminal, seconds)
            terminal.press("space")
            terminal.wait_for("paused")
            terminal.watch(1.0)
            begin = time.perf_counter()
            terminal.watch(4.0)
            paused = max(paused, terminal.bytes_between(begin, begin + 4.0) / 4.0)
        ratios.append((rate / alone, rate, alone))
        frames.append(frame_rate)
        sent.append(received)
    ratio, rate, alone = max(ratios)
    frame_rate = min(frames)
    return [
        Result(
            "epochs a second under the dashboard against headless",
            "at least 0.93 at 2 frames/s",
            f"{ratio:.2f} ({rate:.0f} against {alone:.0f}) at {frame_rate:.1f} frames/s",
            ratio >= 0.93 and frame_rate >= 2,
        ),
        Result("bytes a second while training", "under 40 KB", f"{max(sent) / 1e3:.1f} KB", max(sent) < 40e3),
        Result("bytes a second while paused", "under 1 KB", f"{paused / 1e3:.2f} KB", paused < 1e3),
    ]


def keys(presses: int = 200) -> list[Result]:
    """From a key pressed while training at full speed to its effect on the screen."""
    waits = []
    with Terminal([REGTUI, *LONG]) as terminal:
        _full_speed(terminal)
        for _ in range(presses):
            before = _chosen(terminal)
            begin = time.perf_counter()
            terminal.press("down")
            while _chosen(terminal) == before and time.perf_counter() - begin < 2:
                terminal.read(0.5)
            waits.append(time.perf_counter() - begin)
            terminal.watch(0.03)
    waits.sort()
    worst = waits[int(len(waits) * 0.99) - 1]
    return [
        Result(
            f"a key answered on screen, 99th percentile of {presses} presses",
            "under 50 ms",
            f"{worst * 1e3:.0f} ms (median {waits[len(waits) // 2] * 1e3:.0f} ms)",
            worst < 0.05,
        )
    ]


def _chosen(terminal: Terminal) -> str:
    """The chosen knob's line, the only one with an arrow: by its words, since a full list scrolls under its place."""
    return next((line[line.index("◂") - 30 :] for line in terminal.screen.display if "◂" in line), "")


def start() -> list[Result]:
    """From the start of the process to the first frame, the dashboard, and the curve's first point; best of three."""
    frames, dashboards, points = [], [], []
    for _ in range(3):
        with Terminal([REGTUI]) as terminal:
            terminal.wait_for("opening")
            frames.append(terminal.received[-1][0] - terminal.started)
            terminal.wait_for("more knobs")
            dashboards.append(terminal.received[-1][0] - terminal.started)
            terminal.wait_for(lambda shown: re.search(r"best [0-9.]+ at", shown) is not None, 30)
            points.append(terminal.received[-1][0] - terminal.started)
    return [
        Result("first frame after start", "under 0.5 s", f"{min(frames):.2f} s", min(frames) < 0.5),
        Result("the whole dashboard after start", "-", f"{min(dashboards):.2f} s", None),
        Result("first point of the curve after start", "under 2.5 s", f"{min(points):.1f} s", min(points) < 2.5),
    ]
