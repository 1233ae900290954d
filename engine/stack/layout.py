"""Where each parameter of a network lies in its lane's row of the stack's one buffer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from engine.preset.schema import Model


@dataclass(frozen=True, slots=True)
class Linear:
    """One fully connected layer: `h @ w_IO + b_O`."""

    name: str
    inputs: int
    outputs: int
    weight_at: int
    bias_at: int

    def weight(self, buffer_LP: Tensor) -> Tensor:
        """w_LIO, a view of the buffer."""
        size = self.inputs * self.outputs
        return buffer_LP[:, self.weight_at : self.weight_at + size].view(-1, self.inputs, self.outputs)

    def bias(self, buffer_LP: Tensor) -> Tensor:
        """b_LO, a view of the buffer."""
        return buffer_LP[:, self.bias_at : self.bias_at + self.outputs]


@dataclass(frozen=True, slots=True)
class Layout:
    """The parameters of one lane as a row of P numbers: all weight matrices first, then all biases.

    Weights lie together so that a penalty or a norm is one operation on `buffer[:, :weights]`.
    """

    layers: tuple[Linear, ...]
    weights: int
    parameters: int

    @property
    def hidden_units(self) -> int:
        return sum(layer.outputs for layer in self.layers[:-1])


def layout_of(model: Model, features: int, classes: int) -> Layout:
    """The layout of an MLP from `features` inputs over the hidden layers to `classes` outputs."""
    widths = [features, *model.hidden, classes]
    weights = sum(i * o for i, o in pairwise(widths))
    layers, weight_at, bias_at = [], 0, weights
    for number, (inputs, outputs) in enumerate(pairwise(widths), start=1):
        name = "output" if number == len(widths) - 1 else f"hidden {number}"
        layers.append(Linear(name, inputs, outputs, weight_at, bias_at))
        weight_at += inputs * outputs
        bias_at += outputs
    return Layout(tuple(layers), weights, bias_at)
