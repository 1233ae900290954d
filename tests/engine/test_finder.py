"""The learning-rate finder tells where training works, and leaves no trace."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from engine.events import Found
from engine.finder import find_lr, smoothed, steepest
from engine.lab import Lab
from engine.preset import PresetError
from tests.engine.convolved import image_lab_of
from tests.engine.reference import batches, network_of, train
from tests.engine.small import Settings, lab_of, task_of, weights_of

ARMS: dict[str, Settings] = {
    "plain": {},
    "noisy": {
        "regularization.dropout": 0.3,
        "regularization.input_noise": 0.2,
        "regularization.l2": 0.01,
        "regularization.max_norm": 2.0,
        "schedule.kind": "plateau",
        "schedule.patience": 1,
    },
    "short": {"training.epochs": 2},
    "other stack": {"model.hidden": [4], "training.batch_size": 7, "schedule.kind": "cosine"},
}


def events_to_the_end(lab: Lab) -> list[object]:
    events: list[object] = []
    while not lab.finished:
        events += lab.advance()
    return events


@pytest.mark.parametrize("optimizer", ["nesterov", "adamw"])
def test_a_run_with_a_sweep_in_its_middle_is_bit_identical_to_one_without(optimizer: str) -> None:
    base = {"training.optimizer": optimizer, "training.seeds": [0, 1], "training.epochs": 6}
    with_sweep, without = lab_of(base, ARMS), lab_of(base, ARMS)
    runs: list[list[object]] = []
    for lab, sweeps in ((with_sweep, True), (without, False)):
        events: list[object] = []
        for number in range(9):  # in the middle of epoch 3 where batches are of 16, of epoch 2 where they are of 7
            if sweeps and number in (0, 4, 7):
                assert set(find_lr(lab)) == set(ARMS)
            events += lab.advance()
        runs.append(events + events_to_the_end(lab))
    assert runs[0] == runs[1]
    for name in ARMS:
        for seed in (0, 1):
            assert torch.equal(weights_of(with_sweep, name, seed), weights_of(without, name, seed))
    before = weights_of(with_sweep, "plain")
    assert find_lr(with_sweep)["plain"].losses
    assert torch.equal(weights_of(with_sweep, "plain"), before)
    assert with_sweep.finished


def test_a_convolutional_run_with_everything_that_remembers_and_draws_goes_on_as_if_there_had_been_no_sweep() -> None:
    base: Settings = {"model.kind": "cnn", "model.norm": "batch", "training.seeds": [0, 3], "training.epochs": 4}
    arms: dict[str, Settings] = {
        "plain": {},
        "averaged": {"training.ema": 0.6, "training.swa_start": 1, "regularization.spatial_dropout": 0.3},
        "sharp": {"training.sam": 0.2, "training.epochs": 2},
        "mixed": {"regularization.mixup": 0.5, "regularization.cutmix": 1.0, "training.swa_start": 2},
        "changed": {
            "augment.shift": 1.0, "augment.rotate": 20.0, "augment.hflip": 0.5, "augment.cutout": 2,
            "training.ema": 0.9, "training.sam": 0.1,
        },
    }  # fmt: skip
    swept, plain = image_lab_of(base, arms), image_lab_of(base, arms)
    for lab in (swept, plain):
        assert len(lab.stacks) == 1
    # At the start, within an epoch, at the end of one, and where an arm has stopped.
    for step in range(12):
        if step in (0, 2, 6, 10):
            before = swept.state().lanes
            assert set(find_lr(swept, steps=10)) == set(arms)
            after = swept.state().lanes
            for lane, state in before.items():
                assert state.values == after[lane].values
                assert state.tensors.keys() == after[lane].tensors.keys()
                assert all(torch.equal(tensor, after[lane].tensors[name]) for name, tensor in state.tensors.items())
        assert swept.advance() == plain.advance()
        for of_swept, of_plain in zip(swept.stacks, plain.stacks, strict=True):
            assert torch.equal(of_swept.theta_LP, of_plain.theta_LP)
            assert torch.equal(of_swept.statistics_LQ, of_plain.statistics_LQ)
            for name, (theta_LP, on) in of_plain._averages.tensors().items():
                assert torch.equal(of_swept._averages.tensors()[name][0], theta_LP)
                assert any(on)
    assert swept.finished


@pytest.mark.parametrize("restore_best", [True, False])
def test_lanes_that_have_stopped_are_swept_from_the_weights_they_ended_with(restore_best: bool) -> None:
    base: Settings = {"training.seeds": [0, 3], "early_stopping.restore_best": restore_best}
    lab = lab_of(base, {"short": {"training.epochs": 2}, "long": {"training.epochs": 9}})
    (stack,) = lab.stacks
    for _ in range(3):
        lab.run_epoch()
    assert [stack.has_stopped(lane) for lane in range(4)] == [True, False] * 2
    task, rates = task_of([0, 3]), np.geomspace(1e-3, 3.0, 12)
    found = find_lr(lab, 1e-3, 3.0, 12)
    for arm in ("short", "long"):
        losses = []
        for row, seed in enumerate([0, 3]):
            network, of_seed = network_of(stack.layout, weights_of(lab, arm, seed)), []
            rule = torch.optim.SGD(network.parameters(), lr=1.0)
            # The sweep begins with the batches of epoch 4.
            for rate, (x_BI, y_B) in zip(rates, list(batches(task, seed, 16, 7, row))[9:], strict=True):
                of_seed.append(torch.nn.functional.cross_entropy(network(x_BI), y_B).item())
                rule.param_groups[0]["lr"] = rate
                train(network, rule, iter([(x_BI, y_B)]))
            losses.append(of_seed)
        assert found[arm].losses == pytest.approx(smoothed(np.mean(losses, axis=0)), rel=1e-9)
    assert [stack.has_stopped(lane) for lane in range(4)] == [True, False] * 2


def test_the_losses_are_those_of_a_plain_loop_with_a_growing_rate() -> None:
    lab = lab_of({"training.seeds": [0, 3]}, {"a": {}, "b": {"regularization.l2": 0.1}})
    layout, task = lab._stacks[0].layout, task_of([0, 3])
    rates = np.geomspace(1e-4, 1.0, 12)
    losses = []
    for row, seed in enumerate([0, 3]):
        network, of_seed = network_of(layout, weights_of(lab, "a", seed)), []
        optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
        for rate, (x_BI, y_B) in zip(rates, batches(task, seed, 16, 4, row), strict=True):
            of_seed.append(torch.nn.functional.cross_entropy(network(x_BI), y_B).item())
            optimizer.param_groups[0]["lr"] = rate
            train(network, optimizer, iter([(x_BI, y_B)]))
        losses.append(of_seed)
    found = find_lr(lab, 1e-4, 1.0, 12)
    assert found["a"].rates == pytest.approx(rates)
    assert found["a"].losses == pytest.approx(smoothed(np.mean(losses, axis=0)), rel=1e-9)
    assert found["b"].losses != found["a"].losses


def test_smoothing_is_the_bias_corrected_moving_average() -> None:
    losses = np.random.default_rng(0).normal(2, 1, 40)
    weights = [0.9 ** np.arange(count)[::-1] for count in range(1, 41)]
    expected = [np.average(losses[: len(row)], weights=row) for row in weights]
    assert smoothed(losses.tolist()) == pytest.approx(expected)


def test_a_lane_is_told_up_to_where_it_diverges_and_the_suggestion_trains() -> None:
    arms: dict[str, Settings] = {"deep": {"model.hidden": [30, 30]}}
    lab = lab_of({"training.epochs": 20, "training.seeds": [0, 1, 2]}, arms)
    found = find_lr(lab, 1e-5, 1e4)["deep"]
    assert 0 < len(found.rates) == len(found.losses) < 100
    assert all(map(math.isfinite, found.losses))
    assert max(found.losses) <= 4 * min(found.losses)
    assert found.suggestion is not None
    assert found.suggestion in found.rates
    assert 1e-3 < found.suggestion < 10
    first = lab_of({"training.lr": found.suggestion, "training.epochs": 20}, arms).run_epoch()[0]
    assert first.train_loss < found.losses[0]


def test_where_the_loss_does_not_fall_nothing_is_suggested() -> None:
    rates = np.geomspace(1e-6, 10, 100).tolist()
    assert steepest(rates, [2.0] * 100, 100) is None
    assert steepest(rates, np.linspace(2, 3, 100).tolist(), 100) is None
    assert steepest(rates[:5], [2.0, 1.0, 0.5, 0.2, 0.1], 100) is None
    falls = [2.0] * 50 + [2.0, 1.9, 1.2, 1.1] + [1.1] * 46
    assert steepest(rates, falls, 100) == rates[51]
    # Thrown off its place, a network may fall more steeply later, from far above.
    assert steepest(rates, [*falls[:80], 9.0, *[4.0] * 19], 100) == rates[51]
    assert find_lr(lab_of(), 1e-12, 1e-11)["base"].suggestion is None


@pytest.mark.parametrize(
    ("low", "high", "steps"), [(0.0, 1.0, 100), (1.0, 0.1, 100), (0.1, math.inf, 100), (0.1, 1, 3)]
)
def test_bounds_that_make_no_sweep_are_refused(low: float, high: float, steps: int) -> None:
    with pytest.raises(PresetError, match="find_lr from"):
        find_lr(lab_of(), low, high, steps)


def test_a_cancelled_sweep_finds_nothing_and_leaves_no_trace_either() -> None:
    lab, asked = lab_of(), []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 5

    before = weights_of(lab)
    assert find_lr(lab, cancelled=cancelled) == {}
    assert torch.equal(weights_of(lab), before)
    assert lab.run_epoch() == lab_of().run_epoch()


def test_the_events_are_told_in_the_order_of_the_arms() -> None:
    found = find_lr(lab_of({}, ARMS))
    assert list(found) == list(ARMS)
    assert all(isinstance(event, Found) and event.arm == name for name, event in found.items())
