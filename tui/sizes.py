"""Which sizes of the window are drawn: of a burst the first, what is smaller, and the last when it is over."""

from __future__ import annotations

import time
from typing import Any

from textual.app import App
from textual.events import Resize
from textual.geometry import Size

from tui.driver import TerminalDriver

# A burst is over when no other size has come for so long, and it is drawn at least so often, seconds.
_CALM, _MOST = 0.08, 0.6


class Sizes:
    """Holds back what need not be drawn. To draw 100,000 cells takes a good part of a second, and keys wait for it."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._last = self._since = float("-inf")  # when the last size came, and the first of those held back
        self._waits = self._over = False

    def is_due(self, size: Size) -> bool:
        """Whether a size that has been sent is to be drawn now; the last one that is not comes again later."""
        driver, now = self._app._driver, time.monotonic()
        if not isinstance(driver, TerminalDriver):
            return True
        if not driver.has(size):  # the window has another one by now, which has been sent too
            return False
        alone = now - self._last >= _CALM
        self._last = now
        width, height = self._app.size
        if alone or self._over or size.width * size.height <= width * height:
            self._over = False
            return True
        if not self._waits:
            self._waits, self._since = True, now
            self._app.set_timer(_CALM, self._look)
        return False

    def _look(self) -> None:
        """Send the window's size again where the burst is over, or has taken long."""
        now, driver = time.monotonic(), self._app._driver
        if now - self._last < _CALM and now - self._since < _MOST:
            self._app.set_timer(_CALM, self._look)
        elif isinstance(driver, TerminalDriver):
            self._waits, self._over = False, True
            size = Size(*driver._get_terminal_size())
            self._app.post_message(Resize(size, size))
