"""Running statistics belong to a lane: to its best weights, its snapshot, its end; and to no other lane."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from engine.events import Epoch, Stopped
from engine.lab import Lab
from engine.preset import PresetError
from tests.engine.convolved import Reference, image_lab_of
from tests.engine.reference import batches
from tests.engine.small import Settings, epochs_by_lane, lab_of, only, task_of

BATCH: Settings = {"model.norm": "batch", "training.epochs": 12, "training.lr": 0.5}


def bits_of(lab: Lab, arm: str, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """The lane's parameters and running statistics."""
    for stack in lab._stacks:
        if (arm, seed) in stack.lanes:
            lane = stack.lanes.index((arm, seed))
            return stack.theta_LP[lane].clone(), stack.statistics_LQ[lane].clone()
    raise KeyError(arm)


def equal(one: tuple[torch.Tensor, ...], other: tuple[torch.Tensor, ...]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("kind", ["mlp", "cnn", "resnet"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_after_restore_best_a_lane_measures_exactly_what_its_best_epoch_did(kind: str, dtype: torch.dtype) -> None:
    base = {**BATCH, "model.kind": kind, "training.epochs": 20, "training.seeds": [0, 1]}
    arms: dict[str, Settings] = {"a": {"early_stopping.patience": 3}, "b": {"training.lr": 0.1}}
    lab = image_lab_of(base, arms, dtype)
    events = list(lab.run())
    measured = dict(zip(lab._stacks[0].lanes, lab._stacks[0].measure(), strict=True))
    curves = epochs_by_lane(events)
    stops = only(events, Stopped)
    assert any(stop.best_epoch < stop.epoch for stop in stops)
    for stop in stops:
        best, now = curves[stop.arm, stop.seed][stop.best_epoch - 1], measured[stop.arm, stop.seed]
        for name in ("train_loss", "val_loss", "train_acc", "val_acc"):
            assert now[name] == getattr(best, name)
        retrained = image_lab_of(base, arms, dtype)
        for _ in range(stop.best_epoch):
            retrained.run_epoch()
        if stop.best_epoch < stop.epoch:
            assert equal(bits_of(lab, stop.arm, stop.seed), bits_of(retrained, stop.arm, stop.seed))


def test_a_stopped_lanes_statistics_stay_bit_for_bit_while_others_move() -> None:
    arms: dict[str, Settings] = {"ends": {"training.epochs": 2, "early_stopping.restore_best": False}, "goes on": {}}
    lab = lab_of(BATCH, arms)
    for _ in range(2):
        lab.run_epoch()
    ended, going = bits_of(lab, "ends"), bits_of(lab, "goes on")
    for _ in range(3):
        lab.run_epoch()
    assert equal(bits_of(lab, "ends"), ended)
    assert not any(torch.equal(a, b) for a, b in zip(bits_of(lab, "goes on"), going, strict=True))


def test_a_restored_lab_goes_on_exactly_with_its_statistics() -> None:
    arms: dict[str, Settings] = {"a": {"training.epochs": 2}, "b": {"early_stopping.patience": 2}}
    lab = lab_of(BATCH, arms)
    for _ in range(4):
        lab.run_epoch()
    lab.advance()
    state = lab.state()
    other = lab_of(BATCH, arms)
    other.restore(state)
    assert list(lab.run())[1:] == list(other.run())[1:]
    for arm in arms:
        assert equal(bits_of(lab, arm), bits_of(other, arm))


def test_a_restored_lab_that_is_stopped_ends_with_the_best_statistics_of_before() -> None:
    lab, other = lab_of({**BATCH, "training.lr": 2.0}), lab_of({**BATCH, "training.lr": 2.0})
    for _ in range(8):
        lab.run_epoch()
    other.restore(lab.state())
    (stop, _), _ = lab.stop(), other.stop()
    assert stop.best_epoch < stop.epoch  # type: ignore[attr-defined]
    assert equal(bits_of(lab, "base"), bits_of(other, "base"))


@pytest.mark.parametrize(
    ("kind", "norm"), [("mlp", "batch"), ("mlp", "layer"), ("cnn", "batch"), ("cnn", "group"), ("resnet", "instance")]
)
def test_a_broken_lane_leaves_its_neighbours_and_their_statistics_bit_identical(kind: str, norm: str) -> None:
    noise: Settings = {"regularization.spatial_dropout": 0.3, "regularization.drop_path": 0.3}
    arms: dict[str, Settings] = {"before": noise, "broken": noise, "after": {}}
    base = {"model.kind": kind, "model.norm": norm, "model.norm_groups": 2}
    healthy, sick = image_lab_of(base, arms), image_lab_of(base, arms)
    for lab in (healthy, sick):
        lab.advance()
    sick._stacks[0].theta_LP[1] = math.nan
    stops = only(sick.run_epoch(), Stopped)
    assert [(stop.arm, stop.reason) for stop in stops] == [("broken", "diverged")]
    healthy.run_epoch()
    for lab in (healthy, sick):
        lab.run_epoch()
    for arm in ("before", "after"):
        assert equal(bits_of(healthy, arm), bits_of(sick, arm))
    assert all(tensor.isfinite().all() for tensor in bits_of(sick, "broken"))


def test_a_last_batch_of_one_is_normalized_by_the_running_statistics_and_moves_them_not() -> None:
    lab = lab_of({**BATCH, "training.batch_size": 13, "training.lr": 0.1})  # 40 examples: 13, 13, 13, 1
    (stack,) = lab._stacks
    reference = Reference(stack, 0)
    network, optimizer = reference.network, torch.optim.SGD(reference.network.parameters(), lr=0.1)
    for x_BI, y_B in batches(task_of(), 0, 13, 2):
        network.train(len(y_B) > 1)
        optimizer.zero_grad()
        F.cross_entropy(network(x_BI), y_B).backward()
        optimizer.step()
    events = [event for _ in range(2) for event in only(lab.run_epoch(), Epoch)]
    assert all(math.isfinite(event.val_loss) for event in events)
    torch.testing.assert_close(stack.theta_LP[0], reference.row(), rtol=0, atol=1e-10)
    torch.testing.assert_close(stack.statistics_LQ[0], reference.statistics(), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("kind", "norm"),
    [("mlp", "batch"), ("mlp", "layer"), ("mlp", "group"), ("cnn", "batch"), ("cnn", "group"), ("cnn", "instance")],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_normed_lane_is_the_same_alone_and_among_others_and_equal_arms_are_equal_to_the_last_bit(
    kind: str, norm: str, dtype: torch.dtype
) -> None:
    base: Settings = {
        "model.kind": kind, "model.norm": norm, "model.norm_groups": 2, "model.channels": [6, 10],
        "model.hidden": [10], "training.epochs": 4,
    }  # fmt: skip
    among = image_lab_of(
        base,
        {"other": {"training.lr": 0.3}, "this": {}, "between": {}, "last": {"training.lr": 0.3}, "equal": {}},
        dtype,
    )
    alone = image_lab_of(base, {"this": {}}, dtype)
    for lab in (among, alone):
        list(lab.run())
    assert equal(bits_of(among, "this"), bits_of(among, "equal"))
    assert not equal(bits_of(among, "this"), bits_of(among, "other"))
    tolerance = 1e-4 if dtype == torch.float32 else 1e-10
    for one, other in zip(bits_of(among, "this"), bits_of(alone, "this"), strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_a_second_pass_of_a_step_leaves_the_statistics(kind: str) -> None:
    (stack,) = image_lab_of({**BATCH, "model.kind": kind})._stacks
    x_LBI, _ = stack._batches.take(0, 1)
    values = [slot.of(stack.theta_LP) for slot in stack.layout.slots]
    first_Q = torch.tensor(stack.layout.first_statistics, dtype=torch.float64)
    stack.network(x_LBI, stack._forward_pass(values, training=True, moves_statistics=False))
    assert torch.equal(stack.statistics_LQ[0], first_Q)
    stack.network(x_LBI, stack._forward_pass(values, training=True))
    assert not stack.statistics_LQ[0].eq(first_Q).any()


def test_gains_and_shifts_are_neither_penalized_nor_decayed() -> None:
    heavy: Settings = {
        "regularization.l2": 1.0, "regularization.l1": 0.5, "regularization.weight_decay": 0.5,
        "regularization.max_norm": 0.3,
    }  # fmt: skip
    lab = lab_of({"model.norm": "layer"}, {"plain": {}, "heavy": heavy})
    lab.advance()
    (stack,) = lab._stacks
    behind = stack.layout.weights + stack.layout.biases
    # The first step's gradients of gains and shifts are those of the loss alone, and equal in both lanes.
    assert not torch.equal(stack.theta_LP[0, :behind], stack.theta_LP[1, :behind])
    assert torch.equal(stack.theta_LP[0, behind:], stack.theta_LP[1, behind:])
    assert not stack.theta_LP[0, behind:].eq(1).all()


def test_batch_norm_of_single_examples_is_refused() -> None:
    with pytest.raises(PresetError, match=r"model.norm = 'batch': a batch of one example has no spread"):
        lab_of({"model.norm": "batch", "training.batch_size": 1})


def test_instance_norm_of_fully_connected_layers_is_refused() -> None:
    with pytest.raises(PresetError, match=r"model.norm = 'instance': one number per unit has no spread"):
        lab_of({"model.norm": "instance"})


def test_instance_norm_of_1x1_images_is_refused() -> None:
    with pytest.raises(PresetError, match="images of 'block 4 conv 1' are 1x1"):
        image_lab_of({"model.kind": "resnet", "model.norm": "instance", "model.channels": [2, 4, 2, 4]})


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"model.hidden": [8, 10]}, r"norm_groups = 8: does not divide a layer of 10 \(that takes 1, 2, 5\)"),
        ({"model.hidden": [8]}, r"norm_groups = 8: one unit in each group has no spread"),
        ({"model.kind": "resnet", "model.channels": [16, 12]}, r"norm_groups = 8: does not divide a layer of 12"),
    ],
)
def test_groups_that_do_not_divide_the_channels_are_refused(settings: Settings, reason: str) -> None:
    with pytest.raises(PresetError, match=reason):
        image_lab_of({"model.norm": "group", **settings})
