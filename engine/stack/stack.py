"""Lanes of equal structure, trained together in one batched pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.data import Task
from engine.preset import Arm, PresetError
from engine.regularizers.max_norm import limit_norms
from engine.regularizers.weight_decay import decay_weights
from engine.stack import penalties
from engine.stack.batches import Batches
from engine.stack.evaluate import evaluate
from engine.stack.init import first_parameters
from engine.stack.network import network_of
from engine.stack.objective import CrossEntropy, Objective, Targets
from engine.stack.optimizers import optimizer_of
from engine.stack.randomness import Streams
from engine.stack.run import Run
from engine.stack.settings import LaneSettings


@dataclass(frozen=True, slots=True)
class LaneNumbers:
    """What one lane measured after an epoch; see `engine.events.Epoch`."""

    train_loss: float
    val_loss: float
    train_acc: float
    val_acc: float
    weight_norm: float
    grad_norm: float
    penalty: dict[str, float]
    weight_norms: tuple[float, ...]


class Stack:
    """The lanes of some arms under all seeds, ordered seed by seed: lane = seed_index * arms + arm_index.

    Parameters
    ----------
    arms : of equal structure (`Settings.structure`).
    seeds : the seeds, equal for all arms.
    task : their data.
    """

    def __init__(
        self, arms: Sequence[Arm], seeds: Sequence[int], task: Task, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.arms, self.seeds, self.task = tuple(arms), tuple(seeds), task
        self.lanes = [(arm.name, seed) for seed in seeds for arm in arms]
        structure = arms[0].settings
        self.network = network_of(structure, task.features, task.classes, task.image_shape)
        self.layout = self.network.layout
        self._penalties = penalties.penalties_of(self.layout)
        self.settings = LaneSettings([arm.settings for _ in seeds for arm in arms], device, dtype)

        models = [(arm.settings.model, seed) for seed in seeds for arm in arms]
        self.theta_LP = first_parameters(self.layout, models, device, dtype)
        self.grad_LP = torch.zeros_like(self.theta_LP)
        self.best_LP = self.theta_LP.clone()
        self.statistics_LQ = torch.tensor([self.layout.first_statistics] * len(self.lanes), device=device, dtype=dtype)
        self.best_statistics_LQ = self.statistics_LQ.clone()
        # Leaves that share the buffer's memory, and the places in the gradients' buffer that belong to them.
        self._leaves = [slot.of(self.theta_LP).detach().requires_grad_() for slot in self.layout.slots]
        self._gradients = [slot.of(self.grad_LP) for slot in self.layout.slots]
        self.optimizer = optimizer_of(structure.training.optimizer, self.theta_LP)
        self._streams = Streams(seeds, device)
        self._batches = Batches(task, structure, seeds, len(self.arms), self.settings, self._streams)
        if self.layout.statistics and self._batches.size == 1:
            raise PresetError(
                "model.norm = 'batch': a batch of one example has no spread to normalize by "
                "(training.batch_size and data.train of 2 or more, or model.norm = 'layer')"
            )
        self._objective: Objective = CrossEntropy()
        self._grad_norm_L = torch.zeros(len(self.lanes), dtype=dtype, device=device)
        self._frozen: dict[int, Tensor] = {}
        self._frozen_statistics: dict[int, Tensor] = {}
        self.steps = 0

    @property
    def training(self) -> bool:
        """Whether any lane still trains."""
        return len(self._frozen) < len(self.lanes)

    @property
    def steps_per_epoch(self) -> int:
        return self._batches.count

    @property
    def flop(self) -> float:
        """Floating-point operations of a training step: forward and two products backward, for every lane."""
        return 6.0 * len(self.lanes) * self._batches.size * self.network.products

    def begin_epoch(self, epoch: int) -> None:
        """Draw the order of the epoch's examples."""
        self._batches.begin_epoch(epoch)

    def step(self, number: int) -> None:
        """Train all lanes on batch `number` (from 0) of the epoch."""
        self.steps += 1
        self.train_on(*self._batches.take(number, self.steps))
        if number == self.steps_per_epoch - 1:
            self._grad_norm_L = self.grad_LP.norm(dim=1)

    def _run(self, training: bool) -> Run:
        return Run(
            self._leaves if training else [slot.of(self.theta_LP) for slot in self.layout.slots],
            self.statistics_LQ,
            self.settings,
            len(self.seeds),
            self._streams if training else None,
            self.steps,
            self.network.units,
        )

    def train_on(self, x_LBI: Tensor, targets: Targets) -> None:
        """One step of every lane that still trains: gradients of the loss and the penalties, then the optimizer.

        The loss is the sum over lanes of each lane's mean, so no lane's gradient depends on another lane.
        """
        outputs_LBC = self.network(x_LBI, self._run(training=True))
        loss_L = self._objective.loss(outputs_LBC, targets, self.settings["regularization.label_smoothing"])
        torch._foreach_copy_(self._gradients, torch.autograd.grad(loss_L.sum(), self._leaves))
        self._update()

    @torch.no_grad()
    def _update(self) -> None:
        settings = self.settings
        lr_L = settings["training.lr"]
        penalties.add_gradients(self._penalties, self.grad_LP, self.theta_LP, settings)
        if settings.any("regularization.weight_decay"):
            decay_weights(self.theta_LP[:, : self.layout.weights], lr_L, settings["regularization.weight_decay"])
        self.optimizer.step(self.theta_LP, self.grad_LP, lr_L.unsqueeze(1), settings, self.steps)
        if settings.any("regularization.max_norm"):
            for slot in self.layout.matrices:
                limit_norms(slot.of(self.theta_LP), settings["regularization.max_norm"])
        for lane, frozen_P in self._frozen.items():
            self.theta_LP[lane] = frozen_P
        for lane, frozen_Q in self._frozen_statistics.items():
            self.statistics_LQ[lane] = frozen_Q

    @torch.no_grad()
    def measure(self) -> list[LaneNumbers]:
        """Every lane's numbers at the present weights; the one place where the device is waited for."""
        task = self.task
        train = self._evaluate(task.train_x_SNI, task.train_y_SN)
        val = self._evaluate(task.val_x_SNI, task.val_y_SN)
        rows = [train[0], val[0], train[1], val[1], self._grad_norm_L]
        rows += [slot.of(self.theta_LP).flatten(1).norm(dim=1) for slot in self.layout.matrices]
        active = penalties.values(self._penalties, self.theta_LP, self.settings)
        columns = torch.stack([*rows, *active.values()]).double().cpu().T.tolist()
        layers = len(self.layout.layers)
        return [
            LaneNumbers(
                train_loss=train_loss,
                val_loss=val_loss,
                train_acc=train_acc,
                val_acc=val_acc,
                weight_norm=sum(norm * norm for norm in rest[:layers]) ** 0.5,
                grad_norm=grad_norm,
                penalty=dict(zip(active, rest[layers:], strict=True)),
                weight_norms=tuple(rest[:layers]),
            )
            for train_loss, val_loss, train_acc, val_acc, grad_norm, *rest in columns
        ]

    def _evaluate(self, x_GNI: Tensor, y_GN: Tensor) -> tuple[Tensor, Tensor]:
        run = self._run(training=False)
        return evaluate(
            self._objective, lambda x: self.network(x, run), x_GNI, y_GN, len(self.lanes), self.network.widest
        )

    def keep_best(self, lanes: Sequence[int]) -> None:
        """Remember the present weights and running statistics of these lanes as their best."""
        if len(lanes) == len(self.lanes):
            self.best_LP.copy_(self.theta_LP)
            self.best_statistics_LQ.copy_(self.statistics_LQ)
        else:
            for lane in lanes:
                self.best_LP[lane] = self.theta_LP[lane]
                self.best_statistics_LQ[lane] = self.statistics_LQ[lane]

    def freeze(self, lane: int, restore_best: bool) -> None:
        """End a lane's training: from now on its weights and statistics stay as they are, bit for bit."""
        if restore_best:
            self.theta_LP[lane] = self.best_LP[lane]
            self.statistics_LQ[lane] = self.best_statistics_LQ[lane]
        self._frozen[lane] = self.theta_LP[lane].clone()
        self._frozen_statistics[lane] = self.statistics_LQ[lane].clone()

    def test(self) -> list[tuple[float, float]]:
        """Loss and accuracy of every lane on the test data, at the weights it ended with."""
        told = self._evaluate(self.task.test_x_SNI, self.task.test_y_SN)
        return [(loss, accuracy) for loss, accuracy in torch.stack(told).double().cpu().T.tolist()]

    def state(self) -> dict[str, Any]:
        """All that a restored stack needs to go on exactly; randomness is a function of `steps` and needs nothing."""
        return {
            "theta": self.theta_LP.clone(),
            "best": self.best_LP.clone(),
            "statistics": self.statistics_LQ.clone(),
            "best_statistics": self.best_statistics_LQ.clone(),
            "optimizer": {name: held.clone() for name, held in self.optimizer.state.items()},
            "frozen": {lane: frozen_P.clone() for lane, frozen_P in self._frozen.items()},
            "frozen_statistics": {lane: frozen_Q.clone() for lane, frozen_Q in self._frozen_statistics.items()},
            "grad_norm": self._grad_norm_L.clone(),
            "steps": self.steps,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state` gave, in place."""
        self.theta_LP.copy_(state["theta"])
        self.best_LP.copy_(state["best"])
        self.statistics_LQ.copy_(state["statistics"])
        self.best_statistics_LQ.copy_(state["best_statistics"])
        for name, held in state["optimizer"].items():
            self.optimizer.state[name].copy_(held)
        self._frozen = {lane: frozen_P.clone() for lane, frozen_P in state["frozen"].items()}
        self._frozen_statistics = {lane: frozen_Q.clone() for lane, frozen_Q in state["frozen_statistics"].items()}
        self._grad_norm_L = state["grad_norm"].clone()
        self.steps = state["steps"]
