"""Arms differ by their settings and by nothing else."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise
from typing import Any

import pytest
import torch

from engine.events import Epoch, Event, Finished, Stopped
from engine.lab import Lab
from engine.preset import load_preset, with_value
from engine.stack.evaluate import in_chunks
from tests.engine.small import Settings, epochs_by_lane, lab_of, only, preset_of, weights_of

# Every technique of a stack at once, so that each has the chance to leak into its neighbours.
EVERYTHING: Settings = {
    "regularization.dropout": 0.3,
    "regularization.l2": 0.01,
    "regularization.l1": 0.001,
    "regularization.weight_decay": 0.02,
    "regularization.label_smoothing": 0.1,
    "regularization.input_noise": 0.3,
    "regularization.max_norm": 1.5,
    "regularization.bias_l2": 0.05,
    "regularization.bias_l1": 0.002,
    "regularization.activity_l1": 0.003,
    "regularization.activity_l2": 0.002,
    "regularization.orthogonal": 0.1,
    "regularization.weight_noise": 0.05,
    "regularization.gaussian_dropout": 0.2,
    "training.clip_norm": 0.7,
    "training.sam": 0.05,
    "training.ema": 0.8,
    "training.swa_start": 2,
    "regularization.mixup": 0.6,
    "training.lr": 0.07,
    "model.init": "xavier",
}
_NO_TECHNIQUES = ("training.lr", "model.init", "training.ema", "training.swa_start")  # averages move nothing
TECHNIQUES = {key: value for key, value in EVERYTHING.items() if key not in _NO_TECHNIQUES}


def run(lab: Lab) -> list[Event]:
    return list(lab.run())


@pytest.mark.parametrize(
    ("optimizer", "dtype", "epochs", "tolerance"),
    [
        ("sgd", torch.float64, 17, 1e-10),
        ("nesterov", torch.float64, 17, 1e-10),
        ("adam", torch.float64, 17, 1e-10),
        ("adam", torch.float32, 7, 1e-4),
    ],
)
def test_a_lane_alone_and_among_others_gives_the_same_curve(
    optimizer: str, dtype: torch.dtype, epochs: int, tolerance: float
) -> None:
    base: Settings = {"training.optimizer": optimizer, "training.epochs": epochs}
    others = {
        "plain": {},
        "noisy": {"regularization.dropout": 0.6, "regularization.input_noise": 1.0, "training.lr": 0.01},
    }
    among = lab_of({**base, "training.seeds": [4, 1, 9]}, {**others, "this": EVERYTHING, "last": {}}, dtype)
    alone = lab_of({**base, "training.seeds": [1]}, {"this": EVERYTHING}, dtype)
    curves, expected = epochs_by_lane(run(among))["this", 1], epochs_by_lane(run(alone))["this", 1]
    assert {stack.steps for stack in among.stacks} == {epochs * 3}
    assert len(curves) == len(expected) == epochs
    for one, other in zip(curves, expected, strict=True):
        for name in ("train_loss", "val_loss", "train_acc", "val_acc", "weight_norm", "grad_norm"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=tolerance, abs=tolerance)
    torch.testing.assert_close(
        weights_of(among, "this", 1), weights_of(alone, "this", 1), rtol=tolerance, atol=tolerance
    )


def test_permuting_arms_permutes_results() -> None:
    arms: dict[str, Settings] = {
        "a": {},
        "b": EVERYTHING,
        "c": {"regularization.dropout": 0.5},
        "d": {"training.lr": 0.01},
    }
    base = {"training.seeds": [0, 5]}
    one, other = lab_of(base, arms), lab_of(base, {name: arms[name] for name in "cadb"})
    curves, permuted = epochs_by_lane(run(one)), epochs_by_lane(run(other))
    for name in arms:
        for seed in (0, 5):
            assert torch.allclose(weights_of(one, name, seed), weights_of(other, name, seed), rtol=0, atol=1e-12)
            losses = [[event.val_loss for event in own_curves[name, seed]] for own_curves in (curves, permuted)]
            assert losses[0] == pytest.approx(losses[1], abs=1e-12)


@pytest.mark.parametrize("key", TECHNIQUES)
@pytest.mark.parametrize(
    ("optimizer", "dtype"), [("sgd", torch.float32), ("momentum", torch.float64), ("adamw", torch.float32)]
)
def test_a_neutral_setting_is_bit_identical_to_none_also_beside_a_lane_that_uses_it(
    key: str, optimizer: str, dtype: torch.dtype
) -> None:
    base = {"training.optimizer": optimizer, "training.seeds": [0, 1]}
    without = lab_of(base, {"this": {}, "other": {}}, dtype)
    neutral = lab_of(base, {"this": {key: 0.0}, "other": {key: TECHNIQUES[key]}}, dtype)
    assert [len(lab._stacks) for lab in (without, neutral)] == [1, 1]
    start = weights_of(without, "this")
    plain, beside = epochs_by_lane(run(without)), epochs_by_lane(run(neutral))
    for seed in (0, 1):
        assert torch.equal(weights_of(without, "this", seed), weights_of(neutral, "this", seed))
        assert [(x.train_loss, x.val_loss, x.grad_norm) for x in plain["this", seed]] == [
            (x.train_loss, x.val_loss, x.grad_norm) for x in beside["this", seed]
        ]
        assert not torch.equal(weights_of(without, "other", seed), weights_of(neutral, "other", seed))
    assert not torch.equal(weights_of(without, "this"), start)


def test_no_dropout_is_bit_identical_in_both_styles() -> None:
    labs = [lab_of({"regularization.dropout_style": style}, {"a": {}, "b": {}}) for style in ("book", "inverted")]
    for lab in labs:
        run(lab)
    assert torch.equal(*(weights_of(lab, "a") for lab in labs))


@pytest.mark.parametrize(("optimizer", "dtype"), [("sgd", torch.float32), ("adam", torch.float64)])
def test_a_diverging_lane_leaves_its_neighbours_bit_identical(optimizer: str, dtype: torch.dtype) -> None:
    deep = {"model.hidden": [8] * 5, "training.epochs": 12, "training.optimizer": optimizer, "training.seeds": [0, 1]}
    wild = {**EVERYTHING, "training.lr": 1e5, "regularization.l2": 1.0, "regularization.max_norm": 0.0}

    def lab(settings: Settings) -> Lab:
        return lab_of(deep, {"before": EVERYTHING, "wild": settings, "after": {}}, dtype)

    healthy, sick = lab({**wild, "training.lr": 0.01}), lab(wild)
    first = {seed: weights_of(sick, "wild", seed) for seed in (0, 1)}
    well, events = run(healthy), run(sick)
    ends = {(event.arm, event.seed): event for event in only(events, Stopped)}
    for seed in (0, 1):
        if optimizer == "sgd":
            assert ends["wild", seed].reason == "diverged"
            assert ends["wild", seed].epoch < 12
            if ends["wild", seed].best_epoch == 0:
                assert math.isnan(ends["wild", seed].best_val_loss)
                assert torch.equal(weights_of(sick, "wild", seed), first[seed])
        assert weights_of(sick, "wild", seed).isfinite().all()
        for name in ("before", "after"):
            assert ends[name, seed].reason == "epochs"
            assert torch.equal(weights_of(sick, name, seed), weights_of(healthy, name, seed))
    curves, well_curves = epochs_by_lane(events), epochs_by_lane(well)
    for lane in curves:
        if lane[0] != "wild":
            assert curves[lane] == well_curves[lane]
    tests = {(event.arm, event.seed): event for event in only(events, Finished)}
    assert all(math.isfinite(event.test_loss) for event in tests.values())


def test_a_lane_driven_wild_by_a_turned_knob_ends_with_its_best_weights() -> None:
    lab = lab_of({"model.hidden": [8] * 5, "training.epochs": 30}, {"a": {}, "b": {"regularization.l2": 1.0}})
    for _ in range(3):
        lab.run_epoch()
    best = {}
    lab.turn("training.lr", 1e5, "b")
    events: list[Event] = []
    while not any(event.arm == "b" for event in only(events, Stopped)):
        best[lab.epoch] = weights_of(lab, "b")
        events += lab.run_epoch()
    (stop,) = only(events, Stopped)
    assert stop.reason == "diverged"
    assert math.isfinite(stop.best_val_loss)
    if stop.best_epoch in best:
        assert torch.equal(weights_of(lab, "b"), best[stop.best_epoch])
    run_on = lab.run_epoch()
    assert [event.arm for event in only(run_on, Epoch)] == ["a"]


@pytest.mark.parametrize("optimizer", ["momentum", "adamw"])
def test_a_stopped_lanes_weights_stay_frozen_bit_for_bit(optimizer: str) -> None:
    base = {"training.optimizer": optimizer, "training.seeds": [0, 1], "early_stopping.restore_best": False}
    lab = lab_of(base, {"short": {**EVERYTHING, "training.epochs": 3}, "long": EVERYTHING | {"training.epochs": 9}})
    assert len(lab._stacks) == 1
    for _ in range(3):
        lab.run_epoch()
    held = {seed: weights_of(lab, "short", seed) for seed in (0, 1)}
    moving = weights_of(lab, "long")
    while not lab.finished:
        lab.turn("training.lr", 0.5)
        for event in lab.advance():
            assert not isinstance(event, Epoch) or event.arm == "long"
        for seed, frozen in held.items():
            assert torch.equal(weights_of(lab, "short", seed), frozen)
    assert not torch.equal(weights_of(lab, "long"), moving)


def test_a_lane_that_stops_leaves_the_others_bit_identical() -> None:
    labs = [lab_of({"training.epochs": 8}, {"a": {"training.epochs": end}, "b": EVERYTHING}) for end in (2, 8)]
    for lab in labs:
        run(lab)
    assert torch.equal(*(weights_of(lab, "b") for lab in labs))


def test_stacks_of_one_seed_see_the_same_batches_and_the_same_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[int, list[torch.Tensor]] = {}
    from engine.stack.stack import Stack

    plain = Stack.train_on

    def spy(self: Stack, x_LBI: torch.Tensor, targets: Any) -> None:
        seen.setdefault(self.layout.parameters, []).append(torch.cat([x_LBI, targets.y_LB.unsqueeze(2)], dim=2))
        plain(self, x_LBI, targets)

    monkeypatch.setattr(Stack, "train_on", spy)
    arms: dict[str, Settings] = {name: {"model.hidden": [width]} for name, width in (("narrow", 4), ("wide", 50))}
    lab = lab_of({"regularization.input_noise": 0.5, "training.seeds": [0, 1]}, arms)
    assert len(lab._stacks) == 2
    run(lab)
    narrow, wide = seen.values()
    assert len(narrow) == 15
    for one, other in zip(narrow, wide, strict=True):
        assert torch.equal(one, other)
    assert not any(torch.equal(one[0], one[1]) for one in narrow)
    assert not any(one.shape == other.shape and torch.equal(one, other) for one, other in pairwise(narrow))


@pytest.mark.parametrize("key", ["training.optimizer", "training.batch_size", "model.activation"])
def test_lanes_of_one_seed_start_from_the_same_weights_also_in_different_stacks(key: str) -> None:
    value = {"training.optimizer": "adam", "training.batch_size": 7, "model.activation": "tanh"}[key]
    lab = lab_of({"training.seeds": [0, 1]}, {"a": {}, "b": {key: value}})
    assert len(lab._stacks) == 2
    for seed in (0, 1):
        assert torch.equal(weights_of(lab, "a", seed), weights_of(lab, "b", seed))
    assert not torch.equal(weights_of(lab, "a", 0), weights_of(lab, "a", 1))


def test_an_arm_beside_a_stack_of_another_structure_trains_as_alone() -> None:
    arms: dict[str, Settings] = {"small": EVERYTHING, "large": {"model.hidden": [20], "training.batch_size": 7}}
    among, alone = lab_of({}, arms), lab_of({}, {"small": EVERYTHING})
    run(among)
    run(alone)
    assert torch.equal(weights_of(among, "small"), weights_of(alone, "small"))


def test_two_equal_arms_are_equal_bit_for_bit_and_seeds_are_not() -> None:
    lab = lab_of({"training.seeds": [0, 1], "data.split": "first"}, {"a": EVERYTHING, "b": EVERYTHING})
    run(lab)
    for seed in (0, 1):
        torch.testing.assert_close(weights_of(lab, "a", seed), weights_of(lab, "b", seed), rtol=0, atol=0)
    assert not torch.allclose(weights_of(lab, "a", 0), weights_of(lab, "a", 1))


def same_in_every_place(arms: int, seeds: tuple[int, ...], epochs: int) -> Lab:
    """The second arm of the preset `dropout`, so many times over: 749 digits validate, an odd number."""
    preset = load_preset("dropout", epochs=epochs)
    same = tuple(preset.arms[1].model_copy(update={"name": name}) for name in "abcd"[:arms])
    return Lab(with_value(preset.model_copy(update={"arms": same}), "training.seeds", list(seeds)), "cpu")


def test_two_equal_arms_are_measured_alike_bit_for_bit() -> None:
    lab = same_in_every_place(arms=2, seeds=(0, 1, 2), epochs=1)
    run(lab)
    (stack,) = lab.stacks
    _, *evaluation = stack._evaluation(stack.task.val_x_SNI, stack.task.val_y_SN)
    for outputs_LNC, _ in in_chunks(*evaluation):
        for first in range(0, 6, 2):
            assert torch.equal(outputs_LNC[first], outputs_LNC[first + 1])


def test_an_arm_is_measured_alike_alone_and_among_others_bit_for_bit() -> None:
    among = epochs_by_lane(run(same_in_every_place(arms=4, seeds=(0, 1, 2), epochs=6)))
    for seed in (0, 1, 2):
        alone = epochs_by_lane(run(same_in_every_place(arms=1, seeds=(seed,), epochs=6)))
        assert [dataclasses.replace(event, arm="a") for event in among["d", seed]] == alone["a", seed]


def test_the_settings_that_share_a_stack_are_those_of_the_lanes_and_not_of_the_net() -> None:
    lab = lab_of(
        {}, {"plain": {}, "all": EVERYTHING, "longer": {"training.epochs": 9}, "normal": {"model.init": "normal"}}
    )
    assert len(lab._stacks) == 1
    assert preset_of().epochs == 5
