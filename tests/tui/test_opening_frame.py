"""What stands on the terminal while the dashboard is imported, and that it is given back where none comes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.small import LEFT_ALTERNATE
from tests.terminal import REGTUI, Terminal
from tui.opening_frame import frame, titles_of

TITLES = ("Two moons", "small", "Which of them?")
DEEP = {"COLORTERM": "truecolor"}


def lines_of(size: tuple[int, int], ascii_only: bool = False, environment: dict[str, str] = DEEP) -> list[str]:
    """The cells of a terminal that was sent the frame."""
    import pyte

    screen = pyte.Screen(*size)
    pyte.Stream(screen).feed(frame(TITLES, size, ascii_only, environment))
    return list(screen.display)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36), (160, 45), (200, 60)])
def test_title_question_and_closed_outlines_fill_the_window_but_for_the_line_of_keys(size):
    shown = lines_of(size)
    assert shown[0].startswith(" regtui  Two moons  small")
    assert "opening" in shown[1]
    assert shown[2].startswith(" Which of them?")
    assert shown[3].startswith("╭─ 1 loss ─")
    assert not shown[-1].strip()
    for line in shown[3:-1]:
        assert line[0] in "╭│╰"
        assert line[-1] in "╮│╯"
    assert "".join(shown).count("╭") == "".join(shown).count("╯") == (4 if size[0] >= 110 else 2)


def test_a_window_too_small_for_panes_has_none():
    assert not set("".join(lines_of((50, 12)))) & set("╭│╰")


def test_ascii_is_ascii():
    assert frame(TITLES, (160, 45), True, DEEP).isascii()


def test_colours_are_those_that_the_terminal_has():
    size = (120, 36)
    assert ";2;18;18;18m" in frame(TITLES, size, False, DEEP)
    assert ";5;233m" in frame(TITLES, size, False, {})
    assert "[38;" not in frame(TITLES, size, False, {**DEEP, "NO_COLOR": "1"})


def test_titles_are_those_of_the_preset_and_made_printable(folder):
    assert titles_of("clouds")[0] == "Two clouds: memorize or generalize?"
    assert titles_of(str(folder / "small.toml")) == ("Two moons", "small", "")
    (folder / "evil.toml").write_text('title = "a\\u001b[2Jb"')
    assert "\x1b" not in titles_of(str(folder / "evil.toml"))[0]


@pytest.mark.parametrize("ref", ["no such", "no/such.toml", "data.csv", "."])
def test_what_is_no_preset_has_no_frame(ref):
    assert titles_of(ref) is None


def test_neither_numpy_nor_pydantic_nor_textual_is_imported_before_it():
    code = (
        "import sys, tui.cli, tui.opening_frame as o; o.frame(o.titles_of('clouds'), (80, 24), False, {});"
        "print(*sys.modules)"
    )
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in completed.stdout.split()}
    assert not imported & {"torch", "numpy", "pydantic", "textual", "rich"}


def test_the_dashboard_comes_in_its_place_without_wiping_it(start):
    terminal = start("small.toml", "--paused")
    terminal.wait_for("opening")
    terminal.wait_for("plain")
    assert bytes(terminal.raw).count(b"\x1b[?1049h") == 1


def test_keys_that_are_typed_under_it_are_not_echoed_and_reach_the_dashboard(start):
    terminal = start("small.toml", "--paused")
    terminal.wait_for("opening")
    terminal.press("?")
    terminal.wait_for("pause or resume")


def test_what_a_preset_is_refused_for_is_a_line_on_the_terminal_as_it_was(folder):
    (folder / "bad.toml").write_text('title = "Bad"\n[training]\nlr = -1\n')
    with Terminal([REGTUI, "bad.toml"], 120, 36, folder=folder) as terminal:
        modes = terminal.modes
        assert terminal.wait() == 2
        assert terminal.modes[:4] == modes[:4]
    sent = bytes(terminal.raw)
    assert b"training.lr = -1" in sent.rpartition(LEFT_ALTERNATE)[2]


def test_what_is_no_preset_is_refused_without_a_screen(folder):
    with Terminal([REGTUI, "nothing"], 120, 36, folder=folder) as terminal:
        assert terminal.wait() == 2
    assert b"\x1b[?1049h" not in bytes(terminal.raw)
