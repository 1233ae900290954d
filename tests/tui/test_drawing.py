"""Promises of who is asked about pictures when a screen opens, and of what follows from the answer."""

from __future__ import annotations

from unittest import mock

import pytest

from tui.drawing import Drawing
from tui.driver import TerminalDriver
from tui.graphics.terminals import Answers

KITTY = {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}
XTERM = {"TERM": "xterm", "XTERM_VERSION": "XTerm(390)"}
NAMES = ("KITTY_WINDOW_ID", "TERM_PROGRAM", "XTERM_VERSION", "KONSOLE_VERSION", "WT_SESSION", "WEZTERM_PANE", "MLTERM",
         "TMUX", "STY", "NO_COLOR")  # fmt: skip


@pytest.fixture
def opened(monkeypatch):
    """Opens a screen in such a terminal; the application, and its driver that notes what it is asked."""

    def opened(environment, pictures="auto", ascii_only=False, installed=True):
        for name in NAMES:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("tui.drawing.installed", lambda: installed)
        app = Drawing(driver_class=TerminalDriver, ascii_only=ascii_only, pictures=pictures)
        app._driver = mock.create_autospec(TerminalDriver, instance=True)
        app._driver.cell.return_value = None
        app.find_out_about_pictures()
        return app, app._driver

    return opened


@pytest.mark.parametrize(("environment", "protocol"), [(KITTY, "kitty"), (XTERM, "sixel")])
@pytest.mark.parametrize("known", [True, False])
def test_pictures_are_shown_by_a_terminal_that_may_know_them_and_says_that_it_does(
    opened, environment, protocol, known
):
    app, driver = opened(environment)
    ((answers, take),) = (call.args for call in driver.ask.call_args_list)
    assert answers.protocol == protocol
    assert app.overlay.protocol is None, "it has not answered yet"
    with mock.patch.object(Drawing, "screen_stack", []):
        take(Answers(protocol, known=known, cell=(7, 15)))
    assert app.overlay.protocol == (protocol if known else None)
    assert app.overlay.cell == ((7, 15) if known else (10, 20))
    driver.cell.return_value = (8, 16)
    assert app.overlay.cell == (8, 16), "the system knows it better: letters may have grown"


@pytest.mark.parametrize(
    ("environment", "options"),
    [
        ({"TERM": "xterm-256color"}, {}),
        (KITTY, {"installed": False}),
        (KITTY, {"ascii_only": True}),
        (KITTY, {"ascii_only": True, "pictures": "kitty"}),
        (KITTY | {"NO_COLOR": "1"}, {}),
        (KITTY | {"NO_COLOR": "1"}, {"pictures": "kitty"}),
        (KITTY | {"TMUX": "/tmp/tmux-1/default,1,0"}, {}),
        (XTERM | {"TERM": "screen"}, {}),
        (KITTY, {"pictures": "blocks"}),
    ],
)
def test_other_terminals_are_asked_nothing_and_show_half_blocks(opened, environment, options):
    app, driver = opened(environment, **options)
    assert not driver.ask.called
    assert app.overlay.protocol is None


@pytest.mark.parametrize("protocol", ["kitty", "sixel"])
def test_a_person_may_say_what_the_terminal_knows(opened, protocol):
    app, driver = opened({"TERM": "xterm-256color", "TMUX": "/tmp/tmux-1/default,1,0"}, pictures=protocol)
    assert not driver.ask.called
    assert app.overlay.protocol == protocol
