"""The written-out gradient of dense nets beside autograd's own."""

from __future__ import annotations

import pytest
import torch

from engine.lab import Lab
from engine.preset import load_preset
from tests.engine.small import Settings, lab_of, weights_of

DROPOUT: Settings = {"regularization.dropout": 0.3}


def by_autograd(lab: Lab) -> Lab:
    for stack in lab.stacks:
        stack._dense = None
    return lab


def assert_alike(base: Settings, arms: dict[str, Settings], dtype: torch.dtype = torch.float64) -> None:
    """Both ways for two epochs, whose last batches are smaller: the same weights and losses, bit for bit."""
    base = {"training.seeds": [0, 1], "training.batch_size": 16, **base}
    written_out, autograd = lab_of(base, arms, dtype), by_autograd(lab_of(base, arms, dtype))
    assert written_out.stacks[0]._dense is not None
    for _ in range(2):
        assert written_out.run_epoch() == autograd.run_epoch()
    for arm in arms:
        for seed in (0, 1):
            assert torch.equal(weights_of(written_out, arm, seed), weights_of(autograd, arm, seed))
    assert torch.equal(written_out.stacks[0].statistics_LQ, autograd.stacks[0].statistics_LQ)
    assert torch.equal(written_out.stacks[0].loss_L, autograd.stacks[0].loss_L)


@pytest.mark.parametrize("style", ["inverted", "book"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_gradients_are_autograds_with_and_without_dropout(activation: str, style: str) -> None:
    base = {"model.activation": activation, "model.hidden": [9, 7, 8], "regularization.dropout_style": style}
    arms = {"plain": {}, "dropped": DROPOUT, "between": {}, "more": {"regularization.dropout": 0.6}, "last": {}}
    assert_alike(base, arms)
    assert_alike(base, arms, torch.float32)


@pytest.mark.parametrize(
    ("base", "settings"),
    [
        ({"model.kind": "softmax"}, {}),
        ({"regularization.dropout_layers": [2]}, DROPOUT),
        ({}, {"regularization.label_smoothing": 0.2}),
        ({}, {"regularization.mixup": 0.4}),
        ({}, {"regularization.weight_noise": 0.1, "training.sam": 0.05, **DROPOUT}),
        ({"training.optimizer": "adam"}, {"regularization.l2": 0.1, "training.clip_norm": 0.5}),
        ({"training.batch_size": 1}, DROPOUT),
    ],
)
def test_gradients_are_autograds_beside_other_techniques(base: Settings, settings: Settings) -> None:
    assert_alike(base, {"plain": {}, "with": settings})


GAUSSIAN: Settings = {"regularization.gaussian_dropout": 0.3}
NORMED = [(norm, position) for norm in ("batch", "layer", "group") for position in ("before", "after")]


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize(("norm", "position"), [("none", "before"), *NORMED])
def test_gradients_are_autograds_with_norms_and_gaussian_dropout(norm: str, position: str, activation: str) -> None:
    base = {
        "model.norm": norm, "model.norm_position": position, "model.norm_groups": 2, "model.activation": activation,
        "model.hidden": [10, 6],
    }  # fmt: skip
    arms = {"plain": {}, "noisy": GAUSSIAN, "dropped": DROPOUT, "both": {**GAUSSIAN, **DROPOUT}, "last": {}}
    assert_alike(base, arms)
    assert_alike(base, arms, torch.float32)
    assert_alike({**base, "training.batch_size": 13}, arms)  # 40 examples: the last batch is a single one
    assert_alike(base, {"plain": {}, "with": {"training.sam": 0.05, "regularization.weight_noise": 0.1, **GAUSSIAN}})


def test_other_networks_are_left_to_autograd() -> None:
    assert lab_of({"model.activation": "gelu"}).stacks[0]._dense is None


@pytest.mark.parametrize("settings", [{"regularization.activity_l2": 0.1, **DROPOUT, **GAUSSIAN}])
def test_other_techniques_are_left_to_autograd_as_long_as_they_are_on(
    settings: Settings,
) -> None:
    labs = [lab_of(), by_autograd(lab_of())]
    for value in (settings, dict.fromkeys(settings, 0.0)):
        for lab in labs:
            for key, number in value.items():
                lab.turn(key, number)
            lab.run_epoch()
        assert torch.equal(*(weights_of(lab) for lab in labs))


def test_the_preset_dropout_trains_by_it() -> None:
    assert Lab(load_preset("dropout"), "cpu").stacks[0]._dense is not None
