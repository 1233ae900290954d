"""The training pass of a net of dense layers with its gradient written out, for a CPU.

It does what autograd does, product for product, in fewer calls and fewer passes over the activations: every layer's
outputs lie in buffers held from step to step, on which activation and dropout act in place, and so does the way back
on the gradient. The arms that drop nothing are not touched by dropout at all.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.regularizers.dropout import Threshold, kept_share
from engine.stack.forward_pass import ForwardPass
from engine.stack.modules import Activate, Dense, Drop, GaussianDrop
from engine.stack.network import Network
from engine.stack.objective import Objective, Targets
from engine.stack.settings import LaneSettings

_DROPOUT = "regularization.dropout"
_SMOOTHING = "regularization.label_smoothing"

_aten = torch.ops.aten
# Each activation in place, and in place too: from the gradient by its outputs a to that by its inputs.
_ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]] = {
    "relu": (torch.relu_, lambda g, a: _aten.threshold_backward.grad_input(g, a, 0, grad_input=g)),
    "tanh": (torch.tanh_, lambda g, a: _aten.tanh_backward.grad_input(g, a, grad_input=g)),
    "sigmoid": (torch.sigmoid_, lambda g, a: _aten.sigmoid_backward.grad_input(g, a, grad_input=g)),
}


class _Drops:
    """Which arms drop units in this pass, and how: None of them is outside `arms`."""

    def __init__(self, arms: slice, p: Threshold) -> None:
        self.arms, self.p = arms, Threshold(p.least[:, arms], p.kept[:, arms])

    @classmethod
    def of(cls, settings: LaneSettings, forward: ForwardPass) -> _Drops | None:
        p_L = settings.host[_DROPOUT]
        arms = len(p_L) // forward.seeds
        dropping = [lane % arms for lane, p in enumerate(p_L) if p]
        if not dropping:
            return None
        return cls(slice(min(dropping), max(dropping) + 1), forward.threshold(_DROPOUT))


class _Hidden:
    """A hidden layer on batches of one size, with its buffers.

    Parameters
    ----------
    drop : dropout of its outputs; None where they are never dropped.
    shape : of its outputs, [L, B, O].
    """

    def __init__(self, dense: Dense, activation: str, drop: Drop | None, shape: tuple[int, int, int], like: Tensor):
        self.dense, self._drop = dense, drop
        self._activate, self._way_back = _ACTIVATIONS[activation]
        # Where relu is dropped it is 0, and so is the gradient there: what is left of it is all that its slope needs.
        self._keeps_slope = activation == "relu"
        self._a_LBO, self._g_LBO = like.new_empty(shape), like.new_empty(shape)
        self._h_LBO: Tensor | None = None
        self._share_SABO: Tensor | None = None
        self.outputs_LBO = self._a_LBO

    def forward(self, h: Tensor, forward: ForwardPass, drops: _Drops | None) -> Tensor:
        """What the next layer sees of the layer's outputs on h."""
        w_LIO, b_LO = forward.values[self.dense.weight], forward.values[self.dense.bias]
        torch.baddbmm(b_LO.unsqueeze(1), h, w_LIO, out=self._a_LBO)
        self._activate(self._a_LBO)
        self.outputs_LBO = self._a_LBO
        if drops is not None and self._drop is not None:
            if not self._keeps_slope:
                self._h_LBO = torch.empty_like(self._a_LBO) if self._h_LBO is None else self._h_LBO
                self.outputs_LBO = self._h_LBO.copy_(self._a_LBO)
            forward.per_arm(self.outputs_LBO)[:, drops.arms].mul_(self._share(self._drop, forward, drops))
        return self.outputs_LBO

    def _share(self, drop: Drop, forward: ForwardPass, drops: _Drops) -> Tensor:
        batch, units = self._a_LBO.shape[1:]
        shape = (forward.seeds, drops.arms.stop - drops.arms.start, batch, units)
        if self._share_SABO is None or self._share_SABO.shape != shape:
            self._share_SABO = self._a_LBO.new_empty(shape)
        bits_SBO = forward.dropout_bits(drop.first_unit, units, batch)
        return kept_share(bits_SBO, drops.p, drop.inverted, out=self._share_SABO)

    def backward(self, g: Tensor, above: Dense, forward: ForwardPass, drops: _Drops | None) -> Tensor:
        """The gradient by the layer's product, from that by the product of the layer `above`."""
        torch.bmm(g, forward.values[above.weight].transpose(1, 2), out=self._g_LBO)
        if drops is not None and self._drop is not None:
            assert self._share_SABO is not None
            forward.per_arm(self._g_LBO)[:, drops.arms].mul_(self._share_SABO)
        return self._way_back(self._g_LBO, self._a_LBO)


class DenseGradient:
    """The loss of all lanes and its gradient by their parameters, where a network has dense layers alone.

    Parameters
    ----------
    network : one that `knows`.
    gradients : the places in the gradients' buffer, in the order of the layout's slots.
    settings : the lanes' live settings.
    """

    def __init__(self, network: Network, gradients: list[Tensor], settings: LaneSettings) -> None:
        self._network, self._settings = network, settings
        self._gradients = gradients
        # Products of all lanes at once are written without gaps between the lanes, or MKL is asked for each alone.
        self._products = [torch.empty_like(gradient, memory_format=torch.contiguous_format) for gradient in gradients]
        self._layers: dict[int, list[_Hidden]] = {}  # by the batch's size

    @staticmethod
    def knows(network: Network) -> bool:
        """Whether the network consists of what is written out here."""
        *hidden, output = network.modules
        written_out = all(
            isinstance(module, Dense | Drop | GaussianDrop)
            or (isinstance(module, Activate) and module.kind in _ACTIVATIONS)
            for module in hidden
        )
        return written_out and isinstance(output, Dense)

    @property
    def applies(self) -> bool:
        """Whether the lanes' settings ask for nothing else: Gaussian dropout is left to autograd."""
        return not self._settings.any("regularization.gaussian_dropout")

    @torch.no_grad()
    def __call__(self, objective: Objective, x_LBI: Tensor, targets: Targets, forward: ForwardPass) -> Tensor:
        """Fill the gradients' buffer with those at the parameters of `forward`; the loss of each lane, [L]."""
        layers = self._hidden(x_LBI)
        drops = _Drops.of(self._settings, forward)
        inputs = [x_LBI]
        for layer in layers:
            inputs.append(layer.forward(inputs[-1], forward, drops))
        output = self._network.modules[-1]
        assert isinstance(output, Dense)
        smoothing_L = self._settings[_SMOOTHING] if self._settings.any(_SMOOTHING) else None
        loss_L, g = objective.differentiate(output(inputs[-1], forward), targets, smoothing_L)
        above = output
        for layer in reversed(layers):
            self._by_parameters(above, inputs.pop(), g)
            g = layer.backward(g, above, forward, drops)
            above = layer.dense
        self._by_parameters(above, x_LBI, g)
        torch._foreach_copy_(self._gradients, self._products)
        return loss_L

    def _by_parameters(self, dense: Dense, h: Tensor, g: Tensor) -> None:
        """The gradients by a layer's weights and biases, from its inputs h and the gradient by its product."""
        torch.bmm(h.transpose(1, 2), g, out=self._products[dense.weight])
        torch.sum(g, dim=1, out=self._products[dense.bias])

    def _hidden(self, x_LBI: Tensor) -> list[_Hidden]:
        """The hidden layers with buffers for batches of this size: an epoch's last one may be smaller."""
        lanes, batch, _ = x_LBI.shape
        if batch not in self._layers:
            self._layers[batch] = layers = []
            found: list[tuple[Dense, str, Drop | None]] = []
            for module in self._network.modules[:-1]:
                match module:
                    case Dense():
                        found.append((module, "", None))
                    case Activate():
                        found[-1] = (found[-1][0], module.kind, None)
                    case Drop():
                        found[-1] = (*found[-1][:2], module)
            for dense, activation, drop in found:
                units = self._gradients[dense.bias].shape[1]
                layers.append(_Hidden(dense, activation, drop, (lanes, batch, units), x_LBI))
        return self._layers[batch]
