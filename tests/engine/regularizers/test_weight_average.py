"""EMA and SWA are torch.optim.swa_utils.AveragedModel's, measured beside the lane that keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from engine.events import Epoch, from_json, to_json
from engine.history import History
from engine.lab import Lab
from engine.stack.randomness import batch_order
from tests.engine.convolved import Reference, image_lab_of, image_task_of
from tests.engine.reference import batches, network_of, weight_matrices
from tests.engine.small import Settings, epochs_by_lane, lab_of, only, task_of, weights_of

ARMS: dict[str, Settings] = {
    "off": {},
    "slow": {"training.ema": 0.95},
    "fast": {"training.ema": 0.3, "training.swa_start": 2},
    "late": {"training.swa_start": 4},
}


def measured(model: Any, row: int) -> tuple[float, float]:
    task = task_of([0, 3])
    logits = model(task.val_x_SNI[row])
    right = (logits.argmax(1) == task.val_y_SN[row]).double().mean()
    return F.cross_entropy(logits, task.val_y_SN[row]).item(), right.item()


@torch.no_grad()
def change(network: nn.Sequential, changed: Callable[[Tensor], Tensor]) -> None:
    for W_OI in weight_matrices(network):
        W_OI.copy_(changed(W_OI))


def limited(W_OI: Tensor, c: float) -> Tensor:
    """Keras' max-norm of the weights into each unit."""
    return W_OI * (c / (W_OI.norm(dim=1, keepdim=True) + 1e-7)).clamp(max=1)


# What changes the weights beside the gradient's step: the averages are of the weights after all of it.
CHANGED: dict[str, Settings] = {
    "off": {"regularization.max_norm": 0.7, "regularization.weight_decay": 0.4},
    "held": {"training.ema": 0.4, "training.swa_start": 1, "regularization.max_norm": 0.5},
    "decayed": {"training.ema": 0.7, "training.swa_start": 3, "regularization.weight_decay": 1.5},
    "both": {"training.ema": 0.9, "regularization.weight_decay": 0.8, "regularization.max_norm": 0.8},
}


@pytest.mark.parametrize("arms", [ARMS, CHANGED], ids=["plain", "max_norm and weight_decay"])
def test_every_epoch_tells_torchs_averages_in_every_lane_that_keeps_them(arms: dict[str, Settings]) -> None:
    lab = lab_of({"training.seeds": [0, 3], "training.epochs": 6}, arms)
    assert len(lab._stacks) == 1
    start = {(arm, seed): weights_of(lab, arm, seed) for arm in arms for seed in (0, 3)}
    curves = epochs_by_lane(list(lab.run()))
    for (arm, seed), first_P in start.items():
        row, settings = (0, 3).index(seed), arms[arm]
        network = network_of(lab._stacks[0].layout, first_P)
        decay, begin = settings.get("training.ema", 0.0), settings.get("training.swa_start", 0)
        shrink, largest = (settings.get(f"regularization.{name}", 0.0) for name in ("weight_decay", "max_norm"))
        ema = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay))
        swa = AveragedModel(network)
        rule = torch.optim.SGD(network.parameters(), lr=0.1)
        for step, (x_BI, y_B) in enumerate(batches(task_of([0, 3]), seed, 16, 6, row), start=1):
            rule.zero_grad()
            F.cross_entropy(network(x_BI), y_B).backward()
            change(network, lambda W_OI, shrink=shrink: W_OI * (1 - 0.1 * shrink))
            rule.step()
            if largest:
                change(network, lambda W_OI, c=largest: limited(W_OI, c))
            ema.update_parameters(network)
            epoch = step // 3
            if step % 3:
                continue
            expected = {}
            if begin and epoch >= begin:
                swa.update_parameters(network)
                expected["swa_val_loss"], expected["swa_val_acc"] = measured(swa, row)
            if decay:
                expected["ema_val_loss"], expected["ema_val_acc"] = measured(ema, row)
            assert curves[arm, seed][epoch - 1].averages == pytest.approx(expected, rel=1e-9)


def test_the_lane_itself_is_bit_identical_with_and_without_averages() -> None:
    plain, averaged = lab_of({}, {"a": {}, "b": {}}), lab_of({}, {"a": {}, "b": ARMS["fast"]})
    runs = [list(lab.run()) for lab in (plain, averaged)]
    for arm in "ab":
        assert torch.equal(weights_of(plain, arm), weights_of(averaged, arm))
    for one, other in zip(*(only(events, Epoch) for events in runs), strict=True):
        assert (one.train_loss, one.val_loss, one.grad_norm) == (other.train_loss, other.val_loss, other.grad_norm)
        assert bool(other.averages) == (other.arm == "b")


NORMED: dict[str, Settings] = {
    "off": {},
    "slow": {"training.ema": 0.95},
    "fast": {"training.ema": 0.3, "training.swa_start": 2},
}


@pytest.mark.parametrize("kind", ["mlp", "resnet"])
def test_with_batch_norm_an_average_is_measured_with_the_statistics_of_update_bn(kind: str) -> None:
    seeds = [0, 3]
    base = {"training.seeds": seeds, "training.epochs": 4, "model.kind": kind, "model.norm": "batch"}
    lab, task = image_lab_of(base, NORMED), image_task_of(seeds)
    (stack,) = lab._stacks
    references = {lane: Reference(stack, place).network for place, lane in enumerate(stack.lanes)}
    curves = epochs_by_lane(list(lab.run()))
    for (arm, seed), network in references.items():
        row, settings = seeds.index(seed), NORMED[arm]
        decay, begin = settings.get("training.ema", 0.0), settings.get("training.swa_start", 0)
        ema, swa = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay)), AveragedModel(network)
        rule = torch.optim.SGD(network.parameters(), lr=0.05)
        once = [task.train_x_SNI[row][rows] for rows in batch_order(seed, 0, 40, False).split(16)]

        def measured(model: AveragedModel, once: list[Tensor] = once, row: int = row) -> tuple[float, float]:
            update_bn(once, model)
            model.eval()
            with torch.no_grad():
                logits = model(task.val_x_SNI[row])
            y_N = task.val_y_SN[row]
            return F.cross_entropy(logits, y_N).item(), (logits.argmax(1) == y_N).double().mean().item()

        for step, (x_BI, y_B) in enumerate(batches(task, seed, 16, 4, row), start=1):
            network.train()
            rule.zero_grad()
            F.cross_entropy(network(x_BI), y_B).backward()
            rule.step()
            ema.update_parameters(network)
            if step % 3:
                continue
            epoch, expected = step // 3, {}
            if begin and epoch >= begin:
                swa.update_parameters(network)
                expected["swa_val_loss"], expected["swa_val_acc"] = measured(swa)
            if decay:
                expected["ema_val_loss"], expected["ema_val_acc"] = measured(ema)
            assert curves[arm, seed][epoch - 1].averages == pytest.approx(expected, rel=1e-8)


def test_taking_the_statistics_of_an_average_leaves_the_run_as_it_is() -> None:
    base = {
        "model.norm": "batch", "regularization.dropout": 0.4, "regularization.weight_noise": 0.1,
        "regularization.mixup": 0.5, "augment.shift": 1.0, "training.batch_size": 13,
    }  # fmt: skip
    plain, averaged = image_lab_of(base, {"a": {}, "b": {}}), image_lab_of(base, {"a": {}, "b": ARMS["fast"]})
    runs = [only(list(lab.run()), Epoch) for lab in (plain, averaged)]
    for one, other in zip(*runs, strict=True):
        assert (one.train_loss, one.val_loss, one.grad_norm) == (other.train_loss, other.val_loss, other.grad_norm)
    assert torch.equal(plain._stacks[0].statistics_LQ, averaged._stacks[0].statistics_LQ)
    assert torch.equal(plain._stacks[0].theta_LP, averaged._stacks[0].theta_LP)
    # Measured again without a step, an average says the same: its draws are a matter of place.
    (stack,) = averaged._stacks
    first, again = stack.measure()[1], stack.measure()[1]
    assert first == again
    assert {"ema_val_loss", "swa_val_loss"} & first.keys()


def test_nothing_is_held_or_evaluated_where_no_lane_keeps_an_average(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    from engine.stack.stack import evaluate

    def counted(*args: Any) -> tuple[Tensor, Tensor]:
        calls.append(1)
        return evaluate(*args)

    monkeypatch.setattr("engine.stack.stack.evaluate", counted)
    lab = lab_of({}, {"a": {}})
    lab.run_epoch()
    assert len(calls) == 2
    assert not any(name.startswith(("averages.ema", "averages.swa")) for name in lab.state().lanes["a", 0].tensors)


def test_a_lab_restored_in_the_midst_of_an_epoch_goes_on_with_its_averages_exactly() -> None:
    whole, broken = lab_of({"training.epochs": 8}, ARMS), lab_of({"training.epochs": 8}, ARMS)
    expected = only(list(whole.run()), Epoch)
    for _ in range(13):
        broken.advance()
    other = lab_of({"training.epochs": 8}, ARMS)
    other.restore(broken.state())
    events = only(list(other.run()), Epoch)
    assert [event.averages for event in events] == [event.averages for event in expected[-len(events) :]]
    assert any(event.averages for event in events)


def test_an_average_turned_off_and_on_begins_anew() -> None:
    lab = lab_of({"training.epochs": 50}, {"a": {"training.ema": 0.99}, "b": {}})

    def a() -> Epoch:
        return next(event for event in only(lab.run_epoch(), Epoch) if event.arm == "a")

    assert a().averages
    lab.turn("training.ema", 0.0, "a")
    assert not a().averages
    lab.turn("training.ema", 0.99, "a")
    lab.advance()
    stack = lab._stacks[0]
    averaged_LP = stack._averages.tensors()["ema"][0]
    assert torch.equal(averaged_LP[0], stack.theta_LP[0])
    assert a().averages["ema_val_loss"] > 0


def test_a_frozen_lanes_averages_stay_bit_for_bit() -> None:
    base = {"early_stopping.restore_best": False, "training.ema": 0.5, "training.swa_start": 1}
    lab = lab_of(base, {"short": {"training.epochs": 2}, "long": {"training.epochs": 5}})

    def held(lab: Lab) -> list[Tensor]:
        return [theta_LP[0].clone() for theta_LP, _ in lab._stacks[0]._averages.tensors().values()]

    for _ in range(2):
        lab.run_epoch()
    before = held(lab)
    while not lab.finished:
        lab.run_epoch()
    assert all(torch.equal(one, other) for one, other in zip(before, held(lab), strict=True))


def test_averages_survive_json_and_are_metrics_of_the_history() -> None:
    lab = lab_of({}, ARMS)
    history = History([(arm, 0) for arm in ARMS])
    events = [from_json(to_json(event)) for event in lab.run()]
    for event in only(events, Epoch):
        history.add(event)
    assert {"ema_val_loss", "ema_val_acc", "swa_val_loss", "swa_val_acc"} <= set(history.metrics)
    curves = epochs_by_lane(events)
    assert history.series("ema_val_loss", "slow", 0)[1].tolist() == [
        event.averages["ema_val_loss"] for event in curves["slow", 0]
    ]
    assert not (history.series("ema_val_loss", "off", 0)[1] == history.series("ema_val_loss", "off", 0)[1]).any()
