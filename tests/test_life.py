"""The installed program in a real pseudo-terminal: its life, its ends, and what it sends."""

from __future__ import annotations

import re
import subprocess

from engine.preset import load_preset
from tests.small import (
    LEFT_ALTERNATE,
    PRESET,
    TABLE,
    epoch,
    trains,
)
from tests.terminal import REGTUI, Terminal


def knob(terminal: Terminal, name: str) -> str:
    """Its line; empty while a frame is on its way."""
    return next((line for line in terminal.text.splitlines() if re.search(rf"[│|][ *]{name} ", line)), "")


def falls_silent(terminal):
    """Wait until the screen has stood still for a second, the last closer look taken and drawn."""
    for _ in range(20):
        stood, sent = epoch(terminal), len(terminal.raw)
        terminal.watch(1.0)
        if len(terminal.raw) - sent < 200:
            assert epoch(terminal) == stood
            return
    raise AssertionError("paused, the program sends on and on")


def test_a_life_from_the_first_frame_to_the_last_table(start, folder):
    terminal = start()
    terminal.wait_for("loss: dropped")
    terminal.wait_for(trains)

    # A knob is turned: its value changes at once, the curve gets its mark.
    terminal.wait_for(lambda _: " 0.2" in knob(terminal, "dropout"))
    terminal.press("right")
    terminal.wait_for(lambda _: "0.25" in knob(terminal, "dropout"))
    terminal.wait_for(lambda _: "*dropout" in knob(terminal, "dropout"))
    terminal.wait_for(lambda shown: any("┊" in line or "│" in line.split("││")[-1] for line in shown.splitlines()))

    # Paused, the epoch stands still and nothing is sent; a dot trains one epoch.
    terminal.press("space")
    terminal.wait_for("paused")
    falls_silent(terminal)
    stood = epoch(terminal)
    terminal.press(".")
    terminal.wait_for(f" {stood + 1}/100000 epochs")
    terminal.watch(0.5)
    assert epoch(terminal) == stood + 1

    # Lesson, help.
    terminal.press("i")
    terminal.wait_for("Look at the gap.")
    terminal.press("i", "?")
    terminal.wait_for("what every key and every setting does")
    terminal.press("escape")
    terminal.wait_for(lambda shown: "every setting does" not in shown)

    # The window's size changes, down to where only a polite word fits, and back.
    terminal.resize(80, 24)
    terminal.wait_for(lambda shown: "5 knobs" in shown and "4 comparison" not in shown)
    terminal.press("v", "v")
    terminal.wait_for("4 comparison")
    terminal.resize(50, 10)
    terminal.wait_for("This one is 50x10: please enlarge it.")
    terminal.resize(120, 36)
    terminal.wait_for(lambda shown: "5 knobs" in shown and "4 comparison" in shown)

    # What can be taken away: the picture, the history, the experiment as it stands.
    terminal.press("e")
    terminal.wait_for("export as")
    terminal.press("enter")
    terminal.wait_for("exported")
    terminal.press("e")
    terminal.wait_for("export as")
    terminal.press("up", "up", "enter")  # over the picture in pixels
    terminal.wait_for(lambda _: any(folder.glob("*-screen.svg")))
    (picture,), (history,) = folder.glob("*.svg"), folder.glob("*.csv")
    assert picture.read_text().startswith("<svg")
    assert history.read_text().startswith("run,arm,seed,epoch,metric,value")
    terminal.press("w")
    terminal.wait_for("Write the experiment as")
    terminal.press("enter")
    terminal.wait_for("preset written")
    written = load_preset(str(folder / "small-tweaked.toml"))
    assert [(entry.arm, [*entry.settings]) for entry in written.timeline] == [
        ("dropped", [("regularization.dropout", 0.25)])
    ]
    assert written.arm("plain").settings.regularization.dropout == 0

    # Quitting asks; "go on" goes on, "keep" leaves the table and the command in the scrollback.
    terminal.press("space", "q")
    terminal.wait_for("go on training")
    terminal.press("right", "right", "right", "enter")
    terminal.wait_for(lambda shown: "go on training" not in shown)
    before = epoch(terminal)
    terminal.wait_for(lambda _: epoch(terminal) > before)
    terminal.press("q")
    terminal.wait_for("stop and keep")
    terminal.press("enter")
    assert terminal.wait() == 0, bytes(terminal.raw).rpartition(LEFT_ALTERNATE)[2].decode()
    left = bytes(terminal.raw).rpartition(LEFT_ALTERNATE)[2].decode()
    assert TABLE.search(left)
    assert "Two moons" in left
    assert "again: regtui small.toml" in left
    assert re.search(r"epoch +\d+  dropped: regularization.dropout 0.2 -> 0.25", left)
    assert "Traceback" not in left


def test_another_preset_is_found_by_typing_and_leaving_the_first_is_asked_once(start):
    terminal = start()
    terminal.wait_for(trains)
    terminal.press("p")
    terminal.wait_for("type to filter")
    terminal.press(*"xyzzy")
    terminal.wait_for("No match")
    terminal.press(*["backspace"] * 5)
    terminal.wait_for(lambda shown: "No match" not in shown)
    terminal.press(*"dropout off and")
    terminal.wait_for("dropout off and")
    terminal.wait_for("300 digits")
    terminal.press("enter")
    terminal.wait_for("Leave 'Two moons' at epoch")
    terminal.press("enter")
    terminal.wait_for(lambda shown: re.search(r" [1-9]\d*/301 epochs", shown))
    assert "loss: dropout 0.2" in terminal.text
    assert "Leave" not in terminal.text
    terminal.press("q")
    terminal.wait_for("stop and discard")
    terminal.press("right", "enter")
    assert terminal.wait() == 0
    assert not TABLE.search(bytes(terminal.raw).rpartition(LEFT_ALTERNATE)[2].decode())


def test_data_that_are_not_there_are_told_in_the_terminal_when_it_is_left(start, folder):
    away = PRESET.replace('source = "moons"\nsamples = 120', 'source = "csv"\npath = "nowhere.csv"\ntarget = "y"')
    (folder / "away.toml").write_text(away)
    terminal = start("away.toml")
    terminal.wait_for("failed")
    terminal.press("q")
    assert terminal.wait() == 2
    left = bytes(terminal.raw).rpartition(LEFT_ALTERNATE)[2].decode()
    assert left.endswith("regtui: data.path = 'nowhere.csv': no such file\r\n")
    assert "Traceback" not in left


def test_in_ascii_without_colour_and_mouse_nothing_else_is_sent(start):
    terminal = start("small.toml", "--ascii", "--no-mouse", NO_COLOR="1")
    terminal.wait_for(lambda _: epoch(terminal) > 2)
    terminal.press("p")
    terminal.wait_for("type to filter")
    terminal.press("escape")
    terminal.wait_for(lambda shown: "type to filter" not in shown)
    terminal.press("?")
    terminal.wait_for("every setting does")
    terminal.press("escape")
    terminal.wait_for(lambda shown: "every setting does" not in shown)
    terminal.press("q")
    terminal.wait_for("stop and keep")
    terminal.press("enter")
    assert terminal.wait() == 0
    sent = bytes(terminal.raw)
    assert sent.isascii(), [hex(byte) for byte in sent if byte > 127][:20]
    assert not re.search(rb"\x1b\[\?(1000|1002|1003|1006|1015|1016)h", sent)
    for codes in re.findall(rb"\x1b\[([\d;]*)m", sent):
        assert not {30, 31, 32, 33, 34, 35, 36, 37, 38, 40, 41, 42, 43, 44, 45, 46, 47, 48, *range(90, 108)} & {
            int(code) for code in codes.split(b";") if code
        }
    assert b"again: regtui small.toml" in sent


def test_without_a_terminal_it_trains_headless_and_ends_with_the_table(folder):
    completed = subprocess.run(
        [REGTUI, "small.toml", "--epochs", "20"], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert completed.returncode == 0
    assert "without a screen" in completed.stderr
    assert TABLE.search(completed.stdout)
    assert "dropped" in completed.stdout


def test_the_past_is_shown_by_keys_and_by_the_mouse_while_the_run_trains_on(start, folder):
    terminal = start()
    terminal.wait_for(lambda _: epoch(terminal) > 12)
    terminal.press("[")
    terminal.wait_for("trains on  escape: now")
    terminal.press("\x1b[H")  # home
    terminal.wait_for(" as of epoch 1 ")
    terminal.press("}")
    terminal.wait_for(" as of epoch 11 ")
    stood = epoch(terminal)
    terminal.wait_for(lambda _: epoch(terminal) > stood + 5)
    assert " as of epoch 11 " in terminal.text

    # The button is pressed in a chart, and the mouse drawn over it: in SGR's words, columns and rows from 1.
    def head() -> int:
        return next((line.index("▼") for line in terminal.text.splitlines() if "▼" in line), -1)

    terminal.wait_for(lambda _: head() > 0)
    column = head() + 1
    terminal.send(f"\x1b[<0;{column};9M\x1b[<32;{column - 2};9M".encode())
    terminal.wait_for(lambda shown: re.search(r" as of epoch [1-9] ", shown))
    terminal.send(f"\x1b[<0;{column - 2};9m".encode())
    terminal.press("S", "+")
    terminal.wait_for("zoom 2x  smoothed 0.6")
    terminal.press("escape")
    terminal.wait_for(lambda shown: "as of epoch" not in shown and "zoom 2x" in shown)
    terminal.press("0")
    terminal.wait_for(lambda shown: "zoom" not in shown)
    terminal.press("q")
    terminal.wait_for("stop and discard")
    terminal.press("right", "enter")
    assert terminal.wait() == 0
