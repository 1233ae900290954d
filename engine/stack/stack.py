"""Lanes of equal structure, trained together in one batched pass, and what can be asked of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import torch
from torch import Tensor

from engine import metrics
from engine.stack import penalties, samples
from engine.stack.evaluate import aligned, evaluate, lane_groups, of_each_lane
from engine.stack.forward_pass import ForwardPass
from engine.stack.objective import Objective
from engine.stack.trainer import Trainer

# The first parameters of `evaluate`.
_Evaluation = tuple[Objective, Callable[[Tensor], Tensor], Tensor, Tensor, int, int]


class Stack(Trainer):
    """Lanes in training (see `Trainer` for the parameters), measured after each epoch and looked at more closely."""

    @torch.no_grad()
    def measure(self) -> list[dict[str, float]]:
        """Every lane's metrics at the present weights, by name; the one place where the device is waited for."""
        task, lanes = self.task, len(self.lanes)
        activity = penalties.ActivityMeter(self._activities, self.settings)
        outputs: list[Tensor] = []
        functions = metrics.functions(task.kind)
        train_x_SMI, train_y_SM = self._measured_train
        train = self._evaluate(train_x_SMI, train_y_SM, activity=activity)
        val = self._evaluate(task.val_x_SNI, task.val_y_SN, outputs=outputs if functions else None)
        rows_L = {"train_loss": train[0], "val_loss": val[0], "train_acc": train[1], "val_acc": val[1]}
        if functions:
            seen = metrics.Predictions(outputs[0], of_each_lane(task.val_y_SN, lanes), task.kind)
            rows_L |= {name: measure(seen) for name, measure in functions.items()}
        norms_L = [slot.of(self.theta_LP).flatten(1).norm(dim=1) for slot in self.layout.matrices]
        rows_L["grad_norm"] = self._grad_norm_L
        rows_L |= {f"weight_norm.{number}": norm_L for number, norm_L in enumerate(norms_L, start=1)}
        active = penalties.values(self._penalties, self.theta_LP, self.settings)
        active |= activity.values(train_y_SM.shape[1])
        rows_L |= {f"penalty.{name}": value_L for name, value_L in active.items()}
        averages = self._averages.tensors()
        for name, (theta_LP, _) in averages.items():
            averaged = self._evaluate(task.val_x_SNI, task.val_y_SN, theta_LP, self._statistics_at(theta_LP))
            rows_L[f"{name}_val_loss"], rows_L[f"{name}_val_acc"] = averaged
        columns = torch.stack([*rows_L.values()]).double().cpu().T.tolist()
        return [
            _of_lane(dict(zip(rows_L, column, strict=True)), [name for name, (_, on) in averages.items() if on[lane]])
            for lane, column in enumerate(columns)
        ]

    @cached_property
    def _measured_train(self) -> tuple[Tensor, Tensor]:
        """The training examples that are measured: all, or copies of some."""
        task = self.task
        if task.measured_SM is None:
            return task.train_x_SNI, task.train_y_SN
        parts = zip(task.train_x_SNI, task.train_y_SN, task.measured_SM, strict=True)
        xs, ys = zip(*((x_NI[places_M], y_N[places_M]) for x_NI, y_N, places_M in parts), strict=True)
        return torch.stack(xs), torch.stack(ys)

    def _statistics_at(self, theta_LP: Tensor) -> Tensor:
        """Running statistics of other weights, [L, Q]: the mean over the batches of one pass over the training data.

        As torch.optim.swa_utils.update_bn has it (Izmailov et al. 2018): a training pass, its dropout, augmentation and
        mixing included, for those are in the weights' own statistics too, and averages are set beside these. Weight
        noise is left out: the average is what is measured. The run stays as it is: the draws have places of their own.
        """
        if not self.layout.statistics:
            return self.statistics_LQ
        statistics_LQ = self.statistics_LQ.new_tensor([self.layout.first_statistics] * len(self.lanes))
        values = [slot.of(theta_LP) for slot in self.layout.slots]
        for number, (place, x_LBI) in enumerate(self._batches.once(), start=1):
            forward = self._forward_pass(
                values, training=True, statistics_LQ=statistics_LQ, step=place, momentum=1 / number
            )
            self.network(x_LBI, forward)
        return statistics_LQ

    @torch.no_grad()
    def outputs(self, x_GNI: Tensor, taps: list[tuple[str, Tensor]] | None = None) -> Tensor:
        """outputs_LNC in evaluation mode; the hidden activations are appended to `taps` as (layer, h_LN...)."""
        values = [slot.of(self.theta_LP) for slot in self.layout.slots]
        return self.network(x_GNI, self._forward_pass(values, training=False, taps=taps))

    def _evaluate(
        self,
        x_GNI: Tensor,
        y_GN: Tensor,
        theta_LP: Tensor | None = None,
        statistics_LQ: Tensor | None = None,
        activity: penalties.ActivityMeter | None = None,
        confusion_LCC: Tensor | None = None,
        outputs: list[Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Loss and accuracy of every lane, at its weights and statistics or at others in their place."""
        groups = lane_groups(self.theta_LP.device.type, len(self.seeds), len(self.arms), self.network.widest)
        if activity is not None and activity.taps is not None:
            groups = [slice(0, len(self.lanes))]  # whose sums are of all lanes
        measured: list[tuple[Tensor, Tensor]] = []
        seen: list[Tensor] = []
        for lanes in groups:
            counts_LCC = None if confusion_LCC is None else confusion_LCC[lanes]
            chunks: list[Tensor] | None = None if outputs is None else []
            evaluation = self._evaluation(x_GNI, y_GN, theta_LP, statistics_LQ, activity, lanes)
            measured.append(evaluate(*evaluation, counts_LCC, chunks))
            seen += [] if chunks is None else [torch.cat(chunks, dim=1)]
        if outputs is not None:
            outputs.append(torch.cat(seen) if len(seen) > 1 else seen[0])
        if len(groups) == 1:
            return measured[0]
        loss_L, accuracy_L = (torch.cat(rows) for rows in zip(*measured, strict=True))
        return loss_L, accuracy_L

    def _evaluation(
        self,
        x_GNI: Tensor,
        y_GN: Tensor,
        theta_LP: Tensor | None = None,
        statistics_LQ: Tensor | None = None,
        activity: penalties.ActivityMeter | None = None,
        lanes: slice | None = None,
    ) -> _Evaluation:
        """The first arguments of `evaluate` and of the functions like it, for some lanes or for all."""
        buffer_LP = self.theta_LP if theta_LP is None else theta_LP
        statistics_LQ = self.statistics_LQ if statistics_LQ is None else statistics_LQ
        settings, count = self.settings, len(self.lanes)
        if lanes is not None and lanes != slice(0, count):
            buffer_LP, statistics_LQ, settings = buffer_LP[lanes], statistics_LQ[lanes], settings.of_lanes(lanes)
            count = lanes.stop - lanes.start
            if len(x_GNI) > 1:
                seeds = slice(lanes.start // len(self.arms), -(-lanes.stop // len(self.arms)))
                x_GNI, y_GN = x_GNI[seeds], y_GN[seeds]
        values = [slot.of(buffer_LP) for slot in self.layout.slots]
        taps = None if activity is None else activity.taps
        evaluation = ForwardPass(values, statistics_LQ, settings, len(self.seeds), taps=taps)

        def forward(x_GNI: Tensor) -> Tensor:
            rows = x_GNI.shape[1]
            outputs_LNC = self.network(aligned(x_GNI), evaluation)[:, :rows]
            if activity is not None:
                activity.collect(rows)
            return outputs_LNC

        return self._objective, forward, x_GNI, y_GN, count, self.network.widest

    def _no_counts(self) -> Tensor | None:
        """Zeroed confusion matrices of all lanes; None where nothing is classified."""
        if self.task.kind == "regression":
            return None
        classes = max(2, self.task.classes)  # two classes on one output
        return torch.zeros(len(self.lanes), classes, classes, dtype=torch.int64, device=self.theta_LP.device)

    def test(self) -> list[tuple[float, float]]:
        """Loss and accuracy of every lane on the test data, at the weights it ended with.

        The confusion matrices are counted in the same pass, so that the test data are touched this once.
        """
        self._test_confusion_LCC = self._no_counts()
        measured = self._evaluate(self.task.test_x_SNI, self.task.test_y_SN, confusion_LCC=self._test_confusion_LCC)
        return [(loss, accuracy) for loss, accuracy in torch.stack(measured).double().cpu().T.tolist()]

    def confusion(self, lane: int) -> Tensor | None:
        """Counts of a lane on the validation data, true class x predicted class: int64 [C, C], on the CPU.

        None where nothing is classified.
        """
        counts_LCC = self._no_counts()
        self._evaluate(self.task.val_x_SNI, self.task.val_y_SN, confusion_LCC=counts_LCC)
        return None if counts_LCC is None else counts_LCC[lane].cpu()

    def test_confusion(self, lane: int) -> Tensor | None:
        """The same on the test data, as counted by `test`; None before it too."""
        return None if self._test_confusion_LCC is None else self._test_confusion_LCC[lane].cpu()

    def fed(self, lane: int, count: int, number: int) -> samples.Fed:
        """What a lane's network will see in batch `number` of the epoch; leaves the run as it is.

        Randomness is a function of the step, so the step will draw the same again.
        """
        x_LBI, targets = self._batches.peek(number, self.steps + 1)
        return samples.fed(x_LBI, targets, lane, count, self._shape)

    def mistakes(self, lane: int, count: int) -> samples.Mistakes:
        """The validation examples that a lane gets most wrong now."""
        evaluation = self._evaluation(self.task.val_x_SNI, self.task.val_y_SN)
        return samples.mistakes(*evaluation, lane=lane, count=count, shape=self._shape)

    @property
    def _shape(self) -> tuple[int, ...]:
        return self.task.image_shape or (self.task.features,)


def _of_lane(numbers: dict[str, float], averages: Sequence[str]) -> dict[str, float]:
    """The metrics of one lane, which keeps these averages of its weights: with those that follow from the others."""
    of_others = {name for name in numbers if (average := metrics.average_of(name)) and average not in averages}
    own = {name: value for name, value in numbers.items() if name not in of_others}
    own["gap"] = numbers["val_loss"] - numbers["train_loss"]
    own["weight_norm"] = math.hypot(*(norm for name, norm in numbers.items() if name.startswith("weight_norm.")))
    return own
