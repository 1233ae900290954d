"""Promises about which knobs a preset is about, which have no effect in it, and what has been turned."""

from __future__ import annotations

import pytest

from engine.preset import (
    Settings,
    load_preset,
    own_knobs,
    read_preset,
    settings_by_key,
    turned_since,
    with_value,
    without_effect,
)


def keys(text: str) -> list[str]:
    return [knob.key for knob in own_knobs(read_preset(text))]


def test_the_knobs_that_arms_set_come_first_then_what_is_on_then_the_learning_rate() -> None:
    text = """
    regularization.l1 = 0.001
    training.sam = 0.05
    early_stopping.patience = 20
    [[arm]]
    name = "none"
    [[arm]]
    name = "dropout"
    regularization.dropout = 0.5
    """
    assert keys(text) == [
        "regularization.dropout", "training.sam", "regularization.l1", "early_stopping.patience", "training.lr",
    ]  # fmt: skip
    assert keys('[[arm]]\nname = "off"\nregularization.dropout = 0.0\n')[0] == "regularization.dropout"
    assert keys('[[arm]]\nname = "plain"\n') == ["training.lr"]


def test_a_structural_setting_of_an_arm_is_no_knob() -> None:
    assert keys('[[arm]]\nname = "tanh"\nmodel.activation = "tanh"\n') == ["training.lr"]


def test_every_preset_that_comes_with_the_program_is_about_few_knobs() -> None:
    for name in ("dropout", "moons", "weight-decay"):
        assert 1 <= len(own_knobs(load_preset(name))) <= 8


@pytest.mark.parametrize(
    ("settings", "key", "why"),
    [
        ({}, "training.momentum", "only with training.optimizer = momentum or nesterov"),
        ({"training": {"optimizer": "nesterov"}}, "training.momentum", ""),
        ({"data": {"source": "moons"}}, "augment.shift", "needs images"),
        ({"data": {"features": 2}}, "augment.shift", "needs images"),
        ({}, "augment.shift", ""),
        ({"model": {"kind": "softmax"}}, "regularization.dropout", "needs a hidden layer"),
        ({"model": {"hidden": []}}, "regularization.activity_l1", "needs a hidden layer"),
        ({"model": {"kind": "cnn", "hidden": []}}, "regularization.dropout", ""),
        ({}, "regularization.dropout", ""),
        ({"data": {"source": "curve"}}, "regularization.label_smoothing", "needs classes to tell apart"),
        ({"data": {"source": "moons"}}, "regularization.label_smoothing", ""),
    ],
)
def test_what_has_no_effect_says_why(settings: dict[str, object], key: str, why: str) -> None:
    chosen, knob = Settings.model_validate(settings), settings_by_key()[key]
    assert chosen.without_effect(knob) == why
    assert chosen.uses(knob) == (not why)


def test_a_knob_with_an_effect_in_one_arm_has_an_effect_in_the_preset() -> None:
    preset = read_preset('[[arm]]\nname = "a"\n[[arm]]\nname = "b"\ntraining.optimizer = "adam"\n')
    assert without_effect(preset, settings_by_key()["training.beta1"]) == ""
    assert without_effect(preset, settings_by_key()["training.rho"])


def test_what_was_turned_is_what_differs_from_the_preset_with_the_arms_own_settings_first() -> None:
    original = read_preset('[[arm]]\nname = "a"\n[[arm]]\nname = "b"\nregularization.dropout = 0.2\n')
    turned = with_value(original, "training.lr", 0.1, "b")
    turned = with_value(turned, "regularization.dropout", 0.25, "b")
    found = [(knob.key, value) for knob, value in turned_since(original, turned, "b")]
    assert found == [("regularization.dropout", 0.25), ("training.lr", 0.1)]
    assert turned_since(original, turned, "a") == []
    back = with_value(with_value(turned, "training.lr", 0.01, "b"), "regularization.dropout", 0.2, "b")
    assert turned_since(original, back, "b") == []
