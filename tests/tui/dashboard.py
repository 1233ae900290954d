"""A dashboard over a small experiment, driven by Textual's Pilot and read as a person would."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest import mock

import tomli_w
from textual.pilot import Pilot
from textual.widgets import Input

from engine.preset import Preset, read_preset
from engine.view import View
from tui.app import RegtuiApp
from tui.charts.chart import Chart
from tui.screens.main import MainScreen
from tui.screens.pace import Pace
from tui.widgets.knobs import KnobPanel
from tui.widgets.pane import Pane

SIZES = [(80, 24), (120, 36), (160, 45)]
# What all that explains a run is tried at: with the smallest on which most of it has room.
FOUR = [(60, 20), *SIZES]
SMALL = (80, 24)
LARGE = (160, 45)
USUAL = (120, 36)
# Seconds, and more only where others want the processors too: a frame of a busy machine may take a second.
PATIENCE = 15.0 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)) if hasattr(os, "getloadavg") else 15.0
BASE: dict[str, Any] = {
    "data.source": "moons",
    "data.samples": 120,
    "model.hidden": [8],
    "training.epochs": 1_000_000,
    "training.batch_size": 100,
    "training.lr": 0.1,
}
TWO: dict[str, dict[str, Any]] = {"plain": {}, "dropped": {"regularization.dropout": 0.2}}


def experiment(base: dict[str, Any] | None = None, arms: dict[str, dict[str, Any]] | None = None, **top: Any) -> Preset:
    """Two arms on a few points, endless unless given otherwise; `top` is title, lesson, speed (None: no limit)."""
    fields = {"title": "Two moons", "summary": "Small.", "lesson": "Look at the gap.", "speed": 60, **top}
    table = {key: value for key, value in fields.items() if value is not None}
    table |= _nested({**BASE, **(base or {})})
    table["arm"] = [{"name": name, **_nested(settings)} for name, settings in (TWO if arms is None else arms).items()]
    return read_preset(tomli_w.dumps(table), name="small")


def _nested(settings: dict[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        nested.setdefault(section, {})[name] = value
    return nested


class Person:
    """Presses keys, and looks until the screen shows what is expected."""

    def __init__(self, pilot: Pilot[int]) -> None:
        self.pilot = pilot
        self.app: RegtuiApp = pilot.app  # type: ignore[assignment]

    @property
    def main(self) -> MainScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MainScreen))

    @property
    def text(self) -> str:
        """What the screen on top shows."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    @property
    def view(self) -> View:
        return self.app.worker.view()

    @property
    def knobs(self) -> str:
        return "\n".join(text.plain for text in self.main.query_one(KnobPanel).query_one("#knob-list")._texts)

    @property
    def note(self) -> str:
        return " ".join(text.plain for text in self.main.query_one(KnobPanel).query_one("#knob-note")._texts)

    @property
    def toasts(self) -> str:
        return "\n".join(f"{toast.title}: {toast.message}" for toast in self.app._notifications)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def click(self, selector: str) -> None:
        """Click in the middle of a widget once it stands where it stays: a dialog that opens still moves."""
        where: list[object] = []

        def stands() -> bool:
            where.append(self.app.screen.query_one(selector).region)
            return len(where) > 2 and where[-1] == where[-2] == where[-3]

        await self.sees(stands)
        assert await self.pilot.click(selector)

    async def type_value(self, typed: str) -> None:
        """Open the chosen knob's field, and type into it once it listens."""
        await self.press("enter")
        await self.sees(lambda: isinstance(self.app.focused, Input))
        await self.press(*typed, "enter")

    async def sees(self, expected: str | Callable[[], Any], timeout: float = PATIENCE) -> None:
        """Wait until the screen shows a text, or until something holds."""
        holds = (lambda: expected in self.text) if isinstance(expected, str) else expected
        end = time.monotonic() + timeout
        while not holds():
            assert time.monotonic() < end, f"waited in vain for {expected}\n{self.text}"
            await asyncio.sleep(0.025)

    async def choose(self, knob: str) -> None:
        """Go down to a knob by its key, which may be among those that `M` opens."""
        panel = self.main.query_one(KnobPanel)
        for _ in range(120):
            if panel.chosen is not None and panel.chosen.key == knob:
                return
            if panel.chosen is None and not panel.opened:
                await self.press("M")
            await self.press("down")
        raise AssertionError(f"no knob {knob}")


async def _a_moment(*_: float) -> None:
    await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def dashboard(
    preset: Preset | None = None,
    size: tuple[int, int] = USUAL,
    loaded: bool = True,
    looks: bool = False,
    **options: Any,
) -> AsyncIterator[Person]:
    """The running application; with `loaded` when its data are there, with `looks` a look opens by itself."""
    app = RegtuiApp(preset or experiment(), device="cpu", **options)
    # Many frames a second, so that a test need not wait for one; and Pilot is not to wait until the processor is idle,
    # which it never is while a lab trains.
    with (
        mock.patch.object(Pace, "wait", return_value=0.1),
        mock.patch("textual.app.wait_for_idle", _a_moment),
        mock.patch("textual.pilot.wait_for_idle", _a_moment),
        contextlib.nullcontext() if looks else mock.patch("tui.screens.main.first_look", return_value=None),
    ):
        async with app.run_test(size=size) as pilot:
            person = Person(pilot)
            try:
                if loaded:
                    await person.sees(lambda: person.view.state != "loading")
                yield person
            finally:
                app.close_workers()


def braille(text: str) -> int:
    return sum(0x2800 < ord(sign) <= 0x28FF for sign in text)


def plot_of(person: Person, pane: str):
    return person.main.query_one(f"#{pane}", Pane).query_one(Chart)._plot
