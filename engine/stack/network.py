"""The stacked network: one forward pass for all lanes, in training with its noise, in evaluation without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.regularizers.dropout import dropout, dropout_evaluation
from engine.stack.layout import Layout

Activation = Callable[[Tensor], Tensor]

ACTIVATIONS: dict[str, Activation] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
}


@dataclass(frozen=True, slots=True)
class Dropout:
    """The dropout of one pass: `bits_SBH` over all hidden units side by side, and each lane's p."""

    p_L: Tensor
    inverted: bool
    bits_SBH: Tensor | None = None


def forward_training(
    x_LBI: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    layout: Layout,
    activation: Activation,
    seeds: int,
    drop: Dropout | None,
) -> Tensor:
    """logits_LBC, with dropout after each hidden activation where `drop` is given.

    Parameters
    ----------
    weights, biases : w_LIO and b_LO of each layer, lanes ordered seed by seed.
    seeds : S; each seed has L / S lanes.
    """
    h_LBH, at = x_LBI, 0
    for w_LIO, b_LO in zip(weights[:-1], biases[:-1], strict=True):
        h_LBH = activation(torch.baddbmm(b_LO.unsqueeze(1), h_LBH, w_LIO))
        if drop is not None and drop.bits_SBH is not None:
            lanes, batch, units = h_LBH.shape
            h_SABH = h_LBH.view(seeds, lanes // seeds, batch, units)
            bits_SBH = drop.bits_SBH[:, :, at : at + units]
            h_LBH = dropout(h_SABH, bits_SBH, drop.p_L, drop.inverted).view(lanes, batch, units)
            at += units
    return torch.baddbmm(biases[-1].unsqueeze(1), h_LBH, weights[-1])


def forward_evaluation(
    x_GNI: Tensor, theta_LP: Tensor, layout: Layout, activation: Activation, drop: Dropout | None
) -> Tensor:
    """logits_LNC without noise. `x_GNI` has one group for all lanes, or one for each seed.

    The lanes of a group share their inputs, so the first and widest product is done for all of them at once: their
    weights side by side as the columns of one matrix.
    """
    groups, rows = x_GNI.shape[:2]
    first, *others = layout.layers
    lanes = theta_LP.shape[0]
    shared = lanes // groups
    w_GMIO = first.weight(theta_LP).view(groups, shared, first.inputs, first.outputs)
    w_GIMO = w_GMIO.transpose(1, 2).reshape(groups, first.inputs, shared * first.outputs)
    h_GNMO = torch.bmm(x_GNI, w_GIMO).view(groups, rows, shared, first.outputs)
    bias_GM1O = first.bias(theta_LP).view(groups, shared, 1, first.outputs)
    h_LNH = (h_GNMO.transpose(1, 2) + bias_GM1O).reshape(lanes, rows, first.outputs)
    for layer in others:
        # No gradient is wanted here: relu in place saves writing the activations a second time.
        h_LNH = h_LNH.relu_() if activation is torch.relu else activation(h_LNH)
        if drop is not None and not drop.inverted:
            h_LNH = dropout_evaluation(h_LNH, drop.p_L)
        h_LNH = torch.baddbmm(layer.bias(theta_LP).unsqueeze(1), h_LNH, layer.weight(theta_LP))
    return h_LNH
