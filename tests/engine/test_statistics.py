"""Confidence intervals against scipy.stats, and by simulation."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from engine.statistics import half_width, interval, quantile, seeds_needed, unpaired_interval

NUMBERS = [0.12, -0.05, 0.31, 0.08, 0.22, 0.19, -0.01]


@pytest.mark.parametrize("n", [2, 3, 5, 7])
def test_the_interval_is_scipys(n: int) -> None:
    values = np.array(NUMBERS[:n])
    expected = stats.t.interval(0.95, n - 1, loc=values.mean(), scale=stats.sem(values))
    assert interval(float(values.mean()), float(values.std(ddof=1)), n) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("degrees", [1, 1.01, 1.7, 2, 3, 4.3, 8, 25, 99.5, 1000, 9_999])
def test_the_quantile_is_scipys(degrees: float) -> None:
    assert quantile(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=5e-12)


@pytest.mark.parametrize("n", [2, 3, 7])
def test_the_unpaired_interval_is_welchs(n: int) -> None:
    a, b = np.array(NUMBERS[:n]), 0.4 - 3 * np.array(NUMBERS[-n:])
    expected = stats.ttest_ind(b, a, equal_var=False).confidence_interval()
    found = unpaired_interval(float(b.mean() - a.mean()), (float(a.std(ddof=1)), float(b.std(ddof=1))), n)
    assert found == pytest.approx(tuple(expected), rel=1e-12)


def test_an_unpaired_interval_needs_two_seeds_and_without_any_spread_is_the_mean() -> None:
    assert unpaired_interval(1.0, (0.5, 0.5), 1) is None
    assert unpaired_interval(1.0, (0.0, 0.0), 3) == (1.0, 1.0)


def test_no_scipy_is_imported_where_a_screen_asks_for_an_interval() -> None:
    code = "import sys, engine.verdict as v; v.paired([(1, 2), (2, 4)]).unpaired; print('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_of_2000_draws_about_95_of_100_intervals_hold_the_true_mean() -> None:
    random = np.random.default_rng(0)
    for n in (3, 5, 10):
        draws = random.normal(0.7, 2.0, (2000, n))
        held = 0
        for values in draws:
            low, high = interval(values.mean(), values.std(ddof=1), n) or (math.inf, -math.inf)
            held += low <= 0.7 <= high
        assert 0.935 < held / 2000 < 0.965


@pytest.mark.parametrize("n", [2, 3, 4, 5, 30, 500, 501, 502, 503, 5000, 10_000])
def test_the_width_is_that_of_scipys_quantile(n: int) -> None:
    assert half_width(n) == pytest.approx(stats.t.ppf(0.975, n - 1) / math.sqrt(n), rel=1e-12)


def test_scipy_which_takes_long_to_import_is_not_needed() -> None:
    code = (
        "import sys; from engine.statistics import seeds_needed; seeds_needed(1, 9, 3); print('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


@pytest.mark.parametrize(("std", "n"), [(None, 1), (None, 5), (1.0, 1)])
def test_one_seed_has_no_interval(std: float | None, n: int) -> None:
    assert interval(1.0, std, n) is None
    assert half_width(1) == math.inf


@pytest.mark.parametrize("std", [0.5, 1.0, 3.0, 20.0])
def test_the_seeds_that_are_needed_are_the_fewest_whose_interval_leaves_zero_out(std: float) -> None:
    needed = seeds_needed(-1.0, std, 2)
    assert needed is not None
    assert half_width(needed) * std < 1
    assert needed == 2 or half_width(needed - 1) * std >= 1


def test_as_many_as_there_are_suffice_where_they_tell_it_already() -> None:
    assert seeds_needed(1.0, 0.01, 5) == 5


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (math.nan, 1.0), (1.0, math.inf), (1e-9, 1.0)])
def test_where_no_number_of_seeds_would_do_none_is_named(mean: float, std: float) -> None:
    assert seeds_needed(mean, std, 3) is None
