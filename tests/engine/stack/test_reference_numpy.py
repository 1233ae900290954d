"""An independent network in NumPy, written from the formulas by hand: dropout as in Saitoh 2016, both weight decays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.events import Epoch
from engine.stack.layout import Layout
from engine.stack.randomness import Streams, batch_order
from tests.engine.reference import layers_of
from tests.engine.small import CPU, Settings, lab_of, only, task_of, weights_of

Floats = NDArray[np.float64]
EPOCHS, BATCH = 30, 16


class Net:
    """A ReLU classifier: `h_k = relu(h_(k-1) W_k + b_k)`, softmax cross-entropy, gradients by the chain rule."""

    def __init__(self, layout: Layout, theta_P: Floats) -> None:
        self.layout = layout
        self.W = [
            theta_P[x.weight_at : x.weight_at + x.inputs * x.outputs].reshape(x.inputs, x.outputs).copy()
            for x in layers_of(layout)
        ]
        self.b = [theta_P[x.bias_at : x.bias_at + x.outputs].copy() for x in layers_of(layout)]

    def theta(self) -> Floats:
        return np.concatenate([W.ravel() for W in self.W] + self.b)

    def step(self, x: Floats, y: NDArray[Any], masks: list[Floats], lr: float, l2: float, decay: float) -> None:
        h, inputs, active = x, [], []
        for W, b, mask in zip(self.W[:-1], self.b[:-1], masks, strict=True):
            inputs.append(h)
            z = h @ W + b
            active.append((z > 0) * mask)
            h = np.maximum(z, 0) * mask
        inputs.append(h)
        scores = h @ self.W[-1] + self.b[-1]
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        delta = p
        delta[np.arange(len(y)), y] -= 1
        delta /= len(y)
        for k in reversed(range(len(self.W))):
            grad_W, grad_b = inputs[k].T @ delta, delta.sum(axis=0)
            if k:
                delta = (delta @ self.W[k].T) * active[k - 1]
            self.W[k] = self.W[k] * (1 - lr * decay) - lr * (grad_W + l2 * self.W[k])
            self.b[k] = self.b[k] - lr * grad_b

    def loss(self, x: Floats, y: NDArray[Any], keep: float) -> float:
        h = x
        for W, b in zip(self.W[:-1], self.b[:-1], strict=True):
            h = np.maximum(h @ W + b, 0) * keep
        scores = h @ self.W[-1] + self.b[-1]
        top = scores.max(axis=1, keepdims=True)
        log_p = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        return float(-log_p[np.arange(len(y)), y].mean())


def masks_of(streams: Streams, step: int, batch: int, layout: Layout, p: float, style: str) -> list[Floats]:
    """`u >= p` for the units of each hidden layer, from the seed's one draw; over 1 - p where inverted."""
    bits = (
        streams.bits16("dropout", step, batch, sum(layer.outputs for layer in layers_of(layout)[:-1]))[0]
        .numpy()
        .astype(np.float64)
    )
    keep = ((bits + 32768) / 65536 >= p) / (1.0 if style == "book" else 1 - p)
    widths = [layer.outputs for layer in layers_of(layout)[:-1]]
    return np.split(keep, np.cumsum(widths)[:-1], axis=1)


@pytest.mark.parametrize(
    "settings",
    [
        {"regularization.dropout_style": "book", "regularization.dropout": 0.5},
        {"regularization.dropout_style": "book", "regularization.dropout": 0.125},
        {"regularization.dropout": 0.25},
        {"regularization.l2": 0.03},
        {"regularization.weight_decay": 0.2},
        {
            "regularization.dropout_style": "book",
            "regularization.dropout": 0.25,
            "regularization.l2": 0.01,
            "regularization.weight_decay": 0.05,
        },
    ],
    ids=["book 0.5", "book 0.125", "inverted 0.25", "l2", "weight_decay", "all"],
)
@pytest.mark.parametrize("seed", [0, 7])
def test_a_lane_is_the_numpy_net_with_the_same_weights_batches_and_masks(settings: Settings, seed: int) -> None:
    lr = 0.2
    style = settings.get("regularization.dropout_style", "inverted")
    other = {"regularization.dropout": 0.75, "regularization.l2": 0.1, "training.lr": 0.05}
    arms = {"other": {"regularization.dropout_style": style, **other}, "this": settings}
    lab = lab_of({"training.lr": lr, "training.seeds": [3, seed], "training.epochs": EPOCHS + 1}, arms)
    (stack,) = lab._stacks
    task, layout = task_of([seed]), stack.layout
    x, y = task.train_x_SNI[0].numpy(), task.train_y_SN[0].numpy()
    p, l2, decay = (settings.get(f"regularization.{name}", 0.0) for name in ("dropout", "l2", "weight_decay"))
    net, streams, step = Net(layout, weights_of(lab, "this", seed).numpy()), Streams([seed], CPU), 0
    for epoch in range(1, EPOCHS + 1):
        for rows in batch_order(seed, epoch, len(y), False).split(BATCH):
            step += 1
            masks = masks_of(streams, step, len(rows), layout, p, style)
            net.step(x[rows], y[rows], masks, lr, l2, decay)
        epoch = {(event.arm, event.seed): event for event in only(lab.run_epoch(), Epoch)}["this", seed]
        keep = 1 - p if style == "book" else 1.0
        val_x, val_y = task.val_x_SNI[0].numpy(), task.val_y_SN[0].numpy()
        assert epoch.train_loss == pytest.approx(net.loss(x, y, keep), abs=1e-10)
        assert epoch.val_loss == pytest.approx(net.loss(val_x, val_y, keep), abs=1e-10)
    np.testing.assert_allclose(weights_of(lab, "this", seed).numpy(), net.theta(), rtol=0, atol=1e-10)
