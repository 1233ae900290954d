"""The live settings of a stack's lanes as per-lane tensors: turning a knob writes one number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, TypeVar

import torch
from torch import Tensor

from engine.preset import Settings, live_knobs

T = TypeVar("T")
_IN_THE_STEP = ("training", "regularization", "augment")


class LaneSettings:
    """The numbers that a step reads, one per lane and setting, on the device, and a copy on the host."""

    def __init__(self, lanes: Sequence[Settings], device: torch.device, dtype: torch.dtype) -> None:
        self._keys = [knob.key for knob in live_knobs() if knob.section in _IN_THE_STEP]
        self.host = {key: [float(lane.get(key)) for lane in lanes] for key in self._keys}
        self._device = {key: torch.tensor(row, device=device, dtype=dtype) for key, row in self.host.items()}
        self._torch_device = device
        self._lanes: dict[tuple[str, ...], Tensor] = {}
        self._held: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Tensor:
        """The setting of every lane, [L]."""
        return self._device[key]

    def of_lanes(self, lanes: slice) -> LaneSettings:
        """The settings of some lanes alone, for a pass that only they go through; not to be turned."""
        part = copy(self)
        part.host = {key: row[lanes] for key, row in self.host.items()}
        part._device = {key: row_L[lanes] for key, row_L in self._device.items()}
        part._lanes, part._held = {}, {}
        return part

    def any(self, key: str) -> bool:
        """Whether the technique is on in any lane; asks the host's copy, so the device is not waited for."""
        return any(self.host[key])

    def lanes(self, *keys: str) -> Tensor:
        """The numbers of the lanes where any of these is on, [K], held until a knob turns."""
        found = self._lanes.get(keys)
        if found is None:
            numbers = [lane for lane, row in enumerate(zip(*(self.host[key] for key in keys), strict=True)) if any(row)]
            found = self._lanes[keys] = torch.tensor(numbers, dtype=torch.int64, device=self._torch_device)
        return found

    def held(self, key: str, make: Callable[[Tensor], T]) -> T:
        """What `make` computes from a setting, [L], held until a knob turns; only one result per setting is held."""
        if key not in self._held:
            self._held[key] = make(self._device[key])
        value: T = self._held[key]
        return value

    def set(self, key: str, lane: int, value: float) -> None:
        """Turn one lane's knob; settings that no step reads (early stopping's) are passed over."""
        if key in self.host:
            self.host[key][lane] = float(value)
            self._lanes.clear()
            self._held.clear()
            self._device[key][lane] = float(value)
