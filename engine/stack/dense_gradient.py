"""The training pass of a net of dense layers with its gradient written out, for a CPU.

It does what autograd does, product for product, in fewer calls and fewer passes over the activations: every layer's
outputs lie in buffers held from step to step, on which activation and dropout act in place, and so does the way back
on the gradient. The arms that drop nothing are not touched by dropout at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.regularizers.dropout import Threshold, kept_share
from engine.regularizers.gaussian_dropout import gaussian_factor, gaussian_std
from engine.stack.forward_pass import ForwardPass
from engine.stack.modules import Activate, Dense, DenseNorm, Drop, GaussianDrop, Kept, Module
from engine.stack.modules.norm import BatchNorm, GroupNorm, LayerNorm
from engine.stack.network import Network
from engine.stack.objective import Objective, Targets
from engine.stack.settings import LaneSettings

_DROPOUT = "regularization.dropout"
_GAUSSIAN = "regularization.gaussian_dropout"
_SMOOTHING = "regularization.label_smoothing"

_aten = torch.ops.aten
# Each activation in place, and in place too: from the gradient by its outputs a to that by its inputs.
_ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]] = {
    "relu": (torch.relu_, lambda g, a: _aten.threshold_backward.grad_input(g, a, 0, grad_input=g)),
    "tanh": (torch.tanh_, lambda g, a: _aten.tanh_backward.grad_input(g, a, grad_input=g)),
    "sigmoid": (torch.sigmoid_, lambda g, a: _aten.sigmoid_backward.grad_input(g, a, grad_input=g)),
}


def _arms(settings: LaneSettings, key: str, seeds: int) -> slice | None:
    """The arms from the first to the last that have this technique on; None where none has."""
    host = settings.host[key]
    arms = len(host) // seeds
    on = [lane % arms for lane, value in enumerate(host) if value]
    return slice(min(on), max(on) + 1) if on else None


class _Drops:
    """Which arms drop units in this pass and how, and which multiply them by normal numbers; None: none does."""

    def __init__(self, settings: LaneSettings, forward: ForwardPass) -> None:
        self.arms = _arms(settings, _DROPOUT, forward.seeds)
        if self.arms is not None:
            p = forward.threshold(_DROPOUT)
            self.p = Threshold(p.least[:, self.arms], p.kept[:, self.arms])
        self.noisy_arms = _arms(settings, _GAUSSIAN, forward.seeds)
        if self.noisy_arms is not None:
            std_L = settings.held(_GAUSSIAN, gaussian_std)
            self.std_SA11 = std_L.view(forward.seeds, -1, 1, 1)[:, self.noisy_arms]


@dataclass(slots=True)
class _Parts:
    """The modules of a hidden layer in one place each."""

    dense: Dense
    activation: str = ""
    before: DenseNorm | None = None
    after: DenseNorm | None = None
    drop: Drop | None = None
    gaussian: GaussianDrop | None = None

    @classmethod
    def of(cls, modules: Sequence[Module]) -> list[_Parts]:
        """The hidden layers that modules in their order make."""
        found: list[_Parts] = []
        for module in modules:
            match module:
                case Dense():
                    found.append(cls(module))
                case Activate():
                    found[-1].activation = module.kind
                case BatchNorm() | LayerNorm() | GroupNorm() if found[-1].activation:
                    found[-1].after = module
                case BatchNorm() | LayerNorm() | GroupNorm():
                    found[-1].before = module
                case Drop():
                    found[-1].drop = module
                case GaussianDrop():
                    found[-1].gaussian = module
        return found


class _Hidden:
    """A hidden layer on batches of one size, with its buffers.

    Parameters
    ----------
    products : where the gradients by gains and shifts are put, by the number of their slot.
    shape : of its outputs, [L, B, O].
    """

    def __init__(self, parts: _Parts, products: list[Tensor], shape: tuple[int, int, int], like: Tensor):
        self.dense, self._parts, self._products = parts.dense, parts, products
        self._activate, self._way_back = _ACTIVATIONS[parts.activation]
        self._a_LBO, self._g_LBO = like.new_empty(shape), like.new_empty(shape)
        self._h_LBO: Tensor | None = None
        self._share_SABO: Tensor | None = None
        self._noise_SABO: Tensor | None = None
        self._activated_LBO = self._a_LBO
        self._kept_before: Kept = ()
        self._kept_after: Kept = ()

    def forward(self, h: Tensor, forward: ForwardPass, drops: _Drops) -> Tensor:
        """What the next layer sees of the layer's outputs on h."""
        w_LIO, b_LO = forward.values[self.dense.weight], forward.values[self.dense.bias]
        a_LBO = torch.baddbmm(b_LO.unsqueeze(1), h, w_LIO, out=self._a_LBO)
        if self._parts.before is not None:
            a_LBO, self._kept_before = self._parts.before.forward(a_LBO, forward)
        self._activated_LBO = outputs_LBO = self._activate(a_LBO)
        if self._parts.after is not None:
            outputs_LBO, self._kept_after = self._parts.after.forward(a_LBO, forward)
        return self._dropped(outputs_LBO, forward, drops)

    def _dropped(self, outputs_LBO: Tensor, forward: ForwardPass, drops: _Drops) -> Tensor:
        drop = self._parts.drop if drops.arms is not None else None
        gaussian = self._parts.gaussian if drops.noisy_arms is not None else None
        # Where relu is dropped it is 0, and so is the gradient there: what is left of it is all that its slope needs.
        keeps_slope = self._parts.after is not None or (self._parts.activation == "relu" and gaussian is None)
        if (drop is not None or gaussian is not None) and not keeps_slope:
            self._h_LBO = torch.empty_like(outputs_LBO) if self._h_LBO is None else self._h_LBO
            outputs_LBO = self._h_LBO.copy_(outputs_LBO)
        if drop is not None:
            self._share_SABO = self._share(drop, forward, drops)
            forward.per_arm(outputs_LBO)[:, drops.arms].mul_(self._share_SABO)
        if gaussian is not None:
            noise_SBO = forward.normal(gaussian.stream, *outputs_LBO.shape[1:])
            self._noise_SABO = gaussian_factor(noise_SBO, drops.std_SA11)
            forward.per_arm(outputs_LBO)[:, drops.noisy_arms].mul_(self._noise_SABO)
        return outputs_LBO

    def _share(self, drop: Drop, forward: ForwardPass, drops: _Drops) -> Tensor:
        assert drops.arms is not None
        batch, units = self._a_LBO.shape[1:]
        shape = (forward.seeds, drops.arms.stop - drops.arms.start, batch, units)
        out = self._share_SABO
        if out is None or out.shape != shape:
            out = self._a_LBO.new_empty(shape)
        bits_SBO = forward.dropout_bits(drop.first_unit, units, batch)
        return kept_share(bits_SBO, drops.p, drop.inverted, out=out)

    def backward(self, g: Tensor, above: Dense, forward: ForwardPass, drops: _Drops) -> Tensor:
        """The gradient by the layer's product, from that by the product of the layer `above`."""
        g_LBO = torch.bmm(g, forward.values[above.weight].transpose(1, 2), out=self._g_LBO)
        if drops.noisy_arms is not None and self._parts.gaussian is not None:
            assert self._noise_SABO is not None
            forward.per_arm(g_LBO)[:, drops.noisy_arms].mul_(self._noise_SABO)
        if drops.arms is not None and self._parts.drop is not None:
            assert self._share_SABO is not None
            forward.per_arm(g_LBO)[:, drops.arms].mul_(self._share_SABO)
        if self._parts.after is not None:
            g_LBO = self._through(self._parts.after, g_LBO, self._kept_after, forward)
        g_LBO = self._way_back(g_LBO, self._activated_LBO)
        if self._parts.before is not None:
            g_LBO = self._through(self._parts.before, g_LBO, self._kept_before, forward)
        return g_LBO

    def _through(self, norm: DenseNorm, g_LBO: Tensor, kept: Kept, forward: ForwardPass) -> Tensor:
        h_LBO, gain_L1O, shift_L1O = norm.backward(g_LBO, kept, forward)
        self._products[norm.gain], self._products[norm.shift] = gain_L1O.squeeze(1), shift_L1O.squeeze(1)
        return h_LBO


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
            isinstance(module, Dense | Drop | GaussianDrop | BatchNorm | LayerNorm | GroupNorm)
            or (isinstance(module, Activate) and module.kind in _ACTIVATIONS)
            for module in hidden
        )
        return written_out and isinstance(output, Dense)

    def applies(self, batch: int) -> bool:
        """Whether all is written out for so many examples: batch norm of a single one is left to autograd."""
        return batch > 1 or not self._network.layout.statistics

    @torch.no_grad()
    def __call__(self, objective: Objective, x_LBI: Tensor, targets: Targets, forward: ForwardPass) -> Tensor:
        """Fill the gradients' buffer with those at the parameters of `forward`; the loss of each lane, [L]."""
        layers = self._hidden(x_LBI)
        drops = _Drops(self._settings, forward)
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
            self._layers[batch] = [
                _Hidden(parts, self._products, (lanes, batch, self._gradients[parts.dense.bias].shape[1]), x_LBI)
                for parts in _Parts.of(self._network.modules[:-1])
            ]
        return self._layers[batch]
