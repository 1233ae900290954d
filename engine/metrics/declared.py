"""The metrics of an epoch and what is known of each. Imports no torch: a table that names metrics need not wait for it.

To add a metric: write one function from the validation data's predictions to a number for each lane, and decorate it
with `metric`. It is then measured after every epoch, stands in `Epoch.metrics`, the history, its CSV and JSON.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

Better = Literal["lower", "higher", ""]
Format = Literal["number", "percent", "count"]
Kinds = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Every lane's predictions on all validation examples, in evaluation mode.

    Attributes
    ----------
    outputs_LNC : the network's outputs: logits, or the numbers of a regression.
    y_LN : class numbers, or the true numbers.
    kind : of the task: classification, binary (one logit, of class 1) or regression.
    """

    outputs_LNC: Tensor
    y_LN: Tensor
    kind: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a lane after an epoch.

    Attributes
    ----------
    name : its key in `Epoch.metrics`, in CSV and JSON. A name that ends in `.` stands for a family: `penalty.l2`.
    help : one line for the user.
    unit : what it counts, e.g. "epochs"; empty for a plain number.
    better : which way is better, empty where neither is.
    format : how it is written.
    measure : from the predictions on the validation data to a number for each lane, [L]; None where the engine itself
        measures it.
    kinds : the kinds of task in which `measure` has a meaning.
    """

    name: str
    help: str
    unit: str = ""
    better: Better = ""
    format: Format = "number"
    measure: Callable[[Predictions], Tensor] | None = None
    kinds: Kinds = ("classification", "binary", "regression")


METRICS: dict[str, Metric] = {
    declared.name: declared
    for declared in (
        Metric("train_loss", "mean loss on the training data, without penalties and noise", better="lower"),
        Metric("val_loss", "mean loss on the validation data", better="lower"),
        Metric("train_acc", "share of the training data that is right", better="higher", format="percent"),
        Metric("val_acc", "share of the validation data that is right", better="higher", format="percent"),
        Metric("gap", "validation loss minus train loss", better="lower"),
        Metric("weight_norm", "Euclidean norm of all weights, biases left out"),
        Metric("grad_norm", "norm of the last step's gradient, with penalties, before clipping"),
        Metric("lr", "learning rate of the last step, with its schedule"),
        Metric("wait", "epochs without an improvement that early stopping counts", "epochs", "lower", "count"),
        # A lower loss may lie within min_delta of it.
        Metric(
            "best_val_loss", "validation loss at the last epoch that early stopping counts as better", better="lower"
        ),
        Metric(
            "best_epoch", "the last epoch that early stopping counts as better; 0: none yet", "epochs", format="count"
        ),
        Metric("best_train_loss", "train loss at that epoch", better="lower"),
        Metric("weight_norm.", "norm of one layer's weights, layers counted from 1"),
        Metric("penalty.", "what a penalty adds to the loss", better="lower"),
        Metric("ema_val_loss", "validation loss of the exponential average of the weights", better="lower"),
        Metric("ema_val_acc", "validation accuracy of that average", better="higher", format="percent"),
        Metric("swa_val_loss", "validation loss of the equal average of the weights", better="lower"),
        Metric("swa_val_acc", "validation accuracy of that average", better="higher", format="percent"),
    )
}
_AVERAGES = ("ema_", "swa_")
# Of what every lane has, whatever its task and techniques: what it is in an epoch that another program wrote without.
LACKING = {
    name: 0 if declared.format == "count" else math.nan
    for name, declared in METRICS.items()
    if not name.endswith(".") and not name.startswith(_AVERAGES)
}


def metric(
    name: str,
    help: str,
    *,
    unit: str = "",
    better: Better = "",
    format: Format = "number",
    kinds: Kinds = ("classification", "binary", "regression"),
) -> Callable[[Callable[[Predictions], Tensor]], Callable[[Predictions], Tensor]]:
    """Declare the decorated function as a metric; the parameters are the attributes of `Metric`.

    Raises ValueError where the name is taken.
    """
    if name in METRICS:
        raise ValueError(f"there is a metric {name!r} already")

    def declare(measure: Callable[[Predictions], Tensor]) -> Callable[[Predictions], Tensor]:
        METRICS[name] = Metric(name, help, unit, better, format, measure, kinds)
        return measure

    return declare


def metric_of(name: str) -> Metric:
    """The declaration of a metric, or of the family it belongs to. Raises KeyError where there is neither."""
    return METRICS[name] if name in METRICS else METRICS[f"{name.partition('.')[0]}."]


def functions(kind: str) -> dict[str, Callable[[Predictions], Tensor]]:
    """The metrics that are functions of the predictions and have a meaning in this kind of task, by name."""
    return {
        name: declared.measure
        for name, declared in METRICS.items()
        if declared.measure is not None and kind in declared.kinds
    }


def average_of(name: str) -> str | None:
    """`ema` or `swa` where the metric is of averaged weights."""
    return next((prefix.rstrip("_") for prefix in _AVERAGES if name.startswith(prefix)), None)
