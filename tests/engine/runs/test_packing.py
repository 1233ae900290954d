"""Rows of epochs that no training of ours wrote."""

from __future__ import annotations

import math

import pytest

from engine.runs.packing import epochs_of


def test_a_row_that_lacks_what_a_screen_relies_on_is_read_without_it() -> None:
    (lane,) = epochs_of(3, [("plain", 0, "val_loss")], [0.5])
    assert dict(lane.metrics) == {"val_loss": 0.5}
    assert (lane.val_loss, lane.best_epoch, lane.wait) == (0.5, 0, 0)
    assert math.isnan(lane.train_loss)
    with pytest.raises(AttributeError, match="an epoch has no 'nothing'"):
        lane.nothing  # noqa: B018


def test_a_count_that_is_no_number_is_zero() -> None:
    for strange in (math.nan, math.inf, -math.inf):
        (lane,) = epochs_of(3, [("plain", 0, "best_epoch")], [strange])
        assert lane.best_epoch == 0
    (lane,) = epochs_of(3, [("plain", 0, "best_epoch")], [7.0])
    assert repr(lane.best_epoch) == "7"
