"""Moments of a run, written by hand: what the widgets are shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App
from textual.widget import Widget

from engine.events import Epoch, Finished, Seen, Stopped, WouldStop
from engine.history import History
from engine.record import RunRecord
from engine.view import View
from tests.epochs import epoch_of
from tests.tui.dashboard import experiment

Lane = tuple[str, int]


def lane(arm: str, seed: int = 0, epoch: int = 10, **numbers: Any) -> Epoch:
    """After `epoch` epochs: losses 0.2 and 0.5 (validation), at its best 0.25 and 0.45, if not given otherwise."""
    fields: dict[str, Any] = {
        "train_loss": 0.2, "gap": 0.3, "weight_norm": 4.0, "best_epoch": epoch, "weight_norms": (3.0, 2.0),
        "best_train_loss": 0.25, **numbers,
    }  # fmt: skip
    return epoch_of(arm, seed, epoch, **fields)


def stop(arm: str, reason: str, seed: int = 0, epoch: int = 10) -> tuple[Lane, Stopped]:
    return (arm, seed), Stopped(arm, seed, epoch, reason, 5, 0.45)


def would_stop(arm: str, epoch: int, seed: int = 0) -> tuple[Lane, WouldStop]:
    return (arm, seed), WouldStop(arm, seed, epoch, 5, 0.45)


def finish(arm: str, seed: int = 0, test_acc: float = 0.85) -> tuple[Lane, Finished]:
    return (arm, seed), Finished(arm, seed, 10, "epochs", 0.6, test_acc, 5, 0.45)


def moment(*lanes: Epoch, base: Mapping[str, Any] | None = None, arms: Any = None, **fields: Any) -> View:
    """A view after these lanes' epochs, each of which stands in the history too; `fields` as the View or its record has
    it, a look's data by (look, arm, seed) in `seen`."""
    record = RunRecord(experiment(dict(base or {}), arms))
    record.history = History([(arm, seed) for arm in record.preset.arm_names for seed in record.preset.seeds])
    record.take_all(sorted(lanes, key=lambda epoch: epoch.epoch))
    of_view = {name: fields.pop(name) for name in ("rate", "speed", "paused", "pending", "version") if name in fields}
    state = fields.pop("state", "running")
    for look, data in fields.pop("seen", {}).items():
        record.take(Seen(*look, record.epoch, data))
    for name, value in fields.items():
        assert hasattr(record, name), name
        setattr(record, name, dict(value) if name in _BY_LANE else value)
    return View(state, record, **of_view)


_BY_LANE = ("last", "would_stop", "stopped", "finished")


@asynccontextmanager
async def shown(widget: Widget, width: int = 60, height: int = 12) -> AsyncIterator[Callable[[], list[str]]]:
    """The widget alone on a screen; gives what stands in its lines, blanks at their ends taken off."""

    class Alone(App[None]):
        CSS = f"#{widget.id} {{ width: {width}; height: {height}; }}"

        def compose(self) -> Any:
            yield widget

    app = Alone()
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        yield lambda: [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
