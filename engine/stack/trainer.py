"""Lanes of equal structure in training: steps, the best of each lane, and the state to go on from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from engine.data import Task
from engine.preset import Arm, PresetError
from engine.regularizers.gradient_clipping import clip_gradients
from engine.regularizers.max_norm import limit_norms
from engine.regularizers.sam import ascent
from engine.regularizers.weight_decay import decay_weights
from engine.stack import penalties
from engine.stack.averages import Averages
from engine.stack.batches import Batches
from engine.stack.dense_gradient import DenseGradient
from engine.stack.forward_pass import ForwardPass
from engine.stack.init import first_parameters
from engine.stack.network import network_of
from engine.stack.objective import Objective, Targets, objective_of
from engine.stack.optimizers import optimizer_of
from engine.stack.perturbed_weights import PerturbedWeights
from engine.stack.randomness import Streams
from engine.stack.schedule import Rates
from engine.stack.settings import LaneSettings
from engine.state import LaneState, under


class Trainer:
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
        self._penalties = penalties.penalties_of(self.layout, structure)
        self._activities = penalties.activities_of(self.network.hidden, structure)
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
        self._perturbed = PerturbedWeights(self.layout, self.theta_LP, self._leaves, self.settings, self._streams)
        self._averages = Averages(self.settings)
        self._batches = Batches(task, structure, seeds, len(self.arms), self.settings, self._streams)
        self.rates = Rates([arm.settings for arm in arms], self.settings, self._batches.count)
        self._objective: Objective = objective_of(task.kind)
        # Autograd's way is the one for all networks; on a CPU a shorter one is known for some.
        self._dense: DenseGradient | None = None
        if device.type == "cpu" and DenseGradient.knows(self.network):
            self._dense = DenseGradient(self.network, self._gradients, self.settings)
        self.loss_L = torch.zeros(len(self.lanes), dtype=dtype, device=device)  # of the last step, without penalties
        if self.layout.statistics and self._batches.size == 1:
            raise PresetError(
                "model.norm = 'batch': a batch of one example has no spread to normalize by "
                "(training.batch_size and data.train of 2 or more, or model.norm = 'layer')"
            )
        self._grad_norm_L = torch.zeros(len(self.lanes), dtype=dtype, device=device)
        # Of the gradient before it was clipped; None where nothing clips.
        self._unclipped_norm_L: Tensor | None = None
        self._frozen: dict[int, tuple[Tensor, Tensor]] = {}  # weights and statistics of the lanes that have stopped
        # Where wanted (`watches_updates`), the weights before the epoch's last step, for the size of its update.
        self.watches_updates = False
        self.before_LP: Tensor | None = None
        self._epoch = 0
        self._test_confusion_LCC: Tensor | None = None
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

    def group(self, lane: int) -> int:
        """The lane's place in the data's leading axis: its seed's, or 0 where all seeds share the split."""
        return self.seeds.index(self.lanes[lane][1]) if self.task.train_x_SNI.shape[0] > 1 else 0

    def begin_epoch(self, epoch: int) -> None:
        """Draw the order of the epoch's examples."""
        self._epoch = epoch
        self._batches.begin_epoch(epoch)

    def step(self, number: int) -> None:
        """Train all lanes on batch `number` (from 0) of the epoch."""
        self.steps += 1
        if self.watches_updates and number == self.steps_per_epoch - 1:
            self.before_LP = self.theta_LP.clone()
        self.train_on(*self._batches.take(number, self.steps))
        if number == self.steps_per_epoch - 1:
            unclipped_L = self._unclipped_norm_L
            self._grad_norm_L = self.grad_LP.norm(dim=1) if unclipped_L is None else unclipped_L.clone()
            self._averages.after_epoch(self.theta_LP, self._epoch)

    def _forward_pass(
        self,
        values: Sequence[Tensor],
        training: bool,
        taps: list[tuple[str, Tensor]] | None = None,
        moves_statistics: bool = True,
        statistics_LQ: Tensor | None = None,
        step: int | None = None,
        momentum: float | None = None,
    ) -> ForwardPass:
        """A pass at `values`: at the lanes' own running statistics and the present step's draws, or at others."""
        return ForwardPass(
            values,
            self.statistics_LQ if statistics_LQ is None else statistics_LQ,
            self.settings,
            len(self.seeds),
            self._streams if training else None,
            self.steps if step is None else step,
            self.network.units,
            moves_statistics=moves_statistics,
            momentum=momentum,
            taps=taps,
        )

    def train_on(self, x_LBI: Tensor, targets: Targets) -> None:
        """One step of every lane that still trains: gradients of the loss and the penalties, then the optimizer.

        The loss is the sum over lanes of each lane's mean, so no lane's gradient depends on another lane.
        """
        self._differentiate(x_LBI, targets)
        if self.settings.any("training.sam"):
            self._differentiate_above(x_LBI, targets)
        self._update()

    def _differentiate(self, x_LBI: Tensor, targets: Targets, up_LP: Tensor | None = None) -> None:
        """Gradients of the training loss at the weights, or `up_LP` away from them, where the noise is the same."""
        leaves = self._perturbed.leaves(self.steps, up_LP)
        activity = penalties.ActivityMeter(self._activities, self.settings)
        forward = self._forward_pass(leaves, training=True, taps=activity.taps, moves_statistics=up_LP is None)
        if self._dense is not None and self._dense.applies(x_LBI.shape[1]) and activity.taps is None:
            loss_L = self._dense(self._objective, x_LBI, targets, forward)
            self.loss_L = loss_L if up_LP is None else self.loss_L
            return
        outputs_LBC = self.network(x_LBI, forward)
        loss_L = self._objective.loss(outputs_LBC, targets, self.settings["regularization.label_smoothing"])
        if up_LP is None:
            self.loss_L = loss_L.detach()
        activity.collect()
        for penalty_L in activity.values(x_LBI.shape[1]).values():
            loss_L = loss_L + penalty_L
        torch._foreach_copy_(self._gradients, torch.autograd.grad(loss_L.sum(), leaves))

    def _differentiate_above(self, x_LBI: Tensor, targets: Targets) -> None:
        """Sharpness-aware: the gradients of lanes with `sam` become those at the worst neighbour."""
        rho_L = self.settings["training.sam"]
        plain_LP = self.grad_LP.clone()
        self._differentiate(x_LBI, targets, ascent(plain_LP, rho_L))
        torch.where(rho_L.unsqueeze(1) > 0, self.grad_LP, plain_LP, out=self.grad_LP)

    @torch.no_grad()
    def _update(self) -> None:
        settings = self.settings
        lr_L = self.rates.at(self.steps)
        penalties.add_gradients(self._penalties, self.grad_LP, self.theta_LP, settings)
        self._unclipped_norm_L = None
        if settings.any("training.clip_norm"):
            self._unclipped_norm_L = clip_gradients(self.grad_LP, settings["training.clip_norm"])
        if settings.any("regularization.weight_decay"):
            decay_weights(self.theta_LP[:, : self.layout.weights], lr_L, settings["regularization.weight_decay"])
        self.optimizer.step(self.theta_LP, self.grad_LP, lr_L.unsqueeze(1), settings, self.steps)
        if settings.any("regularization.max_norm"):
            for slot in self.layout.matrices:
                limit_norms(slot.of(self.theta_LP), settings["regularization.max_norm"])
        for lane, (frozen_P, frozen_Q) in self._frozen.items():
            self.theta_LP[lane], self.statistics_LQ[lane] = frozen_P, frozen_Q
        self._averages.after_step(self.theta_LP, self.steps)

    def has_stopped(self, lane: int) -> bool:
        """Whether the lane's weights stay as they are."""
        return lane in self._frozen

    def keep_best(self, lanes: Sequence[int]) -> None:
        """Remember the present weights and running statistics of these lanes as their best."""
        if len(lanes) == len(self.lanes):
            self.best_LP.copy_(self.theta_LP)
            self.best_statistics_LQ.copy_(self.statistics_LQ)
        else:
            for lane in lanes:
                self.best_LP[lane] = self.theta_LP[lane]
                self.best_statistics_LQ[lane] = self.statistics_LQ[lane]

    @contextlib.contextmanager
    def at_best(self, lane: int) -> Iterator[None]:
        """Within, a lane has its best weights and running statistics (before any epoch its first ones), as if it had
        not been tested nor watched; afterwards it is as it was, bit for bit."""
        counts_LCC, before_LP = self._test_confusion_LCC, self.before_LP
        theta_P, statistics_Q = self.theta_LP[lane].clone(), self.statistics_LQ[lane].clone()
        self._test_confusion_LCC = self.before_LP = None
        self.theta_LP[lane], self.statistics_LQ[lane] = self.best_LP[lane], self.best_statistics_LQ[lane]
        try:
            yield
        finally:
            self.theta_LP[lane], self.statistics_LQ[lane] = theta_P, statistics_Q
            self._test_confusion_LCC, self.before_LP = counts_LCC, before_LP

    def freeze(self, lane: int, restore_best: bool) -> None:
        """End a lane's training: from now on its weights and statistics stay as they are, bit for bit."""
        if restore_best:
            self.theta_LP[lane] = self.best_LP[lane]
            self.statistics_LQ[lane] = self.best_statistics_LQ[lane]
        self._hold(lane)
        self._averages.freeze(lane)

    def _hold(self, lane: int) -> None:
        self._frozen[lane] = (self.theta_LP[lane].clone(), self.statistics_LQ[lane].clone())

    def thaw(self) -> None:
        """Let the lanes that have stopped train again, from where they stand."""
        self._frozen.clear()

    def state(self, lane: int) -> LaneState:
        """All that a restored lane needs to go on exactly; randomness is a function of `steps` and needs nothing."""
        averages = self._averages.state(lane)
        tensors = {name: buffer[lane].clone() for name, buffer in self._buffers().items()}
        tensors |= {f"averages.{name}": tensor for name, tensor in averages.tensors.items()}
        if self._test_confusion_LCC is not None:
            tensors["test_confusion"] = self._test_confusion_LCC[lane].clone()
        values = {f"averages.{name}": value for name, value in averages.values.items()}
        return LaneState(tensors, {"steps": self.steps, "stopped": self.has_stopped(lane), **values})

    def restore(self, lanes: Mapping[int, LaneState]) -> None:
        """Go back to what `state` gave for these lanes, in place; the others stay as they are.

        Raises ValueError where lanes that train are not equally far, or one is of another shape. Lanes that have
        stopped may have done so before the others: none has taken more steps than those that train.
        """
        steps = {state.values["steps"] for state in lanes.values() if not state.values["stopped"]}
        if len(steps) > 1:
            raise ValueError(f"lanes of one stack must be equally far: these have taken {sorted(steps)} steps")
        newest = max((state.values["steps"] for state in lanes.values()), default=self.steps)
        self._averages.restore(self.theta_LP, {lane: under("averages.", state) for lane, state in lanes.items()})
        if lanes and not any("test_confusion" in state.tensors for state in lanes.values()):
            self._test_confusion_LCC = None
        for lane, state in lanes.items():
            for name, buffer in self._buffers().items():
                tensor = state.tensors[name]
                if tensor.shape != buffer[lane].shape:
                    raise ValueError(f"{name} has the shape {[*tensor.shape]}, this lane's {[*buffer[lane].shape]}")
                buffer[lane] = tensor
            self._frozen.pop(lane, None)
            if state.values["stopped"]:
                self._hold(lane)
            self._restore_counts(lane, state.tensors.get("test_confusion"))
        self.steps = next(iter(steps), newest)

    def _buffers(self) -> dict[str, Tensor]:
        """What there is of every lane, by name: the first axis is the lanes'."""
        held = {
            "theta": self.theta_LP,
            "best": self.best_LP,
            "statistics": self.statistics_LQ,
            "best_statistics": self.best_statistics_LQ,
            "grad_norm": self._grad_norm_L,
        }
        return held | {f"optimizer.{name}": buffer for name, buffer in self.optimizer.state.items()}

    def _restore_counts(self, lane: int, counts_CC: Tensor | None) -> None:
        if counts_CC is not None:
            if self._test_confusion_LCC is None:
                shape = (len(self.lanes), *counts_CC.shape)
                self._test_confusion_LCC = torch.zeros(shape, dtype=counts_CC.dtype, device=self.theta_LP.device)
            self._test_confusion_LCC[lane] = counts_CC
