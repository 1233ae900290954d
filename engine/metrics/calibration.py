"""Expected calibration error: how far a network's confidence lies from how often it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.metrics.declared import Predictions, metric

if TYPE_CHECKING:
    from torch import Tensor

# Guo et al. 2017 use 15.
BINS = 15


@metric(
    "val_ece",
    "expected calibration error on the validation data: how far confidence lies from the share that is right",
    better="lower",
    format="percent",
    kinds=("classification", "binary"),
)
def expected_calibration_error(predictions: Predictions) -> Tensor:
    """`ECE = sum_m |B_m| / n * |acc(B_m) - conf(B_m)|` over equal bins of confidence, [L] (Guo et al. 2017, eq. 3).

    The confidence is the probability of the class that is predicted; bin m holds `(m - 1) / M < confidence <= m / M`.
    NaN where an output is not finite.
    """
    outputs_LNC, y_LN = predictions.outputs_LNC, predictions.y_LN.long()
    if predictions.kind == "binary":
        p_LN = outputs_LNC[..., 0].sigmoid()
        confidence_LN, right_LN = p_LN.maximum(1 - p_LN), (p_LN > 0.5) == (y_LN > 0)
    else:
        top_LN, class_LN = outputs_LNC.max(dim=2)
        confidence_LN = (top_LN - outputs_LNC.logsumexp(dim=2)).exp()
        right_LN = class_LN == y_LN
    bin_LN = (confidence_LN * BINS).ceil().nan_to_num(nan=1).clamp(1, BINS).long() - 1
    # |B_m| (acc(B_m) - conf(B_m)) is the sum over the bin of what is right minus what was claimed.
    excess_LM = confidence_LN.new_zeros(len(confidence_LN), BINS)
    excess_LM.scatter_add_(1, bin_LN, right_LN.to(confidence_LN.dtype) - confidence_LN)
    return excess_LM.abs().sum(dim=1) / y_LN.shape[1]
