"""The averages that lanes keep of their weights beside training: `ema` after each step, `swa` after each epoch."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engine.regularizers.weight_average import equal_share, exponential_share, move_average
from engine.stack.settings import LaneSettings
from engine.state import LaneState, under

_EMA, _SWA = "training.ema", "training.swa_start"


class Average:
    """One average of every lane. It begins anew in a lane whose knob was off, or that was not moved for a time.

    Nothing is held until the first move: what no lane uses costs neither memory nor time.
    """

    def __init__(self) -> None:
        self.theta_LP: Tensor | None = None
        self._updates_L: Tensor | None = None
        self._place = 0

    def updates(self, theta_LP: Tensor, on_L: Tensor, place: int) -> Tensor:
        """Which update of each lane's average this is, 1, 2, ...; 0 where it is off. `place` counts all moves."""
        if self.theta_LP is None or self._updates_L is None:
            self.theta_LP, self._updates_L = theta_LP.clone(), torch.zeros_like(theta_LP[:, 0])
        if place != self._place + 1:
            self._updates_L.zero_()
        self._place = place
        self._updates_L.add_(1).mul_(on_L)
        return self._updates_L

    def state(self, lane: int) -> LaneState:
        """One lane's; empty before the first move."""
        if self.theta_LP is None or self._updates_L is None:
            return LaneState()
        tensors = {"theta": self.theta_LP[lane].clone(), "updates": self._updates_L[lane].clone()}
        return LaneState(tensors, {"place": self._place})

    def restore(self, theta_LP: Tensor, lanes: Mapping[int, LaneState]) -> None:
        """Go back to what `state` gave for these lanes; `theta_LP` is of the stack, for its shape."""
        moved = {lane: state for lane, state in lanes.items() if state.tensors}
        if moved:  # a lane that has stopped may have done so before the others
            self._place = max(state.values["place"] for state in moved.values())
        if len(lanes) == len(theta_LP) and not moved:
            self.theta_LP, self._updates_L, self._place = None, None, 0
        elif moved and (self.theta_LP is None or self._updates_L is None):
            self.theta_LP, self._updates_L = theta_LP.clone(), torch.zeros_like(theta_LP[:, 0])
        for lane, state in lanes.items():
            if self.theta_LP is not None and self._updates_L is not None:
                self._updates_L[lane] = state.tensors["updates"] if state.tensors else 0
                if state.tensors:
                    self.theta_LP[lane] = state.tensors["theta"]


class Averages:
    """Both averages of a stack. Frozen lanes' averages stay as they are."""

    def __init__(self, settings: LaneSettings) -> None:
        self._settings = settings
        self._ema, self._swa = Average(), Average()
        self._moves_L = torch.ones_like(settings[_EMA])
        self._epoch = 0

    def after_step(self, theta_LP: Tensor, step: int) -> None:
        """Move the exponential averages."""
        if self._settings.any(_EMA):
            decay_L = self._settings[_EMA]
            updates_L = self._ema.updates(theta_LP, decay_L > 0, step)
            self._move(self._ema, theta_LP, exponential_share(updates_L, decay_L))

    def after_epoch(self, theta_LP: Tensor, epoch: int) -> None:
        """Move the equal averages of the lanes whose time has come."""
        self._epoch = epoch
        if any(self._averages_equally(lane) for lane in range(len(self._moves_L))):
            start_L = self._settings[_SWA]
            updates_L = self._swa.updates(theta_LP, (start_L > 0) & (start_L <= epoch), epoch)
            self._move(self._swa, theta_LP, equal_share(updates_L))

    def _move(self, average: Average, theta_LP: Tensor, share_L: Tensor) -> None:
        assert average.theta_LP is not None
        move_average(average.theta_LP, theta_LP, share_L * self._moves_L)

    def _averages_equally(self, lane: int) -> bool:
        return 0 < self._settings.host[_SWA][lane] <= self._epoch

    def freeze(self, lane: int) -> None:
        """Freeze the lane's averages."""
        self._moves_L[lane] = 0

    def tensors(self) -> dict[str, tuple[Tensor, list[bool]]]:
        """The averages that are on in some lane, theta_LP, and in which lanes; "ema" and "swa" by name."""
        lanes = range(len(self._moves_L))
        on = {
            "ema": (self._ema.theta_LP, [self._settings.host[_EMA][lane] > 0 for lane in lanes]),
            "swa": (self._swa.theta_LP, [self._averages_equally(lane) for lane in lanes]),
        }
        return {name: (theta_LP, of) for name, (theta_LP, of) in on.items() if theta_LP is not None and any(of)}

    def state(self, lane: int) -> LaneState:
        """All that a restored lane needs to go on exactly."""
        whole = LaneState({"moves": self._moves_L[lane].clone()}, {"epoch": self._epoch})
        for name, average in self._by_name().items():
            state = average.state(lane)
            whole.tensors |= {f"{name}.{part}": tensor for part, tensor in state.tensors.items()}
            whole.values |= {f"{name}.{part}": value for part, value in state.values.items()}
        return whole

    def restore(self, theta_LP: Tensor, lanes: Mapping[int, LaneState]) -> None:
        """Go back to what `state` gave for these lanes; `theta_LP` is of the stack, for its shape."""
        for name, average in self._by_name().items():
            average.restore(theta_LP, {lane: under(f"{name}.", state) for lane, state in lanes.items()})
        for lane, state in lanes.items():
            self._moves_L[lane] = state.tensors["moves"]
        self._epoch = max((state.values["epoch"] for state in lanes.values()), default=self._epoch)

    def _by_name(self) -> dict[str, Average]:
        return {"ema": self._ema, "swa": self._swa}
