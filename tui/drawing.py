"""What is sent to the terminal for a screen: lines that are fit for it, and pictures where it can show them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType
from textual.app import App
from textual.filter import LineFilter
from textual.screen import Screen

from tui.driver import TerminalDriver
from tui.graphics.overlay import Overlay
from tui.graphics.terminals import Answers, Cell, candidate, installed
from tui.screens.main import MainScreen
from tui.widgets.plain import filters


class Drawing(App[int]):
    """An application that draws with ASCII only where it is told so, and pictures where the terminal knows how.

    Attributes
    ----------
    overlay : the pictures over the closer look.
    """

    def __init__(self, *, ascii_only: bool, pictures: str, **options: Any) -> None:
        super().__init__(**options)
        self._ascii, self._pictures = ascii_only, pictures
        tmux = bool(os.environ.get("TMUX"))
        self.overlay = Overlay(self._cell, self._send_pictures, tmux, self._take_away_with)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line goes through before it is sent."""
        colours = None if self.is_headless else self.console.color_system
        return [*super().get_line_filters(), *filters(self._ascii, self.no_color, colours)]

    def find_out_about_pictures(self) -> None:
        """Choose how pictures are shown; a terminal that may know how is asked, and may answer when it likes."""
        driver = self._driver
        if not isinstance(driver, TerminalDriver) or self._ascii or self.no_color or self._pictures == "blocks":
            return
        driver.on_drawn_anew = self.overlay.forget
        if self._pictures != "auto":
            self.overlay.protocol = self._pictures  # type: ignore[assignment]
        elif (protocol := candidate(os.environ)) is not None and installed():
            driver.ask(Answers(protocol), self._take_answers)

    def _take_answers(self, answers: Answers) -> None:
        if answers.known:
            self.overlay.answered_cell = answers.cell
            self.overlay.protocol = answers.protocol
            for screen in self.screen_stack:
                if isinstance(screen, MainScreen):
                    screen.draw(force=True)

    def _cell(self) -> Cell | None:
        return self._driver.cell() if isinstance(self._driver, TerminalDriver) else None

    def _take_away_with(self, farewell: bytes) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._driver.take_away_with(farewell)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        self.overlay.touched(renderable)
        super()._display(screen, renderable)

    def _end_update(self) -> None:
        """The pictures belong to the frame: a terminal that shows frames whole shows these with it."""
        if self._driver is not None and (rest := self.overlay.rest_of_frame()):
            self._driver.write(rest)
        super()._end_update()

    def _send_pictures(self, seconds: float) -> None:
        """Send pictures for which no frame has come by then."""

        def send() -> None:
            if self.overlay.begin_to_send() and self._driver is not None and self._running and not self._batch_count:
                self._begin_update()
                self._end_update()
                self._driver.flush()

        self.set_timer(seconds, send) if seconds > 0 else send()
