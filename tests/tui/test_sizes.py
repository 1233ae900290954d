"""Promises of bursts of window sizes: few of them are drawn, the last one always, and none that is no more."""

from __future__ import annotations

from types import SimpleNamespace
from unittest import mock

import pytest
from textual.geometry import Size

from tui.driver import TerminalDriver
from tui.sizes import _CALM, _MOST, Sizes


class Window:
    """A window whose size changes, the clock, and the application that draws it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.window, self.drawn = 0.0, Size(80, 24), [Size(80, 24)]
        self.timers: list[tuple[float, object]] = []
        self._driver = mock.Mock(spec=TerminalDriver)
        self._driver.has.side_effect = lambda size: size == self.window
        self._driver._get_terminal_size.side_effect = lambda: tuple(self.window)
        monkeypatch.setattr("tui.sizes.time", SimpleNamespace(monotonic=lambda: self.now))
        self.sizes = Sizes(self)  # type: ignore[arg-type]

    @property
    def size(self) -> Size:
        return self.drawn[-1]

    def set_timer(self, delay: float, callback: object) -> None:
        self.timers.append((self.now + delay, callback))

    def post_message(self, message: object) -> None:
        self.take(message.size)  # type: ignore[attr-defined]

    def take(self, size: Size) -> None:
        if self.sizes.is_due(size):
            self.drawn.append(size)

    def resize(self, width: int, height: int) -> None:
        self.window = Size(width, height)
        self.take(self.window)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted((timer for timer in self.timers if timer[0] <= end), key=lambda timer: timer[0]):
            self.timers.remove(due[0])
            self.now, callback = due[0]
            callback()  # type: ignore[operator]
        self.now = end


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Window:
    return Window(monkeypatch)


def test_a_lone_size_is_drawn_at_once(window: Window) -> None:
    for width in (100, 120, 90):
        window.wait(1.0)
        window.resize(width, 40)
        assert window.size == Size(width, 40)


def test_of_a_burst_of_growing_sizes_the_first_and_the_last_are_drawn(window: Window) -> None:
    for step in range(20):
        window.resize(100 + 20 * step, 100)
        window.wait(_CALM / 8)
    window.wait(2 * _CALM)
    assert window.drawn[1:] == [Size(100, 100), Size(480, 100)]


def test_a_burst_without_an_end_is_drawn_now_and_then(window: Window) -> None:
    for step in range(1000):
        window.resize(100 + step, 100)
        window.wait(_CALM / 2)
    assert 1000 * _CALM / 2 / (_MOST + 2 * _CALM) <= len(window.drawn) <= 1000 * _CALM / 2 / _MOST + 3


def test_what_is_smaller_is_drawn_at_once_and_what_the_window_is_no_more_never(window: Window) -> None:
    window.wait(1.0)
    window.resize(500, 200)
    window.resize(300, 100)
    window.resize(60, 20)
    assert window.size == Size(60, 20)
    window.wait(1.0)
    window.take(Size(500, 200))
    assert window.size == Size(60, 20)
    window.wait(1.0)
    assert window.size == Size(60, 20)
