"""Early stopping (Keras EarlyStopping, with its gaps closed): a pure function from an epoch's numbers to a verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from engine.preset.schema import EarlyStopping

# Relative; eight units in the last place of a float32. Two losses this close are equal as far as float32 sums go: which
# one is smaller depends on the order of their additions.
ROUNDING = 8 * 2.0**-23

Verdict = Literal["go_on", "stop", "would_stop", "diverged"]


@dataclass(frozen=True, slots=True)
class Watch:
    """What early stopping remembers of one lane.

    best : the monitored value at its best (infinity before any), signed so that smaller is better.
    best_train_loss, best_val_loss, best_epoch : of the epoch whose weights are the best ones; NaN and 0 before any.
    wait : epochs since then that did not improve.
    marked : the would-be stop has been reported (`action = "watch"`).
    """

    best: float = math.inf
    best_train_loss: float = math.nan
    best_val_loss: float = math.nan
    best_epoch: int = 0
    wait: int = 0
    marked: bool = False


def observe(
    watch: Watch, rule: EarlyStopping, epoch: int, train_loss: float, val_loss: float, val_acc: float
) -> tuple[Watch, bool, Verdict]:
    """The lane's watch after an epoch (counted from 1), whether its weights are the best so far, and the verdict.

    Improved is `current < best - min_delta` as in Keras, and where a patience waits for it, by more than `ROUNDING`
    of `best`, so that no stop hangs on the last bit; only then does `best` move and `wait` return to 0. Epochs up
    to `start_from_epoch` are not looked at. A loss that is not finite is `diverged`, and never the best.
    """
    if not (math.isfinite(train_loss) and math.isfinite(val_loss)):
        return watch, False, "diverged"
    if epoch <= rule.start_from_epoch:
        return watch, False, "go_on"
    current = {"val_loss": val_loss, "val_acc": -val_acc, "train_loss": train_loss}[rule.monitor]
    if _improved(current, watch.best, rule):
        best = Watch(current, train_loss, val_loss, epoch, wait=0, marked=watch.marked)
        return best, True, "go_on"
    watch = replace(watch, wait=watch.wait + 1)
    if rule.patience == 0 or watch.wait < rule.patience:
        return watch, False, "go_on"
    if rule.action == "stop":
        return watch, False, "stop"
    if watch.marked:
        return watch, False, "go_on"
    return replace(watch, marked=True), False, "would_stop"


def _improved(current: float, best: float, rule: EarlyStopping) -> bool:
    if math.isinf(best):  # before any; infinity less a share of it would be NaN
        return True
    rounding = ROUNDING * abs(best) if rule.patience > 0 else 0.0
    return current < best - rule.min_delta - rounding
