"""The lab keeps its promises about numbers, stopping, knobs and snapshots."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import engine.stack.stack
from engine.events import Epoch, Finished, Started, Stopped
from tests.engine.reference import layers_of, network_of
from tests.engine.small import NOISY, OVERFITS, Settings, lab_of, only, task_of, train_to, weights_of


@pytest.mark.parametrize("shared", [True, False])
def test_the_numbers_are_those_of_torch_nn_at_the_same_weights_without_any_noise(shared: bool) -> None:
    base = {"training.seeds": [0, 1], "data.split": "first" if shared else "random", "model.activation": "tanh"}
    lab = lab_of(base, {"plain": {}, "noisy": NOISY})
    task, layout = task_of([0, 1], shared=shared), lab._stacks[0].layout
    for _ in range(4):
        for event in only(lab.run_epoch(), Epoch):
            theta_P = weights_of(lab, event.arm, event.seed)
            network, row = network_of(layout, theta_P, "tanh"), 0 if shared else event.seed
            for part in ("train", "val"):
                x_NI, y_N = getattr(task, f"{part}_x_SNI")[row], getattr(task, f"{part}_y_SN")[row]
                logits = network(x_NI)
                loss, accuracy = F.cross_entropy(logits, y_N), (logits.argmax(1) == y_N).double().mean()
                assert getattr(event, f"{part}_loss") == pytest.approx(loss.item(), rel=1e-12)
                assert getattr(event, f"{part}_acc") == pytest.approx(accuracy.item(), abs=1e-12)
            assert event.gap == event.val_loss - event.train_loss
            norms = [layer.weight(theta_P[None]).norm().item() for layer in layers_of(layout)]
            assert event.weight_norms == pytest.approx(norms)
            assert event.weight_norm == pytest.approx(theta_P[: layout.weights].norm().item())
            assert event.lr == 0.1


def test_grad_norm_is_of_the_last_step_with_its_penalties() -> None:
    lab = lab_of({}, {"a": {"regularization.l2": 0.1}, "b": {}})
    lab.advance()
    lab.advance()
    before = {arm: weights_of(lab, arm) for arm in "ab"}
    for event in only(lab.advance(), Epoch):
        moved = (before[event.arm] - weights_of(lab, event.arm)) / 0.1  # plain SGD: the gradient itself
        assert event.grad_norm == pytest.approx(moved.norm().item(), rel=1e-10)


def test_the_test_set_is_touched_once_and_only_at_the_end_with_the_best_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arms: dict[str, Settings] = {"a": {}, "wide": {"model.hidden": [12]}}
    lab = lab_of(OVERFITS, arms)
    touched: list[int] = []
    plain = engine.stack.stack.evaluate

    def spy(objective: Any, forward: Any, x_GNI: torch.Tensor, *rest: Any) -> Any:
        if any(x_GNI.data_ptr() == stack.task.test_x_SNI.data_ptr() for stack in lab._stacks):
            touched.append(lab.epoch)
        return plain(objective, forward, x_GNI, *rest)

    monkeypatch.setattr(engine.stack.stack, "evaluate", spy)
    events = list(lab.run())
    assert touched == [lab.epoch] * 2
    assert lab.advance() == lab.stop() == []
    assert touched == [lab.epoch] * 2
    task = task_of([0, 1])
    finished = only(events, Finished)
    assert events[-4:] == finished
    for event in finished:
        stack = next(stack for stack in lab._stacks if (event.arm, event.seed) in stack.lanes)
        network = network_of(stack.layout, weights_of(lab, event.arm, event.seed))
        logits, y_N = network(task.test_x_SNI[event.seed]), task.test_y_SN[event.seed]
        assert event.test_loss == pytest.approx(F.cross_entropy(logits, y_N).item(), rel=1e-12)
        assert event.test_acc == pytest.approx((logits.argmax(1) == y_N).double().mean().item())


def test_stop_ends_every_lane_and_tests_once() -> None:
    lab = lab_of({"training.seeds": [0, 1]}, {"a": {"training.epochs": 2}, "b": {}})
    train_to(lab, 3)
    events = lab.stop()
    assert [(end.arm, end.seed, end.reason, end.epoch) for end in only(events, Stopped)] == [
        ("b", 0, "user", 3), ("b", 1, "user", 3),
    ]  # fmt: skip
    assert [(end.arm, end.reason) for end in only(events, Finished)] == [
        ("a", "epochs"), ("a", "epochs"), ("b", "user"), ("b", "user"),
    ]  # fmt: skip
    assert lab.finished
    assert lab.stop() == lab.advance() == lab.run_epoch() == []


def test_stop_before_the_first_step_tests_the_first_weights() -> None:
    lab = lab_of()
    first = weights_of(lab)
    end, finished = lab.stop()
    assert isinstance(end, Stopped)
    assert isinstance(finished, Finished)
    assert (end.epoch, end.best_epoch) == (0, 0)
    assert math.isfinite(finished.test_loss)
    assert torch.equal(weights_of(lab), first)


def test_the_start_tells_what_the_run_is_made_of() -> None:
    lab = lab_of({"training.seeds": [0, 2]}, {"a": {"model.hidden": [4]}, "b": {"model.hidden": []}})
    started = next(lab.run())
    assert isinstance(started, Started)
    assert (started.arms, started.seeds, started.device) == (("a", "b"), (0, 2), "cpu")
    assert (started.train, started.validation, started.test) == (40, 30, 20)
    assert started.parameters_by_arm == {"a": 5 * 4 + 4 + 4 * 3 + 3, "b": 5 * 3 + 3}
    assert started.layers_by_arm == {"a": ("hidden 1", "output"), "b": ("output",)}


def test_arms_of_different_structure_go_through_the_epochs_together() -> None:
    arms: dict[str, Settings] = {
        "base": {},
        "small batches": {"training.batch_size": 4},
        "one batch": {"training.batch_size": 1000},
        "adam": {"training.optimizer": "adam", "training.lr": 0.01},
        "dropout": {"regularization.dropout": 0.5},
        "short": {"training.epochs": 2, "model.hidden": [3]},
    }
    lab = lab_of({"training.seeds": [0, 1]}, arms)
    assert [[arm.name for arm in stack.arms] for stack in lab._stacks] == [
        ["base", "dropout"], ["small batches"], ["one batch"], ["adam"], ["short"],
    ]  # fmt: skip
    events = list(lab.run())
    epochs = [event.epoch for event in only(events, Epoch)]
    assert epochs == sorted(epochs)
    assert epochs.count(1) == 12
    assert epochs.count(5) == 10
    assert {stack.arms[0].name: stack.steps for stack in lab._stacks} == {
        "base": 15, "small batches": 50, "one batch": 5, "adam": 15, "short": 6,
    }  # fmt: skip
    for arm, settings in arms.items():
        alone = lab_of({"training.seeds": [0, 1]}, {arm: settings})
        list(alone.run())
        for seed in (0, 1):
            torch.testing.assert_close(weights_of(lab, arm, seed), weights_of(alone, arm, seed), rtol=0, atol=1e-11)
