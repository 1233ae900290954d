"""What a frame is made of, each by itself in this process: charts, and the table as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from engine.summary import summarize
from engine.verdict import best_arm, in_words
from tests.benchmarks.result import Result
from tests.tui.views import lane, moment
from tui.charts.drawing import Skin, draw
from tui.charts.plot import Plot, Series


def drawing() -> list[Result]:
    """Four curves, a million points, and the rows of a table with their sentence."""
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
        _row("a chart of a million points on 78x20 cells", lambda: draw(million, 78, 20, Skin()), 300),
        _row("the live table of two arms of three seeds, summarized", table, 1),
    ]


def _row(name: str, run: Callable[[], object], most: float) -> Result:
    """The best of some times, milliseconds; the first, which imports, does not count."""
    run()
    times = []
    for _ in range(20):
        began = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - began))
    return Result(name, f"at most {most:g} ms", f"{min(times):.2f} ms", min(times) <= most)
