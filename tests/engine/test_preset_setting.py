"""Knobs: what a setting's declaration promises to whoever turns it."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.preset import PresetError, Setting, Settings, live_knobs, read_preset, settings_by_key

NUMBERS = [knob for knob in settings_by_key().values() if not knob.choices and isinstance(knob.default, (int, float))]


def test_every_setting_has_help_and_a_default_that_it_accepts_itself() -> None:
    settings = Settings()
    for key, knob in settings_by_key().items():
        assert knob.help
        assert settings.get(key) == knob.default
        if knob.choices or knob in NUMBERS:
            assert knob.refuse(knob.default) is None


def test_a_live_knob_is_a_number_or_a_choice() -> None:
    for knob in live_knobs():
        assert knob.choices or isinstance(knob.default, (int, float)), knob.key


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.key)
def test_bounds_are_kept_at_their_edges(knob: Setting) -> None:
    for edge, is_open, outward in (
        (knob.minimum, knob.open_minimum, -math.inf),
        (knob.maximum, knob.open_maximum, math.inf),
    ):
        if edge is not None:
            beyond = edge + math.copysign(1, outward) if knob.whole else math.nextafter(edge, outward)
            assert (knob.refuse(edge) is not None) == is_open
            assert knob.refuse(beyond) is not None
    for value in (math.nan, math.inf, -math.inf, True, "3", None, [1]):
        assert knob.refuse(value) is not None


@pytest.mark.parametrize("knob", live_knobs(), ids=lambda knob: knob.key)
@given(turns=st.lists(st.sampled_from([-1, 1]), max_size=40))
def test_turning_never_leaves_the_bounds(knob: Setting, turns: list[int]) -> None:
    value = knob.default
    for direction in turns:
        value = knob.turn(value, direction)
        assert knob.refuse(value) is None
        assert type(value) is type(knob.default)


def test_turning_up_and_down_again_gives_the_value_back() -> None:
    l2, dropout, patience = (
        settings_by_key()[key] for key in ("regularization.l2", "regularization.dropout", "early_stopping.patience")
    )
    seen, value = [], 0.0
    for _ in range(6):
        value = l2.turn(value, 1)
        seen.append(value)
    assert seen == [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3]
    for expected in [*reversed(seen[:-1]), 0.0, 0.0]:
        value = l2.turn(value, -1)
        assert value == expected
    assert dropout.turn(dropout.turn(0.3, 1), -1) == 0.3
    assert dropout.turn(0.95, 1) == 0.95
    assert patience.turn(patience.turn(10, 1), -1) == 10


@pytest.mark.parametrize(
    ("key", "value", "up", "down"),
    [
        ("regularization.dropout", 0.13, 0.15, 0.1),
        ("training.epochs", 301, 310, 300),
        ("training.epochs", 5, 10, 1),
        ("training.epochs", 1, 10, 1),
        ("regularization.l2", 3e-5, 1e-4, 0.0),
        ("training.lr", 0.03, 0.05, 0.02),
        ("training.momentum", 0.9, 0.95, 0.8),
        ("training.ema", 0.0, 0.9, 0.0),
        ("training.beta2", 0.999, 0.9995, 0.998),
        ("schedule.t_mul", 99.9, 100.0, 99.5),
    ],
)
def test_a_turn_goes_to_the_next_place_of_the_grid_and_no_further_than_the_bound(
    key: str, value: float, up: float, down: float
) -> None:
    knob = settings_by_key()[key]
    assert (knob.turn(value, 1), knob.turn(value, -1)) == (up, down)


@pytest.mark.parametrize("knob", [knob for knob in live_knobs() if not knob.choices], ids=lambda knob: knob.key)
def test_a_knob_has_a_typical_range_that_turns_go_through_from_end_to_end(knob: Setting) -> None:
    assert knob.typical is not None
    low, high = knob.stops[0], knob.stops[-1]
    assert (low, high) == knob.typical
    assert low <= knob.default <= high
    assert 4 <= len(knob.stops) <= 101
    assert all(knob.refuse(stop) is None and type(stop) is type(knob.default) for stop in knob.stops)
    assert [knob.value_at(knob.position(stop)) for stop in knob.stops] == list(knob.stops)
    assert knob.position(low) == knob.position(low - 1) == 0
    assert knob.position(high) == knob.position(high * 1000) == 1


def test_a_value_between_two_stops_stands_between_them() -> None:
    l2 = settings_by_key()["regularization.l2"]
    assert l2.stops == (0.0, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1)
    assert l2.position(0.0015) == pytest.approx(0.45)
    assert (l2.value_at(-1), l2.value_at(0.52), l2.value_at(7)) == (0.0, 2e-3, 0.1)


@pytest.mark.parametrize("text", ["", "x", "1e", "nan", "inf", "-0.1", "1", "0,5"])
def test_what_a_person_mistypes_is_refused_with_the_name_of_the_knob(text: str) -> None:
    with pytest.raises(PresetError, match=r"^regularization\.dropout = "):
        settings_by_key()["regularization.dropout"].parse(text)


def test_what_a_person_types_becomes_the_type_of_the_setting() -> None:
    assert settings_by_key()["regularization.dropout"].parse(" 0.5 ") == 0.5
    patience = settings_by_key()["early_stopping.patience"].parse("20")
    assert (patience, type(patience)) == (20, int)
    assert settings_by_key()["early_stopping.restore_best"].parse("False") is False
    assert settings_by_key()["early_stopping.action"].parse("watch") == "watch"
    with pytest.raises(PresetError, match=r"stop \| watch"):
        settings_by_key()["early_stopping.action"].parse("halt")


def test_bounds_read_as_mathematics() -> None:
    assert settings_by_key()["regularization.dropout"].bounds == "[0, 1)"
    assert settings_by_key()["training.lr"].bounds == "(0, 1e+09]"
    assert settings_by_key()["early_stopping.patience"].bounds == ">= 0"
    assert settings_by_key()["early_stopping.restore_best"].bounds == "False | True"


BELOW_ONE = [
    *(f"regularization.{name}" for name in ("dropout", "spatial_dropout", "drop_path", "gaussian_dropout")),
    *(f"training.{name}" for name in ("momentum", "beta1", "beta2", "rho", "ema")),
    "regularization.label_smoothing",
    "augment.zoom",
]


@pytest.mark.parametrize("key", BELOW_ONE)
def test_what_must_be_below_1_is_so_in_float32_too(key: str) -> None:
    knob, (section, _, name) = settings_by_key()[key], key.partition(".")
    assert knob.bounds == "[0, 1)"
    assert knob.refuse(1.0) == knob.refuse(2.0) == "must be below 1"
    for value in (0.99999999, 1 - 2**-25):
        assert torch.tensor(value, dtype=torch.float32) == 1
        assert knob.refuse(value) == "must be below 0.99999997"
        with pytest.raises(PresetError, match=rf": {key} = {value}: must be below 0.99999997$"):
            read_preset(f"[{section}]\n{name} = {value}\n")
    largest = math.nextafter(1 - 2**-25, 0)
    assert torch.tensor(largest, dtype=torch.float32) < 1
    assert knob.refuse(largest) is None


def test_the_guard_against_division_by_zero_is_not_zero_in_float32() -> None:
    assert settings_by_key()["training.eps"].refuse(1e-46) == "must be at least 1e-37"
    assert torch.tensor(1e-37, dtype=torch.float32) > torch.finfo(torch.float32).tiny
