"""Where each parameter of a network lies in its lane's row of the stack's one buffer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from engine.preset import PresetError

Kind = Literal["weight", "bias", "gain", "shift"]
# The order in the buffer: a penalty on all weights, or on all biases, is one operation on one range of columns.
_ORDER: tuple[Kind, ...] = ("weight", "bias", "gain", "shift")


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter tensor. `layer` is the name of the layer it belongs to, `start` its first column in the buffer.

    `fan_in` and `fan_out` are what the first weights are scaled by.
    """

    layer: str
    kind: Kind
    shape: tuple[int, ...]
    fan_in: int
    fan_out: int
    start: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def columns(self) -> slice:
        return slice(self.start, self.start + self.size)

    def of(self, buffer_LP: Tensor) -> Tensor:
        """The parameter of every lane, [L, *shape], a view of the buffer."""
        return buffer_LP[:, self.columns].view(-1, *self.shape)


@dataclass(frozen=True, slots=True)
class Layout:
    """The parameters of one lane as a row of P numbers: weights first, then biases, then the norms' gains and shifts.

    Attributes
    ----------
    slots : in the order in which the network's modules asked for them.
    weights, biases : how many numbers of that kind; biases follow the weights.
    parameters : P.
    statistics : running statistics of one lane (Q), in a buffer of their own.
    first_statistics : what those start from.
    """

    slots: tuple[Slot, ...]
    weights: int
    biases: int
    parameters: int
    statistics: int
    first_statistics: tuple[float, ...] = ()

    @property
    def matrices(self) -> tuple[Slot, ...]:
        """The weight slots, in the order of the layers."""
        return tuple(slot for slot in self.slots if slot.kind == "weight")

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers that have weights, from the input to the output."""
        return tuple(slot.layer for slot in self.matrices)

    def weight_columns(self, layers: Sequence[int] = ()) -> list[slice]:
        """The columns of the weights of some layers (numbered from 1), or of all of them as one range."""
        if not layers:
            return [slice(0, self.weights)]
        return [self.matrices[number - 1].columns for number in layers]


class LayoutBuilder:
    """Collects what a network's modules ask for, and lays it out."""

    def __init__(self) -> None:
        self._asked: list[tuple[str, Kind, tuple[int, ...], int, int]] = []
        self._first_statistics: list[float] = []
        self.units = 0

    def slot(self, layer: str, kind: Kind, shape: tuple[int, ...], fan_in: int = 1, fan_out: int = 1) -> int:
        """Ask for a parameter; the number under which a pass finds it."""
        self._asked.append((layer, kind, shape, fan_in, fan_out))
        return len(self._asked) - 1

    def take_statistics(self, count: int, first: float = 0.0) -> int:
        """Ask for running statistics that start from `first`; their first column."""
        self._first_statistics += [first] * count
        return len(self._first_statistics) - count

    def take_units(self, count: int) -> int:
        """Ask for draws of so many units in each example's noise; the place of the first."""
        self.units += count
        return self.units - count

    def layout(self) -> Layout:
        """All that was asked for, in its place."""
        starts: dict[int, int] = {}
        sizes: dict[Kind, int] = dict.fromkeys(_ORDER, 0)
        start = 0
        for kind in _ORDER:
            for number, (_, asked, shape, _, _) in enumerate(self._asked):
                if asked == kind:
                    starts[number] = start
                    start += math.prod(shape)
                    sizes[kind] += math.prod(shape)
        slots = tuple(Slot(*asked, start=starts[number]) for number, asked in enumerate(self._asked))
        first = tuple(self._first_statistics)
        return Layout(slots, sizes["weight"], sizes["bias"], start, len(first), first)


def refuse_missing_layers(name: str, layers: Sequence[int], count: int, kind: str, which: str = "") -> None:
    """Raise PresetError where the setting `name` numbers a layer that is not among `count` of `what` + `which`."""
    for layer in layers:
        if not 1 <= layer <= count:
            there_are = f"{count} {kind}{'' if count == 1 else 's'}{which}"
            raise PresetError(
                f"regularization.{name} = {list(layers)}: there is no layer {layer}, the network has {there_are}"
                + (f", numbered from 1 to {count}" if count > 1 else "")
            )
