"""Moments of a run, made by hand: what the widgets are shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App
from textual.widget import Widget

from engine.events import Epoch, Finished, Stopped, WouldStop
from engine.history import History
from engine.view import View
from tests.tui.dashboard import experiment

Lane = tuple[str, int]


def lane(arm: str, seed: int = 0, epoch: int = 10, **numbers: Any) -> Epoch:
    """After `epoch` epochs: losses 0.2 and 0.5 (validation), at its best 0.25 and 0.45, if not told otherwise."""
    told: dict[str, Any] = {
        "train_loss": 0.2, "val_loss": 0.5, "train_acc": 0.9, "val_acc": 0.8, "gap": 0.3, "weight_norm": 4.0,
        "grad_norm": 0.1, "lr": 0.1, "wait": 0, "best_val_loss": 0.45, "best_epoch": epoch, "weight_norms": (3.0, 2.0),
        "best_train_loss": 0.25,
    }  # fmt: skip
    return Epoch(arm=arm, seed=seed, epoch=epoch, **{**told, **numbers})


def stop(arm: str, reason: str, seed: int = 0, epoch: int = 10) -> tuple[Lane, Stopped]:
    return (arm, seed), Stopped(arm, seed, epoch, reason, 5, 0.45)


def would_stop(arm: str, epoch: int, seed: int = 0) -> tuple[Lane, WouldStop]:
    return (arm, seed), WouldStop(arm, seed, epoch, 5, 0.45)


def finish(arm: str, seed: int = 0, test_acc: float = 0.85) -> tuple[Lane, Finished]:
    return (arm, seed), Finished(arm, seed, 10, "epochs", 0.6, test_acc, 5, 0.45)


def moment(*lanes: Epoch, base: Mapping[str, Any] | None = None, arms: Any = None, **told: Any) -> View:
    """A view after these lanes' epochs, each of which stands in the history too; `told` as the View has it."""
    preset = experiment(dict(base or {}), arms)
    history = History([(arm, seed) for arm in preset.arm_names for seed in preset.seeds])
    for each in sorted(lanes, key=lambda each: each.epoch):
        history.add(each)
    last = {(each.arm, each.seed): each for each in sorted(lanes, key=lambda each: each.epoch)}
    given: dict[str, Any] = {
        "state": "running",
        "preset": preset,
        "history": history,
        "epoch": max((each.epoch for each in lanes), default=0),
        "last": last,
        **told,
    }
    return View(**{key: dict(value) if key in _BY_LANE else value for key, value in given.items()})


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
