"""The parts of a frame, each measured by itself in this process: charts, and the table as it goes.

Timed is the processor time of the thread: what else runs on the machine does not count.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

import numpy as np

from engine.events import Epoch
from engine.outcome import in_words
from engine.summary import summarize
from engine.verdict import best_arm
from tests.benchmarks.result import Result
from tests.tui.views import lane, moment
from tui.charts.curves import Skin
from tui.charts.drawing import draw
from tui.charts.plot import Plot, Series
from tui.widgets import run_plots


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
        _row("a chart of a million points on 78x20 cells", lambda: draw(million, 78, 20, Skin()), 300),
        _row("the live table of two arms of three seeds, summarized", table, 1),
    ]


def _growing() -> Result:
    """The four charts of a screen of 160x45 over two arms of three seeds: a frame every five epochs, so that axes and
    limits move as they do in training. The median of the frames."""

    def epochs(first: int, end: int) -> list[Epoch]:
        return [
            lane(arm, seed, epoch, train_loss=2.3 * math.exp(-epoch / 60) + 0.1 * place + 0.02 * seed,
                 val_loss=2.3 * math.exp(-epoch / 70) + 0.2 * place + 0.05 * seed + 0.001 * epoch,
                 val_acc=1 - math.exp(-epoch / 50) - 0.02 * seed, weight_norm=30 + 0.02 * epoch + seed)
            for epoch in range(first, end)
            for place, arm in enumerate(("plain", "dropped"))
            for seed in range(3)
        ]  # fmt: skip

    view = moment(*epochs(1, 150), base={"training.seeds": [0, 1, 2], "training.epochs": 301})
    times = []
    for first in range(150, 300, 5):
        view.record.take_all(epochs(first, first + 5))
        began = time.thread_time()
        for plot in run_plots.loss_plots(view, log=False).values():
            draw(plot, 55, 17, Skin())
        draw(run_plots.accuracy_plot(view, None), 55, 11, Skin())
        draw(run_plots.norm_plot(view, None), 55, 11, Skin())
        times.append(1e3 * (time.thread_time() - began))
    median = statistics.median(times)
    return Result("a frame of the four charts of 160x45, in training", "at most 8 ms", f"{median:.1f} ms", median <= 8)


def _row(name: str, run: Callable[[], object], most: float) -> Result:
    """The best of some times, milliseconds; the first, which imports, does not count."""
    run()
    times = []
    for _ in range(20):
        began = time.thread_time()
        run()
        times.append(1e3 * (time.thread_time() - began))
    return Result(name, f"at most {most:g} ms", f"{min(times):.2f} ms", min(times) <= most)
