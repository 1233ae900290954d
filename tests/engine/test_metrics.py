"""Metrics are declared once; the expected calibration error is that of Guo et al., counted by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.events import Epoch, to_json
from engine.history import History
from engine.metrics import METRICS, Predictions, functions, metric, metric_of
from engine.metrics.calibration import BINS, expected_calibration_error
from tests.engine.small import epochs_by_lane, lab_of, only


def ece_by_hand(p_NC: np.ndarray, y_N: np.ndarray) -> float:
    """Equation 3, bin by bin, with the bins' edges written out."""
    confidence, predicted = p_NC.max(axis=1), p_NC.argmax(axis=1)
    error = 0.0
    for number in range(BINS):
        held = (confidence > number / BINS) & (confidence <= (number + 1) / BINS)
        if held.any():
            error += held.mean() * abs((predicted[held] == y_N[held]).mean() - confidence[held].mean())
    return float(error)


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("sure", [0.1, 1.0, 8.0])
def test_the_calibration_error_of_each_lane_is_the_one_counted_by_hand(classes: int, sure: float) -> None:
    generator = torch.Generator().manual_seed(classes)
    outputs_LNC = sure * torch.randn(3, 400, classes, generator=generator, dtype=torch.float64)
    y_LN = torch.randint(classes, (3, 400), generator=generator)
    error_L = expected_calibration_error(Predictions(outputs_LNC, y_LN, "classification"))
    for lane in range(3):
        expected = ece_by_hand(outputs_LNC[lane].softmax(dim=1).numpy(), y_LN[lane].numpy())
        assert error_L[lane].item() == pytest.approx(expected, rel=1e-9)


def test_of_one_output_it_is_that_of_the_two_classes_and_where_an_output_is_no_number_it_is_none() -> None:
    logits_LN1 = 3 * torch.randn(2, 300, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    y_LN = torch.randint(2, (2, 300), generator=torch.Generator().manual_seed(2))
    error_L = expected_calibration_error(Predictions(logits_LN1, y_LN, "binary"))
    p_N = logits_LN1[1, :, 0].sigmoid().numpy()
    assert error_L[1].item() == pytest.approx(ece_by_hand(np.stack([1 - p_N, p_N], axis=1), y_LN[1].numpy()), rel=1e-9)
    logits_LN1[0, 7] = torch.nan
    broken_L = expected_calibration_error(Predictions(logits_LN1, y_LN, "binary"))
    assert broken_L[0].isnan()
    assert broken_L[1] == error_L[1]


def test_a_sure_and_right_network_has_none_and_a_sure_and_wrong_one_all_of_it() -> None:
    outputs_LNC = torch.tensor([[[50.0, 0.0]] * 4, [[0.0, 50.0]] * 4])
    error_L = expected_calibration_error(
        Predictions(outputs_LNC, torch.zeros(2, 4, dtype=torch.int64), "classification")
    )
    assert error_L.tolist() == pytest.approx([0.0, 1.0])


def test_what_a_lab_tells_is_measured_on_its_validation_data() -> None:
    lab = lab_of({"training.seeds": [0, 1]}, {"a": {}, "b": {"training.lr": 0.5}})
    for event in only(lab.run_epoch(), Epoch):
        stack, lane = lab.lane(event.arm, event.seed)
        p_NC = stack.outputs(stack.task.val_x_SNI)[lane].softmax(dim=1).numpy()
        expected = ece_by_hand(p_NC, stack.task.val_y_SN[event.seed].numpy())
        assert event.val_ece == pytest.approx(expected, rel=1e-9)


@pytest.fixture
def median_confidence() -> Iterator[str]:
    @metric("val_median", "median of the highest output", better="higher", kinds=("classification",))
    def measured(predictions: Predictions) -> Tensor:
        return predictions.outputs_LNC.amax(dim=2).median(dim=1).values

    yield "val_median"
    del METRICS["val_median"]


def test_a_metric_of_ones_own_is_one_function_and_is_then_everywhere(median_confidence: str) -> None:
    lab = lab_of({"training.epochs": 3}, {"a": {}, "b": {}})
    events = list(lab.run())
    history = History([("a", 0), ("b", 0)])
    for event in only(events, Epoch):
        history.add(event)
    last = epochs_by_lane(events)["b", 0][-1]
    stack, lane = lab.lane("b", 0)
    expected = stack.outputs(stack.task.val_x_SNI)[lane].amax(dim=1).median().item()
    assert last.metrics[median_confidence] == pytest.approx(expected)
    assert json.loads(to_json(last))[median_confidence] == pytest.approx(expected)
    assert history.series(median_confidence, "b", 0)[1][-1] == pytest.approx(expected)
    assert median_confidence in history.metrics
    assert metric_of(median_confidence).better == "higher"
    assert median_confidence not in functions("regression")


def test_a_name_is_declared_once_and_every_number_of_an_epoch_is_declared(median_confidence: str) -> None:
    with pytest.raises(ValueError, match="already"):
        metric("val_loss", "another one")
    lab = lab_of({"training.ema": 0.5, "training.swa_start": 1, "regularization.l2": 0.1})
    for name in only(lab.run_epoch(), Epoch)[0].metrics:
        assert metric_of(name).help
    with pytest.raises(KeyError):
        metric_of("val_los")
