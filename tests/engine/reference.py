"""One lane as an ordinary `torch.nn` network: the reference that the stacked engine is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.data import Task
from engine.preset.schema import Model, Settings
from engine.stack.layout import Layout, Slot
from engine.stack.network import network_of as stacked_network_of
from engine.stack.randomness import batch_order

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}


@dataclass(frozen=True)
class Layer:
    """One fully connected layer of a layout: its two slots and what is read off them."""

    name: str
    weights: Slot
    biases: Slot

    @property
    def inputs(self) -> int:
        return self.weights.shape[0]

    @property
    def outputs(self) -> int:
        return self.weights.shape[1]

    @property
    def weight_at(self) -> int:
        return self.weights.start

    @property
    def bias_at(self) -> int:
        return self.biases.start

    def weight(self, buffer_LP: Tensor) -> Tensor:
        return self.weights.of(buffer_LP)

    def bias(self, buffer_LP: Tensor) -> Tensor:
        return self.biases.of(buffer_LP)


def layers_of(layout: Layout) -> list[Layer]:
    """The fully connected layers of a layout, from the input to the output."""
    biases = {slot.layer: slot for slot in layout.slots if slot.kind == "bias"}
    return [Layer(slot.layer, slot, biases[slot.layer]) for slot in layout.matrices]


def layout_of(model: Model, features: int, classes: int) -> Layout:
    """The layout of a model's network."""
    return stacked_network_of(Settings(model=model), features, classes).layout


def network_of(layout: Layout, theta_P: Tensor, activation: str = "relu") -> nn.Sequential:
    """The lane's network with its present weights."""
    parts: list[nn.Module] = []
    for layer in layers_of(layout):
        linear = nn.Linear(layer.inputs, layer.outputs, dtype=theta_P.dtype)
        with torch.no_grad():
            linear.weight.copy_(layer.weight(theta_P[None])[0].T)
            linear.bias.copy_(layer.bias(theta_P[None])[0])
        parts += [linear, ACTIVATIONS[activation]()]
    return nn.Sequential(*parts[:-1])


def parameters_of(network: nn.Sequential) -> Tensor:
    """The network's parameters as a lane's row: all weight matrices, then all biases."""
    linears = [part for part in network if isinstance(part, nn.Linear)]
    return torch.cat([linear.weight.T.flatten() for linear in linears] + [linear.bias for linear in linears]).detach()


def weight_matrices(network: nn.Sequential) -> list[Tensor]:
    return [part.weight for part in network if isinstance(part, nn.Linear)]


def batches(task: Task, seed: int, size: int, epochs: int, row: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of a seed, epoch by epoch, as the engine draws them."""
    x_NI, y_N = task.train_x_SNI[row], task.train_y_SN[row]
    for epoch in range(1, epochs + 1):
        yield from ((x_NI[rows], y_N[rows]) for rows in batch_order(seed, epoch, len(y_N), False).split(size))


def train(
    network: nn.Sequential,
    optimizer: torch.optim.Optimizer,
    data: Iterator[tuple[Tensor, Tensor]],
    penalty: Callable[[list[Tensor]], Tensor] | None = None,
    smoothing: float = 0.0,
    after: Callable[[list[Tensor]], None] | None = None,
) -> None:
    """The plain loop: loss, penalty, backward, step."""
    for x_BI, y_B in data:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x_BI), y_B, label_smoothing=smoothing)
        if penalty is not None:
            loss = loss + penalty(weight_matrices(network))
        loss.backward()
        optimizer.step()
        if after is not None:
            with torch.no_grad():
                after(weight_matrices(network))


def gradient_of(layout: Layout, theta_P: Tensor, loss: Callable[[nn.Sequential], Tensor]) -> Tensor:
    """The gradient of any loss of the network with these parameters, as a lane's row."""
    network = network_of(layout, theta_P)
    linears = [part for part in network if isinstance(part, nn.Linear)]
    leaves = [linear.weight for linear in linears] + [linear.bias for linear in linears]
    gradients = torch.autograd.grad(loss(network), leaves, allow_unused=True)
    whole_gradients = [
        torch.zeros_like(leaf) if grad is None else grad for leaf, grad in zip(leaves, gradients, strict=True)
    ]
    return torch.cat([grad.t().flatten() for grad in whole_gradients])


def hidden_outputs(network: nn.Sequential, x_BI: Tensor) -> list[Tensor]:
    """What follows each hidden layer's activation."""
    outputs, h = [], x_BI
    for part in network:
        h = part(h)
        if not isinstance(part, nn.Linear):
            outputs.append(h)
    return outputs
