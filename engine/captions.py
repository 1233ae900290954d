"""What a run does at this moment, in a sentence, and nothing where nothing is certain.

A pure function of a run's history. A curve rises or falls where most of the arm's seeds say so, each compared with
itself: the mean over its newest epochs with the mean over those before, and with its best stretch.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.history import History
from engine.record import RunRecord
from engine.summary import arms_in_words

Floats = NDArray[np.float64]

# Epochs kept that are too few to say anything.
FEWEST = 12
# More arms than these are compared by their ranking and not in a sentence.
MOST_ARMS = 8
# The share of an arm's seeds that must agree.
_MOST = 0.75
# How much higher than at its lowest a validation loss must be to have risen; below that it has held its level.
_RISEN = 1.1
# How much lower than before a loss must be to be falling.
_FALLING = 0.98


def caption(record: RunRecord) -> str:
    """What the arms' losses do, such as "'none': train falls, validation rises: memorizing"; empty where quiet."""
    history = record.history
    arms = record.preset.arm_names
    if history is None or record.started is None or len(arms) > MOST_ARMS or len(history) < FEWEST:
        return ""
    courses = {arm: course(history, arm) for arm in arms if arm in history.arms}
    memorizing = [arm for arm, seen in courses.items() if seen == "memorizing"]
    holding = [arm for arm, seen in courses.items() if seen in ("holding", "learning")]
    if memorizing:
        held = (
            f"; {arms_in_words(holding)} {'holds its' if len(holding) == 1 else 'hold their'} level" if holding else ""
        )
        return f"{arms_in_words(memorizing)}: train falls, validation rises: memorizing{held}"
    if courses and all(seen == "learning" for seen in courses.values()):
        where = "" if len(arms) == 1 else "in every arm "
        return f"{where}train and validation fall: still learning"
    return ""


def course(history: History, arm: str) -> str:
    """What an arm does: `memorizing` (train falls, validation rises), `learning` (both fall), `holding` (validation
    stays near its lowest), or an empty text."""
    trained_n, train_Sn = history.series("train_loss", arm)
    epochs_n, val_Sn = history.series("val_loss", arm)
    n = min(len(trained_n), len(epochs_n))  # the run goes on between the two
    if not np.array_equal(trained_n[:n], epochs_n[:n]):
        return ""
    train_Sn, val_Sn = train_Sn[:, :n], val_Sn[:, :n]
    if n > 1 and not np.isfinite(val_Sn[:, -1]).all():
        train_Sn, val_Sn = train_Sn[:, :-1], val_Sn[:, :-1]  # the newest epoch is not there for all seeds yet
    seen = [_course(train_n, val_n) for train_n, val_n in zip(train_Sn, val_Sn, strict=True)]
    for word in ("memorizing", "learning", "holding"):
        if seen and seen.count(word) >= math.ceil(_MOST * len(seen)):
            return word
    # A seed that still learns holds its level too.
    return "holding" if seen and len(seen) - seen.count("") - seen.count("memorizing") >= _MOST * len(seen) else ""


def _course(train_n: Floats, val_n: Floats) -> str:
    """Of one seed."""
    measured = np.isfinite(train_n) & np.isfinite(val_n)
    if not measured.all():  # it has ended or diverged: its curve does nothing now
        train_n, val_n = train_n[measured], val_n[measured]
        if not measured[-1]:
            return ""
    if len(val_n) < FEWEST:
        return ""
    window = max(3, len(val_n) // 8)
    train_w, val_w = _rolling(train_n, window), _rolling(val_n, window)
    lowest = int(np.argmin(val_w))
    now, before = len(val_w) - 1, len(val_w) - 1 - window
    risen = val_w[now] > _RISEN * val_w[lowest] and val_w[now] > val_w[before]
    if risen and train_w[now] < _FALLING * train_w[lowest] and train_w[now] <= train_w[before]:
        return "memorizing"
    if val_w[now] < _FALLING * val_w[before] and train_w[now] < _FALLING * train_w[before]:
        return "learning"
    return "holding" if val_w[now] <= _RISEN * val_w[lowest] else ""


def _rolling(values_n: Floats, window: int) -> Floats:
    """Means over `window` values in a row, [n - window + 1]."""
    sums = np.cumsum(np.concatenate([[0.0], values_n]))
    means: Floats = (sums[window:] - sums[:-window]) / window
    return means
