"""The exponential mean is the literal one, from the first point on and across gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.smoothing import smoothed


def literal(values: list[float], share: float) -> list[float]:
    """Point by point, with the correction of the beginning that Adam has (Kingma and Ba 2015, algorithm 1)."""
    mean, power, found = 0.0, 1.0, []
    for value in values:
        mean = share * mean + (1 - share) * value
        power *= share
        found.append(mean / (1 - power))
    return found


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_it_is_the_mean_of_the_formula_from_the_first_point_on(share: float) -> None:
    values = (np.random.default_rng(0).normal(3, 1, 4096) * np.linspace(5, 0.01, 4096)).tolist()
    found = smoothed(np.array(values), share)
    np.testing.assert_allclose(found, literal(values, share), rtol=1e-12)
    assert found[0] == values[0]


def test_a_constant_stays_itself_and_no_share_leaves_the_curve_as_it_is() -> None:
    assert smoothed(np.full(50, 0.7), 0.9).tolist() == pytest.approx([0.7] * 50)
    values = np.array([3.0, 1.0, 2.0])
    assert smoothed(values, 0.0).tolist() == values.tolist()
    assert smoothed(np.array([]), 0.9).tolist() == []


def test_gaps_stay_gaps_and_what_comes_after_them_is_the_mean_of_what_was_measured() -> None:
    found = smoothed(np.array([math.nan, 1.0, math.inf, 4.0, math.nan, 2.0]), 0.5)
    # By hand: the weights halve with every epoch, measured or not.
    after = [(0.25 * 1 + 4) / 1.25, (1 / 16 * 1 + 0.25 * 4 + 2) / (1 / 16 + 0.25 + 1)]
    assert found[[1, 3, 5]].tolist() == pytest.approx([1.0, *after])
    assert math.isnan(found[0])
    assert found[2] == math.inf
    assert math.isnan(found[4])
