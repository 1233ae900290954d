"""What a lab remembers of one lane beside its tensors: early stopping, plateaus, its last and its best epoch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.events import Epoch, Event, Stopped, WouldStop
from engine.metrics import METRICS
from engine.preset import Settings
from engine.stack.schedule import Plateau, observe_plateau
from engine.stopping import Watch, observe


@dataclass(slots=True)
class LaneMemory:
    """The memory of the lane of `arm` under `seed`; `stopped` is its end, None while it trains."""

    arm: str
    seed: int
    watch: Watch = field(default_factory=Watch)
    plateau: Plateau = field(default_factory=Plateau)
    last: Epoch | None = None
    best: Epoch | None = None
    stopped: Stopped | None = None

    def take(
        self, settings: Settings, epoch: int, numbers: Mapping[str, float], lr: float
    ) -> tuple[list[Event], bool, bool]:
        """One epoch's numbers: the events, whether its weights are its best, whether it ends with its best weights.

        Parameters
        ----------
        settings : the arm's, as they stand.
        numbers : what the stack measured, by the names of metrics.
        lr : the learning rate of the lane's last step.
        """
        rule = settings.early_stopping
        self.watch, improved, verdict = observe(
            self.watch, rule, epoch, numbers["train_loss"], numbers["val_loss"], numbers["val_acc"]
        )
        watch = self.watch
        if settings.schedule.kind == "plateau":
            self.plateau = observe_plateau(self.plateau, settings.schedule, numbers["val_loss"])
        all_numbers = {
            **numbers,
            "lr": lr,
            "wait": watch.wait,
            "best_val_loss": watch.best_val_loss,
            "best_epoch": watch.best_epoch,
            "best_train_loss": watch.best_train_loss,
        }
        # In the order in which they are declared, the members of families after them.
        self.last = Epoch(
            self.arm,
            self.seed,
            epoch,
            {name: all_numbers[name] for name in METRICS if name in all_numbers} | all_numbers,
        )
        if improved:
            self.best = self.last
        events: list[Event] = [self.last]
        if verdict == "would_stop":
            events.append(WouldStop(self.arm, self.seed, epoch, watch.best_epoch, watch.best_val_loss))
        reason = {"stop": "early_stopping", "diverged": "diverged"}.get(verdict)
        if reason is None and epoch >= settings.training.epochs:
            reason = "epochs"
        # Where no epoch was looked at the first weights are the best; only a diverged lane falls back to those.
        restore = reason == "diverged" or (rule.restore_best and watch.best_epoch > 0)
        if reason is not None:
            events.append(self.end(epoch, reason, restore))
        return events, improved, restore

    def end(self, epoch: int, reason: str, restore: bool) -> Stopped:
        """End the lane's training; with `restore` it keeps its best weights, else its last."""
        watch = self.watch
        restored_epoch = watch.best_epoch if restore else epoch
        self.stopped = Stopped(
            self.arm, self.seed, epoch, reason, watch.best_epoch, watch.best_val_loss, restored_epoch
        )
        return self.stopped

    def values(self) -> dict[str, Any]:
        """The memory as JSON values."""
        return {
            "watch": dataclasses.asdict(self.watch),
            "plateau": dataclasses.asdict(self.plateau),
            "last": None if self.last is None else self.last.as_fields(),
            "best": None if self.best is None else self.best.as_fields(),
            "end": None if self.stopped is None else dataclasses.asdict(self.stopped),
        }

    def restore(self, values: Mapping[str, Any]) -> None:
        """Go back to what `values` gave."""
        self.watch, self.plateau = Watch(**values["watch"]), Plateau(**values["plateau"])
        self.last, self.best = (
            None if values[name] is None else Epoch.from_fields(values[name]) for name in ("last", "best")
        )
        self.stopped = None if values["end"] is None else Stopped(**values["end"])
