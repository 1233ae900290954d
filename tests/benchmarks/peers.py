"""Regtui beside what else one would use: the same experiments in plain torch, Keras and Lightning.

Each peer trains the arms one after the other, as its own documentation writes it: `model.fit` with validation data,
`Trainer.fit` with a DataLoader. All have the same data, layers, dropout, batches and SGD, and measure training and
validation loss and accuracy after every epoch. They take turns; printed are the median and the spread.

Keras and Lightning are an extra, `pip install regtui[peers]`; a row says where one is not installed.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from engine.lab import Lab
from engine.preset import load_preset, with_value
from tests.benchmarks import plain_torch
from tests.benchmarks.engine import have_mnist
from tests.benchmarks.result import Result

ROUNDS = 3
# Examples, inputs and targets of training and of validation.
Data = tuple[Tensor, Tensor, Tensor, Tensor]
# Trains one arm for so many epochs: its data, hidden layers, dropout, batch size.
Peer = Callable[[Data, list[int], float, int, int], object]


def all_installed() -> bool:
    """Whether no row would say that a package is missing."""
    return all(importlib.util.find_spec(package) is not None for package in ("keras", "lightning"))


def peers() -> list[Result]:
    """Six lanes of the preset `dropout`, and Saitoh's pair on MNIST where it is there."""
    results = _of("dropout", "six lanes of `dropout`", epochs=5)
    if have_mnist():
        return [*results, *_of("mnist-dropout", "Saitoh's pair on MNIST", epochs=3)]
    return [*results, Result("Saitoh's pair on MNIST", "-", "skipped: no MNIST in REGTUI_DATA", None)]


def _of(preset: str, name: str, epochs: int) -> list[Result]:
    lab = Lab(with_value(load_preset(preset), "training.epochs", 10**6), "cpu")
    arms = [_arm(lab, lane) for lane in range(len(lab.stacks[0].lanes))]

    def ours() -> None:
        for _ in range(epochs):
            lab.run_epoch()

    def theirs(peer: Peer) -> Callable[[], None]:
        def run() -> None:
            for arm in arms:
                peer(*arm, epochs)

        return run

    runs = {"regtui": ours, "plain loop, data in memory": theirs(_resident), "plain loop, DataLoader": theirs(_loader)}
    missing = []
    for package, shown, peer in (("keras", "Keras on torch", _keras), ("lightning", "Lightning", _lightning)):
        if importlib.util.find_spec(package) is None:
            missing.append(shown)
        else:
            runs[shown] = theirs(peer)
    times: dict[str, list[float]] = {shown: [] for shown in runs}
    for turn in range(ROUNDS + 1):  # the first, which imports, does not count
        for shown, run in runs.items():
            began = time.perf_counter()
            run()
            if turn:
                times[shown].append((time.perf_counter() - began) / epochs * 1e3)
    own = statistics.median(times["regtui"])
    measured = {
        shown: f"{statistics.median(of):.0f} ms an epoch ({min(of):.0f} to {max(of):.0f}), "
        f"{statistics.median(of) / own:.1f} x regtui's"
        for shown, of in times.items()
    }
    measured |= dict.fromkeys(missing, "not installed")
    return [Result(f"{name}: {shown}", "-", words, None) for shown, words in measured.items()]


def _arm(lab: Lab, lane: int) -> tuple[Data, list[int], float, int]:
    stack = lab.stacks[0]
    settings, seed, task = lab.preset.arm(stack.lanes[lane][0]).settings, stack.group(lane), stack.task
    data = (task.train_x_SNI[seed], task.train_y_SN[seed], task.val_x_SNI[seed], task.val_y_SN[seed])
    return data, list(settings.model.hidden), settings.regularization.dropout, settings.training.batch_size


def _resident(data: Data, hidden: list[int], p: float, batch: int, epochs: int) -> None:
    lane = plain_torch.ResidentLane(data[:2], data[2:], hidden, p, batch)
    for _ in range(epochs):
        lane.epoch()


def _loader(data: Data, hidden: list[int], p: float, batch: int, epochs: int) -> None:
    plain_torch.train(*data, hidden, p, epochs, evaluation_batch=batch)


def _keras(data: Data, hidden: list[int], p: float, batch: int, epochs: int) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    layers: list[Any] = [keras.Input((data[0].shape[1],))]
    for width in hidden:
        layers.append(keras.layers.Dense(width, "relu", kernel_initializer="he_normal"))
        if p:
            layers.append(keras.layers.Dropout(p))
    model = keras.Sequential([*layers, keras.layers.Dense(int(data[1].max()) + 1)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01), loss, metrics=["accuracy"])
    train_x, train_y, val_x, val_y = (part.numpy() for part in data)
    # What `fit` itself says of the training data is a mean over the epoch, with dropout: it is measured after it.
    after = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: model.evaluate(train_x, train_y, batch_size=batch, verbose=0)
    )
    model.fit(
        train_x, train_y, batch_size=batch, epochs=epochs, validation_data=(val_x, val_y), callbacks=[after], verbose=0
    )


def _lightning(data: Data, hidden: list[int], p: float, batch: int, epochs: int) -> None:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    import lightning

    network = plain_torch.network(data[0].shape[1], hidden, int(data[1].max()) + 1, p)

    class Module(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def training_step(self, batch: list[Tensor], number: int) -> Tensor:
            return nn.functional.cross_entropy(self.network(batch[0]), batch[1])

        def validation_step(self, batch: list[Tensor], number: int, dataloader_idx: int = 0) -> None:
            logits = self.network(batch[0])
            self.log("loss", nn.functional.cross_entropy(logits, batch[1]))
            self.log("accuracy", (logits.argmax(dim=1) == batch[1]).float().mean())

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    train, val = TensorDataset(*data[:2]), TensorDataset(*data[2:])
    trainer = lightning.Trainer(
        accelerator="cpu", max_epochs=epochs, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    measured = [DataLoader(part, batch_size=batch) for part in (train, val)]
    trainer.fit(Module(), DataLoader(train, batch_size=batch, shuffle=True), measured)
