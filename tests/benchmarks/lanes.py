"""What lanes cost in stacks of many sizes, beside a plain torch loop that trains them one after the other.

Both have their data in memory, train on the same number of batches and measure train and validation after each epoch.
They take turns, and of each the quickest epoch and the median count: on a machine with other work the first is what
the program can do, the second what it was let do.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from engine.lab import Lab
from engine.preset import Preset, load_preset, with_value
from tests.benchmarks import plain_torch
from tests.benchmarks.engine import have_mnist
from tests.benchmarks.result import Result

LANES, WIDTHS, ROWS = (1, 2, 8, 32, 64), (100, 512), (300, 1000)
ROUNDS = 7
Times = list[float]  # milliseconds an epoch


def resident() -> list[Result]:
    """The presets of the first lesson and of Saitoh's pair against a loop with its data in memory."""
    results = [_against_the_loop("`dropout`'s six lanes", load_preset("dropout"), 2.2, epochs=5)]
    if not have_mnist():
        return [*results, Result("Saitoh's pair on MNIST", "at least 1.6 x", "skipped: no MNIST in REGTUI_DATA", None)]
    return [*results, _against_the_loop("Saitoh's pair on MNIST", load_preset("mnist-dropout"), 1.6, epochs=2)]


def _against_the_loop(name: str, preset: Preset, target: float, epochs: int) -> Result:
    preset = with_value(preset, "training.epochs", 10**6)
    lab = Lab(preset, "cpu")
    ours, theirs = _in_turn([_epochs_of(lab, epochs), _plain_epochs_of(lab, len(lab.stacks[0].lanes), epochs)])
    ratio, quickest = statistics.median(theirs) / statistics.median(ours), min(theirs) / min(ours)
    return Result(
        f"{name} against a plain loop with its data in memory",
        f"at least {target} x",
        f"{ratio:.2f} x ({_span(ours)} ms an epoch against {_span(theirs)}; the quickest {quickest:.2f} x)",
        ratio >= target,
    )


def lane_cost() -> list[Result]:
    """What a lane of the preset `dropout` costs among 8 and 32, and a lane of width 512 among 64."""
    narrow = _times({lanes: _preset(lanes, [100] * 6, 300) for lanes in (1, 8, 32)})
    wide = _times({lanes: _preset(lanes, [512] * 2, 300) for lanes in (8, 64)})
    return [
        _share("cost of a lane, 8 lanes against 1", narrow, 8, 1, 0.4),
        _share("cost of a lane, 32 lanes against 1", narrow, 32, 1, 0.35),
        _share("cost of a lane of two layers of 512, 64 lanes against 8", wide, 64, 8, 1.0),
    ]


def _share(name: str, times: dict[int, Times], many: int, few: int, target: float) -> Result:
    cost, quickest = ((of(times[many]) / many) / (of(times[few]) / few) for of in (statistics.median, min))
    measured = f"{cost:.2f} ({statistics.median(times[many]) / many:.2f} ms an epoch; the quickest {quickest:.2f})"
    return Result(name, f"at most {target}", measured, cost <= target)


def sizes() -> list[Result]:
    """Milliseconds an epoch and lane over lanes, width and rows, beside the plain loop's, which knows one lane only."""
    return [_size(lanes, width, rows) for rows in ROWS for width in WIDTHS for lanes in LANES]


def _size(lanes: int, width: int, rows: int) -> Result:
    lab = Lab(_preset(lanes, [width] * 2, rows), "cpu")
    ours, theirs = _in_turn([_epochs_of(lab, 1), _plain_epochs_of(lab, 1, 1)], rounds=ROUNDS if lanes > 8 else 21)
    own, loop = statistics.median(ours) / lanes, statistics.median(theirs)
    return Result(
        f"{lanes} lane{'s' * (lanes > 1)} of {width}-{width}, {rows} training rows: ms an epoch and lane",
        "-",
        f"{own:.1f} (quickest {min(ours) / lanes:.1f}); plain loop {loop:.1f} (quickest {min(theirs):.1f}): "
        f"{loop / own:.1f} x",
        None,
    )


def _preset(lanes: int, hidden: list[int], rows: int) -> Preset:
    """So many lanes of the second arm of the preset `dropout`, dropout 0.2, each of a seed of its own."""
    base = load_preset("dropout", epochs=10**6)
    alone = with_value(base, "regularization.dropout", 0.2).model_copy(update={"arms": base.arms[1:]})
    settings = {"training.seeds": list(range(lanes)), "model.hidden": hidden, "data.train": rows}
    for key, value in settings.items():
        alone = with_value(alone, key, value)
    return alone


def _times(presets: dict[int, Preset]) -> dict[int, Times]:
    runs = _in_turn([_epochs_of(Lab(preset, "cpu"), 1) for preset in presets.values()])
    return dict(zip(presets, runs, strict=True))


def _epochs_of(lab: Lab, count: int) -> Callable[[], float]:
    return lambda: _timed(lab.run_epoch, count)


def _plain_epochs_of(lab: Lab, lanes: int, count: int) -> Callable[[], float]:
    """Epochs of the lab's first lanes, each a network of its own that trains on its seed's data."""
    (stack,) = lab.stacks
    task, plain = stack.task, []
    for lane, (name, _) in enumerate(stack.lanes[:lanes]):
        settings, seed = lab.preset.arm(name).settings, stack.group(lane)
        plain.append(
            plain_torch.ResidentLane(
                (task.train_x_SNI[seed], task.train_y_SN[seed]), (task.val_x_SNI[seed], task.val_y_SN[seed]),
                list(settings.model.hidden), settings.regularization.dropout, settings.training.batch_size,
            )
        )  # fmt: skip
    return lambda: sum(_timed(lane.epoch, count) for lane in plain)


def _timed(epoch: Callable[[], object], count: int) -> float:
    begin = time.perf_counter()
    for _ in range(count):
        epoch()
    return (time.perf_counter() - begin) / count * 1e3


def _in_turn(runs: list[Callable[[], float]], rounds: int = ROUNDS) -> list[Times]:
    times: list[Times] = [[] for _ in runs]
    for run in runs:
        run()
    for _ in range(rounds):
        for run, of_run in zip(runs, times, strict=True):
            of_run.append(run())
    return times


def _span(times: Times) -> str:
    return f"{statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})"
