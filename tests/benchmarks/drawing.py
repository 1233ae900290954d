"""The parts of a frame, each measured by itself in this process: charts, and the table as it goes.

Timed is the processor time of the thread: what else runs on the machine does not count.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np

from engine.events import Epoch
from engine.outcome import in_words
from engine.summary import summarize
from engine.verdict import best_arm
from tests.benchmarks.result import Result
from tests.tui.dashboard import dashboard, experiment
from tests.tui.views import lane, moment
from tui.charts.curves import Skin
from tui.charts.drawing import draw
from tui.charts.plot import Plot, Series
from tui.widgets import run_plots

_BASE: dict[str, Any] = {"training.seeds": [0, 1, 2], "training.epochs": 301}


def drawing() -> list[Result]:
    """Four curves, the charts of a run that grows, a million points, and the rows of a table with their sentence."""
    epochs = np.arange(301)
    falling = 2.3 * np.exp(-epochs / 60) + 0.02
    four = Plot(
        tuple(
            Series(epochs, falling + 0.2 * place, place // 2, "light" if place % 2 else "heavy") for place in range(4)
        )
    )
    million = Plot((Series(np.arange(1e6), np.random.default_rng(0).random(1_000_000), 0),))
    lanes = [lane(arm, seed) for arm in ("plain", "dropped") for seed in range(3)]
    record = moment(*lanes, base={"training.seeds": [0, 1, 2]}).record

    def table() -> None:
        rows = summarize(record)
        in_words(rows)
        best_arm(rows)

    return [
        _row("a chart of four curves on 78x20 cells", lambda: draw(four, 78, 20, Skin()), 30),
        _growing(),
        *asyncio.run(_rendered()),
        _row("a chart of a million points on 78x20 cells", lambda: draw(million, 78, 20, Skin()), 300),
        _row("the live table of two arms of three seeds, summarized", table, 1),
    ]


def _growing() -> Result:
    """The four charts of a screen of 160x45 over two arms of three seeds: a frame every five epochs, so that axes and
    limits move as they do in training. The median of the frames."""
    view = moment(*_epochs(1, 150), base=_BASE)
    times = []
    for first in range(150, 300, 5):
        view.record.take_all(_epochs(first, first + 5))
        began = time.thread_time()
        for plot in run_plots.loss_plots(view, log=False).values():
            draw(plot, 55, 17, Skin())
        draw(run_plots.accuracy_plot(view, None), 55, 11, Skin())
        draw(run_plots.norm_plot(view, None), 55, 11, Skin())
        times.append(1e3 * (time.thread_time() - began))
    median = statistics.median(times)
    return Result("a frame of the four charts of 160x45, in training", "at most 8 ms", f"{median:.1f} ms", median <= 8)


async def _rendered() -> list[Result]:
    """The same run on the real screen of 160x45: what the frame's own code takes, and what Textual takes afterwards to
    put the changed cells together. Medians of the frames; every frame draws all panes."""
    view = moment(*_epochs(1, 150), base=_BASE)
    drawn, rendered = [], []
    async with dashboard(experiment(_BASE, {"plain": {}, "dropped": {}}), size=(160, 45), paused=True) as person:
        screen, painter = person.main, person.main._painter
        painter.worker = mock.Mock(view=lambda: view)
        for first in range(150, 300, 5):
            view.record.take_all(_epochs(first, first + 5))
            view = dataclasses.replace(view, version=first)
            began = time.thread_time()
            painter.draw(force=True)
            between = time.thread_time()
            screen._on_timer_update()
            rendered.append(1e3 * (time.thread_time() - between))
            drawn.append(1e3 * (between - began))
            await asyncio.sleep(0)
    whole, after = statistics.median(drawn[5:]), statistics.median(rendered[5:])
    return [
        Result("the same with table, gauges and header, in the dashboard", "-", f"{whole:.1f} ms", None),
        Result("and rendering the cells that changed", "at most 6 ms", f"{after:.1f} ms", after <= 6),
    ]


def _epochs(first: int, end: int) -> list[Epoch]:
    return [
        lane(arm, seed, epoch, train_loss=2.3 * math.exp(-epoch / 60) + 0.1 * place + 0.02 * seed,
             val_loss=2.3 * math.exp(-epoch / 70) + 0.2 * place + 0.05 * seed + 0.001 * epoch,
             val_acc=1 - math.exp(-epoch / 50) - 0.02 * seed, weight_norm=30 + 0.02 * epoch + seed)
        for epoch in range(first, end)
        for place, arm in enumerate(("plain", "dropped"))
        for seed in range(3)
    ]  # fmt: skip


def _row(name: str, run: Callable[[], object], most: float) -> Result:
    """The best of some times, milliseconds; the first, which imports, does not count."""
    run()
    times = []
    for _ in range(20):
        began = time.thread_time()
        run()
        times.append(1e3 * (time.thread_time() - began))
    return Result(name, f"at most {most:g} ms", f"{min(times):.2f} ms", min(times) <= most)
